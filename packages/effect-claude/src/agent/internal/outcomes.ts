/** How a run ends, as data that can be stored and gone on from. */
import * as Schema from "effect/Schema"
import * as History from "../../conversation/History.ts"
import * as ClaudeError from "../../errors/ClaudeError.ts"
import { Usage } from "../../errors/internal/fields.ts"
import { WindowExceeded } from "../ContextWindow.ts"
import { LimitName, Memory, Stored } from "../LoopGuard.ts"
import { JournalFailed } from "../ToolJournal.ts"

const Amount = Schema.Struct({ usd: Schema.Number, inputTokens: Schema.Number, outputTokens: Schema.Number })

/** What a run has counted; limits are judged by it, so that a resumed run goes on counting. */
export const Progress = Schema.Struct({
  turns: Schema.Int,
  toolCalls: Schema.Int,
  callsPerTool: Schema.Record(Schema.String, Schema.Int),
  pauses: Schema.Int,
  /** Milliseconds in which the run was running. */
  elapsed: Schema.Number,
  /** Calls that did not end when they were interrupted, and were left behind. */
  leaked: Schema.Int,
  memory: Memory,
  /** Output tokens of the longest answer: what the next is expected to be. */
  longest: Schema.Number,
  /** What runs within this one have taken, as far as they have settled; missing where none has run. */
  within: Schema.optionalKey(Amount)
})
export type Progress = typeof Progress.Type

/** What the run has used; `usd` is undefined where no price was given. */
export const Spent = Schema.Struct({ usd: Schema.optionalKey(Schema.Number), usage: Usage })
export type Spent = typeof Spent.Type

const JsonRecord = Schema.Record(Schema.String, Schema.Json)

const fields = {
  runId: Schema.String,
  /** May be sent as it is, or appended to. */
  history: History.History,
  usage: Usage,
  /** US dollars, undefined where no price was given. */
  spend: Schema.optionalKey(Schema.Number),
  progress: Progress,
  /** The parameters of the run's requests. */
  request: JsonRecord,
  /** The run's own limits, without those of its layer. */
  limits: Stored,
  /** Places of the journal that the run had taken when it ended. */
  place: Schema.Int
}

/** An answer of the API, as it came. */
export const Answer = JsonRecord

/** The model has ended its turn. */
export class Finished extends Schema.TaggedClass<Finished>()("Finished", {
  ...fields,
  text: Schema.String,
  message: Answer
}) {}

/** The last answer is cut, by `max_tokens` or a full window. It is here and not in the history: nothing of it has run. */
export class Truncated extends Schema.TaggedClass<Truncated>()("Truncated", {
  ...fields,
  limit: Schema.Literals(["maxTokens", "contextWindow"]),
  text: Schema.String,
  message: Answer
}) {}

/** The model has refused; its refusal is here and not in the history. */
export class Refused extends Schema.TaggedClass<Refused>()("Refused", {
  ...fields,
  category: Schema.optionalKey(Schema.String),
  explanation: Schema.optionalKey(Schema.String),
  message: Answer
}) {}

/** A limit is reached. `text` is what the model said in its closing turn, where one was asked for. */
export class Stopped extends Schema.TaggedClass<Stopped>()("Stopped", {
  ...fields,
  limit: LimitName,
  text: Schema.optionalKey(Schema.String)
}) {}

/** A call for somebody to decide. */
export const Undecided = Schema.Struct({ id: Schema.String, name: Schema.String, input: Schema.Json })
export type Undecided = typeof Undecided.Type

/** Calls wait for approval. The history ends before the turn that asked; the rest of it is in `pending`. */
export class NeedsApproval extends Schema.TaggedClass<NeedsApproval>()("NeedsApproval", {
  ...fields,
  pending: Schema.Struct({
    message: Answer,
    /** Of the calls of this turn that have run. */
    results: Schema.Array(Answer),
    calls: Schema.Array(Undecided),
    /** The limit that this turn has reached: the run ends at it once the calls are decided, if it is not raised then. */
    stop: Schema.optionalKey(LimitName)
  })
}) {}

/** An answer that neither ends with something nor goes on. */
export class EmptyAnswer extends Schema.TaggedError<EmptyAnswer>()("EmptyAnswer", {
  kind: Schema.Literals(["emptyEndTurn", "toolUseWithoutCall"])
}) {
  override get message(): string {
    return this.kind === "emptyEndTurn"
      ? "The model ended its turn and said nothing."
      : "The model stopped to call a tool and called none."
  }
}

/** Somebody else has opened the run since: this process may not write to it any more. */
export class RunTakenOver extends Schema.TaggedError<RunTakenOver>()("RunTakenOver", { runId: Schema.String }) {
  override get message(): string {
    return `The run ${this.runId} was taken over by another process.`
  }
}

/** The final answer does not fit its schema, and did not after it was told so. */
export class InvalidAnswer extends Schema.TaggedError<InvalidAnswer>()("InvalidAnswer", {
  problem: Schema.String,
  text: Schema.String
}) {
  override get message(): string {
    return `The final answer does not fit its schema: ${this.problem}`
  }
}

/** What ended a run from outside; all that came before it is kept. */
export class Failed extends Schema.TaggedClass<Failed>()("Failed", {
  ...fields,
  error: Schema.Union([
    ClaudeError.ClaudeError,
    EmptyAnswer,
    History.InvalidHistory,
    JournalFailed,
    RunTakenOver,
    InvalidAnswer,
    WindowExceeded
  ])
}) {}

export const Outcome = Schema.Union([Finished, Truncated, Refused, Stopped, NeedsApproval, Failed])
export type Outcome = typeof Outcome.Type
