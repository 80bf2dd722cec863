/** Reasons that the connection, or what came over it, gave. */
import * as Schema from "effect/Schema"
import { marks, type Outcome, Partial, remote, retryable, seconds } from "./fields.ts"

/** No response, or the connection lost inside a JSON body; `code` is the system's (`ECONNRESET`, …). */
export class ConnectionFailed extends Schema.TaggedError<ConnectionFailed>()("ConnectionFailed", {
  message: Schema.String,
  code: Schema.optional(Schema.String),
  status: Schema.optional(Schema.Int),
  requestId: Schema.optional(Schema.String),
  /** What requests before this one had brought, where an answer was to go on. */
  partial: Schema.optional(Partial),
  ...marks
}) {
  get isRetryable(): boolean {
    return retryable(this, true)
  }
  get outcome(): Outcome {
    return "transient"
  }
}

/** A bound of `Timeouts` passed: `phase` says which, `after` how long it was. */
export class TimedOut extends Schema.TaggedError<TimedOut>()("TimedOut", {
  phase: Schema.Literals(["connect", "headers", "idle", "attempt"]),
  after: Schema.DurationFromMillis,
  requestId: Schema.optional(Schema.String),
  partial: Schema.optional(Partial),
  ...marks
}) {
  get isRetryable(): boolean {
    return retryable(this, true)
  }
  get outcome(): Outcome {
    return "transient"
  }
  override get message(): string {
    const what = {
      connect: "No connection",
      headers: "No answer",
      idle: "The answer stood still",
      attempt: "The attempt was not done"
    }
    return `${what[this.phase]} ${this.phase === "idle" ? "for" : "within"} ${seconds(this.after)}.`
  }
}

/** An event stream cut, reset, empty or ended before `message_stop`; what arrived is in `partial`. */
export class StreamInterrupted extends Schema.TaggedError<StreamInterrupted>()("StreamInterrupted", {
  message: Schema.String,
  cut: Schema.Literals(["ended", "reset", "empty"]),
  requestId: Schema.optional(Schema.String),
  partial: Schema.optional(Partial),
  ...marks
}) {
  get isRetryable(): boolean {
    return retryable(this, true)
  }
  get outcome(): Outcome {
    return "transient"
  }
}

/** 200 whose body arrived whole and is neither a message nor an event stream; worth one retry. */
export class MalformedResponse extends Schema.TaggedError<MalformedResponse>()("MalformedResponse", {
  ...remote,
  /** The first 500 characters of what came. */
  body: Schema.String
}) {
  get isRetryable(): boolean {
    return retryable(this, true)
  }
  get outcome(): Outcome {
    return "transient"
  }
}
