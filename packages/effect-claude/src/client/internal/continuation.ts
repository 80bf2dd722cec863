/**
 * How an answer that broke goes on: what stays of it, and the request that asks for the rest. Models from 4.6 on get a
 * user turn that quotes the end, older ones a prefill. Never with a client's `tool_use` in it: that may have begun.
 */
import type * as Anthropic from "@anthropic-ai/sdk/resources/messages"
import type * as ClaudeError from "../../errors/ClaudeError.ts"
import { type Fields, isFields, number, string } from "./fields.ts"

type Params = Omit<Anthropic.MessageCreateParamsNonStreaming, "stream">
type Json = ClaudeError.Partial["content"][number]

/** A seam of an answer that came by more than one request. */
export interface Continuation {
  /** Why the request before was not the last: the tag of its reason, or `max_tokens`. */
  readonly reason: string
  /** The block that goes on, or begins, here. */
  readonly index: number
  /** Characters of that block's text before the seam. */
  readonly offset: number
  /** Characters that the continuation repeated; they were cut once. */
  readonly overlap: number
  /** Blocks that arrived and are no part of the answer: unfinished ones, thinking, server tools without a result. */
  readonly dropped: ReadonlyArray<{ readonly index: number; readonly block: Json }>
  /** What the requests since the seam before used. */
  readonly usage: ClaudeError.Usage
}

/** The mark of a seam among the events of a stream. The API sends no such event. */
export interface Mark {
  readonly type: "effect_claude_continuation"
  readonly continuation: Continuation
}

export const isMark = (event: object): event is Mark =>
  "type" in event && event.type === "effect_claude_continuation" && "continuation" in event &&
  isFields(event.continuation) && Array.isArray(event.continuation["dropped"])

/** A block as far as it came. */
export interface Arrived {
  readonly index: number
  readonly block: Fields
  readonly done: boolean
}

export interface Plan {
  /** The message as its first start told it. */
  readonly start: Fields
  readonly kept: ReadonlyArray<Arrived>
  readonly dropped: Continuation["dropped"]
  /** True if the last kept block is text that goes on. */
  readonly open: boolean
  readonly reason: string
  readonly marks: ReadonlyArray<Continuation>
  /** The usage of all requests so far, as the API tells it and as a sum; and of those since the last mark. */
  readonly usage: Fields
  readonly used: ClaudeError.Usage
  readonly unmarked: ClaudeError.Usage
  /** Output tokens since the whole of `max_tokens` was last asked for. */
  readonly spent: number
}

/** Characters of the end that the user turn quotes. */
const quoted = 400

/** Models up to 4.5 go on after a prefill; 4.6 and newer refuse it. */
export const takesPrefill = (model: string): boolean =>
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

const typeOf = (one: Arrived): string => string(one.block["type"])
const isThinking = (one: Arrived): boolean => /^(redacted_)?thinking$/.test(typeOf(one))
const isServerUse = (one: Arrived): boolean => typeOf(one).endsWith("_tool_use")

/** Undefined if a client's tool is in it. */
const keep = (arrived: ReadonlyArray<Arrived>): ReadonlyArray<Arrived> | undefined => {
  if (arrived.some((one) => typeOf(one) === "tool_use")) return undefined
  const done = arrived.filter((one) => one.done)
  const uses = new Set(done.filter(isServerUse).map((one) => one.block["id"]))
  const results = new Set(done.map((one) => one.block["tool_use_id"]))
  return arrived.filter((one) => {
    if (typeOf(one) === "text") return one.block["text"] !== ""
    if (!one.done || isThinking(one)) return false
    if (isServerUse(one)) return results.has(one.block["id"])
    return one.block["tool_use_id"] === undefined || uses.has(one.block["tool_use_id"])
  })
}

/** Usage as the API tells it, summed: numbers add up, everything else is as the later request said. */
export const sum = (before: Fields, after: Fields): Fields => {
  const total = { ...before }
  for (const [name, value] of Object.entries(after)) {
    const known = before[name]
    if (typeof value === "number") total[name] = number(known) + value
    else if (isFields(value)) total[name] = sum(isFields(known) ? known : {}, value)
    else if (value !== null) total[name] = value
  }
  return total
}

/** Tokens of two requests together. */
export const add = (one: ClaudeError.Usage, other: ClaudeError.Usage): ClaudeError.Usage => ({
  inputTokens: one.inputTokens + other.inputTokens,
  cacheCreationTokens: one.cacheCreationTokens + other.cacheCreationTokens,
  cacheReadTokens: one.cacheReadTokens + other.cacheReadTokens,
  outputTokens: one.outputTokens + other.outputTokens,
  estimated: one.estimated || other.estimated
})

const nothing: ClaudeError.Usage = {
  inputTokens: 0,
  cacheCreationTokens: 0,
  cacheReadTokens: 0,
  outputTokens: 0,
  estimated: false
}

/** What a request left behind. */
export interface Left {
  readonly start: Fields
  readonly arrived: ReadonlyArray<Arrived>
  readonly marks: ReadonlyArray<Continuation>
  /** Of this one request. */
  readonly usage: Fields
  readonly used: ClaudeError.Usage
  /** The tag of what broke it, or `max_tokens`. */
  readonly reason: string
}

/** The plan after a request that did not end the answer; undefined where it cannot go on. */
export const after = (plan: Plan | undefined, left: Left): Plan | undefined => {
  const kept = keep(left.arrived)
  if (kept === undefined) return undefined
  const last = kept.at(-1)
  const reached = left.reason === "max_tokens"
  // There is nothing to go on from: the same request would reach the same bound.
  if (reached && last === undefined) return undefined
  const isMarked = left.marks.length > (plan?.marks.length ?? 0)
  const dropped = left.arrived.filter((one) => !kept.includes(one))
  return {
    start: { ...left.start, stop_reason: null, stop_sequence: null, stop_details: null },
    kept,
    // It came as JSON.
    dropped: dropped.map(({ block, index }) => ({ index, block: block as unknown as Json })),
    open: last !== undefined && last === left.arrived.at(-1) && typeOf(last) === "text" && (reached || !last.done),
    reason: left.reason,
    marks: left.marks,
    usage: sum(plan?.usage ?? {}, { ...left.usage, output_tokens: left.used.outputTokens }),
    used: add(plan?.used ?? nothing, left.used),
    unmarked: isMarked ? left.used : add(plan?.unmarked ?? nothing, left.used),
    spent: reached || last === undefined ? 0 : (plan?.spent ?? 0) + left.used.outputTokens
  }
}

/** The text at the end of what stays, and the white space that a prefill must leave out. */
export const tail = (plan: Plan, model: string): { readonly text: string; readonly white: string } => {
  const last = plan.kept.at(-1)
  const text = last === undefined ? "" : string(last.block["text"])
  const trimmed = takesPrefill(model) ? text.trimEnd() : text
  return { text: trimmed, white: text.slice(trimmed.length) }
}

const ask = (end: string): string =>
  (end === ""
    ? "Your previous response was interrupted. Continue it from where it stopped"
    : `Your previous response was interrupted and ended with:\n\n<end>${end.slice(-quoted)}</end>\n\n` +
      "Continue it exactly from there, beginning with the very next character, a space or line break included")
  + ". Repeat nothing and do not mention the interruption."

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
