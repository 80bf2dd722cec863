/**
 * A run's log: entries as JSON, each at the next place, one writer. What a crash leaves is read back into the state from
 * which the run goes on.
 */
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as Semaphore from "effect/Semaphore"
import * as History from "../../conversation/History.ts"
import type { LimitName, Limits } from "../LoopGuard.ts"
import { JournalFailed, type ToolJournal } from "../ToolJournal.ts"
import { type Earlier, earlierOf } from "./earlier.ts"
import { encode, Reader } from "./entries.ts"
import { type Answer, type Outcome, type Progress, RunTakenOver, type Spent } from "./outcomes.ts"
import type { Decision, Step } from "./step.ts"

const isUse = Schema.is(Schema.Struct({ type: Schema.Literal("tool_use"), id: Schema.String, name: Schema.String }))

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
    const texts = Effect.mapError(
      encode({ by: this.by, step }),
      (error) => new JournalFailed({ message: `A step cannot be written: ${error.message}` })
    )
    return this.lock.withPermits(1)(Effect.flatMap(texts, (texts) => this.put(texts)))
  }

  /** The same for what has been encoded. */
  put(texts: ReadonlyArray<string>): Effect.Effect<void, JournalFailed | RunTakenOver> {
    return Effect.forEach(texts, (text) =>
      Effect.flatMap(this.journal.put(this.run, this.place, text), (there) => {
        if (there !== text) return Effect.fail(new RunTakenOver({ runId: this.run }))
        this.place++
        return Effect.void
      }), { discard: true })
  }
}

/** Takes a run over: reads its log and closes it to whoever wrote it before. */
export const open = Effect.fnUntraced(function*(journal: Journal, run: string, by: string) {
  const steps: Array<Step> = []
  const reader = new Reader()
  let place = 0
  const take = Effect.fnUntraced(function*(text: string) {
    const entry = yield* Effect.mapError(reader.read(text), unreadable(run, place))
    if (typeof entry === "object") steps.push(entry.step)
    place++
  })
  for (const text of yield* journal.read(run)) yield* take(text)
  const [mine] = yield* Effect.mapError(encode({ by, step: { _tag: "Opened" } }), unreadable(run, place))
  while (true) {
    const there = yield* journal.put(run, place, mine)
    yield* take(there)
    if (there === mine) return { steps, recorder: new Recorder(journal, run, by, place) }
  }
})

/** Puts a step where a run ended, past whoever has only opened it since; none if the run has gone on. */
export const goOn = Effect.fnUntraced(function*(journal: Journal, run: string, by: string, from: number, step: Step) {
  const [mine, ...rest] = yield* Effect.mapError(encode({ by, step }), unreadable(run, from))
  const reader = new Reader()
  // Parts that come first are of the very outcome that is gone on from.
  let isOwn = true
  for (let place = from;; place++) {
    const there = yield* journal.put(run, place, mine)
    if (there === mine) {
      const recorder = new Recorder(journal, run, by, place + 1)
      return yield* Effect.as(recorder.put(rest), recorder).pipe(
        Effect.catchTag("RunTakenOver", () => Effect.undefined)
      )
    }
    const entry = yield* Effect.mapError(reader.read(there), unreadable(run, place))
    if (typeof entry === "number" && entry > 0 && isOwn) continue
    isOwn = false
    if (typeof entry === "number" || entry.step._tag !== "Opened") return undefined
  }
})

/** What a log tells of a run. */
export interface Found {
  readonly history: History.History
  readonly request: typeof Answer.Type
  readonly limits: Limits
  readonly progress: Progress
  readonly spent: Spent
  /** The answer whose calls are not committed yet. */
  readonly message: typeof Answer.Type | undefined
  readonly settled: ReadonlyMap<string, { readonly result: typeof Answer.Type; readonly fate: string }>
  readonly claimed: ReadonlySet<string>
  /** The limit that the run had reached, where all but its end is written. */
  readonly closed: LimitName | undefined
  /** Where the answer's calls waited for the decisions. */
  readonly earlier: Earlier | undefined
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
  let earlier: Found["earlier"]
  let closed: Found["closed"]
  let ended: Outcome | undefined
  for (const step of steps) {
    if ("progress" in step) ({ progress, spent } = step)
    if (step._tag === "Resumed" && ended?._tag === "NeedsApproval") {
      earlier = earlierOf(ended.pending, limits ?? {}, step.limits)
    }
    if ("request" in step) ({ limits, request } = step)
    if (step._tag !== "Opened") closed = step._tag === "Committed" ? step.closed : undefined
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
        earlier = undefined
        decisions = {}
        // An id may come again, once the call that had it is out of the conversation.
        settled.clear()
        claimed.clear()
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
        message = undefined
        earlier = undefined
        if (ended._tag !== "NeedsApproval") break
        message = ended.pending.message
        for (const result of ended.pending.results) {
          settled.set(String(result["tool_use_id"]), { result, fate: "finished" })
        }
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
    (history) => ({ ...known, history, message, settled, claimed, closed, earlier, decisions, ended })
  )
}
