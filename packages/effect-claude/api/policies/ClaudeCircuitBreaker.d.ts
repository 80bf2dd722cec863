import * as Context from "effect/Context";
import * as Duration from "effect/Duration";
import * as Effect from "effect/Effect";
import * as Layer from "effect/Layer";
import type * as Scope from "effect/Scope";
import * as ClaudeError from "../errors/ClaudeError.ts";
import { type Changed as CircuitChanged, type State } from "./internal/circuit.ts";
import * as Impossible from "./internal/impossible.ts";
export interface Permit {
    readonly record: (outcome: ClaudeError.Outcome | "ignored", reason?: ClaudeError.RealReason | undefined) => Effect.Effect<void>;
}
export type Changed = CircuitChanged;
declare const ClaudeCircuitBreaker_base: Context.ServiceClass<ClaudeCircuitBreaker, "effect-claude/policies/ClaudeCircuitBreaker", {
    readonly check: (key: string) => Effect.Effect<void, ClaudeError.CircuitOpen>;
    readonly acquire: (key: string, changed?: Changed) => Effect.Effect<Permit, ClaudeError.CircuitOpen>;
    readonly changed: (key: string) => Effect.Effect<void>;
    readonly isolate: (key: string) => Effect.Effect<void, never, Scope.Scope>;
    readonly state: (key: string) => Effect.Effect<State>;
}>;
export declare class ClaudeCircuitBreaker extends ClaudeCircuitBreaker_base {
}
export interface Options {
    readonly window?: number;
    readonly minimumCalls?: number;
    readonly failureRate?: number;
    readonly openFor?: Duration.Input;
    readonly openForMax?: Duration.Input;
    readonly jitter?: number;
    readonly probes?: number;
    readonly probeTimeout?: Duration.Input;
}
export declare const standard: {
    readonly window: 20;
    readonly minimumCalls: 10;
    readonly failureRate: 0.5;
    readonly openFor: "15 seconds";
    readonly openForMax: "5 minutes";
    readonly jitter: 0.25;
    readonly probes: 1;
    readonly probeTimeout: "10 minutes";
};
export declare function layer(): Layer.Layer<ClaudeCircuitBreaker>;
export declare function layer(options: Options): Layer.Layer<ClaudeCircuitBreaker, Impossible.ImpossiblePolicy>;
export declare const withCircuitBreaker: {
    (options: {
        readonly key: string;
    }): <A, E, R>(self: Effect.Effect<A, E, R>) => Effect.Effect<A, E | ClaudeError.CircuitOpen, R | ClaudeCircuitBreaker>;
    <A, E, R>(self: Effect.Effect<A, E, R>, options: {
        readonly key: string;
    }): Effect.Effect<A, E | ClaudeError.CircuitOpen, R | ClaudeCircuitBreaker>;
};
export {};
