import * as Duration from "effect/Duration";
import * as Effect from "effect/Effect";
import * as Layer from "effect/Layer";
import * as Schema from "effect/Schema";
import type * as ClaudeError from "../errors/ClaudeError.ts";
import * as ClaudeCircuitBreaker from "./ClaudeCircuitBreaker.ts";
import * as ClaudeRateLimiter from "./ClaudeRateLimiter.ts";
import * as Hedge from "./Hedge.ts";
import * as RetryBudget from "./RetryBudget.ts";
import * as RetryPolicy from "./RetryPolicy.ts";
import * as Timeouts from "./Timeouts.ts";
declare const ImpossiblePolicy_base: Schema.Class<ImpossiblePolicy, Schema.TaggedStruct<"ImpossiblePolicy", {
    readonly problems: Schema.$Array<Schema.String>;
}>, import("effect/Cause").YieldableError>;
export declare class ImpossiblePolicy extends ImpossiblePolicy_base {
    get message(): string;
}
export interface Options {
    readonly retry?: RetryPolicy.RetryPolicy;
    readonly maxAttempts?: number;
    readonly deadline?: Duration.Input;
    readonly timeouts?: Timeouts.Options;
    readonly maxServerWait?: Duration.Input;
    readonly hedge?: boolean | Hedge.Options;
}
export interface Settings {
    readonly retry: RetryPolicy.RetryPolicy;
    readonly maxAttempts: number;
    readonly deadline: Duration.Duration;
    readonly timeouts: Timeouts.Timeouts;
    readonly maxServerWait: Duration.Duration;
    readonly hedge: Hedge.Hedge | undefined;
}
export declare const standard: Settings;
export declare const settings: (options?: Options) => Effect.Effect<Settings, ImpossiblePolicy>;
export interface LayerOptions {
    readonly limiter?: ClaudeRateLimiter.Options;
    readonly breaker?: ClaudeCircuitBreaker.Options;
    readonly budget?: RetryBudget.Options;
}
export declare const layer: (options?: LayerOptions) => Layer.Layer<ClaudeRateLimiter.ClaudeRateLimiter | ClaudeCircuitBreaker.ClaudeCircuitBreaker | RetryBudget.RetryBudget>;
export interface Described {
    readonly policy: "deadline" | "retry" | "hedge" | "breaker" | "limiter" | "timeouts";
    readonly on: boolean;
    readonly settings: {
        readonly [name: string]: string | number | boolean;
    };
}
export declare const describe: (options?: Options & LayerOptions) => Effect.Effect<ReadonlyArray<Described>, ImpossiblePolicy>;
export interface Guard extends Options {
    readonly method: string;
    readonly model: string;
    readonly inputTokens?: number;
    readonly maxTokens?: number;
    readonly priority?: number;
}
export declare const withResilience: (guard: Guard) => <A, R>(self: Effect.Effect<A, ClaudeError.AccountOnHold | ClaudeError.AuthenticationFailed | ClaudeError.BillingBlocked | ClaudeError.CircuitOpen | ClaudeError.Conflict | ClaudeError.ConnectionFailed | ClaudeError.ContextOverflow | ClaudeError.DeadlineExceeded | ClaudeError.InvalidConversation | ClaudeError.InvalidRequest | ClaudeError.LimiterRejected | ClaudeError.MalformedResponse | ClaudeError.NotFound | ClaudeError.Overloaded | ClaudeError.PermissionDenied | ClaudeError.RateLimited | ClaudeError.Refused | ClaudeError.RequestExceedsLimit | ClaudeError.RequestRejected | ClaudeError.RequestTooLarge | ClaudeError.ServerFailed | ClaudeError.SpendExceeded | ClaudeError.StreamInterrupted | ClaudeError.TimedOut | ClaudeError.Truncated | ClaudeError.UnknownStop, R>) => Effect.Effect<A, ClaudeError.ClaudeError | ImpossiblePolicy, R | ClaudeCircuitBreaker.ClaudeCircuitBreaker | ClaudeRateLimiter.ClaudeRateLimiter | RetryBudget.RetryBudget>;
export {};
