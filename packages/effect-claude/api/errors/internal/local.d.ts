import * as Schema from "effect/Schema";
import { type Outcome } from "./fields.ts";
import * as Remote from "./remote.ts";
import * as Transport from "./transport.ts";
declare const Refused_base: Schema.Class<Refused, Schema.TaggedStruct<"Refused", {
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
    readonly answer: Schema.Codec<Schema.Json, Schema.Json, never, never>;
    readonly category: Schema.optional<Schema.String>;
    readonly explanation: Schema.optional<Schema.String>;
}>, import("effect/Cause").YieldableError>;
export declare class Refused extends Refused_base {
    get isRetryable(): boolean;
    get outcome(): Outcome;
}
declare const Truncated_base: Schema.Class<Truncated, Schema.TaggedStruct<"Truncated", {
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
    readonly answer: Schema.Codec<Schema.Json, Schema.Json, never, never>;
    readonly limit: Schema.Literals<readonly ["maxTokens", "contextWindow"]>;
}>, import("effect/Cause").YieldableError>;
export declare class Truncated extends Truncated_base {
    get isRetryable(): boolean;
    get outcome(): Outcome;
}
declare const UnknownStop_base: Schema.Class<UnknownStop, Schema.TaggedStruct<"UnknownStop", {
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
    readonly answer: Schema.Codec<Schema.Json, Schema.Json, never, never>;
    readonly stopReason: Schema.NullOr<Schema.String>;
}>, import("effect/Cause").YieldableError>;
export declare class UnknownStop extends UnknownStop_base {
    get isRetryable(): boolean;
    get outcome(): Outcome;
}
export declare const RealReason: Schema.Union<readonly [typeof Remote.InvalidRequest, typeof Remote.ContextOverflow, typeof Remote.InvalidConversation, typeof Remote.AuthenticationFailed, typeof Remote.PermissionDenied, typeof Remote.AccountOnHold, typeof Remote.BillingBlocked, typeof Remote.NotFound, typeof Remote.RequestTooLarge, typeof Remote.Conflict, typeof Remote.RateLimited, typeof Remote.Overloaded, typeof Remote.ServerFailed, typeof Transport.ConnectionFailed, typeof Transport.TimedOut, typeof Transport.StreamInterrupted, typeof Transport.MalformedResponse]>;
export type RealReason = typeof RealReason.Type;
export declare const Violation: Schema.Struct<{
    readonly path: Schema.String;
    readonly rule: Schema.String;
    readonly message: Schema.String;
    readonly fix: Schema.String;
}>;
export type Violation = typeof Violation.Type;
declare const RequestRejected_base: Schema.Class<RequestRejected, Schema.TaggedStruct<"RequestRejected", {
    readonly delivered: Schema.optional<Schema.Boolean>;
    readonly retried: Schema.optional<Schema.Boolean>;
    readonly violations: Schema.$Array<Schema.Struct<{
        readonly path: Schema.String;
        readonly rule: Schema.String;
        readonly message: Schema.String;
        readonly fix: Schema.String;
    }>>;
}>, import("effect/Cause").YieldableError>;
export declare class RequestRejected extends RequestRejected_base {
    get isRetryable(): boolean;
    get outcome(): Outcome;
    get message(): string;
}
declare const RequestExceedsLimit_base: Schema.Class<RequestExceedsLimit, Schema.TaggedStruct<"RequestExceedsLimit", {
    readonly delivered: Schema.optional<Schema.Boolean>;
    readonly retried: Schema.optional<Schema.Boolean>;
    readonly limit: Schema.Literals<readonly ["requests", "inputTokens", "outputTokens", "concurrency"]>;
    readonly needed: Schema.Number;
    readonly available: Schema.Number;
}>, import("effect/Cause").YieldableError>;
export declare class RequestExceedsLimit extends RequestExceedsLimit_base {
    get isRetryable(): boolean;
    get outcome(): Outcome;
    get message(): string;
}
declare const LimiterRejected_base: Schema.Class<LimiterRejected, Schema.TaggedStruct<"LimiterRejected", {
    readonly delivered: Schema.optional<Schema.Boolean>;
    readonly retried: Schema.optional<Schema.Boolean>;
    readonly why: Schema.Literals<readonly ["queueFull", "deadline", "unavailable"]>;
    readonly wait: Schema.DurationFromMillis;
}>, import("effect/Cause").YieldableError>;
export declare class LimiterRejected extends LimiterRejected_base {
    get isRetryable(): boolean;
    get outcome(): Outcome;
    get message(): string;
}
declare const CircuitOpen_base: Schema.Class<CircuitOpen, Schema.TaggedStruct<"CircuitOpen", {
    readonly delivered: Schema.optional<Schema.Boolean>;
    readonly retried: Schema.optional<Schema.Boolean>;
    readonly key: Schema.String;
    readonly retryAfter: Schema.optional<Schema.DurationFromMillis>;
    readonly openedBy: Schema.optional<Schema.Union<readonly [typeof Remote.InvalidRequest, typeof Remote.ContextOverflow, typeof Remote.InvalidConversation, typeof Remote.AuthenticationFailed, typeof Remote.PermissionDenied, typeof Remote.AccountOnHold, typeof Remote.BillingBlocked, typeof Remote.NotFound, typeof Remote.RequestTooLarge, typeof Remote.Conflict, typeof Remote.RateLimited, typeof Remote.Overloaded, typeof Remote.ServerFailed, typeof Transport.ConnectionFailed, typeof Transport.TimedOut, typeof Transport.StreamInterrupted, typeof Transport.MalformedResponse]>>;
}>, import("effect/Cause").YieldableError>;
export declare class CircuitOpen extends CircuitOpen_base {
    get isRetryable(): boolean;
    get outcome(): Outcome;
    get message(): string;
}
declare const DeadlineExceeded_base: Schema.Class<DeadlineExceeded, Schema.TaggedStruct<"DeadlineExceeded", {
    readonly delivered: Schema.optional<Schema.Boolean>;
    readonly retried: Schema.optional<Schema.Boolean>;
    readonly deadline: Schema.DurationFromMillis;
    readonly last: Schema.optional<Schema.Union<readonly [typeof Remote.InvalidRequest, typeof Remote.ContextOverflow, typeof Remote.InvalidConversation, typeof Remote.AuthenticationFailed, typeof Remote.PermissionDenied, typeof Remote.AccountOnHold, typeof Remote.BillingBlocked, typeof Remote.NotFound, typeof Remote.RequestTooLarge, typeof Remote.Conflict, typeof Remote.RateLimited, typeof Remote.Overloaded, typeof Remote.ServerFailed, typeof Transport.ConnectionFailed, typeof Transport.TimedOut, typeof Transport.StreamInterrupted, typeof Transport.MalformedResponse]>>;
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
}>, import("effect/Cause").YieldableError>;
export declare class DeadlineExceeded extends DeadlineExceeded_base {
    get isRetryable(): boolean;
    get outcome(): Outcome;
    get message(): string;
}
declare const SpendExceeded_base: Schema.Class<SpendExceeded, Schema.TaggedStruct<"SpendExceeded", {
    readonly delivered: Schema.optional<Schema.Boolean>;
    readonly retried: Schema.optional<Schema.Boolean>;
    readonly limit: Schema.Literals<readonly ["usd", "inputTokens", "outputTokens"]>;
    readonly spent: Schema.Number;
    readonly cap: Schema.Number;
}>, import("effect/Cause").YieldableError>;
export declare class SpendExceeded extends SpendExceeded_base {
    get isRetryable(): boolean;
    get outcome(): Outcome;
    get message(): string;
}
export {};
