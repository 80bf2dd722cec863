/**
 * A conversation that the API accepts, and nothing else: an immutable value, to which only what belongs behind it can be
 * appended. An answer that calls tools is `Pending` until each call has its result.
 */
import type Anthropic from "@anthropic-ai/sdk"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as SchemaGetter from "effect/SchemaGetter"
import * as SchemaIssue from "effect/SchemaIssue"
import { Violation } from "../errors/ClaudeError.ts"
import { Log } from "./internal/log.ts"
import { callsOf } from "./internal/pairing.ts"
import type { Change as Changed } from "./internal/repair/draft.ts"
import * as Repair from "./internal/repair/repair.ts"
import * as Rules from "./internal/rules.ts"
import * as Synthetic from "./internal/synthetic.ts"
import { idOf, isFields, turnsOf } from "./internal/turns.ts"
import { listOf, log, Version } from "./internal/version.ts"

/** What cannot be sent, or cannot stand where it was to be appended: every rule it breaks, by the API's paths. */
export class InvalidHistory extends Schema.TaggedError<InvalidHistory>()("InvalidHistory", {
  violations: Schema.Array(Violation)
}) {
  override get message(): string {
    return this.violations.map(({ fix, message, path }) => `${path}: ${message} ${fix}`).join("\n")
  }
}

type MessageParam = Anthropic.MessageParam
type Content = MessageParam["content"]

/** May be sent as it is. */
export interface History extends Version {}

/** An answer whose calls have no results yet: what came before it, which may be sent, the answer, and the calls. */
export interface Pending {
  readonly history: History
  readonly message: MessageParam
  readonly calls: ReadonlyArray<Anthropic.ToolUseBlockParam>
}

export const isHistory = (value: unknown): value is History => value instanceof Version

export const isPending = (value: History | Pending): value is Pending => !isHistory(value)

type Checked<A> = Result.Result<A, InvalidHistory>

const invalid = (violations: ReadonlyArray<Violation>) => Result.fail(new InvalidHistory({ violations }))

const empty: Violation = {
  path: "messages",
  rule: "content",
  message: "There is no message.",
  fix: "Write at least one."
}

const ofMessages = (messages: ReadonlyArray<MessageParam>): History => new Version(new Log(messages), messages.length)

/** A list from anywhere, if the API would accept it. */
export const fromMessages = (messages: ReadonlyArray<unknown>): Checked<History> => {
  const violations = messages.length === 0 ? [empty] : Rules.violations(messages)
  // The rules have just checked roles and contents; what newer blocks hold is passed on as it came.
  return violations.length === 0
    ? Result.succeed(ofMessages(messages as ReadonlyArray<MessageParam>))
    : invalid(violations)
}

/** Begins with a message of the user; throws `InvalidHistory` for an empty one. `fromMessages` gives a result instead. */
export const make = (content: Content): History => Result.getOrThrow(fromMessages([{ role: "user", content }]))

/** The paths of a window's violations as the paths of the history they are of. */
const within = (
  history: History,
  before: ReadonlyArray<MessageParam>,
  added: ReadonlyArray<MessageParam>
): ReadonlyArray<Violation> => {
  const shift = history.length - before.length
  return Rules.violations([...before, ...added]).map(({ fix, message, path, rule }) => ({
    rule,
    message,
    fix,
    path: path.replace(/^messages\.(\d+)/, (_, index: string) => `messages.${Number(index) + shift}`)
  }))
}

const push = (history: History, added: ReadonlyArray<MessageParam>): History =>
  new Version(history[log].append(history.length, added), history.length + added.length)

/** The last message, where it is the assistant's: it alone may be left open or empty, and only while it is the last. */
const lastAnswer = (history: History): ReadonlyArray<MessageParam> => {
  const message = last(history)
  return message.role === "assistant" ? [message] : []
}

/** A message of the user without results of tools; those belong to `appendResults`. */
export const appendUser = (history: History, content: Content): Checked<History> => {
  const message: MessageParam = { role: "user", content }
  const violations = within(history, lastAnswer(history), [message])
  return violations.length === 0 ? Result.succeed(push(history, [message])) : invalid(violations)
}

/** From the last answer on, with those it stands right behind: the API reads them as one. A server tool's call may be open in it. */
const before = (history: History): ReadonlyArray<MessageParam> => {
  const roleAt = (index: number): string | undefined => history[log].at(index)?.role
  let from = history.length - 1
  while (from >= 0 && roleAt(from) !== "assistant") from--
  while (roleAt(from - 1) === "assistant") from--
  return from < 0 ? [] : history[log].slice(from, history.length)
}

/** Ids that the window of the other rules does not show. */
const usedBefore = (
  history: History,
  message: MessageParam,
  found: ReadonlyArray<Violation>
): ReadonlyArray<Violation> => {
  const known = new Set(found.map(({ path }) => path))
  return (turnsOf([message])[0]?.blocks ?? []).flatMap((block): ReadonlyArray<Violation> => {
    const id = block.type === "tool_use" ? idOf(block) : undefined
    const path = `messages.${history.length}.content.${block.at}.id`
    if (id === undefined || known.has(path) || !history[log].used(id, history.length)) return []
    return [{
      path,
      rule: "duplicateCall",
      message: `The id ${id} was used before.`,
      fix: "Give every call an id of its own, and its result the same."
    }]
  })
}

const emptyText = (block: unknown): boolean => isFields(block) && block["type"] === "text" && block["text"] === ""

/**
 * An answer as the API gave it: `Pending` if it calls tools of yours. Empty texts are left out, and an answer that holds
 * nothing leaves the history as it was, because the API takes neither back.
 */
export const appendAssistant = (
  history: History,
  answer: { readonly content: ReadonlyArray<Anthropic.ContentBlock> | Content }
): Checked<History | Pending> => {
  const content = typeof answer.content === "string"
    ? answer.content
    : answer.content.filter((block) => !emptyText(block))
  if (content.length === 0) return Result.succeed(history)
  // What the API answers it takes back: blocks of an answer are blocks of a request.
  const message: MessageParam = { role: "assistant", content: content as Content }
  const calls = callsOf(turnsOf([message])[0])
  const open = new Set(calls.map((call) => `messages.${history.length}.content.${call.at}`))
  const found = within(history, before(history), [message])
    .filter(({ path, rule }) => rule !== "unanswered" || !open.has(path))
  const violations = [...found, ...usedBefore(history, message, found)]
  if (violations.length > 0) return invalid(violations)
  if (calls.length === 0) return Result.succeed(push(history, [message]))
  const blocks = typeof message.content === "string" ? [] : message.content
  const at = new Set(calls.map((call) => call.at))
  return Result.succeed({
    history,
    message,
    calls: blocks.filter((block, index) => block.type === "tool_use" && at.has(index)) as ReadonlyArray<
      // The filter's first half says so; the second keeps the compiler from seeing it.
      Anthropic.ToolUseBlockParam
    >
  })
}

/** Closes a pending answer: one result for each call, put into the order of the calls, then what else the user says. */
export const appendResults = (
  pending: Pending,
  results: ReadonlyArray<Anthropic.ToolResultBlockParam>,
  then: Content = []
): Checked<History> => {
  const order = new Map(pending.calls.map(({ id }, index) => [id, index]))
  const place = (result: Anthropic.ToolResultBlockParam): number => order.get(result.tool_use_id) ?? order.size
  const rest: Exclude<Content, string> = typeof then !== "string"
    ? then
    : then === ""
    ? []
    : [{ type: "text", text: then }]
  const message: MessageParam = { role: "user", content: [...results.toSorted((a, b) => place(a) - place(b)), ...rest] }
  const added = [pending.message, message]
  const violations = within(pending.history, before(pending.history), added)
  return violations.length === 0 ? Result.succeed(push(pending.history, added)) : invalid(violations)
}

/** What became of a call that has no result of its own. */
export type Fate = Synthetic.Fate

/** A result with `is_error` that says what is known of such a call, and no more. */
export const synthetic: (id: string, fate: Fate) => Anthropic.ToolResultBlockParam = Synthetic.synthetic

/** A change that `repair` made; its path is that of the messages as they came. */
export type Change = Changed

export interface Repaired {
  readonly history: History
  readonly changes: ReadonlyArray<Change>
}

/**
 * Mends a list from anywhere; fails only where nothing is left that could be sent. Messages it does not change are the same
 * values, and a list without violations is not changed. Calls without a result are answered as interrupted. Where a change
 * lies before a thinking block, all thinking blocks of the conversation go: the API would refuse them.
 */
export const repair = (messages: ReadonlyArray<unknown>): Checked<Repaired> => {
  const mended = Repair.repair(messages)
  return Result.map(fromMessages(mended.messages), (history) => ({ history, changes: mended.changes }))
}

/**
 * The list to send; a new one each time, its messages are not to be changed. A client knows by the list that its messages
 * are valid and how they are serialised, and does neither again.
 */
export const toMessages = (history: History): Array<MessageParam> => listOf(history)

/** The messages as a JSON list, byte for byte that of `toMessages`; each is serialised once, whatever versions hold it. */
export const toJson = (history: History): string => history[log].encoded(history.length)

/** The newest message. */
export const last = (history: History): MessageParam => {
  const message = history[log].at(history.length - 1)
  // A history has at least one message.
  return message as MessageParam
}

/** For storing: a list of messages, checked again when it is read. */
export const History = Schema.Array(Schema.Json).pipe(
  Schema.decodeTo(Schema.declare<History>(isHistory, { identifier: "History" }), {
    decode: SchemaGetter.transformEffect((messages, options) =>
      Effect.mapError(
        Effect.fromResult(fromMessages(messages)),
        (error) => new SchemaIssue.InvalidValue({ message: error.message }, messages, options)
      )
    ),
    // What the API takes is JSON, though its types do not say so.
    encode: SchemaGetter.transform((history: History) =>
      toMessages(history) as ReadonlyArray<unknown> as ReadonlyArray<Schema.Json>
    )
  })
)
