import type Anthropic from "@anthropic-ai/sdk";
import type * as Tool from "effect/ai/Tool";
import type * as Toolkit from "effect/ai/Toolkit";
import * as Context from "effect/Context";
import type * as Duration from "effect/Duration";
import * as Effect from "effect/Effect";
import * as Layer from "effect/Layer";
import type * as Option from "effect/Option";
import type * as Schema from "effect/Schema";
import * as Stream from "effect/Stream";
import { ClaudeClient, type CreateOptions } from "../client/ClaudeClient.ts";
import type { History, InvalidHistory } from "../conversation/History.ts";
import type { ContextWindow } from "./ContextWindow.ts";
import type { InvalidTools } from "./internal/definitions.ts";
import type { Event, Turn } from "./internal/events.ts";
import type { Request } from "./internal/job.ts";
import type { Finished, Outcome } from "./internal/outcomes.ts";
import * as Settings from "./internal/settings.ts";
import type { StaleOutcome, UndecidedCalls, UnknownPrice, UnknownRun } from "./internal/starting.ts";
import type { Decision } from "./internal/step.ts";
import type { InvalidLimits, Limits } from "./LoopGuard.ts";
import type { Amount, Prices } from "./Spend.ts";
import { type JournalFailed, ToolJournal } from "./ToolJournal.ts";
export { InvalidTools } from "./internal/definitions.ts";
export type { Event, Turn } from "./internal/events.ts";
export { EmptyAnswer, Failed, Finished, InvalidAnswer, NeedsApproval, Outcome, Progress, Refused, RunTakenOver, Stopped, Truncated, Undecided } from "./internal/outcomes.ts";
export { type Call, CurrentCall, Polling, Retry, Timeout } from "./internal/settings.ts";
export { StaleOutcome, UndecidedCalls, UnknownPrice, UnknownRun } from "./internal/starting.ts";
export { Decision } from "./internal/step.ts";
type Tools = Record<string, Tool.Any>;
export type Requirements<T extends Tools> = Tool.HandlersFor<T> | Tool.HandlerServices<T[keyof T]>;
export interface RunSettings {
    readonly limits?: Limits | undefined;
    readonly concurrency?: number | undefined;
    readonly toolTimeout?: Duration.Input | undefined;
    readonly closingTurn?: boolean | string | undefined;
    readonly serverTools?: ReadonlyArray<Anthropic.ToolUnion> | undefined;
    readonly window?: ContextWindow | undefined;
    readonly answer?: Schema.Codec<unknown, unknown> | undefined;
    readonly call?: CreateOptions | undefined;
    readonly onTurn?: ((turn: Turn) => Effect.Effect<void>) | undefined;
}
export interface RunOptions<T extends Tools> extends Request, RunSettings {
    readonly history: History;
    readonly toolkit: Toolkit.Toolkit<T>;
    readonly runId?: string | undefined;
}
export interface ResumeOptions<T extends Tools> extends RunSettings, Partial<Request> {
    readonly toolkit: Toolkit.Toolkit<T>;
    readonly decisions?: {
        readonly [callId: string]: Decision;
    } | undefined;
    readonly say?: Anthropic.MessageParam["content"] | undefined;
}
export interface RecoverOptions<T extends Tools> extends RunSettings, Partial<Request> {
    readonly runId: string;
    readonly toolkit: Toolkit.Toolkit<T>;
}
export type StartError = InvalidTools | InvalidLimits | UnknownPrice | JournalFailed;
declare const ToolLoop_base: Context.ServiceClass<ToolLoop, "effect-claude/agent/ToolLoop", {
    readonly run: <T extends Tools>(options: RunOptions<T>) => Effect.Effect<Outcome, StartError, Requirements<T>>;
    readonly stream: <T extends Tools>(options: RunOptions<T>) => Stream.Stream<Event, StartError, Requirements<T>>;
    readonly resume: <T extends Tools>(outcome: Outcome, options: ResumeOptions<T>) => Effect.Effect<Outcome, StartError | UndecidedCalls | StaleOutcome | InvalidHistory, Requirements<T>>;
    readonly recover: <T extends Tools>(options: RecoverOptions<T>) => Effect.Effect<Outcome, StartError | UnknownRun, Requirements<T>>;
}>;
export declare class ToolLoop extends ToolLoop_base {
}
export declare const run: <T extends Tools>(options: RunOptions<T>) => Effect.Effect<Outcome, StartError, ToolLoop | Requirements<T>>;
export declare const stream: <T extends Tools>(options: RunOptions<T>) => Stream.Stream<Event, StartError, ToolLoop | Requirements<T>>;
export declare const resume: <T extends Tools>(outcome: Outcome, options: ResumeOptions<T>) => Effect.Effect<Outcome, StartError | UndecidedCalls | StaleOutcome | InvalidHistory, ToolLoop | Requirements<T>>;
export declare const recover: <T extends Tools>(options: RecoverOptions<T>) => Effect.Effect<Outcome, StartError | UnknownRun, ToolLoop | Requirements<T>>;
export declare const decodeAnswer: {
    <A, I>(schema: Schema.Codec<A, I>): (outcome: Finished) => Effect.Effect<A, Schema.SchemaError>;
    <A, I>(outcome: Finished, schema: Schema.Codec<A, I>): Effect.Effect<A, Schema.SchemaError>;
};
export declare const withReconcile: <T extends Tool.Any>(tool: T, reconcile: (params: Tool.Parameters<T>, call: Settings.Call) => Effect.Effect<Option.Option<Tool.Success<T>>>) => T;
export interface Options<E = never, R = never> {
    readonly limits?: Limits;
    readonly concurrency?: number;
    readonly toolTimeout?: Duration.Input;
    readonly grace?: Duration.Input;
    readonly journal?: Layer.Layer<ToolJournal, E, R>;
    readonly prices?: Prices;
    readonly budget?: Partial<Amount>;
}
export declare const standard: {
    readonly concurrency: 8;
    readonly toolTimeout: "2 minutes";
    readonly grace: "1 second";
};
export declare const layer: <E = never, R = never>(options?: Options<E, R>) => Layer.Layer<ToolLoop, E, ClaudeClient | R>;
