/** The loop: ask, answer the calls, ask again; every way out of it is an outcome with a history that may be sent. */
import type * as Messages from "@anthropic-ai/sdk/resources/messages"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import { unknownStop } from "../../client/internal/complete.ts"
import * as History from "../../conversation/History.ts"
import type * as ClaudeError from "../../errors/ClaudeError.ts"
import type { LimitName } from "../LoopGuard.ts"
import { answerCalls, stored } from "./answer.ts"
import { ask } from "./ask.ts"
import { mend } from "./given.ts"
import type { Broken, Job } from "./job.ts"
import * as Outcomes from "./outcomes.ts"
import type { Before } from "./plan.ts"
import type { State } from "./state.ts"
import type { Step } from "./step.ts"

/** An answer whose calls are open. */
export interface Open extends Before {
  readonly message: typeof Outcomes.Answer.Type
}

const textOf = ({ content }: Messages.MessageParam): string =>
  typeof content === "string" ? content : content.flatMap((block) => block.type === "text" ? [block.text] : []).join("")

const callsIn = (message: Messages.Message): number => message.content.filter(({ type }) => type === "tool_use").length

/** Limits after which the model may still say what it has found out. */
const soft: ReadonlySet<LimitName> = new Set(["turns", "toolCalls", "callsPerTool", "identicalCalls"])

/** Stop reasons of answers that are not whole: nothing of them runs. */
const cut: ReadonlySet<string> = new Set(["max_tokens", "refusal", "model_context_window_exceeded"])

/** How often `max_tokens` is multiplied for an answer that was cut in the middle of a call. */
const raise = 4

/** An answer of the API that was stored. */
const messageOf = (answer: typeof Outcomes.Answer.Type) => answer as unknown as Messages.Message

export const loop = Effect.fnUntraced(function*<R>(job: Job<R>, state: State, start: Open | undefined) {
  const { bounds, recorder } = job
  let repaired = false
  const record = (step: Step): Effect.Effect<void, Broken> =>
    recorder === undefined ? Effect.void : recorder.write(step)
  const common = () => ({
    runId: job.runId,
    history: state.history,
    usage: state.spent.usage,
    ...(state.spent.usd === undefined ? {} : { spend: state.spent.usd }),
    progress: state.counted,
    // Parameters of a request are JSON.
    request: stored(job.request),
    limits: job.limits,
    place: (recorder?.place ?? -1) + 1
  })
  const totals = () => ({ progress: state.counted, spent: state.spent })
  const failed = (error: Outcomes.Failed["error"]) => new Outcomes.Failed({ ...common(), error })
  const stop = (limit: LimitName, text?: string) =>
    new Outcomes.Stopped({ ...common(), limit, ...(text === undefined ? {} : { text }) })

  const commit = Effect.fnUntraced(function*(next: History.History, closed?: LimitName) {
    const added = History.toMessages(next).slice(state.history.length)
    state.history = next
    if (recorder !== undefined) {
      yield* record({
        _tag: "Committed",
        history: added as ReadonlyArray<object> as ReadonlyArray<typeof Outcomes.Answer.Type>,
        ...totals(),
        ...(closed === undefined ? {} : { closed })
      })
    }
  })
  const turned = Effect.suspend(() => {
    const { history, progress, spent } = state
    const forecast = state.forecast(job.request.max_tokens)
    const turn = { runId: job.runId, turn: progress.turns, history, usage: spent.usage, spend: spent.usd, forecast }
    return Effect.andThen(job.onTurn(turn), job.emit({ _tag: "Turn", ...turn }))
  })

  /** Shortens the history where it has to be; an outcome if nothing makes it fit. */
  const fit = Effect.fnUntraced(function*(overflow?: ClaudeError.ContextOverflow) {
    if (job.fit === undefined) return undefined
    const fitted = yield* Effect.result(job.fit(state.history, state.latest, overflow))
    const { charges } = Result.isSuccess(fitted) ? fitted.success : fitted.failure
    for (const { model, usage } of charges) state.charge(usage, model)
    if (Result.isFailure(fitted)) return failed(fitted.failure)
    const { after, history } = fitted.success
    if (history === state.history) return undefined
    state.replace(history, after)
    if (recorder !== undefined) {
      yield* record({ _tag: "Fitted", history: History.toMessages(history).map(stored), ...totals() })
    }
    yield* job.emit({ _tag: "Fitted", fitted: fitted.success })
    return undefined
  })

  /** The last word of a model that may call no more tools. */
  const close = Effect.fnUntraced(function*(limit: LimitName) {
    const answer = yield* ask(job, state, job.request.max_tokens, { tool_choice: { type: "none" } })
    if (typeof answer === "string" || Result.isFailure(answer)) return stop(limit)
    // A refusal is never in the history.
    if (answer.success.stop_reason === "refusal") return stop(limit)
    const next = History.appendAssistant(state.history, answer.success)
    if (Result.isFailure(next) || !History.isHistory(next.success)) return stop(limit)
    yield* commit(next.success, limit)
    yield* job.emit({ _tag: "Answered", message: answer.success })
    return stop(limit, textOf(answer.success))
  })

  /** Answers open calls and commits the turn; an outcome if the run ends with it. */
  const settle = Effect.fnUntraced(function*(open: Open) {
    const pending = History.appendAssistant(state.history, messageOf(open.message))
    if (Result.isFailure(pending)) return failed(pending.failure)
    if (History.isHistory(pending.success)) {
      yield* commit(pending.success)
      return undefined
    }
    const { calls } = pending.success
    const { results, stop: limit, undecided } = yield* answerCalls(job, state, calls, open)
    if (undecided.length > 0) {
      return new Outcomes.NeedsApproval({
        ...common(),
        pending: {
          message: open.message,
          results: results.map(stored),
          calls: undecided.map(({ id, input, name }) => ({
            id,
            name,
            input: input as typeof Outcomes.Undecided.Type["input"]
          })),
          ...(limit === undefined ? {} : { stop: limit })
        }
      })
    }
    const over = limit ?? state.spentLimit
    const closing = over !== undefined && soft.has(over) && job.closing !== undefined ? job.closing : undefined
    const next = History.appendResults(pending.success, results, closing ?? [])
    if (Result.isFailure(next)) return failed(next.failure)
    yield* commit(next.success)
    yield* turned
    if (over === undefined) return undefined
    return closing === undefined ? stop(over) : yield* close(over)
  })

  /** What an answer without open calls means; undefined if the run goes on. */
  const conclude = Effect.fnUntraced(function*(message: Messages.Message) {
    const answer = stored(message)
    const text = textOf(message)
    const stopped: string | null = message.stop_reason
    switch (stopped) {
      case "tool_use":
        return failed(new Outcomes.EmptyAnswer({ kind: "toolUseWithoutCall" }))
      case "pause_turn":
      case "compaction":
      case "end_turn":
      case "stop_sequence": {
        const ends = stopped === "end_turn" || stopped === "stop_sequence"
        const next = History.appendAssistant(state.history, message)
        if (Result.isFailure(next)) return failed(next.failure)
        if (!History.isHistory(next.success)) return undefined
        if (
          ends && message.content.every(({ type }) => type === "thinking" || type === "redacted_thinking") ||
          ends && text === "" && next.success === state.history
        ) {
          return failed(new Outcomes.EmptyAnswer({ kind: "emptyEndTurn" }))
        }
        if (ends) {
          const problem = yield* (job.format?.problem(text) ?? Effect.succeed(undefined))
          if (problem !== undefined && !repaired) {
            repaired = true
            const told = History.appendUser(next.success, mend(problem))
            if (Result.isFailure(told)) return failed(told.failure)
            yield* commit(told.success)
            return undefined
          }
          // Written with the outcome: the two cannot come apart.
          state.history = next.success
          if (problem !== undefined) return failed(new Outcomes.InvalidAnswer({ problem, text }))
          return new Outcomes.Finished({ ...common(), text, message: answer })
        }
        yield* commit(next.success)
        yield* turned
        if (state.progress.pauses >= bounds.pauses) return stop("pauses")
        state.count({ pauses: state.progress.pauses + 1 })
        return undefined
      }
      case "max_tokens":
      case "model_context_window_exceeded": {
        const limit = stopped === "max_tokens" ? "maxTokens" : "contextWindow"
        return new Outcomes.Truncated({ ...common(), limit, text, message: answer })
      }
      case "refusal": {
        const { category, explanation } = message.stop_details ?? {}
        return new Outcomes.Refused({
          ...common(),
          ...(category ? { category } : {}),
          ...(explanation ? { explanation } : {}),
          message: answer
        })
      }
      default:
        return failed(unknownStop(message, stopped))
    }
  })

  /** An answer: its calls, if they may run, else what it means. */
  const handle = (open: Open) => {
    const message = messageOf(open.message)
    return callsIn(message) > 0 && !cut.has(message.stop_reason ?? "") ? settle(open) : conclude(message)
  }

  const run = Effect.gen(function*() {
    if (state.isTooDeep) return stop("depth")
    if (job.closed !== undefined) return stop(job.closed, textOf(History.last(state.history)))
    if (start !== undefined) {
      const over = yield* handle(start)
      if (over !== undefined) return over
    }
    let maxTokens = job.request.max_tokens
    let refitted = false
    while (true) {
      const limit = state.spentLimit
      if (limit !== undefined) return stop(limit)
      const tooLong = yield* fit()
      if (tooLong !== undefined) return tooLong
      const answer = yield* ask(job, state, maxTokens)
      if (typeof answer === "string") return stop(answer)
      if (Result.isFailure(answer)) {
        const { reason } = answer.failure
        if (reason._tag !== "ContextOverflow" || refitted) return failed(answer.failure)
        refitted = true
        const before = state.history
        const over = yield* fit(reason)
        if (over !== undefined) return over
        if (state.history === before) return failed(answer.failure)
        continue
      }
      refitted = false
      const message = answer.success
      const told = job.emit({ _tag: "Answered", message })
      if (message.stop_reason === "max_tokens" && callsIn(message) > 0 && maxTokens === job.request.max_tokens) {
        const most = yield* job.mostTokens
        const raised = Math.min(maxTokens * raise, most ?? 0)
        if (raised > maxTokens) {
          maxTokens = raised
          yield* told
          continue
        }
      }
      maxTokens = job.request.max_tokens
      // Written before it is told: whoever stops listening then loses nothing that was paid.
      if (recorder !== undefined) yield* record({ _tag: "Answered", message: stored(message), ...totals() })
      yield* told
      const over = yield* handle({ message: stored(message), settled: new Map(), claimed: new Set() })
      if (over !== undefined) return over
    }
  })
  const outcome: Outcomes.Outcome = yield* run.pipe(
    Effect.tap((outcome) => record({ _tag: "Ended", outcome })),
    // Nothing more was written: the place is still the run's next.
    Effect.catch((error) => Effect.succeed(new Outcomes.Failed({ ...common(), place: recorder?.place ?? 0, error })))
  )
  yield* job.emit({ _tag: "Outcome", outcome })
  return outcome
})
