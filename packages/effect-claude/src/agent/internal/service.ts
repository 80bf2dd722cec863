/** The loop over one client, and how runs begin: new, from an outcome, or from what a journal tells. */
import type * as Tool from "effect/ai/Tool"
import type * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Queue from "effect/Queue"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { ClaudeClient, type CreateOptions, type MessageParams } from "../../client/ClaudeClient.ts"
import * as MessageStream from "../../client/MessageStream.ts"
import * as History from "../../conversation/History.ts"
import * as Fallback from "../../policies/Fallback.ts"
import { Listener } from "../../telemetry/internal/hook.ts"
import * as Spans from "../../telemetry/internal/spans.ts"
import * as LoopGuard from "../LoopGuard.ts"
import * as Spend from "../Spend.ts"
import { JournalFailed, type ToolJournal } from "../ToolJournal.ts"
import type * as ToolLoop from "../ToolLoop.ts"
import { stored } from "./answer.ts"
import type { Ended } from "./call.ts"
import { compile, type Definitions, erase } from "./definitions.ts"
import { earlierOf } from "./earlier.ts"
import type { Event } from "./events.ts"
import { closingWords, type Emit, followUp, requestOf, settledOf, silent, type Starting, token, told } from "./given.ts"
import type { Broken, Job, Request } from "./job.ts"
import { loop } from "./loop.ts"
import type { Outcome } from "./outcomes.ts"
import * as Log from "./record.ts"
import { CurrentRun, type Within } from "./settings.ts"
import { StaleOutcome, UndecidedCalls, UnknownPrice, UnknownRun } from "./starting.ts"
import { type Begin, noProgress, nothingSpent, State } from "./state.ts"
import { Decision } from "./step.ts"
import * as Structured from "./structured.ts"

type Tools = Record<string, Tool.Any>

/** Results come first in the message that follows a turn with calls. */
const tooSoon = () =>
  new History.InvalidHistory({
    violations: [{
      path: "messages",
      rule: "unanswered",
      message: "Calls wait for a decision: nothing can be said before their results.",
      fix: "Decide them, and say it to the outcome that follows."
    }]
  })

const isDecision = Schema.is(Decision)

export interface Settings extends Omit<ToolLoop.Options, "journal"> {
  readonly client: ClaudeClient["Service"]
  readonly journal: ToolJournal["Service"] | undefined
  readonly concurrency: number
  readonly toolTimeout: Duration.Input
  readonly grace: Duration.Input
}

/** A run's settings, once nothing is wrong with them. */
interface Prepared<R> {
  readonly bounds: LoopGuard.Bounds
  readonly within: Within | undefined
  readonly definitions: Definitions<R>
  readonly format: Structured.Format | undefined
}

/** Events that wait for the reader of a run's stream; a run with more waits for it, and its time goes on. */
const mostUnread = 65_536

export const make = (settings: Settings): ToolLoop.ToolLoop["Service"] => {
  const { client, journal, prices } = settings
  const root = new Spend.Account(settings.budget)

  /** Everything that can be wrong before the first request is found here. */
  const prepare = Effect.fnUntraced(function*<T extends Tools>(
    options: ToolLoop.RunSettings & { readonly toolkit: ToolLoop.RunOptions<T>["toolkit"] },
    limits: LoopGuard.Limits,
    model: string
  ) {
    const problems = LoopGuard.problems(limits)
    if (problems.length > 0) return yield* new LoopGuard.InvalidLimits({ problems })
    const bounds = LoopGuard.bounds(limits)
    const within = yield* CurrentRun
    const capped = Number.isFinite(bounds.usd) || (within?.account ?? root).capsMoney
    if (capped && (prices === undefined || Spend.priceOf(prices, model) === undefined)) {
      return yield* new UnknownPrice({ model })
    }
    const definitions = yield* Effect.fromResult(compile(erase(yield* options.toolkit), options.serverTools ?? []))
    const format = options.answer === undefined
      ? undefined
      : yield* Effect.fromResult(Structured.format(options.answer))
    return { bounds, within, definitions, format } satisfies Prepared<Tool.HandlerServices<T[keyof T]>>
  })

  const limitsOf = (own: LoopGuard.Limits | undefined, given: LoopGuard.Limits | undefined): LoopGuard.Limits =>
    LoopGuard.merge(settings.limits, own, given)

  const start = Effect.fnUntraced(function*<T extends Tools>(
    options: Starting<T>,
    prepared: Prepared<Tool.HandlerServices<T[keyof T]>>,
    emit: Emit
  ) {
    const clock = yield* Clock.Clock
    const now = () => clock.currentTimeMillisUnsafe()
    const { request, runId } = options
    const { bounds, definitions, format, within } = prepared
    const streamed = emit !== silent
    const { closingTurn = false, window } = options
    const job: Job<Tool.HandlerServices<T[keyof T]>> = {
      runId,
      request,
      limits: LoopGuard.merge(options.stored, options.limits),
      definitions,
      bounds,
      concurrency: options.concurrency ?? settings.concurrency,
      toolTimeout: Duration.toMillis(Duration.fromInputUnsafe(options.toolTimeout ?? settings.toolTimeout)),
      grace: Duration.toMillis(Duration.fromInputUnsafe(settings.grace)),
      closing: closingTurn === true ? closingWords : closingTurn === false ? undefined : closingTurn,
      fit: window && ((history, usage, overflow) => {
        const tools = definitions.params.length === 0 ? {} : { tools: [...definitions.params] }
        return Effect.provideService(
          window.before(history, { ...request, ...tools, usage, overflow }),
          ClaudeClient,
          client
        )
      }),
      format,
      call: options.call ?? {},
      decisions: options.decisions,
      recorder: options.recorder,
      closed: options.closed,
      now,
      ask: (params: MessageParams, call: CreateOptions) =>
        streamed
          ? MessageStream.message(Stream.tap(client.streamMessage(params, call), told(emit)))
          : client.createMessage(params, call),
      mostTokens: Effect.map(
        Effect.result(client.getModel(String(request.model))),
        (found) => Result.isSuccess(found) ? found.success.max_tokens ?? undefined : undefined
      ),
      emit,
      onTurn: options.onTurn ?? (() => Effect.void)
    }
    const base = JSON.stringify([request, definitions.params]).length
    const hook = yield* Listener
    const rules = { bounds, prices, model: request.model, within, root, base, now, told: hook?.spent }
    const state = new State(options.begin, rules)
    const forget = state.account.capsMoney ? hook?.budget(() => state.account.share) : undefined
    return yield* loop(job, state, options.open).pipe(
      // Where another model has taken over, it stays for the run: what it thought is not another's to read.
      (self) => Effect.flatMap(Fallback.CurrentSession, (open) => open === undefined ? Fallback.session(self) : self),
      Spans.around("invoke_agent", {
        attributes: () => ({
          "gen_ai.operation.name": "invoke_agent",
          "gen_ai.provider.name": "anthropic",
          "gen_ai.request.model": request.model,
          "gen_ai.conversation.id": runId
        })
      }),
      Effect.ensuring(Effect.sync(() => forget?.()))
    )
  })

  const unreadable = (error: { readonly message: string }) =>
    new JournalFailed({ message: `The journal's run cannot be gone on with: ${error.message}` })

  /** What a journal knows of a run, and the right to write to it. */
  const opened = Effect.fnUntraced(function*(runId: string) {
    if (journal === undefined) return { found: undefined, recorder: undefined }
    const { recorder, steps } = yield* Log.open(journal, runId, yield* token)
    const found = yield* Effect.mapError(Effect.fromResult(Log.fold(steps)), unreadable)
    return { found, recorder }
  })

  const lost = (error: Broken): JournalFailed =>
    error._tag === "JournalFailed" ? error : new JournalFailed({ message: error.message })

  const begun = Effect.fnUntraced(function*<T extends Tools>(options: ToolLoop.RunOptions<T>, emit: Emit) {
    const runId = options.runId ?? `run_${yield* token}`
    // What a request is made of; the rest of the options are the loop's own.
    const request = requestOf(options) as Request
    // A toolkit that cannot be offered must not leave a run behind.
    const prepared = yield* prepare(options, limitsOf(undefined, options.limits), request.model)
    const { found, recorder } = yield* opened(runId)
    if (found !== undefined) return yield* go({ ...options, runId }, found, recorder, emit)
    const begin: Begin = { history: options.history, progress: noProgress, spent: nothingSpent }
    if (recorder !== undefined) {
      yield* Effect.mapError(
        recorder.write({
          _tag: "Started",
          ...begin,
          request: stored(request),
          limits: LoopGuard.merge(options.limits)
        }),
        lost
      )
    }
    const { toolkit } = options
    return yield* start(
      { ...options, toolkit, runId, request, stored: undefined, begin, open: undefined, decisions: {}, recorder },
      prepared,
      emit
    )
  })

  /** Goes on from what a log tells. */
  const go = Effect.fnUntraced(function*<T extends Tools>(
    options: ToolLoop.RecoverOptions<T>,
    found: Log.Found,
    recorder: Log.Recorder | undefined,
    emit: Emit
  ) {
    if (found.ended !== undefined) {
      yield* emit({ _tag: "Outcome", outcome: found.ended })
      return found.ended
    }
    // The parameters that were stored are those of a request, and so are those that are given.
    const request = { ...found.request, ...requestOf(options) } as Request
    const prepared = yield* prepare(options, limitsOf(found.limits, options.limits), request.model)
    const settled = new Map(
      Array.from(found.settled, ([id, { fate, result }]) => [id, { result, fate } as unknown as Ended] as const)
    )
    const { claimed, closed, decisions, earlier, message } = found
    return yield* start(
      {
        ...options,
        request,
        stored: found.limits,
        begin: found,
        open: message === undefined ? undefined : { message, settled, claimed, earlier },
        closed,
        decisions,
        recorder
      },
      prepared,
      emit
    )
  })

  const resumed = Effect.fnUntraced(function*<T extends Tools>(outcome: Outcome, options: ToolLoop.ResumeOptions<T>) {
    const { decisions: given = {}, say } = options
    if (outcome._tag === "Finished" && say === undefined) return outcome
    const pending = outcome._tag === "NeedsApproval" ? outcome.pending : undefined
    const asked = (pending?.calls ?? []).map(({ id }) => id)
    const undecided = asked.filter((id) => !(Object.hasOwn(given, id) && isDecision(given[id])))
    if (undecided.length > 0) return yield* new UndecidedCalls({ calls: undecided })
    // A decision is about a call that somebody has seen, not about one that comes later.
    const decisions = Object.fromEntries(Object.entries(given).filter(([id]) => asked.includes(id)))
    const { runId } = outcome
    const request = { ...outcome.request, ...requestOf(options) } as Request
    const prepared = yield* prepare(options, limitsOf(outcome.limits, options.limits), request.model)
    if (pending !== undefined && say !== undefined) return yield* tooSoon()
    const said = say ?? followUp(outcome)
    const history = said === undefined
      ? outcome.history
      : yield* Effect.fromResult(History.appendUser(outcome.history, said))
    const added = History.toMessages(history).slice(outcome.history.length)
    const recorder = journal === undefined
      ? undefined
      : yield* Log.goOn(journal, runId, yield* token, outcome.place, {
        _tag: "Resumed",
        decisions,
        request: stored(request),
        limits: LoopGuard.merge(outcome.limits, options.limits),
        history: added.map(stored)
      })
    if (journal !== undefined && recorder === undefined) return yield* new StaleOutcome({ runId })
    const limits = LoopGuard.merge(outcome.limits, options.limits)
    const { spend, usage } = outcome
    return yield* start(
      {
        ...options,
        runId,
        request,
        stored: outcome.limits,
        begin: { history, progress: outcome.progress, spent: spend === undefined ? { usage } : { usd: spend, usage } },
        open: pending === undefined
          ? undefined
          : {
            message: pending.message,
            settled: settledOf(pending.results),
            claimed: new Set(),
            earlier: earlierOf(pending, outcome.limits, limits)
          },
        decisions,
        recorder
      },
      prepared,
      silent
    )
  })

  return {
    run: (options) => begun(options, silent),
    stream: <T extends Tools>(options: ToolLoop.RunOptions<T>) =>
      Stream.callback<Event, ToolLoop.StartError, ToolLoop.Requirements<T>>(
        (queue: Queue.Queue<Event, ToolLoop.StartError | Cause.Done>) =>
          Effect.andThen(
            begun(options, (event) => Effect.asVoid(Queue.offer(queue, event))),
            Queue.end(queue)
          ),
        { bufferSize: mostUnread, strategy: "suspend" }
      ) as unknown as Stream.Stream<Event, ToolLoop.StartError, ToolLoop.Requirements<T>>,
    resume: resumed,
    recover: Effect.fnUntraced(function*(options) {
      const { runId } = options
      const { found, recorder } = yield* opened(runId)
      if (found === undefined) return yield* new UnknownRun({ runId })
      return yield* go(options, found, recorder, silent)
    })
  }
}
