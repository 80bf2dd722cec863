import * as Effect from "effect/Effect";
import { type Bounded } from "../../client/internal/within.ts";
import * as ClaudeError from "../../errors/ClaudeError.ts";
import type { Answer } from "../../telemetry/internal/hook.ts";
import type { Original } from "./failure.ts";
import { Passing } from "./passing.ts";
import type { Subject } from "./subject.ts";
export interface Ask {
    readonly subject: Subject;
    readonly send: (signal: AbortSignal) => Promise<Response>;
    readonly signal: AbortSignal | undefined;
    readonly leaving?: AbortSignal | undefined;
    readonly secrets: () => ReadonlyArray<string>;
}
export interface Context extends Bounded {
    readonly ask: Ask;
    readonly run: (effect: Effect.Effect<void>) => void;
    readonly failed: (original: Original) => void;
    readonly opened: (passing: Passing) => void;
    readonly closed: (passing: Passing) => void;
}
export interface Answered {
    readonly respond: () => Response;
    readonly passing?: Passing;
    readonly message?: Answer | undefined;
}
export declare const exchange: (context: Context) => Effect.Effect<Answered, ClaudeError.Reason>;
