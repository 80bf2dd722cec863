import * as Schema from "effect/Schema";
import * as History from "../../conversation/History.ts";
export declare const Decision: Schema.Union<readonly [Schema.Literals<readonly ["approve", "deny"]>, Schema.Struct<{
    readonly deny: Schema.String;
}>]>;
export type Decision = typeof Decision.Type;
export declare const Step: Schema.Union<readonly [Schema.TaggedStruct<"Opened", {}>, Schema.TaggedStruct<"Started", {
    readonly history: Schema.decodeTo<Schema.declare<History.History, History.History>, Schema.$Array<Schema.Codec<Schema.Json, Schema.Json, never, never>>, never, never>;
    readonly request: Schema.$Record<Schema.String, Schema.Codec<Schema.Json, Schema.Json, never, never>>;
    readonly limits: Schema.Codec<import("../LoopGuard.ts").Limits, Schema.JsonObject, never, never>;
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
    readonly spent: Schema.Struct<{
        readonly usd: Schema.optionalKey<Schema.Number>;
        readonly usage: Schema.Struct<{
            readonly inputTokens: Schema.Number;
            readonly cacheCreationTokens: Schema.Number;
            readonly cacheReadTokens: Schema.Number;
            readonly outputTokens: Schema.Number;
            readonly estimated: Schema.Boolean;
        }>;
    }>;
}>, Schema.TaggedStruct<"Asked", {
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
    readonly spent: Schema.Struct<{
        readonly usd: Schema.optionalKey<Schema.Number>;
        readonly usage: Schema.Struct<{
            readonly inputTokens: Schema.Number;
            readonly cacheCreationTokens: Schema.Number;
            readonly cacheReadTokens: Schema.Number;
            readonly outputTokens: Schema.Number;
            readonly estimated: Schema.Boolean;
        }>;
    }>;
}>, Schema.TaggedStruct<"Answered", {
    readonly message: Schema.$Record<Schema.String, Schema.Codec<Schema.Json, Schema.Json, never, never>>;
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
    readonly spent: Schema.Struct<{
        readonly usd: Schema.optionalKey<Schema.Number>;
        readonly usage: Schema.Struct<{
            readonly inputTokens: Schema.Number;
            readonly cacheCreationTokens: Schema.Number;
            readonly cacheReadTokens: Schema.Number;
            readonly outputTokens: Schema.Number;
            readonly estimated: Schema.Boolean;
        }>;
    }>;
}>, Schema.TaggedStruct<"Claimed", {
    readonly id: Schema.String;
}>, Schema.TaggedStruct<"Settled", {
    readonly id: Schema.String;
    readonly result: Schema.$Record<Schema.String, Schema.Codec<Schema.Json, Schema.Json, never, never>>;
    readonly fate: Schema.String;
    readonly within: Schema.optionalKey<Schema.Struct<{
        readonly usd: Schema.Number;
        readonly inputTokens: Schema.Number;
        readonly outputTokens: Schema.Number;
    }>>;
}>, Schema.TaggedStruct<"Committed", {
    readonly history: Schema.$Array<Schema.Codec<Schema.Json, Schema.Json, never, never>>;
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
    readonly spent: Schema.Struct<{
        readonly usd: Schema.optionalKey<Schema.Number>;
        readonly usage: Schema.Struct<{
            readonly inputTokens: Schema.Number;
            readonly cacheCreationTokens: Schema.Number;
            readonly cacheReadTokens: Schema.Number;
            readonly outputTokens: Schema.Number;
            readonly estimated: Schema.Boolean;
        }>;
    }>;
    readonly closed: Schema.optionalKey<Schema.Codec<keyof import("../LoopGuard.ts").Limits, keyof import("../LoopGuard.ts").Limits, never, never>>;
}>, Schema.TaggedStruct<"Fitted", {
    readonly history: Schema.$Array<Schema.Codec<Schema.Json, Schema.Json, never, never>>;
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
    readonly spent: Schema.Struct<{
        readonly usd: Schema.optionalKey<Schema.Number>;
        readonly usage: Schema.Struct<{
            readonly inputTokens: Schema.Number;
            readonly cacheCreationTokens: Schema.Number;
            readonly cacheReadTokens: Schema.Number;
            readonly outputTokens: Schema.Number;
            readonly estimated: Schema.Boolean;
        }>;
    }>;
}>, Schema.TaggedStruct<"Resumed", {
    readonly decisions: Schema.$Record<Schema.String, Schema.Union<readonly [Schema.Literals<readonly ["approve", "deny"]>, Schema.Struct<{
        readonly deny: Schema.String;
    }>]>>;
    readonly request: Schema.$Record<Schema.String, Schema.Codec<Schema.Json, Schema.Json, never, never>>;
    readonly limits: Schema.Codec<import("../LoopGuard.ts").Limits, Schema.JsonObject, never, never>;
    readonly history: Schema.$Array<Schema.Codec<Schema.Json, Schema.Json, never, never>>;
}>, Schema.TaggedStruct<"Ended", {
    readonly outcome: Schema.Union<readonly [typeof import("./outcomes.ts").Finished, typeof import("./outcomes.ts").Truncated, typeof import("./outcomes.ts").Refused, typeof import("./outcomes.ts").Stopped, typeof import("./outcomes.ts").NeedsApproval, typeof import("./outcomes.ts").Failed]>;
}>]>;
export type Step = typeof Step.Type;
