import type * as Duration from "effect/Duration";
import type * as ClaudeError from "../../errors/ClaudeError.ts";
import type { CircuitState, Refusal, WaitCause } from "./hook.ts";
interface InCall {
    readonly at: number;
    readonly call: number;
}
export type Result = "none" | ClaudeError.Reason["_tag"] | "interrupted" | "defect";
export interface CallStarted extends InCall {
    readonly _tag: "CallStarted";
    readonly method: string;
    readonly model: string;
}
export interface AttemptStarted extends InCall {
    readonly _tag: "AttemptStarted";
    readonly attempt: number;
    readonly model: string;
}
export interface AttemptEnded extends InCall {
    readonly _tag: "AttemptEnded";
    readonly attempt: number;
    readonly model: string;
    readonly result: Result;
    readonly status: number | undefined;
    readonly requestId: string | undefined;
    readonly duration: Duration.Duration;
    readonly usage: ClaudeError.Usage | undefined;
}
export interface Waited extends InCall {
    readonly _tag: "Waited";
    readonly cause: WaitCause;
    readonly duration: Duration.Duration;
}
export interface Retrying extends InCall {
    readonly _tag: "Retrying";
    readonly reason: Result;
    readonly cause: WaitCause;
    readonly wait: Duration.Duration;
}
export interface RetryRefused extends InCall {
    readonly _tag: "RetryRefused";
    readonly reason: Result;
    readonly by: Refusal;
}
export interface CircuitChanged extends InCall {
    readonly _tag: "CircuitChanged";
    readonly model: string;
    readonly from: CircuitState;
    readonly to: CircuitState;
    readonly reason: Result | undefined;
}
export interface Hedged extends InCall {
    readonly _tag: "Hedged";
    readonly what: "started" | "won" | "lost";
}
export interface FellBack extends InCall {
    readonly _tag: "FellBack";
    readonly from: string;
    readonly to: string;
    readonly reason: string;
}
export interface StreamBegan extends InCall {
    readonly _tag: "StreamBegan";
    readonly after: Duration.Duration;
}
export interface Continued extends InCall {
    readonly _tag: "Continued";
    readonly reason: string;
}
export interface CallEnded extends InCall {
    readonly _tag: "CallEnded";
    readonly method: string;
    readonly model: string;
    readonly result: Result;
    readonly attempts: number;
    readonly waited: Duration.Duration;
    readonly duration: Duration.Duration;
    readonly usage: ClaudeError.Usage | undefined;
    readonly stopReason: string | undefined;
}
export interface Spent {
    readonly _tag: "Spent";
    readonly at: number;
    readonly model: string;
    readonly usd: number;
}
export interface Alert extends InCall {
    readonly _tag: "Alert";
    readonly reason: "BillingBlocked" | "AccountOnHold";
    readonly model: string;
    readonly status: number | undefined;
    readonly requestId: string | undefined;
    readonly cause: string;
    readonly who: string;
    readonly steps: ReadonlyArray<string>;
}
export interface Lost {
    readonly _tag: "Lost";
    readonly count: number;
}
export type Event = CallStarted | AttemptStarted | AttemptEnded | Waited | Retrying | RetryRefused | CircuitChanged | Hedged | FellBack | StreamBegan | Continued | CallEnded | Spent | Alert | Lost;
export {};
