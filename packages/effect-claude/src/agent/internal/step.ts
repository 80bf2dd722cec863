/** What a run's log is made of. */
import * as Schema from "effect/Schema"
import * as History from "../../conversation/History.ts"
import { LimitName, Stored } from "../LoopGuard.ts"
import { Answer, Outcome, Progress, Spent } from "./outcomes.ts"

const JsonRecord = Schema.Record(Schema.String, Schema.Json)

/** How the approval of a call was decided; a text says why not. */
export const Decision = Schema.Union([Schema.Literals(["approve", "deny"]), Schema.Struct({ deny: Schema.String })])
export type Decision = typeof Decision.Type

export const Step = Schema.Union([
  Schema.TaggedStruct("Opened", {}),
  Schema.TaggedStruct("Started", {
    history: History.History,
    request: JsonRecord,
    limits: Stored,
    progress: Progress,
    spent: Spent
  }),
  /** A request is about to be sent; `spent` counts it as it was reserved. */
  Schema.TaggedStruct("Asked", { progress: Progress, spent: Spent }),
  Schema.TaggedStruct("Answered", { message: Answer, progress: Progress, spent: Spent }),
  Schema.TaggedStruct("Claimed", { id: Schema.String }),
  Schema.TaggedStruct("Settled", {
    id: Schema.String,
    result: Answer,
    fate: Schema.String,
    /** As in the progress: a call may have made runs. */
    within: Progress.fields.within
  }),
  Schema.TaggedStruct("Committed", {
    history: Schema.Array(Schema.Json),
    progress: Progress,
    spent: Spent,
    /** The limit that the run ends at, where this is its last word. */
    closed: Schema.optionalKey(LimitName)
  }),
  Schema.TaggedStruct("Fitted", { history: Schema.Array(Schema.Json), progress: Progress, spent: Spent }),
  Schema.TaggedStruct("Resumed", {
    decisions: Schema.Record(Schema.String, Decision),
    request: JsonRecord,
    limits: Stored,
    /** What the user said to go on. */
    history: Schema.Array(Schema.Json)
  }),
  Schema.TaggedStruct("Ended", { outcome: Outcome })
])
export type Step = typeof Step.Type
