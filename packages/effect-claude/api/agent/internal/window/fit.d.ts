import * as Effect from "effect/Effect";
import type { ClaudeClient } from "../../../client/ClaudeClient.ts";
import type { History } from "../../../conversation/History.ts";
import type { Usage } from "../../../errors/ClaudeError.ts";
import * as Count from "./count.ts";
import { type Step } from "./progress.ts";
import type { Charge, Prompt, Strategy } from "./strategy.ts";
export interface Task {
    readonly history: History;
    readonly prompt: Prompt;
    readonly budget: number;
    readonly target: number;
    readonly strategies: ReadonlyArray<Strategy>;
    readonly known: Count.Estimate | undefined;
    readonly usage: Usage | undefined;
}
export interface Outcome {
    readonly fits: boolean;
    readonly history: History;
    readonly before: number;
    readonly after: number;
    readonly counted: boolean;
    readonly steps: ReadonlyArray<Step>;
    readonly charges: ReadonlyArray<Charge>;
}
export declare const fit: (task: Task) => Effect.Effect<Outcome, never, ClaudeClient>;
