/** What a strategy is told and what it answers; it sees messages, and the engine makes a history of them again. */
import type Anthropic from "@anthropic-ai/sdk"
import type * as Effect from "effect/Effect"
import type { ClaudeClient, MessageParams } from "../../../client/ClaudeClient.ts"
import type { InvalidHistory } from "../../../conversation/History.ts"
import type { ClaudeError, Usage } from "../../../errors/ClaudeError.ts"

export type MessageParam = Anthropic.MessageParam

/** What is sent with the messages and counts as input. */
export type Prompt = Pick<
  MessageParams,
  "model" | "system" | "tools" | "tool_choice" | "thinking" | "output_config" | "cache_control"
>

/** A request that fitting made, to be charged. */
export interface Charge {
  readonly model: string
  readonly usage: Usage
}

export interface Situation {
  readonly messages: ReadonlyArray<MessageParam>
  /** Estimated tokens of a message. */
  readonly tokensOf: (message: MessageParam) => number
  /** Tokens that are to go. */
  readonly excess: number
}

export interface Change {
  /** The same list where nothing was to be done. */
  readonly messages: ReadonlyArray<MessageParam>
  /** Results that are now a placeholder. */
  readonly cleared?: number
  readonly charges?: ReadonlyArray<Charge>
  /** Why nothing was done. */
  readonly failed?: ClaudeError | InvalidHistory
}

/** One way to make a conversation shorter. Untouched messages stay the same values. */
export interface Strategy {
  readonly name: string
  readonly apply: (situation: Situation) => Effect.Effect<Change, never, ClaudeClient>
}
