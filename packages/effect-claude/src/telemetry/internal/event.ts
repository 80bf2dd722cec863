/** What happened, as data: no content, no keys. `at` is the Clock's milliseconds, `call` numbers the calls of a layer. */
import type * as Duration from "effect/Duration"
import type * as ClaudeError from "../../errors/ClaudeError.ts"
import type { CircuitState, Refusal, WaitCause } from "./hook.ts"

interface InCall {
  readonly at: number
  readonly call: number
}

/** How something ended: "none", the tag of a reason, "interrupted" or "defect". */
export type Result = "none" | ClaudeError.Reason["_tag"] | "interrupted" | "defect"

export interface CallStarted extends InCall {
  readonly _tag: "CallStarted"
  readonly method: string
  readonly model: string
}

/** A request leaves; `attempt` counts from 1 over all requests of the call. */
export interface AttemptStarted extends InCall {
  readonly _tag: "AttemptStarted"
  readonly attempt: number
  readonly model: string
}

export interface AttemptEnded extends InCall {
  readonly _tag: "AttemptEnded"
  readonly attempt: number
  readonly model: string
  readonly result: Result
  readonly status: number | undefined
  readonly requestId: string | undefined
  readonly duration: Duration.Duration
  readonly usage: ClaudeError.Usage | undefined
}

/** A wait that is over. */
export interface Waited extends InCall {
  readonly _tag: "Waited"
  readonly cause: WaitCause
  readonly duration: Duration.Duration
}

/** There will be another try after `wait`. */
export interface Retrying extends InCall {
  readonly _tag: "Retrying"
  readonly reason: Result
  readonly cause: WaitCause
  readonly wait: Duration.Duration
}

/** There will be no other try: `by` says what forbids it. */
export interface RetryRefused extends InCall {
  readonly _tag: "RetryRefused"
  readonly reason: Result
  readonly by: Refusal
}

export interface CircuitChanged extends InCall {
  readonly _tag: "CircuitChanged"
  readonly model: string
  readonly from: CircuitState
  readonly to: CircuitState
  readonly reason: Result | undefined
}

/** A second request left, or one of the two gave the answer: `won` is the second's. */
export interface Hedged extends InCall {
  readonly _tag: "Hedged"
  readonly what: "started" | "won" | "lost"
}

export interface FellBack extends InCall {
  readonly _tag: "FellBack"
  readonly from: string
  readonly to: string
  readonly reason: string
}

/** The first events of a stream are there. */
export interface StreamBegan extends InCall {
  readonly _tag: "StreamBegan"
  readonly after: Duration.Duration
}

/** A stream goes on by another request: after a break, or after `max_tokens`. */
export interface Continued extends InCall {
  readonly _tag: "Continued"
  readonly reason: string
}

export interface CallEnded extends InCall {
  readonly _tag: "CallEnded"
  readonly method: string
  readonly model: string
  readonly result: Result
  readonly attempts: number
  /** All waits together. */
  readonly waited: Duration.Duration
  readonly duration: Duration.Duration
  /** Of all requests together; undefined if none told any. */
  readonly usage: ClaudeError.Usage | undefined
  readonly stopReason: string | undefined
}

/** Money was settled. */
export interface Spent {
  readonly _tag: "Spent"
  readonly at: number
  readonly model: string
  readonly usd: number
}

/** Somebody has to act: at most one a minute for each reason. */
export interface Alert extends InCall {
  readonly _tag: "Alert"
  readonly reason: "BillingBlocked" | "AccountOnHold"
  readonly model: string
  readonly status: number | undefined
  readonly requestId: string | undefined
  /** The cause in a sentence, who has to act and what to do, as `Diagnosis` says it. */
  readonly cause: string
  readonly who: string
  readonly steps: ReadonlyArray<string>
}

/** So many events before the next one were dropped, oldest first: this reader was too slow. */
export interface Lost {
  readonly _tag: "Lost"
  readonly count: number
}

export type Event =
  | CallStarted
  | AttemptStarted
  | AttemptEnded
  | Waited
  | Retrying
  | RetryRefused
  | CircuitChanged
  | Hedged
  | FellBack
  | StreamBegan
  | Continued
  | CallEnded
  | Spent
  | Alert
  | Lost
