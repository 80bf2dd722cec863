import type * as Effect from "effect/Effect";
import type * as Fiber from "effect/Fiber";
import type { Source } from "./hook.ts";
import type { Labels } from "./labels.ts";
import type { Registry } from "./registered.ts";
export interface Surroundings {
    readonly registry: Registry;
    readonly models: Labels;
    readonly limiters: Labels;
    readonly operations: Labels;
    readonly address: string;
    readonly run: <A>(effect: Effect.Effect<A>) => Fiber.Fiber<A>;
}
export declare class Levels {
    private readonly source;
    private readonly around;
    private readonly limits;
    private readonly shown;
    private readonly models;
    private readonly removals;
    private samples;
    constructor(source: Source, around: Surroundings);
    close(): void;
    notice(model: string): void;
    private show;
    private sample;
    private discover;
    private isNew;
}
