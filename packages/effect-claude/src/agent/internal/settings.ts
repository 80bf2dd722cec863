/** What tools say of themselves beyond Effect's annotations, and what a handler may know of its call. */
import * as Context from "effect/Context"
import type * as Duration from "effect/Duration"
import type { Effect } from "effect/Effect"
import type * as Option from "effect/Option"
import type * as Schedule from "effect/Schedule"
import type { Account } from "../Spend.ts"

/** How long a call of this tool may take; default: the loop's. */
export const Timeout = Context.Reference<Duration.Input | undefined>("effect-claude/agent/ToolLoop/Timeout", {
  defaultValue: () => undefined
})

/** How calls of this tool are tried again; only for tools that are readonly or idempotent. */
export const Retry = Context.Reference<Schedule.Schedule<unknown> | undefined>("effect-claude/agent/ToolLoop/Retry", {
  defaultValue: () => undefined
})

/** Asks for something that changes by itself: equal calls with equal results are no sign of a runaway loop. */
export const Polling = Context.Reference<boolean>("effect-claude/agent/ToolLoop/Polling", { defaultValue: () => false })

/** Finds out what came of a call whose result is not known; none means that nobody knows. */
export type Reconcile = (params: unknown, call: Call) => Effect<Option.Option<unknown>>

export const Reconciling = Context.Reference<Reconcile | undefined>("effect-claude/agent/ToolLoop/Reconciling", {
  defaultValue: () => undefined
})

/** The call a handler is working on. */
export interface Call {
  readonly runId: string
  readonly callId: string
  /** The same whenever the same call is run again: after a crash, or as a retry. */
  readonly idempotencyKey: string
}

/** Undefined outside a handler. */
export const CurrentCall = Context.Reference<Call | undefined>("effect-claude/agent/ToolLoop/CurrentCall", {
  defaultValue: () => undefined
})

/** The run within which a run is: their limits hold for both. */
export interface Within {
  readonly depth: number
  readonly maxDepth: number
  readonly account: Account
  /** An instant in Clock milliseconds. */
  readonly until: number
}

export const CurrentRun = Context.Reference<Within | undefined>("effect-claude/agent/ToolLoop/CurrentRun", {
  defaultValue: () => undefined
})
