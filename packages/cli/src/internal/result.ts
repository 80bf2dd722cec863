/** Result lines in the shapes of Message Batches, with our fields added. */
import { ClaudeError } from "effect-claude"
import * as Schema from "effect/Schema"

const encode = Schema.encodeSync(ClaudeError.ClaudeError)

/** The API's type for a reason that has none of its own. */
const typeOf = (reason: ClaudeError.Reason): string => {
  if ("errorType" in reason && reason.errorType !== undefined) return reason.errorType
  switch (reason.outcome) {
    case "transient":
      return reason._tag === "TimedOut" ? "timeout_error" : "api_error"
    case "overload":
      return reason._tag === "RateLimited" ? "rate_limit_error" : "overloaded_error"
    default:
      return "invalid_request_error"
  }
}

export const succeeded = (customId: string, message: object): object => ({
  custom_id: customId,
  result: { type: "succeeded", message }
})

export const errored = (customId: string, error: ClaudeError.ClaudeError): object => {
  const { reason } = error
  const encoded = encode(error)
  return {
    custom_id: customId,
    result: {
      type: "errored",
      error: {
        type: "error",
        error: { type: typeOf(reason), message: reason.message },
        request_id: "requestId" in reason ? reason.requestId ?? null : null,
        reason: encoded.reason,
        attempts: encoded.attempts
      }
    }
  }
}

/** A request of a batch that was not answered. */
export const unanswered = (customId: string, type: "canceled" | "expired"): object => ({
  custom_id: customId,
  result: { type }
})
