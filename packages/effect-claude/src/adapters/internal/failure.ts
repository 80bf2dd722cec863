/**
 * A call that failed, as the `Response` of it: the API's own where there is one, else one in its shape. Always with
 * `x-should-retry: false`, so that no retry owner outside begins again.
 */
import * as Duration from "effect/Duration"
import type * as ClaudeError from "../../errors/ClaudeError.ts"
import { copy } from "./copy.ts"

/** An answer that was a failure, as it came. */
export interface Original {
  readonly reason: ClaudeError.RealReason
  readonly response: Response
  readonly body: Uint8Array<ArrayBuffer>
}

type Shape = readonly [status: number, type: string]

/** The status and type under which the API, or a gateway before it, would say the same. */
const shapes: { readonly [T in ClaudeError.Reason["_tag"]]: Shape } = {
  InvalidRequest: [400, "invalid_request_error"],
  ContextOverflow: [400, "invalid_request_error"],
  InvalidConversation: [400, "invalid_request_error"],
  AuthenticationFailed: [401, "authentication_error"],
  PermissionDenied: [403, "permission_error"],
  AccountOnHold: [400, "invalid_request_error"],
  BillingBlocked: [402, "billing_error"],
  NotFound: [404, "not_found_error"],
  RequestTooLarge: [413, "request_too_large"],
  Conflict: [409, "conflict_error"],
  RateLimited: [429, "rate_limit_error"],
  Overloaded: [529, "overloaded_error"],
  ServerFailed: [500, "api_error"],
  ConnectionFailed: [502, "api_error"],
  TimedOut: [504, "timeout_error"],
  StreamInterrupted: [502, "api_error"],
  MalformedResponse: [502, "api_error"],
  Refused: [400, "invalid_request_error"],
  Truncated: [400, "invalid_request_error"],
  UnknownStop: [400, "invalid_request_error"],
  RequestRejected: [400, "invalid_request_error"],
  RequestExceedsLimit: [413, "request_too_large"],
  LimiterRejected: [429, "rate_limit_error"],
  CircuitOpen: [503, "overloaded_error"],
  DeadlineExceeded: [504, "timeout_error"],
  SpendExceeded: [402, "billing_error"]
}

const isOf = (reason: ClaudeError.Reason) => (original: Original): boolean =>
  original.reason._tag === reason._tag && original.reason.message === reason.message &&
  "requestId" in reason && original.reason.requestId === reason.requestId

const seconds = (wait: Duration.Duration | undefined): Record<string, string> =>
  wait === undefined ? {} : { "retry-after": String(Math.ceil(Duration.toSeconds(wait))) }

const millis = (duration: Duration.Duration | undefined): number | undefined =>
  duration === undefined ? undefined : Duration.toMillis(duration)

const waitOf = (reason: ClaudeError.Reason): Duration.Duration | undefined =>
  reason._tag === "LimiterRejected" ? reason.wait : "retryAfter" in reason ? reason.retryAfter : undefined

const answer = (
  [status, type]: Shape,
  message: string,
  details: object,
  requestId?: string,
  headers: Readonly<Record<string, string>> = {}
): Response =>
  new Response(JSON.stringify({ type: "error", error: { type, message, details }, request_id: requestId ?? null }), {
    status,
    headers: {
      "content-type": "application/json",
      ...(requestId === undefined ? {} : { "request-id": requestId }),
      ...headers,
      "x-should-retry": "false"
    }
  })

/** For whoever asks what was disposed of. */
export const disposed = (): Response =>
  answer(
    [503, "api_error"],
    "These policies were disposed of, so that nothing was sent: await each call before their scope ends.",
    { error_code: "Disposed" }
  )

/** The response of a call that failed. */
export const failure = (
  { attempts, reason }: ClaudeError.ClaudeError,
  originals: ReadonlyArray<Original>
): Response => {
  const original = originals.findLast(isOf(reason))
  // A failure inside a 200 would be taken for a success.
  if (original !== undefined && original.response.status >= 300) {
    const headers = new Headers(original.response.headers)
    headers.set("x-should-retry", "false")
    return copy({ ...original, headers })
  }
  const [status, type] = shapes[reason._tag]
  const own = "requestId" in reason ? reason.requestId : undefined
  const requestId = own ?? attempts.findLast((attempt) => attempt.requestId !== undefined)?.requestId
  return answer(
    [status, ("errorType" in reason ? reason.errorType : undefined) ?? type],
    reason.message,
    {
      error_code: ("errorCode" in reason ? reason.errorCode : undefined) ?? reason._tag,
      attempts: attempts.map((attempt) => ({
        ...attempt,
        duration: millis(attempt.duration),
        wait: millis(attempt.wait)
      }))
    },
    requestId,
    seconds(waitOf(reason))
  )
}
