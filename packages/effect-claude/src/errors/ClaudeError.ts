/**
 * What can go wrong in a call to Claude, as data: one error with a tagged reason, for `Effect.catchReason`.
 * A reason exists only where some caller would act differently on it.
 */
import type * as Duration from "effect/Duration"
import * as Schema from "effect/Schema"
import * as Body from "./internal/body.ts"
import * as Classify from "./internal/classify.ts"
import * as Fields from "./internal/fields.ts"
import * as Local from "./internal/local.ts"
import * as Redact from "./internal/redact.ts"
import * as Thrown from "./internal/thrown.ts"
import { MalformedResponse } from "./internal/transport.ts"

export * from "./internal/local.ts"
export * from "./internal/remote.ts"
export * from "./internal/transport.ts"

/** What breaker, limiter and retry budget read from a reason. */
export type Outcome = Fields.Outcome

/** Tokens of one call as the API bills them; `estimated` when the answer broke off before the API said. */
export type Usage = Fields.Usage

/** What had arrived when a stream broke. */
export type Partial = Fields.Partial

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

/** True for what came from the API or the connection, false for what a policy of ours refused. */
export const isReal: (reason: Reason) => reason is Local.RealReason = Schema.is(Local.RealReason)

/**
 * One try. `wait` is the wait that was chosen after it and `waitSource` where it came from; with `refused` it was not
 * slept, and says why the call ended here. `usage`: what it cost, where something of its answer arrived or nothing was sent.
 */
export const Attempt = Schema.Struct({
  reason: Schema.String,
  message: Schema.String,
  status: Schema.optional(Schema.Int),
  requestId: Schema.optional(Schema.String),
  model: Schema.optional(Schema.String),
  duration: Schema.DurationFromMillis,
  usage: Schema.optional(Fields.Usage),
  wait: Schema.optional(Schema.DurationFromMillis),
  waitSource: Schema.optional(Schema.Literals(["server", "schedule", "breaker"])),
  refused: Schema.optional(Schema.Literals(["notRetryable", "attempts", "schedule", "deadline", "budget", "hint"]))
})
export type Attempt = typeof Attempt.Type

/** Codes of connections that never were. */
const unconnected =
  /^(ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|CERT_|DEPTH_|UNABLE_|SELF_SIGNED|ERR_TLS)/

const isUnsent = (reason: Reason): boolean =>
  reason._tag === "TimedOut" && reason.phase === "connect" ||
  reason._tag === "ConnectionFailed" && unconnected.test(reason.code ?? "")

/** What a failed try cost, for its entry in the log: known where something of its answer arrived, or nothing was sent. */
export const costOf = (reason: Reason): Pick<Attempt, "usage"> => {
  if ("partial" in reason && reason.partial !== undefined) return { usage: reason.partial.usage }
  return isUnsent(reason) ? { usage: Fields.noUsage } : {}
}

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

/** A text without what looks like a key, a token, a cookie or a password, and without the secrets that are given. */
export const redact: (text: string, secrets?: ReadonlyArray<string>) => string = Redact.redact

/** An answer that is not a success: status, headers, raw or parsed body. */
export type Answer = Classify.Answer

/** The reason for an answer with a status of 300 or more; never fails, whatever the body is. */
export const fromResponse = (answer: Answer): Local.RealReason => Classify.answer(answer)

/** The reason for an `error` event inside a 200 stream: the same as for the same error by status, with what arrived. */
export const fromStreamEvent = (data: unknown, stream: Omit<Answer, "status" | "body">): Local.RealReason =>
  Classify.answer({ ...stream, status: 200, body: data })

/** The reason for what a `fetch` or a body threw; `undefined` for anything that is no failure of the connection. */
export const fromTransport = Thrown.thrown

/** The reason for a 200 whose body arrived whole and is no message: the error it names, else `MalformedResponse`. */
export const fromBody = (body: string, answer: Omit<Answer, "body">): Local.RealReason => {
  if (Body.namesError(body)) return Classify.answer({ ...answer, body })
  const requestId = answer.header("request-id") ?? undefined
  const what = body.trim() === "" ? "an empty body" : "a body that is no message"
  return new MalformedResponse({
    message: `The API answered ${answer.status} with ${what}.`,
    status: answer.status,
    requestId,
    body: Redact.excerpt(body, 500, answer.secrets)
  })
}

/**
 * The same reason with a mark: its events reached the caller, or a retry owner has given up on it. `partial`: what
 * arrived in all, where the call made more than one request for one answer and the reason can tell it.
 */
export const mark = <R extends Reason>(
  reason: R,
  marks: { readonly delivered?: true; readonly retried?: true; readonly partial?: Partial }
): R => {
  // The class of a reason takes the reason's own fields; TypeScript cannot follow that through a union.
  const Class = reason.constructor as new(fields: object) => R
  // An error's message is its own but not enumerable.
  return new Class({ ...reason, message: reason.message, ...marks })
}

const isReason = Schema.is(Reason)

/** The reason of a `ClaudeError`, or a bare reason itself; undefined for any other error. */
export const reasonOf = (error: unknown): Reason | undefined =>
  error instanceof ClaudeError ? error.reason : isReason(error) ? error : undefined

/** The same error with the log of a retry owner that has given up on it. */
export const withAttempts = <E extends ClaudeError>(error: E, attempts: ReadonlyArray<Attempt>): E => {
  // The class takes the error's own fields, so what comes out is the E that went in.
  const Class = error.constructor as new(fields: object) => E
  return new Class({ method: error.method, reason: mark(error.reason, { retried: true }), attempts })
}
