/**
 * What keeps a loop from running away: limits, each with a default, and a memory of the last calls that finds the same
 * call, or the same two or three in turn, with the same results.
 */
import * as Duration from "effect/Duration"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"

/** Each counts for the whole run, however often it is resumed; `Infinity` is no limit, `0` is none at all. */
export interface Limits {
  /** Requests to the model whose answer may call tools. */
  readonly turns?: number | undefined
  readonly toolCalls?: number | undefined
  /** For every tool, or by name. */
  readonly callsPerTool?: number | { readonly [tool: string]: number } | undefined
  /**
   * After so many equal calls with equal results the next is answered, not run; one more stops the loop. Equal calls of one
   * turn are taken to have equal results.
   */
  readonly identicalCalls?: number | undefined
  /** All input: fresh, written to the cache and read from it; that of runs within this one included. */
  readonly inputTokens?: number | undefined
  readonly outputTokens?: number | undefined
  /** US dollars, by the prices given to the loop's layer. */
  readonly usd?: number | undefined
  readonly wallTime?: Duration.Input | undefined
  /** Turns of server tools that paused and go on. */
  readonly pauses?: number | undefined
  /** Runs within runs: 0 allows none. */
  readonly depth?: number | undefined
}

export type LimitName = keyof Limits

export const LimitName: Schema.Codec<LimitName> = Schema.Literals([
  "turns",
  "toolCalls",
  "callsPerTool",
  "identicalCalls",
  "inputTokens",
  "outputTokens",
  "usd",
  "wallTime",
  "pauses",
  "depth"
])

/** 25 turns, 100 calls, 3 identical calls, 10 minutes, 10 pauses, depth 2; tokens and money are not limited. */
export const standard = {
  turns: 25,
  toolCalls: 100,
  callsPerTool: Infinity,
  identicalCalls: 3,
  inputTokens: Infinity,
  outputTokens: Infinity,
  usd: Infinity,
  wallTime: "10 minutes",
  pauses: 10,
  depth: 2
} as const

/** Limits that cannot be kept, each with what is wrong. */
export class InvalidLimits extends Schema.TaggedError<InvalidLimits>()("InvalidLimits", {
  problems: Schema.Array(Schema.String)
}) {
  override get message(): string {
    return this.problems.join("\n")
  }
}

// JSON has no Infinity.
const Count = Schema.NumberFromString

/** Limits as they are stored. */
export const Stored: Schema.Codec<Limits, Schema.JsonObject> = Schema.Struct({
  turns: Schema.optionalKey(Count),
  toolCalls: Schema.optionalKey(Count),
  callsPerTool: Schema.optionalKey(Schema.Union([Count, Schema.Record(Schema.String, Count)])),
  identicalCalls: Schema.optionalKey(Count),
  inputTokens: Schema.optionalKey(Count),
  outputTokens: Schema.optionalKey(Count),
  usd: Schema.optionalKey(Count),
  wallTime: Schema.optionalKey(Count.pipe(Schema.decodeTo(Schema.DurationFromMillis))),
  pauses: Schema.optionalKey(Count),
  depth: Schema.optionalKey(Count)
})

const durationOf = (input: Duration.Input): Duration.Duration | undefined =>
  Option.getOrUndefined(Duration.fromInput(input))

/** Of each limit the last that is given; time as a duration, so that it can be stored. */
export const merge = (...given: ReadonlyArray<Limits | undefined>): Limits => {
  const limits: Limits = {}
  for (const some of given) {
    for (const [name, value] of Object.entries(some ?? {})) {
      if (value === undefined) continue
      Object.assign(limits, { [name]: name === "wallTime" ? durationOf(value) ?? value : value })
    }
  }
  return limits
}

/** All limits as numbers; time in milliseconds. */
export interface Bounds extends Readonly<Record<Exclude<LimitName, "callsPerTool">, number>> {
  readonly callsPerTool: (tool: string) => number
}

/** Limits over the standard ones. */
export const bounds = (limits: Limits): Bounds => {
  const merged: Limits = merge(standard, limits)
  const number = (name: Exclude<LimitName, "callsPerTool" | "wallTime">): number => merged[name] ?? standard[name]
  const { callsPerTool = Infinity, wallTime = standard.wallTime } = merged
  return {
    turns: number("turns"),
    toolCalls: number("toolCalls"),
    identicalCalls: number("identicalCalls"),
    inputTokens: number("inputTokens"),
    outputTokens: number("outputTokens"),
    usd: number("usd"),
    pauses: number("pauses"),
    depth: number("depth"),
    wallTime: Duration.toMillis(Duration.fromInputUnsafe(wallTime)),
    callsPerTool: (tool) =>
      typeof callsPerTool === "number"
        ? callsPerTool
        : Object.hasOwn(callsPerTool, tool)
        ? callsPerTool[tool] ?? Infinity
        : Infinity
  }
}

/** What is wrong with limits, nothing if they can be kept. */
export const problems = (limits: Limits): ReadonlyArray<string> =>
  Object.entries(limits).flatMap(([name, value]): ReadonlyArray<string> => {
    if (value === undefined) return []
    if (name === "wallTime") {
      return durationOf(value) === undefined ? [`limits.wallTime is ${String(value)}: give a duration.`] : []
    }
    const values = typeof value === "object" ? Object.values(value) : [value]
    return values.every((one) => typeof one === "number" && one >= 0)
      ? []
      : [`limits.${name} is ${String(value)}: give a number from 0 on, Infinity for none.`]
  })

/** A call that ran: what was asked and what came of it, as hashes. */
export const Seen = Schema.Struct({ call: Schema.String, result: Schema.String })
export type Seen = typeof Seen.Type

/** The latest calls, and whether the turn before this one held a call that was answered instead of run. */
export const Memory = Schema.Struct({ recent: Schema.Array(Seen), warned: Schema.Boolean })
export type Memory = typeof Memory.Type

export const empty: Memory = { recent: [], warned: false }

/** The longest cycle that is found. */
const longest = 3

/** The call that this one repeats, if the last calls are so many times the same one to three. */
const repeated = (recent: ReadonlyArray<Seen>, call: string, times: number): Seen | undefined => {
  for (let period = 1; period <= longest; period++) {
    const length = times * period
    if (recent.length < length) return undefined
    const from = recent.length - length
    const first = recent[from]
    if (first?.call !== call) continue
    const turns = (index: number): boolean =>
      recent[index]?.call === recent[index + period]?.call && recent[index]?.result === recent[index + period]?.result
    let same = true
    for (let index = from; same && index < recent.length - period; index++) same = turns(index)
    if (same) return first
  }
  return undefined
}

/** How often the very same call was the last to run, with the same result. */
export const streak = ({ recent }: Memory, call: string): number => {
  const last = recent.at(-1)
  if (last?.call !== call) return 0
  const other = recent.findLastIndex((seen) => seen.call !== call || seen.result !== last.result)
  return recent.length - 1 - other
}

export type Verdict = "run" | "answer" | "stop"

/** What to do with a call; what is not run is remembered as if it had run. */
export const judge = (memory: Memory, call: string, times: number): readonly [Verdict, Memory] => {
  const before = repeated(memory.recent, call, Math.max(1, times))
  if (times > 0 && before === undefined) return ["run", memory]
  const next = remember(memory, call, before?.result ?? "", times)
  return [memory.warned ? "stop" : "answer", next]
}

/** A call that has run. */
export const remember = (memory: Memory, call: string, result: string, times: number): Memory => ({
  ...memory,
  recent: [...memory.recent, { call, result }].slice(-longest * Math.max(1, Math.min(times, 100)))
})

/** An order of keys that does not depend on who wrote them. */
const canonical = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(canonical)
  if (typeof value !== "object" || value === null) return value
  return Object.fromEntries(
    Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([key, inner]) => [key, canonical(inner)])
  )
}

/** 53 bits of a text: two multiplications a character, spread at the end. */
const hash = (text: string): string => {
  let high = 0xdeadbeef
  let low = 0x41c6ce57
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index)
    high = Math.imul(high ^ code, 2654435761)
    low = Math.imul(low ^ code, 1597334677)
  }
  high = Math.imul(high ^ (high >>> 16), 2246822507) ^ Math.imul(low ^ (low >>> 13), 3266489909)
  low = Math.imul(low ^ (low >>> 16), 2246822507) ^ Math.imul(high ^ (high >>> 13), 3266489909)
  return (4294967296 * (2097151 & low) + (high >>> 0)).toString(36)
}

/** The same for equal inputs, whatever the order of their keys. */
export const hashCall = (name: string, input: unknown): string => hash(`${name} ${JSON.stringify(canonical(input))}`)

export const hashResult = (content: unknown): string => hash(JSON.stringify(content) ?? "")
