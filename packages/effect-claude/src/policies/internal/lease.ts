/** What one attempt holds: its reservation and its breaker permit, given back once, by whoever ends it first. */
import * as Cause from "effect/Cause"
import type * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import * as ClaudeError from "../../errors/ClaudeError.ts"
import type { RateLimitHeaders } from "../../errors/RateLimitHeaders.ts"
import type { AttemptWatch } from "../../telemetry/internal/hook.ts"
import type { Permit } from "../ClaudeCircuitBreaker.ts"
import type { Reservation, Settlement } from "../ClaudeRateLimiter.ts"
import type { Slot } from "./bulkhead.ts"
import type { Services } from "./direct.ts"
import type { Watch } from "./hedged.ts"
import { Held } from "./held.ts"
import { Pass } from "./pass.ts"

/** What is left to be run: nothing where limiter, breaker and budget are our own and did it in one step. */
type Rest = Effect.Effect<void> | undefined

/** Whose attempt it is. */
interface Owner {
  readonly call: { readonly services: Services }
  readonly slot: Slot | undefined
}

export class Lease {
  private ended = false
  private work: Promise<unknown> | undefined = undefined
  private readonly owner: Owner
  private readonly reservation: Reservation
  private readonly permit: Permit
  private readonly watch: Watch | undefined
  /** Told of the answer's headers and of the end, where somebody listens. */
  readonly told: AttemptWatch | undefined

  constructor(
    owner: Owner,
    reservation: Reservation,
    permit: Permit,
    watch: Watch | undefined,
    told: AttemptWatch | undefined
  ) {
    this.owner = owner
    this.reservation = reservation
    this.permit = permit
    this.watch = watch
    this.told = told
    owner.slot?.stay()
  }

  /** From now on the request is on its way: to be called, and what it returns to be run, just before the work. */
  send(): Rest {
    const { reservation, watch } = this
    if (!(reservation instanceof Held)) {
      return watch === undefined ? reservation.sent : Effect.andThen(reservation.sent, Effect.sync(watch.sent))
    }
    reservation.depart()
    watch?.sent()
    return undefined
  }

  get sent(): Effect.Effect<void> {
    return Effect.suspend(() => this.send() ?? Effect.void)
  }

  /** The headers of an answer, of one that failed too. */
  observe(headers: RateLimitHeaders): Effect.Effect<void> {
    return this.reservation.observe(headers)
  }

  /** An answer that is no failure has begun, with these headers. */
  answered(headers: RateLimitHeaders): Effect.Effect<void> {
    const observed = this.observe(headers)
    const { watch } = this
    return watch === undefined ? observed : Effect.andThen(observed, Effect.sync(watch.answered))
  }

  /** The work goes on although its effect has ended: the reservation is kept until it really ends. */
  keepUntil(work: Promise<unknown>): void {
    this.work = work
  }

  succeed(usage: ClaudeError.Usage): Effect.Effect<void> {
    return this.end({ _tag: "Used", usage }, "success")
  }

  /** Interrupted or left by its reader, after so much as is known. */
  interrupt(usage?: ClaudeError.Usage): Effect.Effect<void> {
    return this.end(usage === undefined ? { _tag: "Interrupted" } : { _tag: "Interrupted", usage }, "ignored")
  }

  fail(reason: ClaudeError.Reason): Effect.Effect<void> {
    return this.end({ _tag: "Failed", reason }, reason.outcome, ClaudeError.isReal(reason) ? reason : undefined)
  }

  /** The attempt is over. One that succeeds has ended the lease, or does with the beginning of its answer: `used`. */
  over(exit: Exit.Exit<unknown, ClaudeError.Reason>, used: Settlement | undefined): Rest {
    if (Exit.isSuccess(exit)) {
      if (used === undefined) return undefined
      this.watch?.answered()
      return this.finish(used, "success")
    }
    const reason = Option.getOrUndefined(Cause.findErrorOption(exit.cause))
    return reason === undefined ? this.interrupt() : this.fail(reason)
  }

  private end(
    settlement: Settlement,
    outcome: ClaudeError.Outcome | "ignored",
    reason?: ClaudeError.RealReason
  ): Effect.Effect<void> {
    return Effect.uninterruptible(Effect.suspend(() => this.finish(settlement, outcome, reason) ?? Effect.void))
  }

  /** All of it or nothing: what is left is not to be interrupted. */
  private finish(
    settlement: Settlement,
    outcome: ClaudeError.Outcome | "ignored",
    reason?: ClaudeError.RealReason
  ): Rest {
    if (this.ended) return undefined
    this.ended = true
    this.told?.ended(settlement)
    // The breaker first: whoever is let in by the settlement must meet it as it is now.
    const recording = this.record(outcome, reason)
    return recording === undefined
      ? this.settle(settlement)
      : Effect.flatMap(recording, () => this.settle(settlement) ?? Effect.void)
  }

  private record(outcome: ClaudeError.Outcome | "ignored", reason: ClaudeError.RealReason | undefined): Rest {
    const { owner, permit } = this
    const { services } = owner.call
    if (!(permit instanceof Pass) || (outcome !== "success" && outcome !== "ignored")) {
      const recorded = permit.record(outcome, reason)
      return outcome === "success" ? Effect.flatMap(recorded, () => services.budget.deposit) : recorded
    }
    permit.leave(outcome)
    if (outcome === "ignored") return undefined
    return services.deposit === undefined ? services.budget.deposit : services.deposit()
  }

  private settle(settlement: Settlement): Rest {
    const { work } = this
    if (work === undefined) return this.giveBack(settlement)
    return Effect.contextWith((context: Context.Context<never>) =>
      Effect.sync(() => {
        const run = Effect.runForkWith(context)
        const ended = (): void => void run(Effect.suspend(() => this.giveBack(settlement) ?? Effect.void))
        work.then(ended, ended)
      })
    )
  }

  private giveBack(settlement: Settlement): Rest {
    const { owner: { slot }, reservation } = this
    if (!(reservation instanceof Held)) {
      const settled = reservation.settle(settlement)
      return slot === undefined ? settled : Effect.flatMap(settled, () => Effect.sync(() => slot.leave()))
    }
    reservation.end(settlement)
    slot?.leave()
    return undefined
  }
}
