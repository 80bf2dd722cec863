import * as Schema from "effect/Schema";
declare const UnknownPrice_base: Schema.Class<UnknownPrice, Schema.TaggedStruct<"UnknownPrice", {
    readonly model: Schema.String;
}>, import("effect/Cause").YieldableError>;
export declare class UnknownPrice extends UnknownPrice_base {
    get message(): string;
}
declare const UndecidedCalls_base: Schema.Class<UndecidedCalls, Schema.TaggedStruct<"UndecidedCalls", {
    readonly calls: Schema.$Array<Schema.String>;
}>, import("effect/Cause").YieldableError>;
export declare class UndecidedCalls extends UndecidedCalls_base {
    get message(): string;
}
declare const StaleOutcome_base: Schema.Class<StaleOutcome, Schema.TaggedStruct<"StaleOutcome", {
    readonly runId: Schema.String;
}>, import("effect/Cause").YieldableError>;
export declare class StaleOutcome extends StaleOutcome_base {
    get message(): string;
}
declare const UnknownRun_base: Schema.Class<UnknownRun, Schema.TaggedStruct<"UnknownRun", {
    readonly runId: Schema.String;
}>, import("effect/Cause").YieldableError>;
export declare class UnknownRun extends UnknownRun_base {
    get message(): string;
}
export {};
