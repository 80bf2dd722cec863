/** A schedule stepped by hand. */
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Pull from "effect/Pull"
import * as Schedule from "effect/Schedule"

/** Waits for the next step; false once the schedule has ended. */
export type Pace<A> = (input: A) => Effect.Effect<boolean>

export const make = <A>(schedule: Schedule.Schedule<unknown, A>): Effect.Effect<Pace<A>> =>
  Effect.map(
    Effect.all([Schedule.toStep(schedule), Clock.Clock]),
    ([step, clock]) => (input) =>
      Pull.matchEffect(step(clock.currentTimeMillisUnsafe(), input), {
        onSuccess: ([, wait]) => Effect.as(Effect.sleep(Duration.max(wait, Duration.zero)), true),
        onFailure: Effect.failCause,
        onDone: () => Effect.succeed(false)
      })
  )
