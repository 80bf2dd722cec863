/** What is fixed for one run. */
import type * as Messages from "@anthropic-ai/sdk/resources/messages"
import type * as Effect from "effect/Effect"
import type { CreateOptions, MessageParams } from "../../client/ClaudeClient.ts"
import type { History } from "../../conversation/History.ts"
import type * as ClaudeError from "../../errors/ClaudeError.ts"
import type { Fitted, WindowExceeded } from "../ContextWindow.ts"
import type { Bounds, LimitName, Limits } from "../LoopGuard.ts"
import type { JournalFailed } from "../ToolJournal.ts"
import type { Definitions } from "./definitions.ts"
import type { Event, Turn } from "./events.ts"
import type { RunTakenOver } from "./outcomes.ts"
import type { Recorder } from "./record.ts"
import type { Decision } from "./step.ts"
import type { Format } from "./structured.ts"

/** The parameters of the run's requests; messages and tools are the loop's. */
export type Request = Omit<MessageParams, "messages" | "tools">

/** What ends a run from within. */
export type Broken = JournalFailed | RunTakenOver

export interface Job<R> {
  readonly runId: string
  readonly request: Request
  readonly definitions: Definitions<R>
  readonly bounds: Bounds
  /** As they were given to the run. */
  readonly limits: Limits
  readonly concurrency: number
  /** Milliseconds. */
  readonly toolTimeout: number
  readonly grace: number
  /** What the model is told in its closing turn; undefined for none. */
  readonly closing: string | undefined
  /** Keeps the history within the model's window; `overflow` is what the API said of it. */
  readonly fit:
    | ((
      history: History,
      usage: ClaudeError.Usage | undefined,
      overflow: ClaudeError.ContextOverflow | undefined
    ) => Effect.Effect<Fitted, WindowExceeded>)
    | undefined
  /** What the final answer has to be. */
  readonly format: Format | undefined
  readonly call: CreateOptions
  readonly decisions: Readonly<Record<string, Decision>>
  readonly recorder: Recorder | undefined
  /** The limit that the run has reached and said its last word to. */
  readonly closed: LimitName | undefined
  readonly now: () => number
  readonly ask: (params: MessageParams, options: CreateOptions) => Effect.Effect<
    Messages.Message,
    ClaudeError.ClaudeError
  >
  /** The most that a model may be asked to answer; undefined where nobody knows. */
  readonly mostTokens: Effect.Effect<number | undefined>
  readonly emit: (event: Event) => Effect.Effect<void>
  readonly onTurn: (turn: Turn) => Effect.Effect<void>
}
