/** What a run tells while it runs. */
import type * as Messages from "@anthropic-ai/sdk/resources/messages"
import type { History } from "../../conversation/History.ts"
import type * as ClaudeError from "../../errors/ClaudeError.ts"
import type { Fitted } from "../ContextWindow.ts"
import type { Amount } from "../Spend.ts"
import type { Outcome } from "./outcomes.ts"

/** A turn that has ended: the history may be sent as it is. */
export interface Turn {
  readonly runId: string
  /** From 1. */
  readonly turn: number
  readonly history: History
  readonly usage: ClaudeError.Usage
  /** US dollars so far. */
  readonly spend: number | undefined
  /** What the next request is expected to use. */
  readonly forecast: Amount
}

export type Event =
  | { readonly _tag: "Text"; readonly text: string }
  | { readonly _tag: "Thinking"; readonly text: string }
  | { readonly _tag: "Answered"; readonly message: Messages.Message }
  | { readonly _tag: "ToolStarted"; readonly id: string; readonly name: string; readonly input: unknown }
  | {
    readonly _tag: "ToolFinished"
    readonly id: string
    readonly name: string
    /** What became of the call: "finished" and "failed" are the handler's own words. */
    readonly fate: string
    readonly result: Messages.ToolResultBlockParam
  }
  /** The history was shortened to fit the window. */
  | { readonly _tag: "Fitted"; readonly fitted: Fitted }
  | ({ readonly _tag: "Turn" } & Turn)
  | { readonly _tag: "Outcome"; readonly outcome: Outcome }
