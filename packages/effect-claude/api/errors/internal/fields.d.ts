import * as Duration from "effect/Duration";
import * as Schema from "effect/Schema";
export type Outcome = "success" | "overload" | "transient" | "fatal" | "local";
export declare const Usage: Schema.Struct<{
    readonly inputTokens: Schema.Number;
    readonly cacheCreationTokens: Schema.Number;
    readonly cacheReadTokens: Schema.Number;
    readonly outputTokens: Schema.Number;
    readonly estimated: Schema.Boolean;
}>;
export type Usage = typeof Usage.Type;
export declare const noUsage: Usage;
export declare const addUsage: (one: Usage, other: Usage) => Usage;
export declare const Partial: Schema.Struct<{
    readonly content: Schema.$Array<Schema.Codec<Schema.Json, Schema.Json, never, never>>;
    readonly complete: Schema.Int;
    readonly usage: Schema.Struct<{
        readonly inputTokens: Schema.Number;
        readonly cacheCreationTokens: Schema.Number;
        readonly cacheReadTokens: Schema.Number;
        readonly outputTokens: Schema.Number;
        readonly estimated: Schema.Boolean;
    }>;
}>;
export type Partial = typeof Partial.Type;
export declare const marks: {
    delivered: Schema.optional<Schema.Boolean>;
    retried: Schema.optional<Schema.Boolean>;
};
export declare const remote: {
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
};
interface Retryable {
    readonly delivered?: boolean | undefined;
    readonly retried?: boolean | undefined;
    readonly shouldRetry?: boolean | undefined;
}
export declare const retryable: (reason: Retryable, byKind: boolean) => boolean;
export declare const seconds: (duration: Duration.Duration) => string;
export {};
