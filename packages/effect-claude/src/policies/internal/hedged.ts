/** Two attempts at one answer. What either took is given back by itself, whichever is read. */
import type * as Clock from "effect/Clock"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import type { Hedge } from "../Hedge.ts"
import type { RetryBudget } from "../RetryBudget.ts"

/** How long answers took to begin, in milliseconds, of the last ones. */
export class Beginnings {
  private readonly samples: Array<number> = []
  private at = 0
  private readonly hedge: Hedge

  constructor(hedge: Hedge) {
    this.hedge = hedge
  }

  add(millis: number): void {
    this.samples[this.at] = millis
    this.at = (this.at + 1) % this.hedge.window
  }

  /** When the second request leaves, undefined while too little is known. */
  get delay(): number | undefined {
    const { percentile, shortest, warmUp } = this.hedge
    if (this.samples.length < warmUp) return undefined
    const sorted = this.samples.toSorted((a, b) => a - b)
    const at = sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * percentile))]!
    return Math.max(at, Duration.toMillis(shortest))
  }
}

/** Told by an attempt: its request has left, its answer has begun. */
export interface Watch {
  /** When it must have been let in by the limiter, where that is not the call's deadline. */
  readonly admitBy?: number
  readonly sent: () => void
  readonly answered: () => void
}

type Attempt<A, E, R> = (watch: Watch) => Effect.Effect<A, E, R>

/** When the second leaves, and what it learns that from. */
interface Timing {
  readonly delay: number | undefined
  readonly add: (millis: number) => void
}

/** `second` must fail at once where it would have to wait. */
export const hedged = <A, E, R>(
  beginnings: Timing,
  budget: RetryBudget["Service"],
  first: Attempt<A, E, R>,
  second: Attempt<A, E, R>,
  told?: (what: "started" | "won" | "lost") => void
): Effect.Effect<A, E, R> =>
  Effect.clockWith((clock: Clock.Clock) => {
    const now = (): number => clock.currentTimeMillisUnsafe()
    const began = [0, 0]
    const left = Deferred.makeUnsafe<void>()
    const begun = Deferred.makeUnsafe<0 | 1>()
    const open = new Set<0 | 1>()
    /** The second is paid and has not left. */
    let owed = false
    const watch = (who: 0 | 1): Watch => ({
      sent: () => {
        began[who] = now()
        open.add(who)
        if (who === 0) Deferred.doneUnsafe(left, Effect.void)
        else owed = false
      },
      answered: () => {
        if (open.delete(who)) beginnings.add(now() - began[who]!)
        Deferred.doneUnsafe(begun, Effect.succeed(who))
      }
    })
    const { delay } = beginnings
    if (delay === undefined) return first(watch(0))
    const fibers: Array<Fiber.Fiber<A, E>> = []
    /** One that is given up would have taken at least so long; one that was quick to fail, or young, tells nothing. */
    const giveUp = (who: 0 | 1): Effect.Effect<void> =>
      Effect.suspend(() => {
        const took = now() - began[who]!
        if (open.delete(who) && took >= delay) beginnings.add(took)
        const fiber = fibers[who]
        return fiber === undefined ? Effect.void : Fiber.interrupt(fiber)
      })
    const race = Effect.gen(function*() {
      const one = yield* Effect.forkChild(first(watch(0)), { startImmediately: true })
      fibers.push(one)
      const late = Effect.andThen(Deferred.await(left), Effect.as(Effect.sleep(Duration.millis(delay)), true))
      const early = Effect.raceFirst(Effect.as(Fiber.await(one), false), Effect.as(Deferred.await(begun), false))
      if (!(yield* Effect.raceFirst(early, late))) return yield* Fiber.join(one)
      const paid = Effect.tap(budget.withdraw("transient"), (pays) => Effect.sync(() => void (owed = pays)))
      if (!(yield* Effect.uninterruptible(paid))) return yield* Fiber.join(one)
      told?.("started")
      const two = yield* Effect.forkChild(second(watch(1)), { startImmediately: true })
      fibers.push(two)
      const ended = Effect.raceFirst(
        Effect.as(Fiber.await(one), 0 as const),
        Effect.as(Fiber.await(two), 1 as const)
      )
      const who = yield* Effect.raceFirst(Deferred.await(begun), ended)
      const exit = fibers[who]!.pollUnsafe()
      if (exit === undefined || Exit.isSuccess(exit)) {
        told?.(who === 1 ? "won" : "lost")
        yield* giveUp(who === 0 ? 1 : 0)
        return yield* Fiber.join(fibers[who]!)
      }
      const other = yield* Fiber.await(fibers[who === 0 ? 1 : 0]!)
      told?.(Exit.isSuccess(other) && who === 0 ? "won" : "lost")
      // If both fail it is the first that counts.
      return yield* Exit.isSuccess(other) || who === 1 ? other : exit
    })
    const end = Effect.suspend(() => owed ? budget.refund("transient") : Effect.void)
    return Effect.ensuring(race, giveUp(0).pipe(Effect.andThen(giveUp(1)), Effect.andThen(end)))
  })
