import * as Duration from "effect/Duration";
import * as Effect from "effect/Effect";
import * as Layer from "effect/Layer";
import type * as ClaudeError from "../errors/ClaudeError.ts";
import * as Chaos from "./Chaos.ts";
import * as ClaudeCircuitBreaker from "./ClaudeCircuitBreaker.ts";
import * as ClaudeRateLimiter from "./ClaudeRateLimiter.ts";
import type { Fallback } from "./Fallback.ts";
import * as Hedge from "./Hedge.ts";
import * as Impossible from "./internal/impossible.ts";
import * as RetryBudget from "./RetryBudget.ts";
import * as RetryPolicy from "./RetryPolicy.ts";
import * as Timeouts from "./Timeouts.ts";
export { ImpossiblePolicy } from "./internal/impossible.ts";
export interface Options {
    readonly retry?: RetryPolicy.RetryPolicy;
    readonly maxAttempts?: number;
    readonly deadline?: Duration.Input;
    readonly timeouts?: Timeouts.Options;
    readonly maxServerWait?: Duration.Input;
    readonly hedge?: boolean | Hedge.Options;
    readonly bulkhead?: {
        readonly concurrent: number;
        readonly maxQueue?: number;
    };
}
export interface Settings {
    readonly retry: RetryPolicy.RetryPolicy;
    readonly maxAttempts: number;
    readonly deadline: Duration.Duration;
    readonly timeouts: Timeouts.Timeouts;
    readonly maxServerWait: Duration.Duration;
    readonly hedge: Hedge.Hedge | undefined;
    readonly bulkhead: {
        readonly concurrent: number;
        readonly maxQueue: number;
    } | undefined;
}
export declare const standard: Settings;
export interface LayerOptions {
    readonly limiter?: ClaudeRateLimiter.Options;
    readonly breaker?: ClaudeCircuitBreaker.Options;
    readonly budget?: RetryBudget.Options;
}
export declare const settings: (options?: (Options & LayerOptions) | undefined) => Effect.Effect<Settings, Impossible.ImpossiblePolicy, never>;
type State = ClaudeRateLimiter.ClaudeRateLimiter | ClaudeCircuitBreaker.ClaudeCircuitBreaker | RetryBudget.RetryBudget;
export declare function layer(): Layer.Layer<State>;
export declare function layer(options: LayerOptions): Layer.Layer<State, Impossible.ImpossiblePolicy>;
export interface Described {
    readonly policy: "fallback" | "deadline" | "bulkhead" | "retry" | "hedge" | "breaker" | "limiter" | "timeouts" | "chaos";
    readonly on: boolean;
    readonly settings: {
        readonly [name: string]: string | number | boolean;
    };
}
export interface DescribeOptions extends Options, LayerOptions {
    readonly fallback?: Fallback<string | {
        readonly model?: string;
    }>;
    readonly chaos?: Chaos.Options;
}
export declare const describe: (options?: DescribeOptions | undefined) => Effect.Effect<readonly Described[], Impossible.ImpossiblePolicy, never>;
export interface Guard extends Options {
    readonly method: string;
    readonly model: string;
    readonly inputTokens?: number;
    readonly maxTokens?: number;
    readonly priority?: number;
}
export declare const withResilience: (guard: Guard) => <A, R>(self: Effect.Effect<A, ClaudeError.Reason, R>) => Effect.Effect<A, ClaudeError.ClaudeError | Impossible.ImpossiblePolicy, R | State>;
