/** What was asked and how each answer ended, up to a bound, for assertions. */
import * as Effect from "effect/Effect"
import type { Recorded } from "../FaultServer.ts"
import type { Received } from "../Reply.ts"

/** Requests that are recorded unless the options say otherwise. */
const defaultBound = 100_000

export type Entry = { -readonly [K in keyof Recorded]: Recorded[K] }

export interface Recorder {
  /** The number of a request that has just arrived. */
  readonly next: () => number
  readonly open: (request: Received) => Entry
  readonly all: Effect.Effect<ReadonlyArray<Recorded>>
}

export const make = (bound: number = defaultBound): Recorder => {
  const entries: Array<Entry> = []
  let arrived = 0
  return {
    next: () => arrived++,
    open: (request) => {
      const entry: Entry = { ...request, outcome: "pending", status: undefined }
      if (entries.length < bound) entries.push(entry)
      return entry
    },
    all: Effect.sync(() => Array.from(entries, (entry) => ({ ...entry })))
  }
}
