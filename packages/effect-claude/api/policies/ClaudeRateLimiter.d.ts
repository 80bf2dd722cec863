import * as Context from "effect/Context";
import * as Duration from "effect/Duration";
import * as Effect from "effect/Effect";
import * as Layer from "effect/Layer";
import type * as Redis from "effect/persistence/Redis";
import * as Stream from "effect/Stream";
import * as ClaudeError from "../errors/ClaudeError.ts";
import type { RateLimitHeaders } from "../errors/RateLimitHeaders.ts";
export interface ReserveRequest {
    readonly model: string;
    readonly inputBytes?: number | undefined;
    readonly inputTokens?: number | undefined;
    readonly cached?: boolean | undefined;
    readonly maxTokens?: number | undefined;
    readonly outputTokens?: number | undefined;
    readonly priority?: number | undefined;
    readonly deadline?: number | undefined;
    readonly watched?: boolean | undefined;
    readonly granted?: ((reservation: Reservation) => void) | undefined;
}
export type Settlement = {
    readonly _tag: "Used";
    readonly usage: ClaudeError.Usage;
} | {
    readonly _tag: "Failed";
    readonly reason: ClaudeError.Reason;
} | {
    readonly _tag: "Interrupted";
    readonly usage?: ClaudeError.Usage;
};
export interface Reservation {
    readonly waited: number;
    readonly observe: (headers: RateLimitHeaders) => Effect.Effect<void>;
    readonly sent: Effect.Effect<void>;
    readonly settle: (settlement: Settlement) => Effect.Effect<void>;
}
export interface LimitState {
    readonly key: string;
    readonly name: string;
    readonly requests: number;
    readonly inputTokens: number;
    readonly outputTokens: number;
    readonly inFlight: number;
    readonly queued: number;
    readonly pausedUntil: number;
    readonly limits: {
        readonly requests: number | undefined;
        readonly inputTokens: number | undefined;
        readonly outputTokens: number | undefined;
    };
}
declare const ClaudeRateLimiter_base: Context.ServiceClass<ClaudeRateLimiter, "effect-claude/policies/ClaudeRateLimiter", {
    readonly reserve: (request: ReserveRequest) => Effect.Effect<Reservation, ClaudeError.RequestExceedsLimit | ClaudeError.LimiterRejected>;
    readonly state: Effect.Effect<ReadonlyArray<LimitState>>;
}>;
export declare class ClaudeRateLimiter extends ClaudeRateLimiter_base {
}
export declare const changes: (options?: {
    readonly every?: Duration.Input;
}) => Stream.Stream<ReadonlyArray<LimitState>, never, ClaudeRateLimiter>;
export interface ModelLimit {
    readonly requestsPerMinute?: number;
    readonly inputTokensPerMinute?: number;
    readonly outputTokensPerMinute?: number;
    readonly concurrency?: number;
    readonly models?: ReadonlyArray<string>;
}
export interface Options {
    readonly key?: string;
    readonly limits?: {
        readonly [model: string]: ModelLimit;
    };
    readonly otherwise?: ModelLimit;
    readonly maxQueue?: number;
    readonly lookahead?: number;
    readonly concurrency?: number;
    readonly burst?: number;
}
export declare const standard: {
    readonly key: "default";
    readonly maxQueue: 200000;
    readonly lookahead: 16;
    readonly burst: 1;
};
export declare const layer: (options?: Options) => Layer.Layer<ClaudeRateLimiter>;
export interface RedisOptions extends Options {
    readonly onUnavailable?: "open" | "closed";
    readonly timeout?: Duration.Input;
    readonly lease?: Duration.Input;
}
export declare const standardRedis: {
    readonly onUnavailable: "open";
    readonly timeout: "1 second";
    readonly lease: "30 seconds";
};
export declare const layerRedis: (options?: RedisOptions) => Layer.Layer<ClaudeRateLimiter, never, Redis.Redis>;
export interface Guard {
    readonly model: string;
    readonly inputTokens?: number;
    readonly outputTokens?: number;
    readonly priority?: number;
}
export declare const withRateLimit: {
    (guard: Guard): <A, E, R>(self: Effect.Effect<A, E, R>) => Effect.Effect<A, E | ClaudeError.RequestExceedsLimit | ClaudeError.LimiterRejected, R | ClaudeRateLimiter>;
    <A, E, R>(self: Effect.Effect<A, E, R>, guard: Guard): Effect.Effect<A, E | ClaudeError.RequestExceedsLimit | ClaudeError.LimiterRejected, R | ClaudeRateLimiter>;
};
export {};
