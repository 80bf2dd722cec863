/** Answers the calls of one turn: those that may run run side by side, and all results come out in the calls' order. */
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import { synthetic } from "../../conversation/History.ts"
import * as Spans from "../../telemetry/internal/spans.ts"
import * as LoopGuard from "../LoopGuard.ts"
import { type Ended, runCall } from "./call.ts"
import { type Bounds, isolated } from "./isolated.ts"
import type { Broken, Job } from "./job.ts"
import { type Answer } from "./outcomes.ts"
import { type Before, type Plan, plan, type Use } from "./plan.ts"
import * as Results from "./results.ts"
import type { Call } from "./settings.ts"
import type { State } from "./state.ts"

export interface Answered {
  /** Of every call but those that wait for a decision. */
  readonly results: ReadonlyArray<Ended["result"]>
  readonly undecided: ReadonlyArray<Use>
  readonly stop: LoopGuard.LimitName | undefined
}

/** What a tool finds out about a call whose result is not known. */
const reconciled = <R>(
  { definition, params, use }: Extract<Plan<R>, { readonly _tag: "Run" }>,
  call: Call,
  bounds: Bounds
): Effect.Effect<Ended, never, R> => {
  const unknown: Ended = { result: synthetic(use.id, "interrupted"), fate: "interrupted" }
  const { reconcile } = definition
  if (reconcile === undefined) return Effect.succeed(unknown)
  const found = Effect.flatMap(
    Effect.suspend(() => reconcile(params, call)),
    (result) =>
      Option.isNone(result) ? Effect.succeed(unknown) : Effect.map(
        definition.encodeResult(result.value),
        (encoded): Ended => ({ result: Results.success(use.id, encoded), fate: "finished" })
      )
  )
  return Effect.map(
    isolated(found, bounds),
    (ended) => Option.isSome(ended) && Exit.isSuccess(ended.value) ? ended.value.value : unknown
  )
}

const runOne = <R>(
  job: Job<R>,
  state: State,
  planned: Extract<Plan<R>, { readonly _tag: "Run" }>
): Effect.Effect<Ended, Broken, R> => {
  const { definition, encoded, use } = planned
  const { recorder, runId } = job
  const call: Call = { runId, callId: use.id, idempotencyKey: `${runId}/${use.id}` }
  if (state.left <= 0) {
    const fate = planned.unknown ? "interrupted" : "stopped"
    return Effect.succeed({ result: synthetic(use.id, fate), fate })
  }
  const leaked = (): void => state.count({ leaked: state.progress.leaked + 1 })
  const run = planned.unknown && !definition.repeatable
    ? reconciled(planned, call, { timeout: Math.min(job.toolTimeout, state.left), grace: job.grace, leaked })
    : runCall(definition, call, encoded, state.within, {
      timeout: job.toolTimeout,
      grace: job.grace,
      leaked,
      until: state.until,
      now: job.now
    })
  const claimed = recorder === undefined || planned.unknown
    ? run
    : Effect.andThen(recorder.write({ _tag: "Claimed", id: use.id }), run)
  return Effect.andThen(job.emit({ _tag: "ToolStarted", id: use.id, name: use.name, input: use.input }), claimed).pipe(
    Spans.around(`execute_tool ${use.name}`, {
      attributes: () => ({
        "gen_ai.operation.name": "execute_tool",
        "gen_ai.tool.name": use.name,
        "gen_ai.tool.type": "function",
        "gen_ai.tool.call.id": use.id
      })
    })
  )
}

/** A result as it is stored; it is JSON, though the SDK's types do not say so. */
export const stored = (value: object): typeof Answer.Type => value as unknown as typeof Answer.Type

const innerOf = ({ counted: { within } }: State) => within === undefined ? {} : { within }

export const answerCalls = Effect.fnUntraced(function*<R>(
  job: Job<R>,
  state: State,
  uses: ReadonlyArray<Use>,
  before: Before
) {
  const { plans, stop } = yield* plan(job, state, uses, before)
  const ended = yield* Effect.forEach(
    plans,
    (planned): Effect.Effect<Ended | undefined, Broken, R> => {
      if (planned._tag === "Ask") return Effect.succeed(undefined)
      const { use } = planned
      if (planned._tag === "Known") return Effect.succeed(planned.ended)
      return Effect.tap(
        planned._tag === "Run" ? runOne(job, state, planned) : Effect.succeed(planned.ended),
        ({ fate, result }) =>
          Effect.andThen(
            job.recorder === undefined || planned._tag === "Answer"
              ? Effect.void
              : job.recorder.write({ _tag: "Settled", id: use.id, result: stored(result), fate, ...innerOf(state) }),
            job.emit({ _tag: "ToolFinished", id: use.id, name: use.name, fate, result })
          )
      )
    },
    { concurrency: job.concurrency }
  )
  let { memory } = state.progress
  const results: Array<Ended["result"]> = []
  for (const [index, planned] of plans.entries()) {
    const one = ended[index]
    if (one === undefined) continue
    results.push(one.result)
    if ((planned._tag === "Run" || planned._tag === "Known") && planned.hash !== undefined) {
      const { content, is_error } = one.result
      memory = LoopGuard.remember(
        memory,
        planned.hash,
        LoopGuard.hashResult([content, is_error]),
        job.bounds.identicalCalls
      )
    }
  }
  state.count({ memory })
  const undecided = plans.filter(({ _tag }) => _tag === "Ask").map(({ use }) => use)
  return { results: Results.together(results), undecided, stop } satisfies Answered as Answered
})
