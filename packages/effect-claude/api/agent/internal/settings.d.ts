import * as Context from "effect/Context";
import type * as Duration from "effect/Duration";
import type { Effect } from "effect/Effect";
import type * as Option from "effect/Option";
import type * as Schedule from "effect/Schedule";
import type { Account } from "../Spend.ts";
export declare const Timeout: Context.Reference<Duration.Input | undefined>;
export declare const Retry: Context.Reference<Schedule.Schedule<unknown, unknown, never, never> | undefined>;
export declare const Polling: Context.Reference<boolean>;
export type Reconcile = (params: unknown, call: Call) => Effect<Option.Option<unknown>>;
export declare const Reconciling: Context.Reference<Reconcile | undefined>;
export interface Call {
    readonly runId: string;
    readonly callId: string;
    readonly idempotencyKey: string;
}
export declare const CurrentCall: Context.Reference<Call | undefined>;
export interface Within {
    readonly depth: number;
    readonly maxDepth: number;
    readonly account: Account;
    readonly until: number;
}
export declare const CurrentRun: Context.Reference<Within | undefined>;
