import type Anthropic from "@anthropic-ai/sdk";
import * as Effect from "effect/Effect";
import { type Fate } from "../../conversation/History.ts";
import type { Definition } from "./definitions.ts";
import { type Call, type Within } from "./settings.ts";
export interface Ended {
    readonly result: Anthropic.ToolResultBlockParam;
    readonly fate: Fate | "finished" | "failed" | "defect";
}
export interface Bounds {
    readonly timeout: number;
    readonly grace: number;
    readonly leaked: () => void;
    readonly until: number;
    readonly now: () => number;
}
export declare const runCall: <R>(definition: Definition<R>, call: Call, encoded: unknown, within: Within, bounds: Bounds) => Effect.Effect<Ended, never, R>;
