/** What a run has done so far. */
import type { ClaudeError } from "effect-claude"
import type { Cause } from "./report/data.ts"
import type { Recorder } from "./report/recorder.ts"

export interface Tally {
  /** What the report is drawn from. */
  readonly recorder: Recorder
  readonly total: number
  /** Lines of this input that the result file already held at the start. */
  readonly before: number
  /** Those of them that are errored. */
  readonly erroredBefore: number
  succeeded: number
  refused: number
  errored: number
  readonly erroredBy: Map<string, number>
  /** The first step of the first such failure's diagnosis. */
  readonly advice: Map<string, string>
  requests: number
  readonly wastedBy: Map<string, number>
  /** Milliseconds, summed over all lines. */
  readonly waits: Map<Cause, number>
  inputTokens: number
  outputTokens: number
  cacheTokens: number
  inFlight: number
  /** Of those, what the API has answered in batches that have not ended. */
  answered: number
  /** Lines that failed and have no result yet, by what they last failed with. */
  readonly failing: Map<string, number>
  /** The latest message of each of those. */
  readonly failingWith: Map<string, string>
  /** What each model was charged. */
  readonly models: Map<string, Charged>
}

export interface Charged {
  requests: number
  inputTokens: number
  outputTokens: number
}

export const make = (recorder: Recorder, total: number, succeeded: number, errored: number): Tally => ({
  recorder,
  total,
  before: succeeded + errored,
  erroredBefore: errored,
  succeeded: 0,
  refused: 0,
  errored: 0,
  erroredBy: new Map(),
  advice: new Map(),
  requests: 0,
  wastedBy: new Map(),
  waits: new Map(),
  inputTokens: 0,
  outputTokens: 0,
  cacheTokens: 0,
  inFlight: 0,
  answered: 0,
  failing: new Map(),
  failingWith: new Map(),
  models: new Map()
})

export const count = <K>(map: Map<K, number>, key: K, more = 1): void => void map.set(key, (map.get(key) ?? 0) + more)

/** A line that failed with the one fails with the other now; undefined: with nothing. */
export const fails = (tally: Tally, before: string | undefined, now: string | undefined): void => {
  if (before !== undefined) {
    const left = (tally.failing.get(before) ?? 0) - 1
    if (left > 0) tally.failing.set(before, left)
    else tally.failing.delete(before)
  }
  if (now !== undefined) count(tally.failing, now)
}

/** A wait that is over, in milliseconds. */
export const waited = (tally: Tally, cause: Cause, millis: number): void => {
  count(tally.waits, cause, millis)
  tally.recorder.waited(cause, millis)
}

export const done = (tally: Tally): number => tally.before + tally.succeeded + tally.errored

export const sum = (map: ReadonlyMap<unknown, number>): number => Array.from(map.values()).reduce((a, b) => a + b, 0)

/** The account of one model. */
export const charged = (tally: Tally, model: string): Charged => {
  let account = tally.models.get(model)
  if (account === undefined) tally.models.set(model, account = { requests: 0, inputTokens: 0, outputTokens: 0 })
  return account
}

export const used = (tally: Tally, model: string, usage: ClaudeError.Usage): void => {
  const account = charged(tally, model)
  account.requests++
  account.inputTokens += usage.inputTokens + usage.cacheCreationTokens
  account.outputTokens += usage.outputTokens
  tally.inputTokens += usage.inputTokens
  tally.outputTokens += usage.outputTokens
  tally.cacheTokens += usage.cacheCreationTokens + usage.cacheReadTokens
}
