/** One word that stands for a failure: a status, an error type, an error code, a tag of ours, a cloud's exception. */
import { ClaudeError, Diagnosis } from "effect-claude"
import * as Duration from "effect/Duration"

const types: Readonly<Record<string, number>> = {
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
  throttlingException: 429,
  modelStreamErrorException: 424,
  modelTimeoutException: 408,
  validationException: 400,
  internalServerException: 500,
  serviceUnavailableException: 503,
  RESOURCE_EXHAUSTED: 429
}

const zero = Duration.zero
/** An example of each reason that has no status to stand for it. */
const examples: Readonly<Record<string, () => ClaudeError.Reason>> = {
  InvalidRequest: () => new ClaudeError.InvalidRequest({ message: "The API does not accept the request." }),
  ContextOverflow: () => new ClaudeError.ContextOverflow({ message: "The prompt is too long." }),
  InvalidConversation: () =>
    new ClaudeError.InvalidConversation({ message: "The history breaks a rule.", kind: "pairing", ids: [] }),
  AuthenticationFailed: () => new ClaudeError.AuthenticationFailed({ message: "The key was refused.", status: 401 }),
  PermissionDenied: () => new ClaudeError.PermissionDenied({ message: "The key may not do this." }),
  AccountOnHold: () => new ClaudeError.AccountOnHold({ message: "The organization is on hold." }),
  BillingBlocked: () => new ClaudeError.BillingBlocked({ message: "Billing blocks the call.", kind: "billing" }),
  NotFound: () => new ClaudeError.NotFound({ message: "Not found.", resource: "other" }),
  RequestTooLarge: () => new ClaudeError.RequestTooLarge({ message: "The request is too large." }),
  Conflict: () => new ClaudeError.Conflict({ message: "The request conflicts." }),
  RateLimited: () => new ClaudeError.RateLimited({ message: "A rate limit is reached.", limit: "unknown" }),
  Overloaded: () => new ClaudeError.Overloaded({ message: "The API is overloaded." }),
  ServerFailed: () => new ClaudeError.ServerFailed({ message: "The API failed." }),
  ConnectionFailed: () => new ClaudeError.ConnectionFailed({ message: "The connection failed." }),
  TimedOut: () => new ClaudeError.TimedOut({ phase: "attempt", after: zero }),
  StreamInterrupted: () => new ClaudeError.StreamInterrupted({ message: "The stream ended early.", cut: "ended" }),
  MalformedResponse: () => new ClaudeError.MalformedResponse({ message: "The answer is no message.", body: "" }),
  Refused: () => new ClaudeError.Refused({ message: "The model refused.", answer: {} }),
  Truncated: () => new ClaudeError.Truncated({ message: "The answer was cut.", answer: {}, limit: "maxTokens" }),
  UnknownStop: () => new ClaudeError.UnknownStop({ message: "The answer stopped.", answer: {}, stopReason: null }),
  RequestRejected: () => new ClaudeError.RequestRejected({ violations: [] }),
  RequestExceedsLimit: () => new ClaudeError.RequestExceedsLimit({ limit: "inputTokens", needed: 0, available: 0 }),
  LimiterRejected: () => new ClaudeError.LimiterRejected({ why: "deadline", wait: zero }),
  CircuitOpen: () => new ClaudeError.CircuitOpen({ key: "api", retryAfter: zero }),
  DeadlineExceeded: () => new ClaudeError.DeadlineExceeded({ deadline: zero }),
  SpendExceeded: () => new ClaudeError.SpendExceeded({ limit: "usd", spent: 0, cap: 0 })
}

const stops: Readonly<Record<string, string>> = {
  refusal: "Refused",
  max_tokens: "Truncated",
  model_context_window_exceeded: "Truncated"
}

const own = <A>(table: Readonly<Record<string, A>>, name: string): A | undefined =>
  Object.hasOwn(table, name) ? table[name] : undefined

/** The failure a single word stands for. */
export const wordOf = (word: string, now: number): ClaudeError.Reason | undefined => {
  const response = (status: number, error: object): ClaudeError.Reason =>
    ClaudeError.fromResponse({ status, header: () => null, body: { type: "error", error }, now })
  if (/^[345]\d{2}$/.test(word)) return response(Number(word), { message: "" })
  const status = own(types, word)
  if (status !== undefined) return response(status, { type: word, message: `The API answered ${word}.` })
  if (Diagnosis.ofCode(word) !== undefined) {
    return response(Diagnosis.statusOf(word) ?? 400, {
      message: `The API answered ${word}.`,
      details: { error_code: word }
    })
  }
  return own(examples, own(stops, word) ?? word)?.()
}
