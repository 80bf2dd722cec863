import type Anthropic from "@anthropic-ai/sdk";
import * as Result from "effect/Result";
import * as Schema from "effect/Schema";
import type { Change as Changed } from "./internal/repair/draft.ts";
import * as Synthetic from "./internal/synthetic.ts";
import { Version } from "./internal/version.ts";
declare const InvalidHistory_base: Schema.Class<InvalidHistory, Schema.TaggedStruct<"InvalidHistory", {
    readonly violations: Schema.$Array<Schema.Struct<{
        readonly path: Schema.String;
        readonly rule: Schema.String;
        readonly message: Schema.String;
        readonly fix: Schema.String;
    }>>;
}>, import("effect/Cause").YieldableError>;
export declare class InvalidHistory extends InvalidHistory_base {
    get message(): string;
}
type MessageParam = Anthropic.MessageParam;
type Content = MessageParam["content"];
export interface History extends Version {
}
export interface Pending {
    readonly history: History;
    readonly message: MessageParam;
    readonly calls: ReadonlyArray<Anthropic.ToolUseBlockParam>;
}
export declare const isHistory: (value: unknown) => value is History;
export declare const isPending: (value: History | Pending) => value is Pending;
type Checked<A> = Result.Result<A, InvalidHistory>;
export declare const fromMessages: (messages: ReadonlyArray<unknown>) => Checked<History>;
export declare const make: (content: Content) => History;
export declare const appendUser: (history: History, content: Content) => Checked<History>;
export declare const appendAssistant: (history: History, answer: {
    readonly content: ReadonlyArray<Anthropic.ContentBlock> | Content;
}) => Checked<History | Pending>;
export declare const appendResults: (pending: Pending, results: ReadonlyArray<Anthropic.ToolResultBlockParam>, then?: Content) => Checked<History>;
export type Fate = Synthetic.Fate;
export declare const synthetic: (id: string, fate: Fate) => Anthropic.ToolResultBlockParam;
export type Change = Changed;
export interface Repaired {
    readonly history: History;
    readonly changes: ReadonlyArray<Change>;
}
export declare const repair: (messages: ReadonlyArray<unknown>) => Checked<Repaired>;
export declare const toMessages: (history: History) => Array<MessageParam>;
export declare const toJson: (history: History) => string;
export declare const last: (history: History) => MessageParam;
export declare const History: Schema.decodeTo<Schema.declare<History, History>, Schema.$Array<Schema.Codec<Schema.Json, Schema.Json, never, never>>, never, never>;
export {};
