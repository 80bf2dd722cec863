import * as LanguageModel from "effect/ai/LanguageModel";
import * as Context from "effect/Context";
import * as Layer from "effect/Layer";
import * as ClaudeClient from "../client/ClaudeClient.ts";
import type * as ClaudeError from "../errors/ClaudeError.ts";
import * as Request from "./internal/languageModel/request.ts";
export type { CacheOptions, FileOptions, FinishMetadata } from "./internal/languageModel/metadata.ts";
export interface Options extends Omit<Request.Settings, "max_tokens"> {
    readonly max_tokens?: number;
    readonly call?: ClaudeClient.CallOptions;
}
export declare const Overrides: Context.Reference<Partial<Options>>;
export declare const layer: (options: Options) => Layer.Layer<LanguageModel.LanguageModel, never, ClaudeClient.ClaudeClient>;
export declare const claudeErrorOf: (error: unknown) => ClaudeError.ClaudeError | undefined;
