import * as Context from "effect/Context";
import * as Effect from "effect/Effect";
import * as FileSystem from "effect/FileSystem";
import * as Layer from "effect/Layer";
import * as Schema from "effect/Schema";
export declare const Intent: Schema.Struct<{
    readonly _tag: Schema.tag<"Intent">;
    readonly number: Schema.Int;
    readonly round: Schema.Int;
    readonly mark: Schema.String;
    readonly newest: Schema.optional<Schema.String>;
    readonly ids: Schema.$Array<Schema.String>;
}>;
export type Intent = typeof Intent.Type;
export declare const Outcome: Schema.Union<readonly [Schema.Struct<{
    readonly _tag: Schema.tag<"Created">;
    readonly number: Schema.Int;
    readonly batches: Schema.$Array<Schema.String>;
}>, Schema.Struct<{
    readonly _tag: Schema.tag<"Void">;
    readonly number: Schema.Int;
}>]>;
export type Outcome = typeof Outcome.Type;
export declare const Entry: Schema.Union<readonly [Schema.Struct<{
    readonly _tag: Schema.tag<"Intent">;
    readonly number: Schema.Int;
    readonly round: Schema.Int;
    readonly mark: Schema.String;
    readonly newest: Schema.optional<Schema.String>;
    readonly ids: Schema.$Array<Schema.String>;
}>, Schema.Struct<{
    readonly _tag: Schema.tag<"Created">;
    readonly number: Schema.Int;
    readonly batches: Schema.$Array<Schema.String>;
}>, Schema.Struct<{
    readonly _tag: Schema.tag<"Void">;
    readonly number: Schema.Int;
}>]>;
export type Entry = typeof Entry.Type;
declare const BatchJournalFailed_base: Schema.Class<BatchJournalFailed, Schema.TaggedStruct<"BatchJournalFailed", {
    readonly message: Schema.String;
    readonly cause: Schema.optionalKey<Schema.Defect>;
}>, import("effect/Cause").YieldableError>;
export declare class BatchJournalFailed extends BatchJournalFailed_base {
}
declare const BatchJournal_base: Context.ServiceClass<BatchJournal, "effect-claude/client/BatchJournal", {
    readonly append: (entry: Entry) => Effect.Effect<void, BatchJournalFailed>;
    readonly read: Effect.Effect<ReadonlyArray<Entry>, BatchJournalFailed>;
    readonly clear: Effect.Effect<void, BatchJournalFailed>;
}>;
export declare class BatchJournal extends BatchJournal_base {
}
export declare const layerMemory: Layer.Layer<BatchJournal>;
export declare const layerFile: (path: string) => Layer.Layer<BatchJournal, never, FileSystem.FileSystem>;
export {};
