import * as Effect from "effect/Effect";
import type * as ClaudeError from "../errors/ClaudeError.ts";
import * as Facts from "./internal/preflight/facts.ts";
import * as Fit from "./internal/preflight/fit.ts";
export type ModelFacts = Facts.ModelFacts;
export declare const factsOf: (model: string) => ModelFacts | undefined;
export interface Options {
    readonly waive?: ReadonlyArray<string>;
    readonly facts?: ModelFacts | undefined;
    readonly direct?: boolean;
    readonly streamed?: boolean | undefined;
    readonly counting?: boolean;
}
export declare const rules: ReadonlyArray<{
    readonly name: string;
    readonly says: string;
    readonly source: string;
}>;
export declare const check: (params: unknown, options?: Options) => ReadonlyArray<ClaudeError.Violation>;
export declare const checkMessages: (messages: ReadonlyArray<unknown>) => ReadonlyArray<ClaudeError.Violation>;
export declare const ImageFitFailed: typeof Fit.ImageFitFailed;
export type ImageFitFailed = Fit.ImageFitFailed;
export declare const fitImages: <P extends {
    readonly messages: ReadonlyArray<unknown>;
}>(params: P) => Effect.Effect<{
    readonly params: P;
    readonly changed: ReadonlyArray<string>;
}, ImageFitFailed>;
export declare const checkBatch: (requests: ReadonlyArray<unknown>, options?: Options) => ReadonlyArray<ClaudeError.Violation>;
