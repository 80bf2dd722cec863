import type * as Duration from "effect/Duration";
import * as Schema from "effect/Schema";
import * as Classify from "./internal/classify.ts";
import * as Fields from "./internal/fields.ts";
import * as Local from "./internal/local.ts";
import * as Thrown from "./internal/thrown.ts";
import { MalformedResponse } from "./internal/transport.ts";
export * from "./internal/local.ts";
export * from "./internal/remote.ts";
export * from "./internal/transport.ts";
export type Outcome = Fields.Outcome;
export type Usage = Fields.Usage;
export type Partial = Fields.Partial;
export declare const Reason: Schema.Union<readonly [typeof import("./internal/remote.ts").InvalidRequest, typeof import("./internal/remote.ts").ContextOverflow, typeof import("./internal/remote.ts").InvalidConversation, typeof import("./internal/remote.ts").AuthenticationFailed, typeof import("./internal/remote.ts").PermissionDenied, typeof import("./internal/remote.ts").AccountOnHold, typeof import("./internal/remote.ts").BillingBlocked, typeof import("./internal/remote.ts").NotFound, typeof import("./internal/remote.ts").RequestTooLarge, typeof import("./internal/remote.ts").Conflict, typeof import("./internal/remote.ts").RateLimited, typeof import("./internal/remote.ts").Overloaded, typeof import("./internal/remote.ts").ServerFailed, typeof import("./internal/transport.ts").ConnectionFailed, typeof import("./internal/transport.ts").TimedOut, typeof import("./internal/transport.ts").StreamInterrupted, typeof MalformedResponse, typeof Local.Refused, typeof Local.Truncated, typeof Local.UnknownStop, typeof Local.RequestRejected, typeof Local.RequestExceedsLimit, typeof Local.LimiterRejected, typeof Local.CircuitOpen, typeof Local.DeadlineExceeded, typeof Local.SpendExceeded]>;
export type Reason = typeof Reason.Type;
export declare const isReal: (reason: Reason) => reason is Local.RealReason;
export declare const Attempt: Schema.Struct<{
    readonly reason: Schema.String;
    readonly message: Schema.String;
    readonly status: Schema.optional<Schema.Int>;
    readonly requestId: Schema.optional<Schema.String>;
    readonly model: Schema.optional<Schema.String>;
    readonly duration: Schema.DurationFromMillis;
    readonly usage: Schema.optional<Schema.Struct<{
        readonly inputTokens: Schema.Number;
        readonly cacheCreationTokens: Schema.Number;
        readonly cacheReadTokens: Schema.Number;
        readonly outputTokens: Schema.Number;
        readonly estimated: Schema.Boolean;
    }>>;
    readonly wait: Schema.optional<Schema.DurationFromMillis>;
    readonly waitSource: Schema.optional<Schema.Literals<readonly ["server", "schedule", "breaker"]>>;
    readonly refused: Schema.optional<Schema.Literals<readonly ["notRetryable", "attempts", "schedule", "deadline", "budget", "hint"]>>;
}>;
export type Attempt = typeof Attempt.Type;
export declare const costOf: (reason: Reason) => Pick<Attempt, "usage">;
declare const ClaudeError_base: Schema.Class<ClaudeError, Schema.TaggedStruct<"ClaudeError", {
    readonly method: Schema.String;
    readonly reason: Schema.Union<readonly [typeof import("./internal/remote.ts").InvalidRequest, typeof import("./internal/remote.ts").ContextOverflow, typeof import("./internal/remote.ts").InvalidConversation, typeof import("./internal/remote.ts").AuthenticationFailed, typeof import("./internal/remote.ts").PermissionDenied, typeof import("./internal/remote.ts").AccountOnHold, typeof import("./internal/remote.ts").BillingBlocked, typeof import("./internal/remote.ts").NotFound, typeof import("./internal/remote.ts").RequestTooLarge, typeof import("./internal/remote.ts").Conflict, typeof import("./internal/remote.ts").RateLimited, typeof import("./internal/remote.ts").Overloaded, typeof import("./internal/remote.ts").ServerFailed, typeof import("./internal/transport.ts").ConnectionFailed, typeof import("./internal/transport.ts").TimedOut, typeof import("./internal/transport.ts").StreamInterrupted, typeof MalformedResponse, typeof Local.Refused, typeof Local.Truncated, typeof Local.UnknownStop, typeof Local.RequestRejected, typeof Local.RequestExceedsLimit, typeof Local.LimiterRejected, typeof Local.CircuitOpen, typeof Local.DeadlineExceeded, typeof Local.SpendExceeded]>;
    readonly attempts: Schema.$Array<Schema.Struct<{
        readonly reason: Schema.String;
        readonly message: Schema.String;
        readonly status: Schema.optional<Schema.Int>;
        readonly requestId: Schema.optional<Schema.String>;
        readonly model: Schema.optional<Schema.String>;
        readonly duration: Schema.DurationFromMillis;
        readonly usage: Schema.optional<Schema.Struct<{
            readonly inputTokens: Schema.Number;
            readonly cacheCreationTokens: Schema.Number;
            readonly cacheReadTokens: Schema.Number;
            readonly outputTokens: Schema.Number;
            readonly estimated: Schema.Boolean;
        }>>;
        readonly wait: Schema.optional<Schema.DurationFromMillis>;
        readonly waitSource: Schema.optional<Schema.Literals<readonly ["server", "schedule", "breaker"]>>;
        readonly refused: Schema.optional<Schema.Literals<readonly ["notRetryable", "attempts", "schedule", "deadline", "budget", "hint"]>>;
    }>>;
}>, import("effect/Cause").YieldableError>;
export declare class ClaudeError extends ClaudeError_base {
    readonly cause: import("./internal/remote.ts").AccountOnHold | import("./internal/remote.ts").AuthenticationFailed | import("./internal/remote.ts").BillingBlocked | Local.CircuitOpen | import("./internal/remote.ts").Conflict | import("./internal/transport.ts").ConnectionFailed | import("./internal/remote.ts").ContextOverflow | Local.DeadlineExceeded | import("./internal/remote.ts").InvalidConversation | import("./internal/remote.ts").InvalidRequest | Local.LimiterRejected | MalformedResponse | import("./internal/remote.ts").NotFound | import("./internal/remote.ts").Overloaded | import("./internal/remote.ts").PermissionDenied | import("./internal/remote.ts").RateLimited | Local.Refused | Local.RequestExceedsLimit | Local.RequestRejected | import("./internal/remote.ts").RequestTooLarge | import("./internal/remote.ts").ServerFailed | Local.SpendExceeded | import("./internal/transport.ts").StreamInterrupted | import("./internal/transport.ts").TimedOut | Local.Truncated | Local.UnknownStop;
    get isRetryable(): boolean;
    get retryAfter(): Duration.Duration | undefined;
    get retried(): boolean;
    get outcome(): Outcome;
    get message(): string;
}
export declare const redact: (text: string, secrets?: ReadonlyArray<string>) => string;
export type Answer = Classify.Answer;
export declare const fromResponse: (answer: Answer) => Local.RealReason;
export declare const fromStreamEvent: (data: unknown, stream: Omit<Answer, "status" | "body">) => Local.RealReason;
export declare const fromTransport: typeof Thrown.thrown;
export declare const fromBody: (body: string, answer: Omit<Answer, "body">) => Local.RealReason;
export declare const mark: <R extends Reason>(reason: R, marks: {
    readonly delivered?: true;
    readonly retried?: true;
    readonly partial?: Partial;
}) => R;
export declare const reasonOf: (error: unknown) => Reason | undefined;
export declare const withAttempts: <E extends ClaudeError>(error: E, attempts: ReadonlyArray<Attempt>) => E;
