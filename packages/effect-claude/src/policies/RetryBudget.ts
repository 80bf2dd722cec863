/**
 * How much may be retried in all: successes deposit, retries withdraw, so that retries cannot keep an overload alive.
 * One budget serves retry, hedge, continuation and loop of one process.
 */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type { Outcome } from "../errors/ClaudeError.ts"
import * as Direct from "./internal/direct.ts"
import * as Impossible from "./internal/impossible.ts"

export class RetryBudget extends Context.Service<RetryBudget, {
  /** Pays for one retry after such an outcome; false when it cannot. Only overload and transient outcomes cost. */
  readonly withdraw: (outcome: Outcome) => Effect.Effect<boolean>
  /** Gives back what a retry paid that was never sent. */
  readonly refund: (outcome: Outcome) => Effect.Effect<void>
  /** One success. */
  readonly deposit: Effect.Effect<void>
  /** Retries that could be paid now. */
  readonly level: Effect.Effect<number>
}>()("effect-claude/policies/RetryBudget") {}

export interface Options {
  /** Deposited by a success. */
  readonly perSuccess?: number
  /** What a retry costs. */
  readonly cost?: number
  /** At most so much is kept; also the start. */
  readonly cap?: number
  /** The floor: added each minute whatever happens. */
  readonly perMinute?: number
}

/** +0.1 a success, −1 a retry, at most 50, and 2 a minute. */
export const standard: Required<Options> = { perSuccess: 0.1, cost: 1, cap: 50, perMinute: 2 }

const pays = (outcome: Outcome): boolean => outcome === "overload" || outcome === "transient"

/** One budget for all that is built on it. With options of yours it fails where they cannot work. */
export function layer(): Layer.Layer<RetryBudget>
export function layer(options: Options): Layer.Layer<RetryBudget, Impossible.ImpossiblePolicy>
export function layer(options: Options = {}): Layer.Layer<RetryBudget, Impossible.ImpossiblePolicy> {
  return Layer.effect(
    RetryBudget,
    Effect.gen(function*() {
      const clock = yield* Clock.Clock
      const given = { ...standard, ...options }
      yield* Impossible.refuse(Impossible.budget(given))
      const { cap, cost, perMinute, perSuccess } = given
      let tokens = cap
      let at = clock.currentTimeMillisUnsafe()
      const level = (): number => {
        const now = clock.currentTimeMillisUnsafe()
        tokens = Math.min(cap, tokens + Math.max(0, now - at) * perMinute / 60_000)
        at = now
        return tokens
      }
      const deposit = (): undefined => {
        // A full one stays full, whatever time has passed.
        if (tokens < cap) tokens = Math.min(cap, level() + perSuccess)
      }
      const service: RetryBudget["Service"] = {
        withdraw: (outcome) =>
          Effect.sync(() => {
            if (!pays(outcome)) return true
            if (level() < cost) return false
            tokens -= cost
            return true
          }),
        refund: (outcome) =>
          Effect.sync(() => {
            if (pays(outcome)) tokens = Math.min(cap, level() + cost)
          }),
        deposit: Effect.sync(deposit),
        level: Effect.sync(() => level() / cost)
      }
      Direct.depositing.set(service.deposit, deposit)
      return service
    })
  )
}
