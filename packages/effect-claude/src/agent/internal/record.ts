/**
 * A run's log: entries as JSON, each at the next place, one writer. What a crash leaves is read back into the state from
 * which the run goes on.
 */
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as Semaphore from "effect/Semaphore"
import * as History from "../../conversation/History.ts"
import { type Limits, Stored } from "../LoopGuard.ts"
import { JournalFailed, type ToolJournal } from "../ToolJournal.ts"
import { Answer, Outcome, Progress, RunTakenOver, Spent } from "./outcomes.ts"

const JsonRecord = Schema.Record(Schema.String, Schema.Json)

/** How the approval of a call was decided; a text says why not. */
export const Decision = Schema.Union([Schema.Literals(["approve", "deny"]), Schema.Struct({ deny: Schema.String })])
export type Decision = typeof Decision.Type

const Step = Schema.Union([
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
  Schema.TaggedStruct("Committed", { history: Schema.Array(Schema.Json), progress: Progress, spent: Spent }),
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

const Entry = Schema.fromJsonString(Schema.Struct({ by: Schema.String, step: Step }))
export type Entry = typeof Entry.Type

const isUse = Schema.is(Schema.Struct({ type: Schema.Literal("tool_use"), id: Schema.String, name: Schema.String }))

const encode = Schema.encodeEffect(Entry)
const decode = Schema.decodeEffect(Entry)

type Journal = ToolJournal["Service"]

const unreadable = (run: string, at: number) => (error: { readonly message: string }) =>
  new JournalFailed({ message: `Entry ${at} of the run ${run} cannot be read: ${error.message}` })

/** Writes a run's entries, in order. */
export class Recorder {
  private readonly lock = Semaphore.makeUnsafe(1)
  private readonly journal: Journal
  private readonly run: string
  private readonly by: string
  place: number

  constructor(journal: Journal, run: string, by: string, place: number) {
    this.journal = journal
    this.run = run
    this.by = by
    this.place = place
  }

  /** Puts a step at the next place; whoever finds somebody else's there has lost the run. */
  write(step: Step): Effect.Effect<void, JournalFailed | RunTakenOver> {
    return this.lock.withPermits(1)(
      Effect.gen({ self: this }, function*() {
        const entry = yield* Effect.mapError(
          encode({ by: this.by, step }),
          (error) => new JournalFailed({ message: `A step cannot be written: ${error.message}` })
        )
        const there = yield* this.journal.put(this.run, this.place, entry)
        if (there !== entry) return yield* new RunTakenOver({ runId: this.run })
        this.place++
      })
    )
  }
}

/** Takes a run over: reads its log and closes it to whoever wrote it before. */
export const open = Effect.fnUntraced(function*(journal: Journal, run: string, by: string) {
  const steps: Array<Step> = []
  const take = Effect.fnUntraced(function*(text: string) {
    const entry = yield* Effect.mapError(decode(text), unreadable(run, steps.length))
    steps.push(entry.step)
    return entry
  })
  for (const text of yield* journal.read(run)) yield* take(text)
  const mine = yield* Effect.mapError(encode({ by, step: { _tag: "Opened" } }), unreadable(run, steps.length))
  while (true) {
    const there = yield* journal.put(run, steps.length, mine)
    yield* take(there)
    if (there === mine) return { steps, recorder: new Recorder(journal, run, by, steps.length) }
  }
})

/** Puts a step where a run ended, past whoever has only opened it since; none if the run has gone on. */
export const goOn = Effect.fnUntraced(function*(journal: Journal, run: string, by: string, from: number, step: Step) {
  const mine = yield* Effect.mapError(encode({ by, step }), unreadable(run, from))
  for (let place = from;; place++) {
    const there = yield* journal.put(run, place, mine)
    if (there === mine) return new Recorder(journal, run, by, place + 1)
    const { step } = yield* Effect.mapError(decode(there), unreadable(run, place))
    if (step._tag !== "Opened") return undefined
  }
})

/** What a log tells of a run. */
export interface Found {
  readonly history: History.History
  readonly request: typeof JsonRecord.Type
  readonly limits: Limits
  readonly progress: Progress
  readonly spent: Spent
  /** The answer whose calls are not committed yet. */
  readonly message: typeof Answer.Type | undefined
  readonly settled: ReadonlyMap<string, { readonly result: typeof Answer.Type; readonly fate: string }>
  readonly claimed: ReadonlySet<string>
  readonly decisions: Readonly<Record<string, Decision>>
  readonly ended: Outcome | undefined
}

/** With one call more, of the tool that the answer calls by this id. */
const counted = (progress: Progress, id: string, message: typeof Answer.Type | undefined): Progress => {
  const blocks: ReadonlyArray<unknown> = Array.isArray(message?.["content"]) ? message["content"] : []
  const use = blocks.find((block) => isUse(block) && block.id === id)
  if (!isUse(use)) return progress
  const { callsPerTool, toolCalls } = progress
  const ofTool = Object.hasOwn(callsPerTool, use.name) ? callsPerTool[use.name] ?? 0 : 0
  return { ...progress, toolCalls: toolCalls + 1, callsPerTool: { ...callsPerTool, [use.name]: ofTool + 1 } }
}

/** The state at the end of a log; undefined for a run that never started. */
export const fold = (steps: ReadonlyArray<Step>): Result.Result<Found | undefined, History.InvalidHistory> => {
  let start: Extract<Step, { readonly _tag: "Started" }> | undefined
  let { limits, progress, request, spent }: Partial<Pick<Found, "limits" | "progress" | "request" | "spent">> = {}
  let messages: Array<unknown> = []
  const settled = new Map<string, { readonly result: typeof Answer.Type; readonly fate: string }>()
  const claimed = new Set<string>()
  let message: Found["message"]
  let decisions: Found["decisions"] = {}
  let ended: Outcome | undefined
  for (const step of steps) {
    if ("progress" in step) ({ progress, spent } = step)
    if ("request" in step) ({ limits, request } = step)
    switch (step._tag) {
      case "Started":
        start = step
        messages.push(...History.toMessages(step.history))
        break
      case "Answered":
        message = step.message
        ended = undefined
        break
      case "Claimed":
        claimed.add(step.id)
        break
      case "Settled":
        settled.set(step.id, { result: step.result, fate: step.fate })
        // Counted when its turn is committed or its run ends, which a crash may have kept from being written.
        if (progress !== undefined) {
          progress = counted(progress, step.id, message)
          if (step.within !== undefined) progress = { ...progress, within: step.within }
        }
        break
      case "Committed":
        messages.push(...step.history)
        message = undefined
        decisions = {}
        break
      case "Fitted":
        messages = [...step.history]
        break
      case "Resumed":
        messages.push(...step.history)
        decisions = step.decisions
        ended = undefined
        break
      case "Ended":
        ended = step.outcome
        // What an outcome tells is the truth from which it is gone on from: its last answer need not be committed.
        messages = [...History.toMessages(ended.history)]
        progress = ended.progress
        spent = ended.spend === undefined ? { usage: ended.usage } : { usd: ended.spend, usage: ended.usage }
        message = ended._tag === "NeedsApproval" ? ended.pending.message : undefined
        break
    }
  }
  if (start === undefined) return Result.succeed(undefined)
  const known = {
    progress: progress ?? start.progress,
    spent: spent ?? start.spent,
    request: request ?? start.request,
    limits: limits ?? start.limits
  }
  return Result.map(
    History.fromMessages(messages),
    (history) => ({ ...known, history, message, settled, claimed, decisions, ended })
  )
}
