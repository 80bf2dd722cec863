import type { Bounds, LimitName, Limits } from "../LoopGuard.ts";
import type { NeedsApproval, Progress } from "./outcomes.ts";
import type { Use } from "./plan.ts";
export interface Earlier {
    readonly settled: ReadonlySet<string>;
    readonly stop: LimitName | undefined;
}
type Pending = NeedsApproval["pending"];
export declare const earlierOf: ({ results, stop }: Pending, before: Limits, after: Limits) => Earlier;
export declare const standing: ({ stop }: Earlier, bounds: Bounds, { callsPerTool, toolCalls }: Progress, uses: ReadonlyArray<Use>) => LimitName | undefined;
export {};
