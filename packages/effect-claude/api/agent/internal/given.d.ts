import type * as Tool from "effect/ai/Tool";
import * as Effect from "effect/Effect";
import type * as MessageStream from "../../client/MessageStream.ts";
import type * as LoopGuard from "../LoopGuard.ts";
import type * as ToolLoop from "../ToolLoop.ts";
import type { Ended } from "./call.ts";
import type { Event } from "./events.ts";
import type { Request } from "./job.ts";
import type { Open } from "./loop.ts";
import type { Recorder } from "./record.ts";
import type { Begin } from "./state.ts";
import type { Decision } from "./step.ts";
type Tools = Record<string, Tool.Any>;
export declare const closingWords = "A limit of this run is reached: no more tools can be called. Answer now with what you have.";
export declare const token: Effect.Effect<string, never, never>;
export type Emit = (event: Event) => Effect.Effect<void>;
export declare const silent: Emit;
export declare const requestOf: (options: Partial<Request> & ToolLoop.RunSettings & {
    readonly history?: unknown;
    readonly toolkit?: unknown;
    readonly runId?: unknown;
    readonly decisions?: unknown;
    readonly say?: unknown;
}) => Partial<Request>;
export interface Starting<T extends Tools> extends ToolLoop.RunSettings {
    readonly toolkit: ToolLoop.RunOptions<T>["toolkit"];
    readonly runId: string;
    readonly request: Request;
    readonly stored: LoopGuard.Limits | undefined;
    readonly begin: Begin;
    readonly open: Open | undefined;
    readonly decisions: Readonly<Record<string, Decision>>;
    readonly recorder: Recorder | undefined;
}
export declare const told: (emit: Emit) => (event: MessageStream.Event) => Effect.Effect<void>;
export declare const settledOf: (results: ReadonlyArray<object>) => ReadonlyMap<string, Ended>;
export {};
