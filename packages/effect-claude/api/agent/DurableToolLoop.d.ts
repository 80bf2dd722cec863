import type * as Tool from "effect/ai/Tool";
import type * as Toolkit from "effect/ai/Toolkit";
import * as Effect from "effect/Effect";
import * as Layer from "effect/Layer";
import * as Option from "effect/Option";
import * as Schema from "effect/Schema";
import * as Workflow from "effect/workflow/Workflow";
import { WorkflowEngine } from "effect/workflow/WorkflowEngine";
import type { ClaudeClient } from "../client/ClaudeClient.ts";
import * as History from "../conversation/History.ts";
import type { Request } from "./internal/job.ts";
import * as LoopGuard from "./LoopGuard.ts";
import * as ToolJournal from "./ToolJournal.ts";
import * as ToolLoop from "./ToolLoop.ts";
type Tools = Record<string, Tool.Any>;
declare const Payload: Schema.Struct<{
    readonly runId: Schema.String;
    readonly history: Schema.decodeTo<Schema.declare<History.History, History.History>, Schema.$Array<Schema.Codec<Schema.Json, Schema.Json, never, never>>, never, never>;
    readonly request: Schema.$Record<Schema.String, Schema.Codec<Schema.Json, Schema.Json, never, never>>;
    readonly limits: Schema.Codec<LoopGuard.Limits, Schema.JsonObject, never, never>;
}>;
export declare const StartError: Schema.Union<readonly [typeof ToolLoop.InvalidTools, typeof LoopGuard.InvalidLimits, typeof ToolLoop.UnknownPrice, typeof ToolJournal.JournalFailed, typeof ToolLoop.UndecidedCalls]>;
export interface Runs<Name extends string = string> {
    readonly workflow: Workflow.Workflow<Name, typeof Payload, typeof ToolLoop.Outcome, typeof StartError>;
}
export interface DurableToolLoop<Name extends string, T extends Tools> extends Runs<Name> {
    readonly toolkit: Toolkit.Toolkit<T>;
}
export declare const make: <const Name extends string, T extends Tools>(name: Name, toolkit: Toolkit.Toolkit<T>) => DurableToolLoop<Name, T>;
export interface RunOptions extends Request {
    readonly runId: string;
    readonly history: History.History;
    readonly limits?: LoopGuard.Limits | undefined;
}
export declare const execute: (loop: Runs, options: RunOptions) => Effect.Effect<ToolLoop.Outcome, typeof StartError.Type, WorkflowEngine>;
export declare const start: (loop: Runs, options: RunOptions) => Effect.Effect<void, never, WorkflowEngine>;
declare const Decisions: Schema.$Record<Schema.String, Schema.Union<readonly [Schema.Literals<readonly ["approve", "deny"]>, Schema.Struct<{
    readonly deny: Schema.String;
}>]>>;
export declare const poll: (loop: Runs, runId: string) => Effect.Effect<Option.Option<ToolLoop.Outcome>, typeof StartError.Type, WorkflowEngine>;
export declare const decide: (loop: Runs, outcome: ToolLoop.NeedsApproval, decisions: typeof Decisions.Type) => Effect.Effect<typeof Decisions.Type, ToolLoop.UndecidedCalls | ToolLoop.UnknownRun, WorkflowEngine>;
export interface Options extends Omit<ToolLoop.Options, "journal"> {
    readonly run?: Omit<ToolLoop.RunSettings, "limits">;
}
export declare const layer: <Name extends string, T extends Tools>({ toolkit, workflow }: DurableToolLoop<Name, T>, options?: Options) => Layer.Layer<never, never, ClaudeClient | WorkflowEngine | ToolLoop.Requirements<T>>;
export {};
