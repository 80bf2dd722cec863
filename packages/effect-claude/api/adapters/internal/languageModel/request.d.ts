import * as AiError from "effect/ai/AiError";
import type * as LanguageModel from "effect/ai/LanguageModel";
import type * as Prompt from "effect/ai/Prompt";
import * as Tool from "effect/ai/Tool";
import * as Effect from "effect/Effect";
import type { Span } from "effect/Tracer";
import type { MessageParams } from "../../../client/ClaudeClient.ts";
export type Settings = Omit<MessageParams, "messages" | "system" | "tools" | "tool_choice">;
export interface Context {
    readonly names: Tool.NameMapper<ReadonlyArray<Tool.Any>>;
    readonly tools: ReadonlyMap<string, Tool.Any>;
    readonly documents: ReadonlyArray<Prompt.FilePart>;
    readonly output: string | undefined;
    readonly anyTool: boolean;
    readonly span: Span;
}
export interface Request {
    readonly params: MessageParams;
    readonly context: Context;
}
export declare const constrainsOutput: (model: string) => boolean;
export declare const build: (settings: Settings, options: LanguageModel.ProviderOptions) => Effect.Effect<Request, AiError.AiErrorReason>;
