import * as Effect from "effect/Effect";
import * as Schema from "effect/Schema";
import type * as ClaudeClient from "../client/ClaudeClient.ts";
import type { History } from "../conversation/History.ts";
import type * as ClaudeError from "../errors/ClaudeError.ts";
import type * as Progress from "./internal/window/progress.ts";
import * as Server from "./internal/window/serverSide.ts";
import type * as Strategies from "./internal/window/strategy.ts";
declare const WindowExceeded_base: Schema.Class<WindowExceeded, Schema.TaggedStruct<"WindowExceeded", {
    readonly count: Schema.Int;
    readonly budget: Schema.Int;
    readonly smallest: Schema.Int;
    readonly failures: Schema.$Array<Schema.String>;
    readonly charges: Schema.$Array<Schema.Struct<{
        readonly model: Schema.String;
        readonly usage: Schema.Struct<{
            readonly inputTokens: Schema.Number;
            readonly cacheCreationTokens: Schema.Number;
            readonly cacheReadTokens: Schema.Number;
            readonly outputTokens: Schema.Number;
            readonly estimated: Schema.Boolean;
        }>;
    }>>;
}>, import("effect/Cause").YieldableError>;
export declare class WindowExceeded extends WindowExceeded_base {
    get message(): string;
}
export type Prompt = Strategies.Prompt;
export interface Strategy extends Strategies.Strategy {
}
export type Step = Progress.Step;
export type Charge = Strategies.Charge;
export interface Fitted {
    readonly history: History;
    readonly before: number;
    readonly after: number;
    readonly counted: boolean;
    readonly steps: ReadonlyArray<Step>;
    readonly charges: ReadonlyArray<Charge>;
}
export interface KeepOptions {
    readonly keep?: number;
}
export declare const clearToolResults: (options?: KeepOptions) => Strategy;
export declare const dropExchanges: (options?: KeepOptions) => Strategy;
export declare const dropSteps: (options?: KeepOptions) => Strategy;
export interface SummariseOptions extends KeepOptions {
    readonly model: string;
    readonly maxTokens?: number;
    readonly window?: number;
    readonly instructions?: string;
}
export declare const summarise: (options: SummariseOptions) => Strategy;
export interface ServerSideOptions {
    readonly clearToolResults?: number;
    readonly keep?: number;
    readonly compact?: number;
}
export interface ServerSide extends Server.ServerSide {
}
export declare const serverSide: (model: string, options: ServerSideOptions) => Effect.Effect<ServerSide, never, ClaudeClient.ClaudeClient>;
export declare const standard: ReadonlyArray<Strategy>;
export declare const count: (history: History, prompt: Prompt) => Effect.Effect<{
    readonly tokens: number;
    readonly counted: boolean;
}, never, ClaudeClient.ClaudeClient>;
export declare const estimate: (history: History, prompt: Prompt, usage?: ClaudeError.Usage) => number;
export interface FitOptions extends Prompt {
    readonly budget: number;
    readonly strategies?: ReadonlyArray<Strategy>;
}
export declare const fit: (history: History, options: FitOptions) => Effect.Effect<Fitted, WindowExceeded, ClaudeClient.ClaudeClient>;
export interface Options {
    readonly threshold?: number;
    readonly target?: number;
    readonly window?: number;
    readonly strategies?: ReadonlyArray<Strategy>;
}
export interface Turn extends Prompt {
    readonly max_tokens: number;
    readonly usage?: ClaudeError.Usage | undefined;
    readonly overflow?: ClaudeError.ContextOverflow | undefined;
}
export interface ContextWindow {
    readonly before: (history: History, turn: Turn) => Effect.Effect<Fitted, WindowExceeded, ClaudeClient.ClaudeClient>;
}
export declare const make: (options?: Options) => ContextWindow;
export {};
