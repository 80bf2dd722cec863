import * as Schema from "effect/Schema";
import * as History from "../../conversation/History.ts";
import * as ClaudeError from "../../errors/ClaudeError.ts";
import { WindowExceeded } from "../ContextWindow.ts";
import { JournalFailed } from "../ToolJournal.ts";
export declare const Progress: Schema.Struct<{
    readonly turns: Schema.Int;
    readonly toolCalls: Schema.Int;
    readonly callsPerTool: Schema.$Record<Schema.String, Schema.Int>;
    readonly pauses: Schema.Int;
    readonly elapsed: Schema.Number;
    readonly leaked: Schema.Int;
    readonly memory: Schema.Struct<{
        readonly recent: Schema.$Array<Schema.Struct<{
            readonly call: Schema.String;
            readonly result: Schema.String;
        }>>;
        readonly warned: Schema.Boolean;
    }>;
    readonly longest: Schema.Number;
    readonly within: Schema.optionalKey<Schema.Struct<{
        readonly usd: Schema.Number;
        readonly inputTokens: Schema.Number;
        readonly outputTokens: Schema.Number;
    }>>;
}>;
export type Progress = typeof Progress.Type;
export declare const Spent: Schema.Struct<{
    readonly usd: Schema.optionalKey<Schema.Number>;
    readonly usage: Schema.Struct<{
        readonly inputTokens: Schema.Number;
        readonly cacheCreationTokens: Schema.Number;
        readonly cacheReadTokens: Schema.Number;
        readonly outputTokens: Schema.Number;
        readonly estimated: Schema.Boolean;
    }>;
}>;
export type Spent = typeof Spent.Type;
export declare const Answer: Schema.$Record<Schema.String, Schema.Codec<Schema.Json, Schema.Json, never, never>>;
declare const Finished_base: Schema.Class<Finished, Schema.TaggedStruct<"Finished", {
    readonly runId: Schema.String;
    readonly history: Schema.decodeTo<Schema.declare<History.History, History.History>, Schema.$Array<Schema.Codec<Schema.Json, Schema.Json, never, never>>, never, never>;
    readonly usage: Schema.Struct<{
        readonly inputTokens: Schema.Number;
        readonly cacheCreationTokens: Schema.Number;
        readonly cacheReadTokens: Schema.Number;
        readonly outputTokens: Schema.Number;
        readonly estimated: Schema.Boolean;
    }>;
    readonly spend: Schema.optionalKey<Schema.Number>;
    readonly progress: Schema.Struct<{
        readonly turns: Schema.Int;
        readonly toolCalls: Schema.Int;
        readonly callsPerTool: Schema.$Record<Schema.String, Schema.Int>;
        readonly pauses: Schema.Int;
        readonly elapsed: Schema.Number;
        readonly leaked: Schema.Int;
        readonly memory: Schema.Struct<{
            readonly recent: Schema.$Array<Schema.Struct<{
                readonly call: Schema.String;
                readonly result: Schema.String;
            }>>;
            readonly warned: Schema.Boolean;
        }>;
        readonly longest: Schema.Number;
        readonly within: Schema.optionalKey<Schema.Struct<{
            readonly usd: Schema.Number;
            readonly inputTokens: Schema.Number;
            readonly outputTokens: Schema.Number;
        }>>;
    }>;
    readonly request: Schema.$Record<Schema.String, Schema.Codec<Schema.Json, Schema.Json, never, never>>;
    readonly limits: Schema.Codec<import("../LoopGuard.ts").Limits, Schema.JsonObject, never, never>;
    readonly place: Schema.Int;
    readonly text: Schema.String;
    readonly message: Schema.$Record<Schema.String, Schema.Codec<Schema.Json, Schema.Json, never, never>>;
}>, {}>;
export declare class Finished extends Finished_base {
}
declare const Truncated_base: Schema.Class<Truncated, Schema.TaggedStruct<"Truncated", {
    readonly runId: Schema.String;
    readonly history: Schema.decodeTo<Schema.declare<History.History, History.History>, Schema.$Array<Schema.Codec<Schema.Json, Schema.Json, never, never>>, never, never>;
    readonly usage: Schema.Struct<{
        readonly inputTokens: Schema.Number;
        readonly cacheCreationTokens: Schema.Number;
        readonly cacheReadTokens: Schema.Number;
        readonly outputTokens: Schema.Number;
        readonly estimated: Schema.Boolean;
    }>;
    readonly spend: Schema.optionalKey<Schema.Number>;
    readonly progress: Schema.Struct<{
        readonly turns: Schema.Int;
        readonly toolCalls: Schema.Int;
        readonly callsPerTool: Schema.$Record<Schema.String, Schema.Int>;
        readonly pauses: Schema.Int;
        readonly elapsed: Schema.Number;
        readonly leaked: Schema.Int;
        readonly memory: Schema.Struct<{
            readonly recent: Schema.$Array<Schema.Struct<{
                readonly call: Schema.String;
                readonly result: Schema.String;
            }>>;
            readonly warned: Schema.Boolean;
        }>;
        readonly longest: Schema.Number;
        readonly within: Schema.optionalKey<Schema.Struct<{
            readonly usd: Schema.Number;
            readonly inputTokens: Schema.Number;
            readonly outputTokens: Schema.Number;
        }>>;
    }>;
    readonly request: Schema.$Record<Schema.String, Schema.Codec<Schema.Json, Schema.Json, never, never>>;
    readonly limits: Schema.Codec<import("../LoopGuard.ts").Limits, Schema.JsonObject, never, never>;
    readonly place: Schema.Int;
    readonly limit: Schema.Literals<readonly ["maxTokens", "contextWindow"]>;
    readonly text: Schema.String;
    readonly message: Schema.$Record<Schema.String, Schema.Codec<Schema.Json, Schema.Json, never, never>>;
}>, {}>;
export declare class Truncated extends Truncated_base {
}
declare const Refused_base: Schema.Class<Refused, Schema.TaggedStruct<"Refused", {
    readonly runId: Schema.String;
    readonly history: Schema.decodeTo<Schema.declare<History.History, History.History>, Schema.$Array<Schema.Codec<Schema.Json, Schema.Json, never, never>>, never, never>;
    readonly usage: Schema.Struct<{
        readonly inputTokens: Schema.Number;
        readonly cacheCreationTokens: Schema.Number;
        readonly cacheReadTokens: Schema.Number;
        readonly outputTokens: Schema.Number;
        readonly estimated: Schema.Boolean;
    }>;
    readonly spend: Schema.optionalKey<Schema.Number>;
    readonly progress: Schema.Struct<{
        readonly turns: Schema.Int;
        readonly toolCalls: Schema.Int;
        readonly callsPerTool: Schema.$Record<Schema.String, Schema.Int>;
        readonly pauses: Schema.Int;
        readonly elapsed: Schema.Number;
        readonly leaked: Schema.Int;
        readonly memory: Schema.Struct<{
            readonly recent: Schema.$Array<Schema.Struct<{
                readonly call: Schema.String;
                readonly result: Schema.String;
            }>>;
            readonly warned: Schema.Boolean;
        }>;
        readonly longest: Schema.Number;
        readonly within: Schema.optionalKey<Schema.Struct<{
            readonly usd: Schema.Number;
            readonly inputTokens: Schema.Number;
            readonly outputTokens: Schema.Number;
        }>>;
    }>;
    readonly request: Schema.$Record<Schema.String, Schema.Codec<Schema.Json, Schema.Json, never, never>>;
    readonly limits: Schema.Codec<import("../LoopGuard.ts").Limits, Schema.JsonObject, never, never>;
    readonly place: Schema.Int;
    readonly category: Schema.optionalKey<Schema.String>;
    readonly explanation: Schema.optionalKey<Schema.String>;
    readonly message: Schema.$Record<Schema.String, Schema.Codec<Schema.Json, Schema.Json, never, never>>;
}>, {}>;
export declare class Refused extends Refused_base {
}
declare const Stopped_base: Schema.Class<Stopped, Schema.TaggedStruct<"Stopped", {
    readonly runId: Schema.String;
    readonly history: Schema.decodeTo<Schema.declare<History.History, History.History>, Schema.$Array<Schema.Codec<Schema.Json, Schema.Json, never, never>>, never, never>;
    readonly usage: Schema.Struct<{
        readonly inputTokens: Schema.Number;
        readonly cacheCreationTokens: Schema.Number;
        readonly cacheReadTokens: Schema.Number;
        readonly outputTokens: Schema.Number;
        readonly estimated: Schema.Boolean;
    }>;
    readonly spend: Schema.optionalKey<Schema.Number>;
    readonly progress: Schema.Struct<{
        readonly turns: Schema.Int;
        readonly toolCalls: Schema.Int;
        readonly callsPerTool: Schema.$Record<Schema.String, Schema.Int>;
        readonly pauses: Schema.Int;
        readonly elapsed: Schema.Number;
        readonly leaked: Schema.Int;
        readonly memory: Schema.Struct<{
            readonly recent: Schema.$Array<Schema.Struct<{
                readonly call: Schema.String;
                readonly result: Schema.String;
            }>>;
            readonly warned: Schema.Boolean;
        }>;
        readonly longest: Schema.Number;
        readonly within: Schema.optionalKey<Schema.Struct<{
            readonly usd: Schema.Number;
            readonly inputTokens: Schema.Number;
            readonly outputTokens: Schema.Number;
        }>>;
    }>;
    readonly request: Schema.$Record<Schema.String, Schema.Codec<Schema.Json, Schema.Json, never, never>>;
    readonly limits: Schema.Codec<import("../LoopGuard.ts").Limits, Schema.JsonObject, never, never>;
    readonly place: Schema.Int;
    readonly limit: Schema.Codec<keyof import("../LoopGuard.ts").Limits, keyof import("../LoopGuard.ts").Limits, never, never>;
    readonly text: Schema.optionalKey<Schema.String>;
}>, {}>;
export declare class Stopped extends Stopped_base {
}
export declare const Undecided: Schema.Struct<{
    readonly id: Schema.String;
    readonly name: Schema.String;
    readonly input: Schema.Codec<Schema.Json, Schema.Json, never, never>;
}>;
export type Undecided = typeof Undecided.Type;
declare const NeedsApproval_base: Schema.Class<NeedsApproval, Schema.TaggedStruct<"NeedsApproval", {
    readonly runId: Schema.String;
    readonly history: Schema.decodeTo<Schema.declare<History.History, History.History>, Schema.$Array<Schema.Codec<Schema.Json, Schema.Json, never, never>>, never, never>;
    readonly usage: Schema.Struct<{
        readonly inputTokens: Schema.Number;
        readonly cacheCreationTokens: Schema.Number;
        readonly cacheReadTokens: Schema.Number;
        readonly outputTokens: Schema.Number;
        readonly estimated: Schema.Boolean;
    }>;
    readonly spend: Schema.optionalKey<Schema.Number>;
    readonly progress: Schema.Struct<{
        readonly turns: Schema.Int;
        readonly toolCalls: Schema.Int;
        readonly callsPerTool: Schema.$Record<Schema.String, Schema.Int>;
        readonly pauses: Schema.Int;
        readonly elapsed: Schema.Number;
        readonly leaked: Schema.Int;
        readonly memory: Schema.Struct<{
            readonly recent: Schema.$Array<Schema.Struct<{
                readonly call: Schema.String;
                readonly result: Schema.String;
            }>>;
            readonly warned: Schema.Boolean;
        }>;
        readonly longest: Schema.Number;
        readonly within: Schema.optionalKey<Schema.Struct<{
            readonly usd: Schema.Number;
            readonly inputTokens: Schema.Number;
            readonly outputTokens: Schema.Number;
        }>>;
    }>;
    readonly request: Schema.$Record<Schema.String, Schema.Codec<Schema.Json, Schema.Json, never, never>>;
    readonly limits: Schema.Codec<import("../LoopGuard.ts").Limits, Schema.JsonObject, never, never>;
    readonly place: Schema.Int;
    readonly pending: Schema.Struct<{
        readonly message: Schema.$Record<Schema.String, Schema.Codec<Schema.Json, Schema.Json, never, never>>;
        readonly results: Schema.$Array<Schema.$Record<Schema.String, Schema.Codec<Schema.Json, Schema.Json, never, never>>>;
        readonly calls: Schema.$Array<Schema.Struct<{
            readonly id: Schema.String;
            readonly name: Schema.String;
            readonly input: Schema.Codec<Schema.Json, Schema.Json, never, never>;
        }>>;
        readonly stop: Schema.optionalKey<Schema.Codec<keyof import("../LoopGuard.ts").Limits, keyof import("../LoopGuard.ts").Limits, never, never>>;
    }>;
}>, {}>;
export declare class NeedsApproval extends NeedsApproval_base {
}
declare const EmptyAnswer_base: Schema.Class<EmptyAnswer, Schema.TaggedStruct<"EmptyAnswer", {
    readonly kind: Schema.Literals<readonly ["emptyEndTurn", "toolUseWithoutCall"]>;
}>, import("effect/Cause").YieldableError>;
export declare class EmptyAnswer extends EmptyAnswer_base {
    get message(): string;
}
declare const RunTakenOver_base: Schema.Class<RunTakenOver, Schema.TaggedStruct<"RunTakenOver", {
    readonly runId: Schema.String;
}>, import("effect/Cause").YieldableError>;
export declare class RunTakenOver extends RunTakenOver_base {
    get message(): string;
}
declare const InvalidAnswer_base: Schema.Class<InvalidAnswer, Schema.TaggedStruct<"InvalidAnswer", {
    readonly problem: Schema.String;
    readonly text: Schema.String;
}>, import("effect/Cause").YieldableError>;
export declare class InvalidAnswer extends InvalidAnswer_base {
    get message(): string;
}
declare const Failed_base: Schema.Class<Failed, Schema.TaggedStruct<"Failed", {
    readonly runId: Schema.String;
    readonly history: Schema.decodeTo<Schema.declare<History.History, History.History>, Schema.$Array<Schema.Codec<Schema.Json, Schema.Json, never, never>>, never, never>;
    readonly usage: Schema.Struct<{
        readonly inputTokens: Schema.Number;
        readonly cacheCreationTokens: Schema.Number;
        readonly cacheReadTokens: Schema.Number;
        readonly outputTokens: Schema.Number;
        readonly estimated: Schema.Boolean;
    }>;
    readonly spend: Schema.optionalKey<Schema.Number>;
    readonly progress: Schema.Struct<{
        readonly turns: Schema.Int;
        readonly toolCalls: Schema.Int;
        readonly callsPerTool: Schema.$Record<Schema.String, Schema.Int>;
        readonly pauses: Schema.Int;
        readonly elapsed: Schema.Number;
        readonly leaked: Schema.Int;
        readonly memory: Schema.Struct<{
            readonly recent: Schema.$Array<Schema.Struct<{
                readonly call: Schema.String;
                readonly result: Schema.String;
            }>>;
            readonly warned: Schema.Boolean;
        }>;
        readonly longest: Schema.Number;
        readonly within: Schema.optionalKey<Schema.Struct<{
            readonly usd: Schema.Number;
            readonly inputTokens: Schema.Number;
            readonly outputTokens: Schema.Number;
        }>>;
    }>;
    readonly request: Schema.$Record<Schema.String, Schema.Codec<Schema.Json, Schema.Json, never, never>>;
    readonly limits: Schema.Codec<import("../LoopGuard.ts").Limits, Schema.JsonObject, never, never>;
    readonly place: Schema.Int;
    readonly error: Schema.Union<readonly [typeof ClaudeError.ClaudeError, typeof EmptyAnswer, typeof History.InvalidHistory, typeof JournalFailed, typeof RunTakenOver, typeof InvalidAnswer, typeof WindowExceeded]>;
}>, {}>;
export declare class Failed extends Failed_base {
}
export declare const Outcome: Schema.Union<readonly [typeof Finished, typeof Truncated, typeof Refused, typeof Stopped, typeof NeedsApproval, typeof Failed]>;
export type Outcome = typeof Outcome.Type;
export {};
