/**
 * What stays of an answer that broke: finished blocks and text as far as it came, without thinking, which is bound to a
 * request that no history shows. Nothing goes on with a client's `tool_use` in it: that tool may have begun.
 */
import type * as ClaudeError from "../../errors/ClaudeError.ts"
import { addUsage, noUsage } from "../../errors/internal/fields.ts"
import { type Fields, isFields, number, string } from "./fields.ts"

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

/** A block's type. */
export const typeOf = (one: Arrived): string => string(one.block["type"])
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
  // It came as JSON.
  const dropped = left.arrived.filter((one) => !kept.includes(one)).map(({ block, index }) => ({
    index,
    block: block as unknown as Json
  }))
  return {
    start: { ...left.start, stop_reason: null, stop_sequence: null, stop_details: null },
    kept,
    dropped: isMarked || plan === undefined ? dropped : [...plan.dropped, ...dropped],
    open: last !== undefined && last === left.arrived.at(-1) && typeOf(last) === "text" && (reached || !last.done),
    reason: left.reason,
    marks: left.marks,
    usage: sum(plan?.usage ?? {}, { ...left.usage, output_tokens: left.used.outputTokens }),
    used: addUsage(plan?.used ?? noUsage, left.used),
    unmarked: isMarked ? left.used : addUsage(plan?.unmarked ?? noUsage, left.used),
    spent: reached || last === undefined ? 0 : (plan?.spent ?? 0) + left.used.outputTokens
  }
}
