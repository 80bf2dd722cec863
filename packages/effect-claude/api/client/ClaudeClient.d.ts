import type * as Messages from "@anthropic-ai/sdk/resources/messages";
import type * as Models from "@anthropic-ai/sdk/resources/models";
import * as Config from "effect/Config";
import * as Context from "effect/Context";
import * as Duration from "effect/Duration";
import * as Effect from "effect/Effect";
import * as Layer from "effect/Layer";
import * as Redacted from "effect/Redacted";
import * as Schema from "effect/Schema";
import * as Stream from "effect/Stream";
import type * as ClaudeError from "../errors/ClaudeError.ts";
import type { ClaudeCircuitBreaker } from "../policies/ClaudeCircuitBreaker.ts";
import type { ClaudeRateLimiter } from "../policies/ClaudeRateLimiter.ts";
import type { Fallback } from "../policies/Fallback.ts";
import * as Resilience from "../policies/Resilience.ts";
import type { RetryBudget } from "../policies/RetryBudget.ts";
import type { Batches } from "./internal/batches/api.ts";
import * as Sdk from "./internal/sdk.ts";
export type MessageParams = Omit<Messages.MessageCreateParamsNonStreaming, "stream">;
export interface CallOptions {
    readonly deadline?: Duration.Input;
    readonly maxAttempts?: number;
    readonly priority?: number;
}
export interface StreamOptions extends CallOptions {
    readonly countTokens?: boolean;
    readonly continuations?: number;
    readonly continueOnMaxTokens?: number;
}
export interface CreateOptions extends StreamOptions {
    readonly stream?: boolean;
}
declare const InvalidKey_base: Schema.Class<InvalidKey, Schema.TaggedStruct<"InvalidKey", {
    readonly problem: Schema.String;
}>, import("effect/Cause").YieldableError>;
export declare class InvalidKey extends InvalidKey_base {
    get message(): string;
}
declare const ClaudeClient_base: Context.ServiceClass<ClaudeClient, "effect-claude/client/ClaudeClient", {
    readonly createMessage: (params: MessageParams, options?: CreateOptions) => Effect.Effect<Messages.Message, ClaudeError.ClaudeError>;
    readonly streamMessage: (params: MessageParams, options?: StreamOptions) => Stream.Stream<Messages.RawMessageStreamEvent, ClaudeError.ClaudeError>;
    readonly countTokens: (params: Messages.MessageCountTokensParams, options?: CallOptions) => Effect.Effect<Messages.MessageTokensCount, ClaudeError.ClaudeError>;
    readonly getModel: (id: string, options?: CallOptions) => Effect.Effect<Models.ModelInfo, ClaudeError.ClaudeError>;
    readonly listModels: (options?: CallOptions) => Effect.Effect<ReadonlyArray<Models.ModelInfo>, ClaudeError.ClaudeError>;
    readonly batches: Batches;
}>;
export declare class ClaudeClient extends ClaudeClient_base {
}
export declare const createMessage: (params: MessageParams, options?: CreateOptions) => Effect.Effect<Messages.Message, ClaudeError.ClaudeError, ClaudeClient>;
export declare const streamMessage: (params: MessageParams, options?: StreamOptions) => Stream.Stream<Messages.RawMessageStreamEvent, ClaudeError.ClaudeError, ClaudeClient>;
export declare const countTokens: (params: Messages.MessageCountTokensParams, options?: CallOptions) => Effect.Effect<Messages.MessageTokensCount, ClaudeError.ClaudeError, ClaudeClient>;
export declare const getModel: (id: string, options?: CallOptions) => Effect.Effect<Models.ModelInfo, ClaudeError.ClaudeError, ClaudeClient>;
export declare const listModels: (options?: CallOptions) => Effect.Effect<ReadonlyArray<Models.ModelInfo>, ClaudeError.ClaudeError, ClaudeClient>;
export declare const requireComplete: <E, R>(self: Effect.Effect<Messages.Message, E, R>) => Effect.Effect<Messages.Message, E | ClaudeError.ClaudeError, R>;
export interface Elsewhere {
    readonly client: ClaudeClient["Service"];
    readonly model?: string;
}
export interface Hop {
    readonly model: string;
    readonly reason: string;
    readonly usage?: ClaudeError.Usage | undefined;
}
export declare const hops: (message: Messages.Message) => ReadonlyArray<Hop>;
export interface CheckOptions {
    readonly preflight?: boolean | {
        readonly waive?: ReadonlyArray<string>;
        readonly fetchModels?: boolean;
    };
    readonly fallback?: Fallback<string | Elsewhere>;
    readonly serverFallback?: boolean;
}
export interface Options extends Resilience.Options, CheckOptions {
    readonly apiKey?: Redacted.Redacted<string>;
    readonly baseUrl?: string;
    readonly fetch?: typeof globalThis.fetch;
}
export type BuildError = InvalidKey | Resilience.ImpossiblePolicy | Config.ConfigError;
type State = ClaudeRateLimiter | ClaudeCircuitBreaker | RetryBudget;
export declare const layer: (options?: Options) => Layer.Layer<ClaudeClient, BuildError, State>;
export declare const layerStandard: (options?: Options & Resilience.LayerOptions) => Layer.Layer<ClaudeClient, BuildError>;
export declare const layerSdk: (sdk: Sdk.SdkClient, options?: Resilience.Options & CheckOptions) => Layer.Layer<ClaudeClient, Resilience.ImpossiblePolicy, State>;
export {};
