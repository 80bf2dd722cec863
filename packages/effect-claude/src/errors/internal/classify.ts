/** The one place where an answer becomes a reason: by code, then by text, then by status. */
import type * as Schema from "effect/Schema"
import * as Body from "./body.ts"
import { claimOf } from "./codes.ts"
import type { Partial, remote } from "./fields.ts"
import * as Hints from "./hints.ts"
import type { RealReason } from "./local.ts"
import { patterns } from "./patterns.ts"
import * as Remote from "./remote.ts"

type Common = Schema.Struct<typeof remote>["Type"]

/** An answer that is not a success. `header` looks a name up whatever its case; `now` is the Clock's milliseconds. */
export interface Answer {
  readonly status: number
  readonly header: (name: string) => string | null
  readonly body: unknown
  readonly now: number
  readonly partial?: Partial | undefined
  readonly delivered?: boolean | undefined
  readonly secrets?: ReadonlyArray<string>
}

/** Errors inside a stream have a type and no status: the status the same error has elsewhere. */
export const statusOfType: ReadonlyMap<string, number> = new Map(Object.entries({
  invalid_request_error: 400,
  authentication_error: 401,
  billing_error: 402,
  permission_error: 403,
  not_found_error: 404,
  conflict_error: 409,
  request_too_large: 413,
  rate_limit_error: 429,
  api_error: 500,
  timeout_error: 504,
  overloaded_error: 529,
  validationException: 400,
  modelTimeoutException: 408,
  modelStreamErrorException: 424,
  throttlingException: 429,
  internalServerException: 500,
  serviceUnavailableException: 503,
  INVALID_ARGUMENT: 400,
  FAILED_PRECONDITION: 400,
  OUT_OF_RANGE: 400,
  UNAUTHENTICATED: 401,
  PERMISSION_DENIED: 403,
  NOT_FOUND: 404,
  RESOURCE_EXHAUSTED: 429,
  CANCELLED: 499,
  INTERNAL: 500,
  UNAVAILABLE: 503,
  DEADLINE_EXCEEDED: 504
}))

const limitOf = (message: string): Remote.RateLimited["limit"] =>
  /output tokens/i.test(message)
    ? "outputTokens"
    : /input tokens/i.test(message)
    ? "inputTokens"
    : /requests? per|number of requests/i.test(message)
    ? "requests"
    : "unknown"

const resourceOf = (message: string): Remote.NotFound["resource"] =>
  /^model\b|\bmodel:/i.test(message) ? "model" : /\bfile\b/i.test(message) ? "file" : "other"

const byStatus = (status: number, common: Common): RealReason => {
  if (status === 529 || common.errorType === "overloaded_error" || common.errorType === "ModelNotReadyException") {
    return new Remote.Overloaded(common)
  }
  if (status === 402 || common.errorType === "billing_error") {
    return new Remote.BillingBlocked({ ...common, kind: "billing" })
  }
  // Amazon sends it as a 400.
  if (common.errorType === "ConflictException") return new Remote.Conflict(common)
  if (status === 501) return new Remote.InvalidRequest(common)
  if (status >= 500) return new Remote.ServerFailed(common)
  switch (status) {
    case 401:
      return new Remote.AuthenticationFailed(common)
    case 403:
      return new Remote.PermissionDenied(common)
    case 404:
      return new Remote.NotFound({ ...common, resource: resourceOf(common.message) })
    case 408:
    case 424:
      return new Remote.ServerFailed(common)
    case 409:
    case 412:
      return new Remote.Conflict(common)
    case 413:
      return new Remote.RequestTooLarge(common)
    case 429:
      return new Remote.RateLimited({ ...common, limit: limitOf(common.message) })
    default:
      return new Remote.InvalidRequest(common)
  }
}

/** Status 200 stands for "no status of its own": the error's type decides. */
export const answer = (given: Answer): RealReason => {
  const body = Body.read(given.body, given.secrets)
  const status = given.status >= 300 ? given.status : statusOfType.get(body.type ?? "") ?? 500
  const hints = Hints.read(given.header, given.now)
  const common: Common = {
    message: body.message === "" ? `The API answered ${given.status}.` : body.message,
    status: given.status,
    errorType: body.type ?? given.header("x-amzn-errortype")?.split(":")[0],
    errorCode: body.code,
    requestId: given.header("request-id") ?? body.requestId ?? given.header("x-amzn-requestid") ??
      given.header("apim-request-id") ?? undefined,
    retryAfter: hints.retryAfter,
    shouldRetry: hints.shouldRetry,
    partial: given.partial,
    delivered: given.delivered
  }
  const known = claimOf(body.code)
  if (known !== undefined) return known(common, body)
  if (status === 400 || status === 413) {
    for (const pattern of patterns) {
      const match = pattern.text.exec(common.message)
      if (match !== null) return pattern.reason(common, match)
    }
  }
  return byStatus(status, common)
}
