/** What a run is given: the parameters of its requests, its settings, and where it goes on. */
import type * as Tool from "effect/ai/Tool"
import * as Effect from "effect/Effect"
import type * as MessageStream from "../../client/MessageStream.ts"
import type { LimitName, Limits } from "../LoopGuard.ts"
import type * as ToolLoop from "../ToolLoop.ts"
import type { Ended } from "./call.ts"
import type { Event } from "./events.ts"
import { hex } from "./hex.ts"
import type { Request } from "./job.ts"
import type { Open } from "./loop.ts"
import type { Outcome } from "./outcomes.ts"
import type { Recorder } from "./record.ts"
import type { Begin } from "./state.ts"
import type { Decision } from "./step.ts"

type Tools = Record<string, Tool.Any>

/** What the model is told in its closing turn. */
export const closingWords =
  "A limit of this run is reached: no more tools can be called. Answer now with what you have."

/** What it is told where it may go on after that. */
const openingWords = "Tools can be called again. Go on."

/** What it is told of a final answer that does not fit its schema. */
export const mend = (problem: string): string =>
  `Your answer does not fit the schema it must have:\n${problem}\nAnswer again, with nothing but JSON that fits it.`

/** What has to be said to an outcome that ends with an answer, so that another can follow. */
export const followUp = (outcome: Outcome): string | undefined => {
  if (outcome._tag === "Stopped") return outcome.text === undefined ? undefined : openingWords
  return outcome._tag === "Failed" && outcome.error._tag === "InvalidAnswer" ? mend(outcome.error.problem) : undefined
}

/** A name that nobody else has. */
export const token = hex(3)

export type Emit = (event: Event) => Effect.Effect<void>
export const silent: Emit = () => Effect.void

/** What the settings of a run leave: the parameters of its requests. */
export const requestOf = (
  options: Partial<Request> & ToolLoop.RunSettings & {
    readonly history?: unknown
    readonly toolkit?: unknown
    readonly runId?: unknown
    readonly decisions?: unknown
    readonly say?: unknown
  }
): Partial<Request> => {
  const {
    answer: _answer,
    call: _call,
    closingTurn: _closingTurn,
    concurrency: _concurrency,
    decisions: _decisions,
    history: _history,
    limits: _limits,
    onTurn: _onTurn,
    runId: _runId,
    say: _say,
    serverTools: _serverTools,
    toolTimeout: _toolTimeout,
    toolkit: _toolkit,
    window: _window,
    ...request
  } = options
  // As it is sent and stored: JSON knows nothing of what is undefined.
  const sent: Partial<Request> = JSON.parse(JSON.stringify(request))
  return sent
}

/** A run, however it begins. */
export interface Starting<T extends Tools> extends ToolLoop.RunSettings {
  readonly toolkit: ToolLoop.RunOptions<T>["toolkit"]
  readonly runId: string
  readonly request: Request
  readonly stored: Limits | undefined
  readonly begin: Begin
  readonly open: Open | undefined
  readonly decisions: Readonly<Record<string, Decision>>
  readonly recorder: Recorder | undefined
  readonly closed?: LimitName | undefined
}

/** One text block after another, thoughts apart. */
export const told = (emit: Emit) => (event: MessageStream.Event): Effect.Effect<void> => {
  if (event.type !== "content_block_delta") return Effect.void
  if (event.delta.type === "text_delta") return emit({ _tag: "Text", text: event.delta.text })
  return event.delta.type === "thinking_delta" ? emit({ _tag: "Thinking", text: event.delta.thinking }) : Effect.void
}

/** Results as they were stored with an outcome. */
export const settledOf = (results: ReadonlyArray<object>): ReadonlyMap<string, Ended> =>
  // The loop itself has stored them.
  new Map(
    (results as ReadonlyArray<Ended["result"]>).map((result) => [result.tool_use_id, { result, fate: "finished" }])
  )
