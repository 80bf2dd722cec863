/** What one attempt holds: its reservation and its breaker permit, given back once, by whoever ends it first. */
import type * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type * as ClaudeError from "../../errors/ClaudeError.ts"
import { isReal } from "../../errors/ClaudeError.ts"
import type { RateLimitHeaders } from "../../errors/RateLimitHeaders.ts"
import type { AttemptWatch } from "../../telemetry/internal/hook.ts"
import type { Permit } from "../ClaudeCircuitBreaker.ts"
import type { Reservation, Settlement } from "../ClaudeRateLimiter.ts"
import type { RetryBudget } from "../RetryBudget.ts"
import type { Slot } from "./bulkhead.ts"
import type { Watch } from "./hedged.ts"

export class Lease {
  private ended = false
  private work: Promise<unknown> | undefined
  private readonly reservation: Reservation
  private readonly permit: Permit
  private readonly budget: RetryBudget["Service"]
  private readonly watch: Watch | undefined
  private readonly slot: Slot | undefined
  /** Told of the answer's headers and of the end, where somebody listens. */
  readonly told: AttemptWatch | undefined

  constructor(
    reservation: Reservation,
    permit: Permit,
    budget: RetryBudget["Service"],
    watch: Watch | undefined,
    slot: Slot | undefined,
    told: AttemptWatch | undefined
  ) {
    this.reservation = reservation
    this.permit = permit
    this.budget = budget
    this.watch = watch
    this.told = told
    this.slot = slot
    slot?.stay()
  }

  /** From now on the request is on its way. */
  get sent(): Effect.Effect<void> {
    const { watch } = this
    return watch === undefined ? this.reservation.sent : Effect.andThen(this.reservation.sent, Effect.sync(watch.sent))
  }

  /** The headers of an answer, of one that failed too. */
  observe(headers: RateLimitHeaders): Effect.Effect<void> {
    return this.reservation.observe(headers)
  }

  /** Somebody wants to know when its answer begins. */
  get isWatched(): boolean {
    return this.watch !== undefined
  }

  /** An answer that is no failure has begun; `headers` where it has any. */
  answered(headers?: RateLimitHeaders): Effect.Effect<void> {
    const { watch } = this
    const observed = headers === undefined ? Effect.void : this.reservation.observe(headers)
    return watch === undefined ? observed : Effect.andThen(observed, Effect.sync(watch.answered))
  }

  /** The work goes on although its effect has ended: the reservation is kept until it really ends. */
  readonly keepUntil = (work: Promise<unknown>): void => {
    this.work = work
  }

  succeed(usage: ClaudeError.Usage): Effect.Effect<void> {
    return this.end({ _tag: "Used", usage }, Effect.flatMap(this.permit.record("success"), () => this.budget.deposit))
  }

  fail(reason: ClaudeError.Reason): Effect.Effect<void> {
    return this.end(
      { _tag: "Failed", reason },
      this.permit.record(reason.outcome, isReal(reason) ? reason : undefined)
    )
  }

  /** Interrupted or left by its reader, after so much as is known. */
  interrupt(usage?: ClaudeError.Usage): Effect.Effect<void> {
    return this.end(
      usage === undefined ? { _tag: "Interrupted" } : { _tag: "Interrupted", usage },
      this.permit.record("ignored")
    )
  }

  /** All of it or nothing: what was begun is not left by an interruption. */
  private end(settlement: Settlement, record: Effect.Effect<void>): Effect.Effect<void> {
    return Effect.uninterruptible(Effect.suspend(() => {
      if (this.ended) return Effect.void
      this.ended = true
      this.told?.ended(settlement)
      const { slot, work } = this
      const settled = this.reservation.settle(settlement)
      const settle = slot === undefined ? settled : Effect.flatMap(settled, () => Effect.sync(() => slot.leave()))
      // The breaker first: whoever is let in by the settlement must meet it as it is now.
      if (work === undefined) return Effect.flatMap(record, () => settle)
      return Effect.andThen(
        record,
        Effect.contextWith((context: Context.Context<never>) =>
          Effect.sync(() => {
            const run = Effect.runForkWith(context)
            const ended = (): void => void run(settle)
            work.then(ended, ended)
          })
        )
      )
    }))
  }
}
