import * as Context from "effect/Context";
import * as Effect from "effect/Effect";
import * as Layer from "effect/Layer";
import * as Schema from "effect/Schema";
import type * as SqlClient from "effect/sql/SqlClient";
import { type Bounds } from "./internal/journalBounds.ts";
declare const JournalFailed_base: Schema.Class<JournalFailed, Schema.TaggedStruct<"JournalFailed", {
    readonly message: Schema.String;
    readonly cause: Schema.optionalKey<Schema.Defect>;
}>, import("effect/Cause").YieldableError>;
export declare class JournalFailed extends JournalFailed_base {
}
declare const ToolJournal_base: Context.ServiceClass<ToolJournal, "effect-claude/agent/ToolJournal", {
    readonly put: (run: string, at: number, entry: string) => Effect.Effect<string, JournalFailed>;
    readonly read: (run: string) => Effect.Effect<ReadonlyArray<string>, JournalFailed>;
    readonly remove: (run: string) => Effect.Effect<void, JournalFailed>;
}>;
export declare class ToolJournal extends ToolJournal_base {
}
export declare const bounds: Bounds;
export declare const layerMemory: Layer.Layer<ToolJournal>;
export interface SqlOptions {
    readonly table?: string;
}
export declare const layerSql: (options?: SqlOptions) => Layer.Layer<ToolJournal, JournalFailed, SqlClient.SqlClient>;
export declare const layerWorkflow: Layer.Layer<ToolJournal>;
export {};
