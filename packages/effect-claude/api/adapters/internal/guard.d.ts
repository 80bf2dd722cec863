import * as Effect from "effect/Effect";
import { ClaudeCircuitBreaker } from "../../policies/ClaudeCircuitBreaker.ts";
import { ClaudeRateLimiter } from "../../policies/ClaudeRateLimiter.ts";
import type { Settings } from "../../policies/Resilience.ts";
import { RetryBudget } from "../../policies/RetryBudget.ts";
import { type Ask } from "./exchange.ts";
export type Guard = (ask: Ask) => Promise<Response>;
export declare const make: (settings: Settings) => Effect.Effect<Guard, never, ClaudeCircuitBreaker | ClaudeRateLimiter | RetryBudget | import("effect/Scope").Scope>;
