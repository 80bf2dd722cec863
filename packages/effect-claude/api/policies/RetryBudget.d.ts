import * as Context from "effect/Context";
import * as Effect from "effect/Effect";
import * as Layer from "effect/Layer";
import type { Outcome } from "../errors/ClaudeError.ts";
import * as Impossible from "./internal/impossible.ts";
declare const RetryBudget_base: Context.ServiceClass<RetryBudget, "effect-claude/policies/RetryBudget", {
    readonly withdraw: (outcome: Outcome) => Effect.Effect<boolean>;
    readonly refund: (outcome: Outcome) => Effect.Effect<void>;
    readonly deposit: Effect.Effect<void>;
    readonly level: Effect.Effect<number>;
}>;
export declare class RetryBudget extends RetryBudget_base {
}
export interface Options {
    readonly perSuccess?: number;
    readonly cost?: number;
    readonly cap?: number;
    readonly perMinute?: number;
}
export declare const standard: Required<Options>;
export declare function layer(): Layer.Layer<RetryBudget>;
export declare function layer(options: Options): Layer.Layer<RetryBudget, Impossible.ImpossiblePolicy>;
export {};
