/** Reasons of our own: what was asked of an answer and not there, and what a policy refused to do. */
import * as Schema from "effect/Schema"
import { marks, type Outcome, Partial, remote, seconds } from "./fields.ts"
import * as Remote from "./remote.ts"
import * as Transport from "./transport.ts"

const answer = { ...remote, answer: Schema.Json }

/** `stop_reason: refusal`, where completeness was asked for; `answer` is the message as the API gave it. */
export class Refused extends Schema.TaggedError<Refused>()("Refused", {
  ...answer,
  category: Schema.optional(Schema.String),
  explanation: Schema.optional(Schema.String)
}) {
  get isRetryable(): boolean {
    return false
  }
  get outcome(): Outcome {
    return "success"
  }
}

/** `max_tokens` or a filled window, where completeness was asked for. */
export class Truncated extends Schema.TaggedError<Truncated>()("Truncated", {
  ...answer,
  limit: Schema.Literals(["maxTokens", "contextWindow"])
}) {
  get isRetryable(): boolean {
    return false
  }
  get outcome(): Outcome {
    return "success"
  }
}

/** A stop reason newer than this library, where completeness was asked for. */
export class UnknownStop extends Schema.TaggedError<UnknownStop>()("UnknownStop", {
  ...answer,
  stopReason: Schema.NullOr(Schema.String)
}) {
  get isRetryable(): boolean {
    return false
  }
  get outcome(): Outcome {
    return "success"
  }
}

/** Everything that came from the API or the connection. */
export const RealReason = Schema.Union([
  Remote.InvalidRequest,
  Remote.ContextOverflow,
  Remote.InvalidConversation,
  Remote.AuthenticationFailed,
  Remote.PermissionDenied,
  Remote.AccountOnHold,
  Remote.BillingBlocked,
  Remote.NotFound,
  Remote.RequestTooLarge,
  Remote.Conflict,
  Remote.RateLimited,
  Remote.Overloaded,
  Remote.ServerFailed,
  Transport.ConnectionFailed,
  Transport.TimedOut,
  Transport.StreamInterrupted,
  Transport.MalformedResponse
])
export type RealReason = typeof RealReason.Type

/** One broken rule: where in the request (JSON path), what, and how to fix it. */
export const Violation = Schema.Struct({
  path: Schema.String,
  rule: Schema.String,
  message: Schema.String,
  fix: Schema.String
})
export type Violation = typeof Violation.Type

/** Our own check found the request impossible; nothing was sent. */
export class RequestRejected extends Schema.TaggedError<RequestRejected>()("RequestRejected", {
  violations: Schema.Array(Violation),
  ...marks
}) {
  get isRetryable(): boolean {
    return false
  }
  get outcome(): Outcome {
    return "local"
  }
  override get message(): string {
    return this.violations.map((violation) => `${violation.path}: ${violation.message} ${violation.fix}`).join("\n")
  }
}

/** Even the lower bound of the request's estimate is more than the whole bucket of the named limit. */
export class RequestExceedsLimit extends Schema.TaggedError<RequestExceedsLimit>()("RequestExceedsLimit", {
  limit: Schema.Literals(["requests", "inputTokens", "outputTokens", "concurrency"]),
  needed: Schema.Number,
  available: Schema.Number,
  ...marks
}) {
  get isRetryable(): boolean {
    return false
  }
  get outcome(): Outcome {
    return "local"
  }
  override get message(): string {
    return `The request needs at least ${
      Math.ceil(this.needed)
    } of ${this.limit}; the whole limit is ${this.available}.`
  }
}

/**
 * The queue of the limiter or the bulkhead is full, the wait would pass the deadline, or the Redis it shares its limits through is gone;
 * `wait`: how long it would have been.
 */
export class LimiterRejected extends Schema.TaggedError<LimiterRejected>()("LimiterRejected", {
  why: Schema.Literals(["queueFull", "deadline", "unavailable"]),
  wait: Schema.DurationFromMillis,
  ...marks
}) {
  get isRetryable(): boolean {
    return false
  }
  get outcome(): Outcome {
    return "local"
  }
  override get message(): string {
    if (this.why === "unavailable") return "The limiter shares its limits through a Redis that does not answer."
    return this.why === "queueFull"
      ? `The queue is full; this request would be admitted in ${seconds(this.wait)} at the earliest.`
      : `The limiter would admit this request in ${seconds(this.wait)}, after its deadline.`
  }
}

/** The circuit is open: nothing was sent. `retryAfter` is missing while it is isolated by hand. */
export class CircuitOpen extends Schema.TaggedError<CircuitOpen>()("CircuitOpen", {
  key: Schema.String,
  retryAfter: Schema.optional(Schema.DurationFromMillis),
  openedBy: Schema.optional(RealReason),
  ...marks
}) {
  get isRetryable(): boolean {
    return this.retried !== true && this.retryAfter !== undefined
  }
  get outcome(): Outcome {
    return "local"
  }
  override get message(): string {
    const because = this.openedBy === undefined ? "" : ` Opened by ${this.openedBy._tag}: ${this.openedBy.message}`
    const until = this.retryAfter === undefined ? "by hand" : `for another ${seconds(this.retryAfter)}`
    return `The circuit of ${this.key} is open ${until}.${because}`
  }
}

/** The total deadline passed during an attempt, a wait or a queue; `last` is the last real reason. */
export class DeadlineExceeded extends Schema.TaggedError<DeadlineExceeded>()("DeadlineExceeded", {
  deadline: Schema.DurationFromMillis,
  last: Schema.optional(RealReason),
  partial: Schema.optional(Partial),
  ...marks
}) {
  get isRetryable(): boolean {
    return false
  }
  get outcome(): Outcome {
    return "local"
  }
  override get message(): string {
    const last = this.last === undefined ? "" : ` Last: ${this.last._tag}: ${this.last.message}`
    return `Not done within ${seconds(this.deadline)}.${last}`
  }
}

/** Our own budget of money or tokens is spent. */
export class SpendExceeded extends Schema.TaggedError<SpendExceeded>()("SpendExceeded", {
  limit: Schema.Literals(["usd", "inputTokens", "outputTokens"]),
  spent: Schema.Number,
  cap: Schema.Number,
  ...marks
}) {
  get isRetryable(): boolean {
    return false
  }
  get outcome(): Outcome {
    return "local"
  }
  override get message(): string {
    return `The budget of ${this.cap} ${this.limit} does not cover the next request (${this.spent} spent).`
  }
}
