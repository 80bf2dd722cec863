import type Anthropic from "@anthropic-ai/sdk";
import * as Effect from "effect/Effect";
import * as LoopGuard from "../LoopGuard.ts";
import type { Ended } from "./call.ts";
import type { Definition } from "./definitions.ts";
import { type Earlier } from "./earlier.ts";
import type { Job } from "./job.ts";
import type { State } from "./state.ts";
export type Use = Anthropic.ToolUseBlockParam;
export type Plan<R> = {
    readonly _tag: "Answer";
    readonly use: Use;
    readonly ended: Ended;
} | {
    readonly _tag: "Known";
    readonly use: Use;
    readonly ended: Ended;
    readonly hash: string | undefined;
} | {
    readonly _tag: "Ask";
    readonly use: Use;
} | {
    readonly _tag: "Run";
    readonly use: Use;
    readonly definition: Definition<R>;
    readonly params: unknown;
    readonly encoded: unknown;
    readonly hash: string | undefined;
    readonly unknown: boolean;
};
export interface Before {
    readonly settled: ReadonlyMap<string, Ended>;
    readonly claimed: ReadonlySet<string>;
    readonly earlier?: Earlier | undefined;
}
export interface Planned<R> {
    readonly plans: ReadonlyArray<Plan<R>>;
    readonly stop: LoopGuard.LimitName | undefined;
}
export declare const plan: <R>(job: Job<R>, state: State, uses: readonly Anthropic.ToolUseBlockParam[], before: Before) => Effect.Effect<Planned<R>, never, R>;
