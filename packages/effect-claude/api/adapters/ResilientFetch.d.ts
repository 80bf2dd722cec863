import * as Context from "effect/Context";
import * as Layer from "effect/Layer";
import type { ClaudeCircuitBreaker } from "../policies/ClaudeCircuitBreaker.ts";
import type { ClaudeRateLimiter } from "../policies/ClaudeRateLimiter.ts";
import * as Resilience from "../policies/Resilience.ts";
import type { RetryBudget } from "../policies/RetryBudget.ts";
type Fetch = typeof globalThis.fetch;
export interface Options extends Resilience.Options {
    readonly fetch?: Fetch;
}
declare const ResilientFetch_base: Context.ServiceClass<ResilientFetch, "effect-claude/adapters/ResilientFetch", {
    readonly fetch: Fetch;
}>;
export declare class ResilientFetch extends ResilientFetch_base {
}
type State = ClaudeRateLimiter | ClaudeCircuitBreaker | RetryBudget;
export declare const layer: (options?: Options) => Layer.Layer<ResilientFetch, Resilience.ImpossiblePolicy, State>;
export declare const layerStandard: (options?: Options & Resilience.LayerOptions) => Layer.Layer<ResilientFetch, Resilience.ImpossiblePolicy>;
export declare const make: (options?: Options & Resilience.LayerOptions) => Fetch & AsyncDisposable;
export {};
