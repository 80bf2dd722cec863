/**
 * A package of its own, because effect-claude needs Effect 4 as its neighbour and the app has Effect 3. Nothing of either
 * crosses: a `fetch` goes over, and the way to end it.
 */
import { ResilientFetch } from "effect-claude"

export interface Options {
  /** From a call's start to its end, as "5 minutes". */
  readonly deadline: `${number} seconds` | `${number} minutes`
}

/** A `fetch` under all policies. */
export const make = (options: Options): typeof globalThis.fetch & AsyncDisposable => ResilientFetch.make(options)
