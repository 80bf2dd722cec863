import * as Context from "effect/Context";
import * as Duration from "effect/Duration";
import * as Layer from "effect/Layer";
export type Fault = "overloaded" | "rateLimited" | "serverFailed" | "reset" | "empty";
export interface Options {
    readonly rate?: number;
    readonly faults?: ReadonlyArray<Fault>;
    readonly latency?: {
        readonly rate: number;
        readonly wait: Duration.Input;
    };
    readonly seed?: number;
}
export interface Verdict {
    readonly wait: number;
    readonly fault: Fault | undefined;
}
export declare const Chaos: Context.Reference<(() => Verdict) | undefined>;
export declare const layer: (options?: Options) => Layer.Layer<never>;
