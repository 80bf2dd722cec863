import * as Schema from "effect/Schema";
import { type Outcome } from "./fields.ts";
declare const ConnectionFailed_base: Schema.Class<ConnectionFailed, Schema.TaggedStruct<"ConnectionFailed", {
    readonly delivered: Schema.optional<Schema.Boolean>;
    readonly retried: Schema.optional<Schema.Boolean>;
    readonly message: Schema.String;
    readonly code: Schema.optional<Schema.String>;
    readonly status: Schema.optional<Schema.Int>;
    readonly requestId: Schema.optional<Schema.String>;
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
export declare class ConnectionFailed extends ConnectionFailed_base {
    get isRetryable(): boolean;
    get outcome(): Outcome;
}
declare const TimedOut_base: Schema.Class<TimedOut, Schema.TaggedStruct<"TimedOut", {
    readonly delivered: Schema.optional<Schema.Boolean>;
    readonly retried: Schema.optional<Schema.Boolean>;
    readonly phase: Schema.Literals<readonly ["connect", "headers", "idle", "attempt"]>;
    readonly after: Schema.DurationFromMillis;
    readonly requestId: Schema.optional<Schema.String>;
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
export declare class TimedOut extends TimedOut_base {
    get isRetryable(): boolean;
    get outcome(): Outcome;
    get message(): string;
}
declare const StreamInterrupted_base: Schema.Class<StreamInterrupted, Schema.TaggedStruct<"StreamInterrupted", {
    readonly delivered: Schema.optional<Schema.Boolean>;
    readonly retried: Schema.optional<Schema.Boolean>;
    readonly message: Schema.String;
    readonly cut: Schema.Literals<readonly ["ended", "reset", "empty"]>;
    readonly requestId: Schema.optional<Schema.String>;
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
export declare class StreamInterrupted extends StreamInterrupted_base {
    get isRetryable(): boolean;
    get outcome(): Outcome;
}
declare const MalformedResponse_base: Schema.Class<MalformedResponse, Schema.TaggedStruct<"MalformedResponse", {
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
    readonly body: Schema.String;
}>, import("effect/Cause").YieldableError>;
export declare class MalformedResponse extends MalformedResponse_base {
    get isRetryable(): boolean;
    get outcome(): Outcome;
}
export {};
