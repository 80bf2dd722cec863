/**
 * The tool loop as a workflow: its journal is the workflow's own record, so that a run goes on wherever an engine starts
 * it again, in this process or on another machine. A run waits for approval without holding anything, for as long as it
 * takes. One run id is one run, however often it is started.
 */
import type * as Tool from "effect/ai/Tool"
import type * as Toolkit from "effect/ai/Toolkit"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as DurableDeferred from "effect/workflow/DurableDeferred"
import * as Workflow from "effect/workflow/Workflow"
import { WorkflowEngine, WorkflowInstance } from "effect/workflow/WorkflowEngine"
import type { ClaudeClient } from "../client/ClaudeClient.ts"
import * as History from "../conversation/History.ts"
import { stored } from "./internal/answer.ts"
import type { Request } from "./internal/job.ts"
import * as LoopGuard from "./LoopGuard.ts"
import * as ToolJournal from "./ToolJournal.ts"
import * as ToolLoop from "./ToolLoop.ts"

type Tools = Record<string, Tool.Any>

const Payload = Schema.Struct({
  runId: Schema.String,
  history: History.History,
  request: Schema.Record(Schema.String, Schema.Json),
  limits: LoopGuard.Stored
})

/** What is known before the first request. */
export const StartError = Schema.Union([
  ToolLoop.InvalidTools,
  LoopGuard.InvalidLimits,
  ToolLoop.UnknownPrice,
  ToolJournal.JournalFailed,
  ToolLoop.UndecidedCalls
])

const workflow = <Name extends string>(name: Name) =>
  Workflow.make(name, {
    payload: Payload,
    idempotencyKey: ({ runId }) => runId,
    success: ToolLoop.Outcome,
    error: StartError
  })

/** A loop by name: what those who start runs have to know of it. */
export interface Runs<Name extends string = string> {
  readonly workflow: Workflow.Workflow<Name, typeof Payload, typeof ToolLoop.Outcome, typeof StartError>
}

/** A loop by name, with the tools it has on every machine. */
export interface DurableToolLoop<Name extends string, T extends Tools> extends Runs<Name> {
  readonly toolkit: Toolkit.Toolkit<T>
}

/** The name and the tools are what runs are found by after a restart: change them only when none is left. */
export const make = <const Name extends string, T extends Tools>(
  name: Name,
  toolkit: Toolkit.Toolkit<T>
): DurableToolLoop<Name, T> => ({ workflow: workflow(name), toolkit })

export interface RunOptions extends Request {
  readonly runId: string
  readonly history: History.History
  readonly limits?: LoopGuard.Limits | undefined
}

const payloadOf = ({ history, limits, runId, ...request }: RunOptions): typeof Payload.Type => ({
  runId,
  history,
  // Parameters of a request are JSON.
  request: stored(request),
  limits: LoopGuard.merge(limits)
})

/** Starts a run that is not yet known, and waits for its outcome. A run that waits for approval is waited for. */
export const execute = (
  loop: Runs,
  options: RunOptions
): Effect.Effect<ToolLoop.Outcome, typeof StartError.Type, WorkflowEngine> => loop.workflow.execute(payloadOf(options))

/** Starts a run that is not yet known, and returns when it is stored. */
export const start = (loop: Runs, options: RunOptions): Effect.Effect<void, never, WorkflowEngine> =>
  Effect.asVoid(loop.workflow.execute(payloadOf(options), { discard: true }))

/** The execution is named by the run alone. */
const executionOf = (loop: Runs, runId: string): Effect.Effect<string> =>
  loop.workflow.executionId({ runId, history: History.make("-"), request: {}, limits: {} })

/** What is asked, and what was decided: the n-th time that a run waits for approval. */
const asked = (n: number) => DurableDeferred.make(`asked/${n}`, { success: ToolLoop.NeedsApproval })
const Decisions = Schema.Record(Schema.String, ToolLoop.Decision)
const decided = (n: number) => DurableDeferred.make(`decided/${n}`, { success: Decisions })

const known = <A extends Schema.Constraint>(deferred: DurableDeferred.DurableDeferred<A, Schema.Never>) =>
  Effect.flatMap(WorkflowEngine, (engine) => engine.deferredResult(deferred)).pipe(
    Effect.flatMap(Option.match({
      onNone: () => Effect.succeedNone,
      onSome: (exit) => Effect.asSome(exit)
    }))
  )

/** All that a run has asked for, in order. */
const approvals = Effect.gen(function*() {
  const all: Array<ToolLoop.NeedsApproval> = []
  while (true) {
    const next = yield* known(asked(all.length))
    if (Option.isNone(next)) return all
    all.push(next.value)
  }
})

/** Which of all an outcome is, if it was asked; the place in the journal tells them apart. */
const numberOf = (all: ReadonlyArray<ToolLoop.NeedsApproval>, { place }: ToolLoop.NeedsApproval): number =>
  all.findIndex((one) => one.place === place)

/** Reads what a workflow has recorded, from outside of it. */
const outside = Effect.fnUntraced(function*<A, E, R>(
  loop: Runs,
  runId: string,
  reading: (executionId: string) => Effect.Effect<A, E, R>
) {
  const execution = yield* executionOf(loop, runId)
  const instance = WorkflowInstance.initial(loop.workflow, execution)
  return yield* Effect.provideService(reading(execution), WorkflowInstance, instance)
})

/** The outcome of a run, or what it waits for; none while it goes on, and for a run that is not known. */
export const poll = (
  loop: Runs,
  runId: string
): Effect.Effect<Option.Option<ToolLoop.Outcome>, typeof StartError.Type, WorkflowEngine> =>
  outside(loop, runId, (executionId) =>
    Effect.gen(function*() {
      const result = yield* loop.workflow.poll(executionId)
      if (Option.isSome(result) && result.value._tag === "Complete") return Option.some(yield* result.value.exit)
      const all = yield* approvals
      const answered = yield* known(decided(all.length - 1))
      return Option.isSome(answered) ? Option.none() : Option.fromUndefinedOr(all.at(-1))
    }))

/** Decides every call that a run waits for; returns what holds, which is somebody else's decision if it came first. */
export const decide = (
  loop: Runs,
  outcome: ToolLoop.NeedsApproval,
  decisions: typeof Decisions.Type
): Effect.Effect<typeof Decisions.Type, ToolLoop.UndecidedCalls | ToolLoop.UnknownRun, WorkflowEngine> =>
  outside(loop, outcome.runId, (executionId) =>
    Effect.gen(function*() {
      const undecided = outcome.pending.calls.filter(({ id }) => !Object.hasOwn(decisions, id))
      if (undecided.length > 0) return yield* new ToolLoop.UndecidedCalls({ calls: undecided.map(({ id }) => id) })
      const number = numberOf(yield* approvals, outcome)
      if (number < 0) return yield* new ToolLoop.UnknownRun({ runId: outcome.runId })
      const deferred = decided(number)
      const token = DurableDeferred.tokenFromExecutionId(deferred, { workflow: loop.workflow, executionId })
      yield* DurableDeferred.succeed(deferred, { token, value: decisions })
      return Option.getOrElse(yield* known(deferred), () => decisions)
    }))

/** How long a run that another runner took over is left to it, before it is taken back: one of them is soon stopped. */
const patience = "30 seconds"

/** A loop's options, but for the journal, and what its runs set; their limits and requests come with them. */
export interface Options extends Omit<ToolLoop.Options, "journal"> {
  readonly run?: Omit<ToolLoop.RunSettings, "limits">
}

/** Runs a loop's runs here, as the engine gives them out. Every machine of a cluster provides the same. */
export const layer = <Name extends string, T extends Tools>(
  { toolkit, workflow }: DurableToolLoop<Name, T>,
  options: Options = {}
): Layer.Layer<
  never,
  never,
  ClaudeClient | WorkflowEngine | ToolLoop.Requirements<T>
> => {
  const { run: given, ...settings } = options
  const body = (payload: typeof Payload.Type) =>
    Effect.gen(function*() {
      const loop = yield* ToolLoop.ToolLoop
      const { history, limits, request, runId } = payload
      // The parameters that were stored are those of a request.
      const run = loop.run({ ...given, ...request as Request & typeof request, history, limits, runId, toolkit })
      let outcome = yield* run
      while (true) {
        if (outcome._tag === "Failed" && outcome.error._tag === "RunTakenOver") {
          yield* Effect.sleep(patience)
          outcome = yield* run
          continue
        }
        if (outcome._tag !== "NeedsApproval") return outcome
        const all = yield* approvals
        const before = numberOf(all, outcome)
        const number = before < 0 ? all.length : before
        const question = asked(number)
        yield* DurableDeferred.succeed(question, { token: yield* DurableDeferred.token(question), value: outcome })
        const decisions = yield* DurableDeferred.await(decided(number))
        outcome = yield* loop.resume(outcome, { ...given, decisions, toolkit }).pipe(
          Effect.catchTag("StaleOutcome", () => run),
          // Nothing is said, so nothing invalid is.
          Effect.catchTag("InvalidHistory", Effect.die)
        )
      }
    })
  return workflow.toLayer(body).pipe(
    Layer.provide(ToolLoop.layer({ ...settings, journal: ToolJournal.layerWorkflow }))
  )
}
