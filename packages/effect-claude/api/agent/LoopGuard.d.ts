import * as Duration from "effect/Duration";
import * as Schema from "effect/Schema";
export interface Limits {
    readonly turns?: number | undefined;
    readonly toolCalls?: number | undefined;
    readonly callsPerTool?: number | {
        readonly [tool: string]: number;
    } | undefined;
    readonly identicalCalls?: number | undefined;
    readonly inputTokens?: number | undefined;
    readonly outputTokens?: number | undefined;
    readonly usd?: number | undefined;
    readonly wallTime?: Duration.Input | undefined;
    readonly pauses?: number | undefined;
    readonly depth?: number | undefined;
}
export type LimitName = keyof Limits;
export declare const LimitName: Schema.Codec<LimitName>;
export declare const standard: {
    readonly turns: 25;
    readonly toolCalls: 100;
    readonly callsPerTool: number;
    readonly identicalCalls: 3;
    readonly inputTokens: number;
    readonly outputTokens: number;
    readonly usd: number;
    readonly wallTime: "10 minutes";
    readonly pauses: 10;
    readonly depth: 2;
};
declare const InvalidLimits_base: Schema.Class<InvalidLimits, Schema.TaggedStruct<"InvalidLimits", {
    readonly problems: Schema.$Array<Schema.String>;
}>, import("effect/Cause").YieldableError>;
export declare class InvalidLimits extends InvalidLimits_base {
    get message(): string;
}
export declare const Stored: Schema.Codec<Limits, Schema.JsonObject>;
export declare const merge: (...given: ReadonlyArray<Limits | undefined>) => Limits;
export interface Bounds extends Readonly<Record<Exclude<LimitName, "callsPerTool">, number>> {
    readonly callsPerTool: (tool: string) => number;
}
export declare const bounds: (limits: Limits) => Bounds;
export declare const problems: (limits: Limits) => ReadonlyArray<string>;
export declare const Seen: Schema.Struct<{
    readonly call: Schema.String;
    readonly result: Schema.String;
}>;
export type Seen = typeof Seen.Type;
export declare const Memory: Schema.Struct<{
    readonly recent: Schema.$Array<Schema.Struct<{
        readonly call: Schema.String;
        readonly result: Schema.String;
    }>>;
    readonly warned: Schema.Boolean;
}>;
export type Memory = typeof Memory.Type;
export declare const empty: Memory;
export declare const streak: ({ recent }: Memory, call: string) => number;
export type Verdict = "run" | "answer" | "stop";
export declare const judge: (memory: Memory, call: string, times: number) => readonly [Verdict, Memory];
export declare const remember: (memory: Memory, call: string, result: string, times: number) => Memory;
export declare const hashCall: (name: string, input: unknown) => string;
export declare const hashResult: (content: unknown) => string;
export {};
