/**
 * The request that asks for the rest of an answer. Models from 4.6 on get a user turn that quotes the end of what came;
 * they refuse the prefill that older ones go on from.
 */
import type * as Anthropic from "@anthropic-ai/sdk/resources/messages"
import { type Plan, typeOf } from "./continuation.ts"
import { type Fields, isFields, string } from "./fields.ts"

type Params = Omit<Anthropic.MessageCreateParamsNonStreaming, "stream">

/** Characters of the end that the user turn quotes. */
const quoted = 400

/** Models up to 4.5 go on after a prefill; 4.6 and newer refuse it. */
export const takesPrefill = (model: unknown): boolean =>
  typeof model === "string" &&
  /claude-(?:instant|[23](?:[-.]|$)|(?:opus|sonnet|haiku)-4(?:-[0-5])?(?:$|[-@](?:\d{8}|latest|v\d)))/.test(model)

/** False where going on cannot give the same answer: a thread, constrained output, a prefill beside thinking. */
export const canContinue = (params: Params): boolean => {
  const fields: Fields = { ...params }
  const output = fields["output_config"]
  const thinking = fields["thinking"]
  if (fields["thread"] !== undefined || fields["output_format"] !== undefined) return false
  if (isFields(output) && output["format"] !== undefined && output["format"] !== null) return false
  return !(takesPrefill(params.model) && isFields(thinking) && thinking["type"] !== "disabled")
}

/** The text at the end of what stays, and the white space that a prefill must leave out. */
export const tail = (plan: Plan, model: string): { readonly text: string; readonly white: string } => {
  const last = plan.kept.at(-1)
  const text = last === undefined ? "" : string(last.block["text"])
  const trimmed = takesPrefill(model) ? text.trimEnd() : text
  return { text: trimmed, white: text.slice(trimmed.length) }
}

/** The end of a text, not from the middle of a character. */
const endOf = (text: string): string => text.slice(-quoted).replace(/^[\udc00-\udfff]/, "")

const ask = (text: string): string =>
  (text === ""
    ? "Your previous response was interrupted. Continue it from where it stopped"
    : `Your previous response was interrupted and ended with:\n\n<end>${endOf(text)}</end>\n\n` +
      "Continue it exactly from there, beginning with the very next character, a space or line break included") +
  ". Repeat nothing and do not mention the interruption."

/** What is left of `max_tokens`, above the budget for thinking that must be less than it. */
const maxTokens = (params: Params, plan: Plan): number => {
  const { thinking } = params
  const budget = thinking !== undefined && "budget_tokens" in thinking ? thinking.budget_tokens : 0
  return Math.min(params.max_tokens, Math.max(budget + 1, params.max_tokens - plan.spent))
}

/** The request that asks for the rest. */
export const request = (params: Params, plan: Plan): Params => {
  const { text } = tail(plan, params.model)
  const prefill = takesPrefill(params.model)
  const content = plan.kept
    .map((one) => prefill && one === plan.kept.at(-1) && typeOf(one) === "text" ? { ...one.block, text } : one.block)
    .filter((block) => block["type"] !== "text" || string(block["text"]).trim() !== "")
  if (content.length === 0) return { ...params, max_tokens: maxTokens(params, plan) }
  // Blocks of an answer are blocks of a request: the API takes back what it gave.
  const said = { role: "assistant", content: content as unknown as Array<Anthropic.ContentBlockParam> } as const
  const messages: Array<Anthropic.MessageParam> = [...params.messages, said]
  if (!prefill) messages.push({ role: "user", content: ask(text) })
  return { ...params, max_tokens: maxTokens(params, plan), messages }
}
