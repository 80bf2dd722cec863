/** Runs a handler in a fiber that is not waited for longer than asked: one that ignores interruption is left behind. */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"

export interface Bounds {
  /** Milliseconds. */
  readonly timeout: number
  /** Milliseconds for what a handler does when it is interrupted. */
  readonly grace: number
  /** Told of a handler that is left behind. */
  readonly leaked: () => void
}

/** How the handler ended; none if it had not when its time was over. */
export const isolated = <A, E, R>(
  handler: Effect.Effect<A, E, R>,
  { grace, leaked, timeout }: Bounds
): Effect.Effect<Option.Option<Exit.Exit<A, E>>, never, R> =>
  Effect.uninterruptibleMask((restore) =>
    Effect.flatMap(Effect.forkDetach(handler, { startImmediately: true }), (fiber) => {
      const leave = Effect.suspend(() => {
        fiber.interruptUnsafe()
        return Effect.asVoid(Effect.tap(
          Effect.timeoutOption(Effect.interruptible(Fiber.await(fiber)), Duration.millis(grace)),
          (ended) => Option.isNone(ended) ? Effect.sync(leaked) : Effect.void
        ))
      })
      const ended = Number.isFinite(timeout)
        ? Effect.timeoutOption(Fiber.await(fiber), Duration.millis(timeout))
        : Effect.asSome(Fiber.await(fiber))
      return restore(ended).pipe(
        Effect.onInterrupt(() => leave),
        Effect.tap((exit) => Option.isNone(exit) ? leave : Effect.void)
      )
    })
  )
