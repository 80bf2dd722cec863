/**
 * Faults on purpose, to see a program survive them: latency and failures at a rate, seeded, innermost, so that every policy
 * sees them as the API's own. A client that is built without it pays nothing.
 */
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Layer from "effect/Layer"

/** 529, 429 with a hint of a second, 500, a connection reset, and a success with an empty body. */
export type Fault = "overloaded" | "rateLimited" | "serverFailed" | "reset" | "empty"

export interface Options {
  /** The share of requests that fail, from 0 to 1. Default 0.001. */
  readonly rate?: number
  /** Default: each with the same chance. */
  readonly faults?: ReadonlyArray<Fault>
  /** Before so large a share of requests, so long a wait. Default none. */
  readonly latency?: { readonly rate: number; readonly wait: Duration.Input }
  /** The same seed gives the same faults in the same order. Default 1. */
  readonly seed?: number
}

/** What befalls one request. */
export interface Verdict {
  /** Milliseconds. */
  readonly wait: number
  readonly fault: Fault | undefined
}

/** Says of each request what befalls it; undefined: there is no chaos. */
export const Chaos = Context.Reference<(() => Verdict) | undefined>("effect-claude/policies/Chaos", {
  defaultValue: () => undefined
})

const all: ReadonlyArray<Fault> = ["overloaded", "rateLimited", "serverFailed", "reset", "empty"]

/** Mulberry32. */
const random = (seed: number) => {
  let state = seed
  return (): number => {
    state = state + 0x6d2b79f5 | 0
    let mixed = Math.imul(state ^ state >>> 15, 1 | state)
    mixed = mixed + Math.imul(mixed ^ mixed >>> 7, 61 | mixed) ^ mixed
    return ((mixed ^ mixed >>> 14) >>> 0) / 2 ** 32
  }
}

/** To be provided beneath `ClaudeClient.layer`. */
export const layer = (options: Options = {}): Layer.Layer<never> => {
  const { faults = all, latency, rate = 0.001, seed = 1 } = options
  return Layer.sync(Chaos, () => {
    const next = random(seed)
    const wait = latency === undefined ? 0 : Duration.toMillis(latency.wait)
    return () => {
      const slow = next() < (latency?.rate ?? 0)
      const fails = next() < rate
      const which = faults[Math.floor(next() * faults.length)]
      return { wait: slow ? wait : 0, fault: fails ? which : undefined }
    }
  })
}
