import * as Context from "effect/Context";
import type { Definition } from "./metrics.ts";
export type Registry = Context.Context<never>;
export type Labels = Readonly<Record<string, string>>;
export declare const options: (definition: Definition, labels: Labels) => {
    description: string;
    attributes: {
        unit: string;
    };
};
export declare const keyOf: (definition: Definition, labels: Labels, registry: Registry) => string;
export declare class Counter {
    private count;
    constructor(definition: Definition, labels: Labels, registry: Registry);
    add(by: number): void;
}
export declare class Histogram {
    private readonly boundaries;
    private readonly counts;
    private count;
    private sum;
    private min;
    private max;
    constructor(definition: Definition, labels: Labels, registry: Registry);
    record(value: number): void;
    private state;
}
export declare const counter: (definition: Definition, labels: Labels, registry: Registry) => Counter;
export declare const histogram: (definition: Definition, labels: Labels, registry: Registry) => Histogram;
