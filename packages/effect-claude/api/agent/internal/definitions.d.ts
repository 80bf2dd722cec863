import type Anthropic from "@anthropic-ai/sdk";
import type * as AiError from "effect/ai/AiError";
import * as Tool from "effect/ai/Tool";
import type * as Toolkit from "effect/ai/Toolkit";
import * as Effect from "effect/Effect";
import * as Result from "effect/Result";
import * as Schema from "effect/Schema";
import type * as Stream from "effect/Stream";
import * as Settings from "./settings.ts";
declare const InvalidTools_base: Schema.Class<InvalidTools, Schema.TaggedStruct<"InvalidTools", {
    readonly problems: Schema.$Array<Schema.String>;
}>, import("effect/Cause").YieldableError>;
export declare class InvalidTools extends InvalidTools_base {
    get message(): string;
}
export type Declared = {} | null | undefined;
export interface Handlers<R> {
    readonly tools: Readonly<Record<string, Tool.Any>>;
    readonly handle: (name: string, params: unknown, id: string) => Effect.Effect<Stream.Stream<Tool.HandlerResult<Tool.Any>, Declared, R>, AiError.AiError, R>;
}
export interface Definition<R> {
    readonly name: string;
    readonly decode: (input: unknown) => Effect.Effect<{
        readonly params: unknown;
        readonly encoded: unknown;
    }, string, R>;
    readonly handle: (encoded: unknown, id: string) => ReturnType<Handlers<R>["handle"]>;
    readonly encodeResult: (result: unknown) => Effect.Effect<unknown, Schema.SchemaError, R>;
    readonly encodeFailure: (failure: unknown) => Effect.Effect<unknown, Schema.SchemaError, R>;
    readonly repeatable: boolean;
    readonly polling: boolean;
    readonly timeout: number | undefined;
    readonly retry: typeof Settings.Retry.Service;
    readonly reconcile: Settings.Reconcile | undefined;
    readonly needsApproval: Tool.Any["needsApproval"];
}
export interface Definitions<R> {
    readonly params: ReadonlyArray<Anthropic.ToolUnion>;
    readonly byName: ReadonlyMap<string, Definition<R>>;
}
export declare const compile: <R>(handlers: Handlers<R>, others: ReadonlyArray<Anthropic.ToolUnion>) => Result.Result<Definitions<R>, InvalidTools>;
export declare const erase: <Tools extends Record<string, Tool.Any>>(kit: Toolkit.WithHandler<Tools>) => Handlers<Tool.HandlerServices<Tools[keyof Tools]>>;
export {};
