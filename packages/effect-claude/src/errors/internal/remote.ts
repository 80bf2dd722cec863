/** Reasons that the API, or a proxy before it, gave. */
import * as Schema from "effect/Schema"
import { type Outcome, remote, retryable } from "./fields.ts"

/** 400, 422, 431, 501 and any other 3xx or 4xx that no other reason claims. */
export class InvalidRequest extends Schema.TaggedError<InvalidRequest>()("InvalidRequest", remote) {
  get isRetryable(): boolean {
    return retryable(this, false)
  }
  get outcome(): Outcome {
    return "fatal"
  }
}

/** The prompt, or prompt plus `max_tokens`, is longer than the window; numbers in tokens where the text gives them. */
export class ContextOverflow extends Schema.TaggedError<ContextOverflow>()("ContextOverflow", {
  ...remote,
  inputTokens: Schema.optional(Schema.Int),
  maxTokens: Schema.optional(Schema.Int),
  limit: Schema.optional(Schema.Int)
}) {
  get isRetryable(): boolean {
    return retryable(this, false)
  }
  get outcome(): Outcome {
    return "fatal"
  }
}

/** The history breaks a rule of the conversation: `kind` says which, indices and ids where the text gives them. */
export class InvalidConversation extends Schema.TaggedError<InvalidConversation>()("InvalidConversation", {
  ...remote,
  kind: Schema.Literals(["pairing", "duplicate", "serverTool", "thinking", "signature", "prefill"]),
  messageIndex: Schema.optional(Schema.Int),
  contentIndex: Schema.optional(Schema.Int),
  ids: Schema.Array(Schema.String)
}) {
  get isRetryable(): boolean {
    return retryable(this, false)
  }
  get outcome(): Outcome {
    return "fatal"
  }
}

/** 401, or credentials that could not be obtained; `fromCache`: the token came from the SDK's cache, worth one retry. */
export class AuthenticationFailed extends Schema.TaggedError<AuthenticationFailed>()("AuthenticationFailed", {
  ...remote,
  fromCache: Schema.optional(Schema.Boolean)
}) {
  get isRetryable(): boolean {
    return retryable(this, this.fromCache === true)
  }
  get outcome(): Outcome {
    return "fatal"
  }
}

/** 403 that is not about money. */
export class PermissionDenied extends Schema.TaggedError<PermissionDenied>()("PermissionDenied", remote) {
  get isRetryable(): boolean {
    return retryable(this, false)
  }
  get outcome(): Outcome {
    return "fatal"
  }
}

/** The organization was disabled for trust and safety reasons; never retried. */
export class AccountOnHold extends Schema.TaggedError<AccountOnHold>()("AccountOnHold", {
  ...remote,
  appealUrl: Schema.optional(Schema.String)
}) {
  get isRetryable(): boolean {
    return false
  }
  get outcome(): Outcome {
    return "fatal"
  }
}

/** Money in all its shapes; somebody has to pay or raise a limit, so it is never retried. */
export class BillingBlocked extends Schema.TaggedError<BillingBlocked>()("BillingBlocked", {
  ...remote,
  kind: Schema.Literals([
    "billing",
    "creditBalance",
    "selfSetLimit",
    "enforcedSpendLimit",
    "contractSpendLimit",
    "linkedOrganization",
    "userProfile"
  ])
}) {
  get isRetryable(): boolean {
    return false
  }
  get outcome(): Outcome {
    return "fatal"
  }
}

/** 404; `resource` says what is missing. */
export class NotFound extends Schema.TaggedError<NotFound>()("NotFound", {
  ...remote,
  resource: Schema.Literals(["model", "thread", "file", "other"])
}) {
  get isRetryable(): boolean {
    return retryable(this, false)
  }
  get outcome(): Outcome {
    return "fatal"
  }
}

/** 413, from the API or from the proxy before it. */
export class RequestTooLarge extends Schema.TaggedError<RequestTooLarge>()("RequestTooLarge", remote) {
  get isRetryable(): boolean {
    return retryable(this, false)
  }
  get outcome(): Outcome {
    return "fatal"
  }
}

/** Codes of a 409 that pass by themselves. */
const healing: ReadonlySet<string> = new Set(["concurrent_membership_change", "external_key_changed", "scan_pending"])

/** 409, 412 and thread conflicts; retried only for codes that heal. */
export class Conflict extends Schema.TaggedError<Conflict>()("Conflict", remote) {
  get isRetryable(): boolean {
    return retryable(this, this.errorCode !== undefined && healing.has(this.errorCode))
  }
  get outcome(): Outcome {
    return "fatal"
  }
}

/** 429 that heals; `limit` says which limit was hit, where the answer tells. */
export class RateLimited extends Schema.TaggedError<RateLimited>()("RateLimited", {
  ...remote,
  limit: Schema.Literals(["requests", "inputTokens", "outputTokens", "ramp", "unknown"])
}) {
  get isRetryable(): boolean {
    return retryable(this, true)
  }
  get outcome(): Outcome {
    return "overload"
  }
}

/** 529, `overloaded_error` inside a stream, and the clouds' equivalents. */
export class Overloaded extends Schema.TaggedError<Overloaded>()("Overloaded", remote) {
  get isRetryable(): boolean {
    return retryable(this, true)
  }
  get outcome(): Outcome {
    return "overload"
  }
}

/** 408, 424, every other 5xx, and `api_error` or `timeout_error` inside a stream. */
export class ServerFailed extends Schema.TaggedError<ServerFailed>()("ServerFailed", remote) {
  get isRetryable(): boolean {
    return retryable(this, true)
  }
  get outcome(): Outcome {
    return "transient"
  }
}
