/** A retry schedule stepped by hand: instantiated on the first failure, so a call that succeeds pays nothing for it. */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Pull from "effect/Pull"
import * as Schedule from "effect/Schedule"
import type { Attempt, Reason } from "../../errors/ClaudeError.ts"

export interface Wait {
  readonly wait: Duration.Duration
  readonly source: NonNullable<Attempt["waitSource"]>
}

/** The wait before the next try, undefined when the schedule has ended. */
export type Driver = (reason: Reason, now: number) => Effect.Effect<Wait | undefined>

/** Reasons that are worth exactly one more try. */
export const isOnce = (reason: { readonly _tag: string }): boolean =>
  reason._tag === "MalformedResponse" || reason._tag === "AuthenticationFailed"

const sourceOf = (reason: Reason, wait: Duration.Duration): Wait["source"] => {
  const hint = "retryAfter" in reason ? reason.retryAfter : undefined
  if (hint === undefined || Duration.isLessThan(wait, hint)) return "schedule"
  return reason._tag === "CircuitOpen" ? "breaker" : "server"
}

export const make = (schedule: Schedule.Schedule<unknown, unknown>): Driver => {
  type Step = (now: number, input: unknown) => Pull.Pull<[unknown, Duration.Duration], never, unknown>
  let step: Step | undefined
  const started = Effect.suspend(() =>
    step === undefined
      ? Effect.map(Schedule.toStep(schedule), (made) => {
        step = made
        return made
      })
      : Effect.succeed(step)
  )
  return (reason, now) =>
    Effect.flatMap(started, (next) =>
      Pull.matchEffect(next(now, reason), {
        onSuccess: ([, wait]) => Effect.succeed<Wait | undefined>({ wait, source: sourceOf(reason, wait) }),
        onFailure: Effect.failCause,
        onDone: () => Effect.succeed(undefined)
      }))
}
