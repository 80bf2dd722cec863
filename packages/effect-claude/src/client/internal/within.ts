/** A promise within the smallest of a bound of its own, what is left of its attempt, and the call's deadline. */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as ClaudeError from "../../errors/ClaudeError.ts"
import type { Lease } from "../../policies/internal/lease.ts"
import type { Settings } from "../../policies/Resilience.ts"
import { guarded } from "./guarded.ts"
import type { Watchdog } from "./watchdog.ts"

/** What the bounds are taken from. */
export interface Bounded {
  readonly watchdog: Watchdog
  readonly now: () => number
  readonly settings: Settings
  readonly lease: Lease
  /** An instant in Clock milliseconds. */
  readonly deadline: number
  readonly total: Duration.Duration
  readonly began: number
}

export interface Work<A> {
  readonly start: () => Promise<A>
  readonly stop: () => void
  /** The reason for what was thrown, undefined for a defect. */
  readonly failed: (thrown: unknown) => ClaudeError.Reason | undefined
}

/** A connection that broke after the headers is said to have broken inside the answer. */
export const insideAnswer = (
  reason: ClaudeError.Reason,
  answer: { readonly status: number; readonly requestId: string | undefined }
): ClaudeError.Reason =>
  reason._tag === "ConnectionFailed"
    ? new ClaudeError.ConnectionFailed({
      message: `The connection broke inside the answer: ${reason.message}`,
      code: reason.code,
      ...answer
    })
    : reason

export const within = <A>(
  bounded: Bounded,
  bound: Duration.Duration,
  phase: ClaudeError.TimedOut["phase"],
  work: Work<A>
): Effect.Effect<A, ClaudeError.Reason> =>
  Effect.suspend(() => {
    const { attempt } = bounded.settings.timeouts
    const left = bounded.deadline - bounded.now()
    const attemptLeft = bounded.began + Duration.toMillis(attempt) - bounded.now()
    const millis = Math.min(Duration.toMillis(bound), attemptLeft)
    return guarded<A, ClaudeError.Reason>({
      ...work,
      watchdog: bounded.watchdog,
      millis: Math.min(millis, left),
      late: () => {
        if (left < millis) return new ClaudeError.DeadlineExceeded({ deadline: bounded.total })
        return attemptLeft <= millis
          ? new ClaudeError.TimedOut({ phase: "attempt", after: attempt })
          : new ClaudeError.TimedOut({ phase, after: bound })
      },
      left: (work) => bounded.lease.keepUntil(work)
    })
  })
