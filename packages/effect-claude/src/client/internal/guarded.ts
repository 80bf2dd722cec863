/** A promise as an effect with a bound on its time: late, thrown and interrupted each end it once. */
import * as Effect from "effect/Effect"
import type { Watchdog } from "./watchdog.ts"

export interface Guarded<A, E> {
  readonly watchdog: Watchdog
  /** Infinity for no bound. */
  readonly millis: number
  readonly late: () => E
  readonly start: () => Promise<A>
  /** Stops the work, for lateness and interruption. */
  readonly stop: () => void
  /** The reason for what was thrown, undefined for a defect. */
  readonly failed: (thrown: unknown) => E | undefined
  /** Told when the effect ended before the work did: the promise settles when the work has really ended. */
  readonly left?: (work: Promise<unknown>) => void
}

export const guarded = <A, E>(options: Guarded<A, E>): Effect.Effect<A, E> =>
  Effect.callback<A, E>((resume) => {
    let working = true
    let ended = false
    const work = options.start()
    const bound = options.watchdog.watch(options.millis, () => {
      if (!working) return
      leave()
      resume(Effect.fail(options.late()))
    })
    const leave = (): void => {
      if (!working) return
      ended = true
      bound.lift()
      options.left?.(work)
      options.stop()
    }
    work.then(
      (value) => {
        working = false
        bound.lift()
        resume(Effect.succeed(value))
      },
      (thrown: unknown) => {
        working = false
        bound.lift()
        if (ended) return
        const reason = options.failed(thrown)
        resume(reason === undefined ? Effect.die(thrown) : Effect.fail(reason))
      }
    )
    return Effect.sync(leave)
  })
