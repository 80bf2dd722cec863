/**
 * What a call failed with as Effect AI's error: of the nearest kind, retryable exactly where the original is, and with the
 * original in it, which also survives encoding.
 */
import * as AiError from "effect/ai/AiError"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { isFields } from "../../../client/internal/fields.ts"
import * as ClaudeError from "../../../errors/ClaudeError.ts"

const codec = Schema.toCodecJson(ClaudeError.ClaudeError)
const encode = Schema.encodeUnknownOption(codec)
const decode = Schema.decodeUnknownOption(codec)

const key = "claudeError"

/** The text of an answer that was not whole. */
const textOf = (answer: Schema.Json): string => {
  const content = isFields(answer) ? answer["content"] : undefined
  if (!Array.isArray(content)) return ""
  return content.map((block: unknown) => isFields(block) && typeof block["text"] === "string" ? block["text"] : "")
    .join("")
}

const http = (reason: ClaudeError.Reason) =>
  "status" in reason && reason.status !== undefined
    ? { http: { response: { status: reason.status, headers: {} } } }
    : {}

/** A failure of the connection has no metadata; its cause holds the original instead. */
const connection = (description: string, original: unknown): AiError.NetworkError =>
  new AiError.NetworkError({
    reason: "TransportError",
    method: "POST",
    url: "/v1/messages",
    description,
    cause: original
  })

const kindOf = (
  reason: ClaudeError.Reason,
  original: Readonly<Record<string, Schema.MutableJson>>
): AiError.AiErrorReason => {
  const description = reason.message
  const common = { description, metadata: { [key]: original }, ...http(reason) }
  switch (reason._tag) {
    case "RateLimited":
      return new AiError.RateLimitError({ ...common, retryAfter: reason.retryAfter })
    case "LimiterRejected":
      return new AiError.RateLimitError({ ...common, retryAfter: reason.wait })
    case "BillingBlocked":
    case "SpendExceeded":
      return new AiError.QuotaExhaustedError(common)
    case "AuthenticationFailed":
      return new AiError.AuthenticationError({ ...common, kind: "InvalidKey" })
    case "PermissionDenied":
      return new AiError.AuthenticationError({ ...common, kind: "InsufficientPermissions" })
    case "AccountOnHold":
      return new AiError.AuthenticationError({ ...common, kind: "Unknown" })
    case "Refused":
      return new AiError.ContentPolicyError(common)
    case "Truncated":
    case "UnknownStop":
      return new AiError.StructuredOutputError({ ...common, responseText: textOf(reason.answer) })
    case "RequestRejected":
      return new AiError.InvalidRequestError({ ...common, parameter: reason.violations[0]?.path })
    case "InvalidRequest":
    case "ContextOverflow":
    case "InvalidConversation":
    case "NotFound":
    case "RequestTooLarge":
    case "Conflict":
    case "RequestExceedsLimit":
      return new AiError.InvalidRequestError(common)
    case "MalformedResponse":
      return new AiError.InvalidResponseError(common)
    case "ConnectionFailed":
    case "TimedOut":
    case "StreamInterrupted":
      return connection(description, original)
    case "Overloaded":
    case "ServerFailed":
    case "CircuitOpen":
      return new AiError.InternalProviderError(common)
    case "DeadlineExceeded":
      return new AiError.UnknownError(common)
  }
}

/** An error of Effect AI decides by its kind whether it can be retried, and only one kind knows a wait. */
const keep = (reason: AiError.AiErrorReason, error: ClaudeError.ClaudeError): AiError.AiErrorReason =>
  Object.defineProperties(reason, {
    isRetryable: { value: error.isRetryable },
    ...(error.retryAfter === undefined || reason._tag === "RateLimitError"
      ? {}
      : { retryAfter: { value: error.retryAfter } }),
    ...(reason._tag === "NetworkError" ? {} : { cause: { value: error } })
  })

const reasonOf = (error: ClaudeError.ClaudeError): AiError.AiErrorReason => {
  // A class's JSON is an object, made for this error alone. Where it has none, the original is in this process only.
  const original = Option.getOrElse(encode(error), () => ({})) as Readonly<Record<string, Schema.MutableJson>>
  return keep(kindOf(error.reason, original), error)
}

/** An error of the client's, or a reason of our own, as the error of a method. */
export const toAiError =
  (method: string) => (error: ClaudeError.ClaudeError | AiError.AiErrorReason): AiError.AiError =>
    AiError.make({
      module: "ClaudeLanguageModel",
      method,
      reason: error instanceof ClaudeError.ClaudeError ? reasonOf(error) : error
    })

/** Where the original is: in this process as it was, elsewhere as it was encoded. */
export const claudeErrorOf = (error: unknown): ClaudeError.ClaudeError | undefined => {
  const reason: unknown = AiError.isAiError(error) ? error.reason : error
  if (!AiError.isAiErrorReason(reason)) return undefined
  const { cause } = reason
  if (cause instanceof ClaudeError.ClaudeError) return cause
  return Option.getOrUndefined(decode("metadata" in reason ? reason.metadata[key] : cause))
}
