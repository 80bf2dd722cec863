import * as Effect from "effect/Effect";
import * as LoopGuard from "../LoopGuard.ts";
import { type Ended } from "./call.ts";
import type { Broken, Job } from "./job.ts";
import { type Answer } from "./outcomes.ts";
import { type Before, type Use } from "./plan.ts";
import type { State } from "./state.ts";
export interface Answered {
    readonly results: ReadonlyArray<Ended["result"]>;
    readonly undecided: ReadonlyArray<Use>;
    readonly stop: LoopGuard.LimitName | undefined;
}
export declare const stored: (value: object) => typeof Answer.Type;
export declare const answerCalls: <R>(job: Job<R>, state: State, uses: readonly import("@anthropic-ai/sdk/resources/index.mjs").ToolUseBlockParam[], before: Before) => Effect.Effect<Answered, Broken, R>;
