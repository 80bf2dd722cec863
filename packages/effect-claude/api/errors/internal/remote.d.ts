import * as Schema from "effect/Schema";
import { type Outcome } from "./fields.ts";
declare const InvalidRequest_base: Schema.Class<InvalidRequest, Schema.TaggedStruct<"InvalidRequest", {
    delivered: Schema.optional<Schema.Boolean>;
    retried: Schema.optional<Schema.Boolean>;
    message: Schema.String;
    status: Schema.optional<Schema.Int>;
    errorType: Schema.optional<Schema.String>;
    errorCode: Schema.optional<Schema.String>;
    requestId: Schema.optional<Schema.String>;
    retryAfter: Schema.optional<Schema.DurationFromMillis>;
    shouldRetry: Schema.optional<Schema.Boolean>;
    partial: Schema.optional<Schema.Struct<{
        readonly content: Schema.$Array<Schema.Codec<Schema.Json, Schema.Json, never, never>>;
        readonly complete: Schema.Int;
        readonly usage: Schema.Struct<{
            readonly inputTokens: Schema.Number;
            readonly cacheCreationTokens: Schema.Number;
            readonly cacheReadTokens: Schema.Number;
            readonly outputTokens: Schema.Number;
            readonly estimated: Schema.Boolean;
        }>;
    }>>;
}>, import("effect/Cause").YieldableError>;
export declare class InvalidRequest extends InvalidRequest_base {
    get isRetryable(): boolean;
    get outcome(): Outcome;
}
declare const ContextOverflow_base: Schema.Class<ContextOverflow, Schema.TaggedStruct<"ContextOverflow", {
    readonly delivered: Schema.optional<Schema.Boolean>;
    readonly retried: Schema.optional<Schema.Boolean>;
    readonly message: Schema.String;
    readonly status: Schema.optional<Schema.Int>;
    readonly errorType: Schema.optional<Schema.String>;
    readonly errorCode: Schema.optional<Schema.String>;
    readonly requestId: Schema.optional<Schema.String>;
    readonly retryAfter: Schema.optional<Schema.DurationFromMillis>;
    readonly shouldRetry: Schema.optional<Schema.Boolean>;
    readonly partial: Schema.optional<Schema.Struct<{
        readonly content: Schema.$Array<Schema.Codec<Schema.Json, Schema.Json, never, never>>;
        readonly complete: Schema.Int;
        readonly usage: Schema.Struct<{
            readonly inputTokens: Schema.Number;
            readonly cacheCreationTokens: Schema.Number;
            readonly cacheReadTokens: Schema.Number;
            readonly outputTokens: Schema.Number;
            readonly estimated: Schema.Boolean;
        }>;
    }>>;
    readonly inputTokens: Schema.optional<Schema.Int>;
    readonly maxTokens: Schema.optional<Schema.Int>;
    readonly limit: Schema.optional<Schema.Int>;
}>, import("effect/Cause").YieldableError>;
export declare class ContextOverflow extends ContextOverflow_base {
    get isRetryable(): boolean;
    get outcome(): Outcome;
}
declare const InvalidConversation_base: Schema.Class<InvalidConversation, Schema.TaggedStruct<"InvalidConversation", {
    readonly delivered: Schema.optional<Schema.Boolean>;
    readonly retried: Schema.optional<Schema.Boolean>;
    readonly message: Schema.String;
    readonly status: Schema.optional<Schema.Int>;
    readonly errorType: Schema.optional<Schema.String>;
    readonly errorCode: Schema.optional<Schema.String>;
    readonly requestId: Schema.optional<Schema.String>;
    readonly retryAfter: Schema.optional<Schema.DurationFromMillis>;
    readonly shouldRetry: Schema.optional<Schema.Boolean>;
    readonly partial: Schema.optional<Schema.Struct<{
        readonly content: Schema.$Array<Schema.Codec<Schema.Json, Schema.Json, never, never>>;
        readonly complete: Schema.Int;
        readonly usage: Schema.Struct<{
            readonly inputTokens: Schema.Number;
            readonly cacheCreationTokens: Schema.Number;
            readonly cacheReadTokens: Schema.Number;
            readonly outputTokens: Schema.Number;
            readonly estimated: Schema.Boolean;
        }>;
    }>>;
    readonly kind: Schema.Literals<readonly ["pairing", "duplicate", "serverTool", "thinking", "signature", "prefill"]>;
    readonly messageIndex: Schema.optional<Schema.Int>;
    readonly contentIndex: Schema.optional<Schema.Int>;
    readonly ids: Schema.$Array<Schema.String>;
}>, import("effect/Cause").YieldableError>;
export declare class InvalidConversation extends InvalidConversation_base {
    get isRetryable(): boolean;
    get outcome(): Outcome;
}
declare const AuthenticationFailed_base: Schema.Class<AuthenticationFailed, Schema.TaggedStruct<"AuthenticationFailed", {
    readonly delivered: Schema.optional<Schema.Boolean>;
    readonly retried: Schema.optional<Schema.Boolean>;
    readonly message: Schema.String;
    readonly status: Schema.optional<Schema.Int>;
    readonly errorType: Schema.optional<Schema.String>;
    readonly errorCode: Schema.optional<Schema.String>;
    readonly requestId: Schema.optional<Schema.String>;
    readonly retryAfter: Schema.optional<Schema.DurationFromMillis>;
    readonly shouldRetry: Schema.optional<Schema.Boolean>;
    readonly partial: Schema.optional<Schema.Struct<{
        readonly content: Schema.$Array<Schema.Codec<Schema.Json, Schema.Json, never, never>>;
        readonly complete: Schema.Int;
        readonly usage: Schema.Struct<{
            readonly inputTokens: Schema.Number;
            readonly cacheCreationTokens: Schema.Number;
            readonly cacheReadTokens: Schema.Number;
            readonly outputTokens: Schema.Number;
            readonly estimated: Schema.Boolean;
        }>;
    }>>;
    readonly fromCache: Schema.optional<Schema.Boolean>;
}>, import("effect/Cause").YieldableError>;
export declare class AuthenticationFailed extends AuthenticationFailed_base {
    get isRetryable(): boolean;
    get outcome(): Outcome;
}
declare const PermissionDenied_base: Schema.Class<PermissionDenied, Schema.TaggedStruct<"PermissionDenied", {
    delivered: Schema.optional<Schema.Boolean>;
    retried: Schema.optional<Schema.Boolean>;
    message: Schema.String;
    status: Schema.optional<Schema.Int>;
    errorType: Schema.optional<Schema.String>;
    errorCode: Schema.optional<Schema.String>;
    requestId: Schema.optional<Schema.String>;
    retryAfter: Schema.optional<Schema.DurationFromMillis>;
    shouldRetry: Schema.optional<Schema.Boolean>;
    partial: Schema.optional<Schema.Struct<{
        readonly content: Schema.$Array<Schema.Codec<Schema.Json, Schema.Json, never, never>>;
        readonly complete: Schema.Int;
        readonly usage: Schema.Struct<{
            readonly inputTokens: Schema.Number;
            readonly cacheCreationTokens: Schema.Number;
            readonly cacheReadTokens: Schema.Number;
            readonly outputTokens: Schema.Number;
            readonly estimated: Schema.Boolean;
        }>;
    }>>;
}>, import("effect/Cause").YieldableError>;
export declare class PermissionDenied extends PermissionDenied_base {
    get isRetryable(): boolean;
    get outcome(): Outcome;
}
declare const AccountOnHold_base: Schema.Class<AccountOnHold, Schema.TaggedStruct<"AccountOnHold", {
    readonly delivered: Schema.optional<Schema.Boolean>;
    readonly retried: Schema.optional<Schema.Boolean>;
    readonly message: Schema.String;
    readonly status: Schema.optional<Schema.Int>;
    readonly errorType: Schema.optional<Schema.String>;
    readonly errorCode: Schema.optional<Schema.String>;
    readonly requestId: Schema.optional<Schema.String>;
    readonly retryAfter: Schema.optional<Schema.DurationFromMillis>;
    readonly shouldRetry: Schema.optional<Schema.Boolean>;
    readonly partial: Schema.optional<Schema.Struct<{
        readonly content: Schema.$Array<Schema.Codec<Schema.Json, Schema.Json, never, never>>;
        readonly complete: Schema.Int;
        readonly usage: Schema.Struct<{
            readonly inputTokens: Schema.Number;
            readonly cacheCreationTokens: Schema.Number;
            readonly cacheReadTokens: Schema.Number;
            readonly outputTokens: Schema.Number;
            readonly estimated: Schema.Boolean;
        }>;
    }>>;
    readonly appealUrl: Schema.optional<Schema.String>;
}>, import("effect/Cause").YieldableError>;
export declare class AccountOnHold extends AccountOnHold_base {
    get isRetryable(): boolean;
    get outcome(): Outcome;
}
declare const BillingBlocked_base: Schema.Class<BillingBlocked, Schema.TaggedStruct<"BillingBlocked", {
    readonly delivered: Schema.optional<Schema.Boolean>;
    readonly retried: Schema.optional<Schema.Boolean>;
    readonly message: Schema.String;
    readonly status: Schema.optional<Schema.Int>;
    readonly errorType: Schema.optional<Schema.String>;
    readonly errorCode: Schema.optional<Schema.String>;
    readonly requestId: Schema.optional<Schema.String>;
    readonly retryAfter: Schema.optional<Schema.DurationFromMillis>;
    readonly shouldRetry: Schema.optional<Schema.Boolean>;
    readonly partial: Schema.optional<Schema.Struct<{
        readonly content: Schema.$Array<Schema.Codec<Schema.Json, Schema.Json, never, never>>;
        readonly complete: Schema.Int;
        readonly usage: Schema.Struct<{
            readonly inputTokens: Schema.Number;
            readonly cacheCreationTokens: Schema.Number;
            readonly cacheReadTokens: Schema.Number;
            readonly outputTokens: Schema.Number;
            readonly estimated: Schema.Boolean;
        }>;
    }>>;
    readonly kind: Schema.Literals<readonly ["billing", "creditBalance", "selfSetLimit", "enforcedSpendLimit", "contractSpendLimit", "linkedOrganization", "userProfile"]>;
}>, import("effect/Cause").YieldableError>;
export declare class BillingBlocked extends BillingBlocked_base {
    get isRetryable(): boolean;
    get outcome(): Outcome;
}
declare const NotFound_base: Schema.Class<NotFound, Schema.TaggedStruct<"NotFound", {
    readonly delivered: Schema.optional<Schema.Boolean>;
    readonly retried: Schema.optional<Schema.Boolean>;
    readonly message: Schema.String;
    readonly status: Schema.optional<Schema.Int>;
    readonly errorType: Schema.optional<Schema.String>;
    readonly errorCode: Schema.optional<Schema.String>;
    readonly requestId: Schema.optional<Schema.String>;
    readonly retryAfter: Schema.optional<Schema.DurationFromMillis>;
    readonly shouldRetry: Schema.optional<Schema.Boolean>;
    readonly partial: Schema.optional<Schema.Struct<{
        readonly content: Schema.$Array<Schema.Codec<Schema.Json, Schema.Json, never, never>>;
        readonly complete: Schema.Int;
        readonly usage: Schema.Struct<{
            readonly inputTokens: Schema.Number;
            readonly cacheCreationTokens: Schema.Number;
            readonly cacheReadTokens: Schema.Number;
            readonly outputTokens: Schema.Number;
            readonly estimated: Schema.Boolean;
        }>;
    }>>;
    readonly resource: Schema.Literals<readonly ["model", "thread", "file", "other"]>;
}>, import("effect/Cause").YieldableError>;
export declare class NotFound extends NotFound_base {
    get isRetryable(): boolean;
    get outcome(): Outcome;
}
declare const RequestTooLarge_base: Schema.Class<RequestTooLarge, Schema.TaggedStruct<"RequestTooLarge", {
    delivered: Schema.optional<Schema.Boolean>;
    retried: Schema.optional<Schema.Boolean>;
    message: Schema.String;
    status: Schema.optional<Schema.Int>;
    errorType: Schema.optional<Schema.String>;
    errorCode: Schema.optional<Schema.String>;
    requestId: Schema.optional<Schema.String>;
    retryAfter: Schema.optional<Schema.DurationFromMillis>;
    shouldRetry: Schema.optional<Schema.Boolean>;
    partial: Schema.optional<Schema.Struct<{
        readonly content: Schema.$Array<Schema.Codec<Schema.Json, Schema.Json, never, never>>;
        readonly complete: Schema.Int;
        readonly usage: Schema.Struct<{
            readonly inputTokens: Schema.Number;
            readonly cacheCreationTokens: Schema.Number;
            readonly cacheReadTokens: Schema.Number;
            readonly outputTokens: Schema.Number;
            readonly estimated: Schema.Boolean;
        }>;
    }>>;
}>, import("effect/Cause").YieldableError>;
export declare class RequestTooLarge extends RequestTooLarge_base {
    get isRetryable(): boolean;
    get outcome(): Outcome;
}
declare const Conflict_base: Schema.Class<Conflict, Schema.TaggedStruct<"Conflict", {
    delivered: Schema.optional<Schema.Boolean>;
    retried: Schema.optional<Schema.Boolean>;
    message: Schema.String;
    status: Schema.optional<Schema.Int>;
    errorType: Schema.optional<Schema.String>;
    errorCode: Schema.optional<Schema.String>;
    requestId: Schema.optional<Schema.String>;
    retryAfter: Schema.optional<Schema.DurationFromMillis>;
    shouldRetry: Schema.optional<Schema.Boolean>;
    partial: Schema.optional<Schema.Struct<{
        readonly content: Schema.$Array<Schema.Codec<Schema.Json, Schema.Json, never, never>>;
        readonly complete: Schema.Int;
        readonly usage: Schema.Struct<{
            readonly inputTokens: Schema.Number;
            readonly cacheCreationTokens: Schema.Number;
            readonly cacheReadTokens: Schema.Number;
            readonly outputTokens: Schema.Number;
            readonly estimated: Schema.Boolean;
        }>;
    }>>;
}>, import("effect/Cause").YieldableError>;
export declare class Conflict extends Conflict_base {
    get isRetryable(): boolean;
    get outcome(): Outcome;
}
declare const RateLimited_base: Schema.Class<RateLimited, Schema.TaggedStruct<"RateLimited", {
    readonly delivered: Schema.optional<Schema.Boolean>;
    readonly retried: Schema.optional<Schema.Boolean>;
    readonly message: Schema.String;
    readonly status: Schema.optional<Schema.Int>;
    readonly errorType: Schema.optional<Schema.String>;
    readonly errorCode: Schema.optional<Schema.String>;
    readonly requestId: Schema.optional<Schema.String>;
    readonly retryAfter: Schema.optional<Schema.DurationFromMillis>;
    readonly shouldRetry: Schema.optional<Schema.Boolean>;
    readonly partial: Schema.optional<Schema.Struct<{
        readonly content: Schema.$Array<Schema.Codec<Schema.Json, Schema.Json, never, never>>;
        readonly complete: Schema.Int;
        readonly usage: Schema.Struct<{
            readonly inputTokens: Schema.Number;
            readonly cacheCreationTokens: Schema.Number;
            readonly cacheReadTokens: Schema.Number;
            readonly outputTokens: Schema.Number;
            readonly estimated: Schema.Boolean;
        }>;
    }>>;
    readonly limit: Schema.Literals<readonly ["requests", "inputTokens", "outputTokens", "ramp", "unknown"]>;
}>, import("effect/Cause").YieldableError>;
export declare class RateLimited extends RateLimited_base {
    get isRetryable(): boolean;
    get outcome(): Outcome;
}
declare const Overloaded_base: Schema.Class<Overloaded, Schema.TaggedStruct<"Overloaded", {
    delivered: Schema.optional<Schema.Boolean>;
    retried: Schema.optional<Schema.Boolean>;
    message: Schema.String;
    status: Schema.optional<Schema.Int>;
    errorType: Schema.optional<Schema.String>;
    errorCode: Schema.optional<Schema.String>;
    requestId: Schema.optional<Schema.String>;
    retryAfter: Schema.optional<Schema.DurationFromMillis>;
    shouldRetry: Schema.optional<Schema.Boolean>;
    partial: Schema.optional<Schema.Struct<{
        readonly content: Schema.$Array<Schema.Codec<Schema.Json, Schema.Json, never, never>>;
        readonly complete: Schema.Int;
        readonly usage: Schema.Struct<{
            readonly inputTokens: Schema.Number;
            readonly cacheCreationTokens: Schema.Number;
            readonly cacheReadTokens: Schema.Number;
            readonly outputTokens: Schema.Number;
            readonly estimated: Schema.Boolean;
        }>;
    }>>;
}>, import("effect/Cause").YieldableError>;
export declare class Overloaded extends Overloaded_base {
    get isRetryable(): boolean;
    get outcome(): Outcome;
}
declare const ServerFailed_base: Schema.Class<ServerFailed, Schema.TaggedStruct<"ServerFailed", {
    delivered: Schema.optional<Schema.Boolean>;
    retried: Schema.optional<Schema.Boolean>;
    message: Schema.String;
    status: Schema.optional<Schema.Int>;
    errorType: Schema.optional<Schema.String>;
    errorCode: Schema.optional<Schema.String>;
    requestId: Schema.optional<Schema.String>;
    retryAfter: Schema.optional<Schema.DurationFromMillis>;
    shouldRetry: Schema.optional<Schema.Boolean>;
    partial: Schema.optional<Schema.Struct<{
        readonly content: Schema.$Array<Schema.Codec<Schema.Json, Schema.Json, never, never>>;
        readonly complete: Schema.Int;
        readonly usage: Schema.Struct<{
            readonly inputTokens: Schema.Number;
            readonly cacheCreationTokens: Schema.Number;
            readonly cacheReadTokens: Schema.Number;
            readonly outputTokens: Schema.Number;
            readonly estimated: Schema.Boolean;
        }>;
    }>>;
}>, import("effect/Cause").YieldableError>;
export declare class ServerFailed extends ServerFailed_base {
    get isRetryable(): boolean;
    get outcome(): Outcome;
}
export {};
