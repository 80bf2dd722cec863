import type { Middleware } from "@anthropic-ai/sdk";
import * as Context from "effect/Context";
import * as Layer from "effect/Layer";
import type { ClaudeCircuitBreaker } from "../policies/ClaudeCircuitBreaker.ts";
import type { ClaudeRateLimiter } from "../policies/ClaudeRateLimiter.ts";
import * as Resilience from "../policies/Resilience.ts";
import type { RetryBudget } from "../policies/RetryBudget.ts";
declare const ClaudeMiddleware_base: Context.ServiceClass<ClaudeMiddleware, "effect-claude/adapters/ClaudeMiddleware", {
    readonly middleware: Middleware;
}>;
export declare class ClaudeMiddleware extends ClaudeMiddleware_base {
}
type State = ClaudeRateLimiter | ClaudeCircuitBreaker | RetryBudget;
export declare const layer: (options?: Resilience.Options) => Layer.Layer<ClaudeMiddleware, Resilience.ImpossiblePolicy, State>;
export declare const layerStandard: (options?: Resilience.Options & Resilience.LayerOptions) => Layer.Layer<ClaudeMiddleware, Resilience.ImpossiblePolicy>;
export declare const make: (options?: Resilience.Options & Resilience.LayerOptions) => Middleware & AsyncDisposable;
export {};
