/**
 * The agent loop: asks the model, runs the tools it calls, and asks again, within limits. Every way out is an outcome whose
 * history may be sent: each call has its result, in the order of the calls, whatever the tools did. Tools are those of
 * `effect/ai`; every tool that is not marked `Readonly` or `Idempotent` runs once.
 */
import type Anthropic from "@anthropic-ai/sdk"
import type * as Tool from "effect/ai/Tool"
import type * as Toolkit from "effect/ai/Toolkit"
import * as Context from "effect/Context"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { dual } from "effect/Function"
import * as Layer from "effect/Layer"
import type * as Option from "effect/Option"
import type * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { ClaudeClient, type CreateOptions } from "../client/ClaudeClient.ts"
import type { History, InvalidHistory } from "../conversation/History.ts"
import type { ContextWindow } from "./ContextWindow.ts"
import type { InvalidTools } from "./internal/definitions.ts"
import type { Event, Turn } from "./internal/events.ts"
import type { Request } from "./internal/job.ts"
import type { Finished, Outcome } from "./internal/outcomes.ts"
import { make } from "./internal/service.ts"
import * as Settings from "./internal/settings.ts"
import type { StaleOutcome, UndecidedCalls, UnknownPrice, UnknownRun } from "./internal/starting.ts"
import type { Decision } from "./internal/step.ts"
import * as Structured from "./internal/structured.ts"
import type { InvalidLimits, Limits } from "./LoopGuard.ts"
import type { Amount, Prices } from "./Spend.ts"
import { type JournalFailed, ToolJournal } from "./ToolJournal.ts"

export { InvalidTools } from "./internal/definitions.ts"
export type { Event, Turn } from "./internal/events.ts"
export {
  EmptyAnswer,
  Failed,
  Finished,
  InvalidAnswer,
  NeedsApproval,
  Outcome,
  Progress,
  Refused,
  RunTakenOver,
  Stopped,
  Truncated,
  Undecided
} from "./internal/outcomes.ts"
export { type Call, CurrentCall, Polling, Retry, Timeout } from "./internal/settings.ts"
export { StaleOutcome, UndecidedCalls, UnknownPrice, UnknownRun } from "./internal/starting.ts"
export { Decision } from "./internal/step.ts"

type Tools = Record<string, Tool.Any>

/** What handlers of a toolkit need. */
export type Requirements<T extends Tools> = Tool.HandlersFor<T> | Tool.HandlerServices<T[keyof T]>

/** What a run may set for itself, in place of the layer's settings. */
export interface RunSettings {
  readonly limits?: Limits | undefined
  /** Calls of one turn that run at once. */
  readonly concurrency?: number | undefined
  /** How long a call may take. */
  readonly toolTimeout?: Duration.Input | undefined
  /** One turn without tools when a limit on turns or calls is reached; a text is what the model is told then. */
  readonly closingTurn?: boolean | string | undefined
  /** Tools that the API runs itself, and toolsets of MCP servers. */
  readonly serverTools?: ReadonlyArray<Anthropic.ToolUnion> | undefined
  /** Keeps the conversation within the model's window; default: nothing does. */
  readonly window?: ContextWindow | undefined
  /** What the final answer has to be; one that does not fit is asked for once more. See `decodeAnswer`. */
  readonly answer?: Schema.Codec<unknown, unknown> | undefined
  /** How each request is made: deadline, priority, continuation. */
  readonly call?: CreateOptions | undefined
  /** Told after each turn; its history is the last that an interruption leaves. */
  readonly onTurn?: ((turn: Turn) => Effect.Effect<void>) | undefined
}

/** A run: the parameters of its requests, its history and its tools. */
export interface RunOptions<T extends Tools> extends Request, RunSettings {
  readonly history: History
  readonly toolkit: Toolkit.Toolkit<T>
  /** Names the run in the journal; default: random. */
  readonly runId?: string | undefined
}

export interface ResumeOptions<T extends Tools> extends RunSettings, Partial<Request> {
  readonly toolkit: Toolkit.Toolkit<T>
  /** For each call of a `NeedsApproval`. */
  readonly decisions?: { readonly [callId: string]: Decision } | undefined
  /**
   * What the user says next; without it a finished conversation has nothing to go on with. Calls that wait for a decision
   * have to be decided first.
   */
  readonly say?: Anthropic.MessageParam["content"] | undefined
}

export interface RecoverOptions<T extends Tools> extends RunSettings, Partial<Request> {
  readonly runId: string
  readonly toolkit: Toolkit.Toolkit<T>
}

/** What is known before the first request. */
export type StartError = InvalidTools | InvalidLimits | UnknownPrice | JournalFailed

export class ToolLoop extends Context.Service<ToolLoop, {
  /** Runs to an outcome. Fails only with what is known before the first request. */
  readonly run: <T extends Tools>(options: RunOptions<T>) => Effect.Effect<Outcome, StartError, Requirements<T>>
  /** The same, told as it happens; the last event is the outcome. Up to 65,536 events that are not read yet wait in memory, and hold up nothing. */
  readonly stream: <T extends Tools>(options: RunOptions<T>) => Stream.Stream<Event, StartError, Requirements<T>>
  /** Goes on from an outcome, counting on. */
  readonly resume: <T extends Tools>(
    outcome: Outcome,
    options: ResumeOptions<T>
  ) => Effect.Effect<Outcome, StartError | UndecidedCalls | StaleOutcome | InvalidHistory, Requirements<T>>
  /** Goes on with a run that its journal knows, from wherever its process left it. */
  readonly recover: <T extends Tools>(
    options: RecoverOptions<T>
  ) => Effect.Effect<Outcome, StartError | UnknownRun, Requirements<T>>
}>()("effect-claude/agent/ToolLoop") {}

/** See the service. */
export const run = <T extends Tools>(
  options: RunOptions<T>
): Effect.Effect<Outcome, StartError, ToolLoop | Requirements<T>> => ToolLoop.use((loop) => loop.run(options))

/** See the service. */
export const stream = <T extends Tools>(
  options: RunOptions<T>
): Stream.Stream<Event, StartError, ToolLoop | Requirements<T>> =>
  Stream.unwrap(ToolLoop.useSync((loop) => loop.stream(options)))

/** See the service. */
export const resume = <T extends Tools>(
  outcome: Outcome,
  options: ResumeOptions<T>
): Effect.Effect<Outcome, StartError | UndecidedCalls | StaleOutcome | InvalidHistory, ToolLoop | Requirements<T>> =>
  ToolLoop.use((loop) => loop.resume(outcome, options))

/** See the service. */
export const recover = <T extends Tools>(
  options: RecoverOptions<T>
): Effect.Effect<Outcome, StartError | UnknownRun, ToolLoop | Requirements<T>> =>
  ToolLoop.use((loop) => loop.recover(options))

/** The value of a final answer: the text of `Finished`, where the run had this schema as its `answer`. */
export const decodeAnswer: {
  <A, I>(schema: Schema.Codec<A, I>): (outcome: Finished) => Effect.Effect<A, Schema.SchemaError>
  <A, I>(outcome: Finished, schema: Schema.Codec<A, I>): Effect.Effect<A, Schema.SchemaError>
} = dual(2, <A, I>(outcome: Finished, schema: Schema.Codec<A, I>) => Structured.decode(schema)(outcome.text))

/** A tool whose calls of unknown outcome, after a crash, are asked about: none means that nobody knows. */
export const withReconcile = <T extends Tool.Any>(
  tool: T,
  reconcile: (params: Tool.Parameters<T>, call: Settings.Call) => Effect.Effect<Option.Option<Tool.Success<T>>>
): T =>
  // An annotated tool is the same tool; its parameters are decoded by its own schema before the hook sees them.
  tool.annotate(Settings.Reconciling, reconcile as unknown as Settings.Reconcile) as unknown as T

export interface Options<E = never, R = never> {
  readonly limits?: Limits
  readonly concurrency?: number
  readonly toolTimeout?: Duration.Input
  /** How long a handler that was interrupted is waited for before it is left behind. */
  readonly grace?: Duration.Input
  /** Where runs are written down, so that they survive their process; default: nowhere. */
  readonly journal?: Layer.Layer<ToolJournal, E, R>
  /** For limits on money; see `Spend.prices`. */
  readonly prices?: Prices
  /** Caps that all runs of this layer share. */
  readonly budget?: Partial<Amount>
}

/** 8 calls at once, 2 minutes a call, 1 second of grace; limits as `LoopGuard.standard`. */
export const standard = { concurrency: 8, toolTimeout: "2 minutes", grace: "1 second" } as const

/** A loop over a client; with a journal where one is given. */
export const layer = <E = never, R = never>(
  options: Options<E, R> = {}
): Layer.Layer<ToolLoop, E, ClaudeClient | R> => {
  const { journal, ...settings } = options
  const build = (journal: ToolJournal["Service"] | undefined) =>
    Effect.map(ClaudeClient, (client) => make({ ...standard, ...settings, client, journal }))
  return journal === undefined
    ? Layer.effect(ToolLoop, build(undefined))
    : Layer.effect(ToolLoop, ToolJournal.use(build)).pipe(Layer.provide(journal))
}
