/** Fields and rules that several reasons share. */
import * as Duration from "effect/Duration"
import * as Schema from "effect/Schema"

/** What breaker, limiter and budget read from a reason. */
export type Outcome = "success" | "overload" | "transient" | "fatal" | "local"

/** Tokens of one call as the API bills them; `estimated` when the answer broke off before the API said. */
export const Usage = Schema.Struct({
  inputTokens: Schema.Number,
  cacheCreationTokens: Schema.Number,
  cacheReadTokens: Schema.Number,
  outputTokens: Schema.Number,
  estimated: Schema.Boolean
})
export type Usage = typeof Usage.Type

export const noUsage: Usage = {
  inputTokens: 0,
  cacheCreationTokens: 0,
  cacheReadTokens: 0,
  outputTokens: 0,
  estimated: false
}

/** Tokens of two requests together. */
export const addUsage = (one: Usage, other: Usage): Usage => ({
  inputTokens: one.inputTokens + other.inputTokens,
  cacheCreationTokens: one.cacheCreationTokens + other.cacheCreationTokens,
  cacheReadTokens: one.cacheReadTokens + other.cacheReadTokens,
  outputTokens: one.outputTokens + other.outputTokens,
  estimated: one.estimated || other.estimated
})

/** What had arrived when a stream broke: content blocks as the API sent them, the unfinished last one included. */
export const Partial = Schema.Struct({
  content: Schema.Array(Schema.Json),
  complete: Schema.Int.annotate({ description: "how many of the blocks had ended" }),
  usage: Usage
})
export type Partial = typeof Partial.Type

/** `delivered`: events of the call reached its caller. `retried`: a retry owner has already given up on it. */
export const marks = {
  delivered: Schema.optional(Schema.Boolean),
  retried: Schema.optional(Schema.Boolean)
}

export const remote = {
  message: Schema.String,
  status: Schema.optional(Schema.Int),
  errorType: Schema.optional(Schema.String),
  errorCode: Schema.optional(Schema.String),
  requestId: Schema.optional(Schema.String),
  /** The server's hint, relative to the moment the answer arrived. */
  retryAfter: Schema.optional(Schema.DurationFromMillis),
  /** The `x-should-retry` header. */
  shouldRetry: Schema.optional(Schema.Boolean),
  partial: Schema.optional(Partial),
  ...marks
}

interface Retryable {
  readonly delivered?: boolean | undefined
  readonly retried?: boolean | undefined
  readonly shouldRetry?: boolean | undefined
}

/** Never again once events reached the caller or a retry owner gave up; else as the server says; else by kind. */
export const retryable = (reason: Retryable, byKind: boolean): boolean =>
  reason.delivered !== true && reason.retried !== true && (reason.shouldRetry ?? byKind)

/** A duration as a person reads it in a message: "12 s", "0.25 s". */
export const seconds = (duration: Duration.Duration): string => {
  const value = Duration.toSeconds(duration)
  return `${value >= 10 ? Math.round(value) : Math.round(value * 100) / 100} s`
}
