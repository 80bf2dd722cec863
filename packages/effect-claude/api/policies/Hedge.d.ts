import * as Duration from "effect/Duration";
import * as Effect from "effect/Effect";
import { RetryBudget } from "./RetryBudget.ts";
export interface Hedge {
    readonly percentile: number;
    readonly warmUp: number;
    readonly window: number;
    readonly shortest: Duration.Duration;
}
export interface Options {
    readonly percentile?: number;
    readonly warmUp?: number;
    readonly window?: number;
    readonly shortest?: Duration.Input;
}
export declare const standard: Hedge;
export declare const make: (options?: Options) => Hedge;
export declare const withHedge: {
    (options: {
        readonly after: Duration.Input;
    }): <A, E, R>(self: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R | RetryBudget>;
    <A, E, R>(self: Effect.Effect<A, E, R>, options: {
        readonly after: Duration.Input;
    }): Effect.Effect<A, E, R | RetryBudget>;
};
