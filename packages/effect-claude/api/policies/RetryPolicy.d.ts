import * as Duration from "effect/Duration";
import * as Effect from "effect/Effect";
import * as Schedule from "effect/Schedule";
import * as ClaudeError from "../errors/ClaudeError.ts";
export type RetryPolicy = Schedule.Schedule<unknown, unknown>;
export declare const exponential: (options: {
    readonly base: Duration.Input;
    readonly cap: Duration.Input;
}) => Schedule.Schedule<Duration.Duration, unknown>;
export declare const standard: Schedule.Schedule<Duration.Duration, unknown>;
export declare const retryAfter: Schedule.Schedule<Duration.Duration, unknown>;
export declare const never: Schedule.Schedule<Duration.Duration, unknown>;
export type PerReason = {
    readonly [Tag in ClaudeError.Reason["_tag"]]?: RetryPolicy;
} & {
    readonly orElse?: RetryPolicy;
};
export declare const perReason: (policies: PerReason) => RetryPolicy;
export declare const within: (duration: Duration.Input) => <Output, Input, Error, Env>(self: Schedule.Schedule<Output, Input, Error, Env>) => Schedule.Schedule<Output, Input, Error, Env>;
export declare const withRetry: {
    (retry: RetryPolicy): <A, E, R>(self: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>;
    <A, E, R>(self: Effect.Effect<A, E, R>, retry: RetryPolicy): Effect.Effect<A, E, R>;
};
