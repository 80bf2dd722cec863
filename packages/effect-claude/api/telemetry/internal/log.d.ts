import * as Effect from "effect/Effect";
import type * as ClaudeError from "../../errors/ClaudeError.ts";
import type { Alert, Result } from "./event.ts";
type Facts = Readonly<Record<string, unknown>>;
export declare const failure: (result: Result, reason: ClaudeError.Reason | undefined, facts: Facts) => Effect.Effect<void>;
export declare const alert: ({ cause, reason, requestId, status, who }: Alert, facts: Facts) => Effect.Effect<void>;
export {};
