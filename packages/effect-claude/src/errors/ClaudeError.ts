/**
 * What can go wrong in a call to Claude, as data: one error with a tagged reason, for `Effect.catchReason`.
 * A reason exists only where some caller would act differently on it.
 */
import type * as Duration from "effect/Duration"
import * as Schema from "effect/Schema"
import * as Fields from "./internal/fields.ts"
import * as Local from "./internal/local.ts"

export * from "./internal/local.ts"
export * from "./internal/remote.ts"
export * from "./internal/transport.ts"

/** What breaker, limiter and retry budget read from a reason. */
export type Outcome = Fields.Outcome

/** Every reason there is. */
export const Reason = Schema.Union([
  ...Local.RealReason.members,
  Local.Refused,
  Local.Truncated,
  Local.UnknownStop,
  Local.RequestRejected,
  Local.RequestExceedsLimit,
  Local.LimiterRejected,
  Local.CircuitOpen,
  Local.DeadlineExceeded,
  Local.SpendExceeded
])
export type Reason = typeof Reason.Type

/**
 * One try. `wait` is the wait that was chosen after it and `waitSource` where it came from; with `refused` it was not
 * slept, and says why the call ended here.
 */
export const Attempt = Schema.Struct({
  reason: Schema.String,
  message: Schema.String,
  status: Schema.optional(Schema.Int),
  requestId: Schema.optional(Schema.String),
  model: Schema.optional(Schema.String),
  duration: Schema.DurationFromMillis,
  wait: Schema.optional(Schema.DurationFromMillis),
  waitSource: Schema.optional(Schema.Literals(["server", "schedule", "breaker"])),
  refused: Schema.optional(Schema.Literals(["notRetryable", "attempts", "schedule", "deadline", "budget", "hint"]))
})
export type Attempt = typeof Attempt.Type

/** A call that failed: which method, why, and every try that was made. */
export class ClaudeError extends Schema.TaggedError<ClaudeError>()("ClaudeError", {
  method: Schema.String,
  reason: Reason,
  attempts: Schema.Array(Attempt)
}) {
  override readonly cause = this.reason

  /** False as soon as events reached the caller or a retry owner gave up. */
  get isRetryable(): boolean {
    return this.reason.isRetryable
  }
  /** The server's or the breaker's hint. */
  get retryAfter(): Duration.Duration | undefined {
    return "retryAfter" in this.reason ? this.reason.retryAfter : undefined
  }
  /** True once a retry owner has given up on it: no other retries it again. */
  get retried(): boolean {
    return this.reason.retried === true
  }
  get outcome(): Outcome {
    return this.reason.outcome
  }
  override get message(): string {
    const tries = this.attempts.length > 1 ? ` (after ${this.attempts.length} attempts)` : ""
    return `${this.method}: ${this.reason._tag}: ${this.reason.message}${tries}`
  }
}
