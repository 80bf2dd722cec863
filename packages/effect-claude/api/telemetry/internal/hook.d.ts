import * as Context from "effect/Context";
import * as Effect from "effect/Effect";
import * as Exit from "effect/Exit";
import type * as Fiber from "effect/Fiber";
import * as Stream from "effect/Stream";
import type * as ClaudeError from "../../errors/ClaudeError.ts";
export type WaitCause = "bulkhead" | "limiter" | NonNullable<ClaudeError.Attempt["waitSource"]>;
export type Refusal = NonNullable<ClaudeError.Attempt["refused"]>;
export type CircuitState = "closed" | "open" | "halfOpen" | "isolated";
export interface Level {
    readonly key: string;
    readonly name: string;
    readonly requests: number;
    readonly inputTokens: number;
    readonly outputTokens: number;
    readonly inFlight: number;
    readonly queued: number;
    readonly limits: {
        readonly requests: number | undefined;
        readonly inputTokens: number | undefined;
        readonly outputTokens: number | undefined;
    };
}
export interface Source {
    readonly provider: string;
    readonly host: string;
    readonly limits: Effect.Effect<ReadonlyArray<Level>>;
    readonly circuit: (model: string) => Effect.Effect<CircuitState>;
    readonly retries: Effect.Effect<number>;
    readonly closers: Set<() => void>;
}
export interface Called {
    readonly source: Source;
    readonly method: string;
    readonly model: string | undefined;
    readonly params: unknown;
}
export interface Answer {
    readonly id: string;
    readonly model: string;
    readonly stop_reason: string | null;
    readonly content: ReadonlyArray<unknown>;
}
export type Ended = {
    readonly _tag: "Used";
    readonly usage: ClaudeError.Usage;
} | {
    readonly _tag: "Failed";
    readonly reason: ClaudeError.Reason;
} | {
    readonly _tag: "Interrupted";
    readonly usage?: ClaudeError.Usage;
};
export interface AttemptWatch {
    readonly within: <A, E, R>(work: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>;
    readonly answered: (status: number, requestId: string | undefined) => void;
    readonly ended: (ended: Ended) => void;
}
export interface CallWatch {
    readonly from: (source: Source) => CallWatch;
    readonly attempt: (model: string) => AttemptWatch;
    readonly waited: (cause: WaitCause, millis: number) => void;
    readonly retrying: (reason: ClaudeError.Reason, millis: number, cause: WaitCause) => void;
    readonly refused: (by: Refusal, reason: ClaudeError.Reason) => void;
    readonly circuit: (model: string, from: CircuitState, to: CircuitState, reason: ClaudeError.RealReason | undefined) => void;
    readonly hedged: (what: "started" | "won" | "lost") => void;
    readonly fellBack: (from: string, to: string, cause: string) => void;
    readonly continued: (reason: string) => void;
    readonly began: () => void;
    readonly answered: (message: Answer) => void;
}
export interface Recording extends CallWatch {
    readonly within: <A, E, R>(call: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>;
    readonly ended: (exit: Exit.Exit<unknown, unknown>, answer: Answer | undefined) => Effect.Effect<void> | undefined;
}
export interface Hook {
    readonly begin: (fiber: Fiber.Fiber<unknown, unknown>, called: Called) => Recording;
    readonly spent: (model: string, usd: number) => void;
    readonly budget: (share: () => number) => () => void;
}
export declare const Listener: Context.Reference<Hook | undefined>;
export declare const listened: <A, E, R>(hook: Hook, called: Called, answer: (value: A) => Answer | undefined, run: (watch: CallWatch) => Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>;
export declare const watched: <A, E, R>(built: Hook | undefined, called: () => Called, answer: (value: A) => Answer | undefined, run: (watch: CallWatch | undefined) => Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>;
export declare const watchedStream: <A, E, R>(built: Hook | undefined, called: () => Called, run: (watch: CallWatch | undefined) => Stream.Stream<A, E, R>) => Stream.Stream<A, E, R>;
