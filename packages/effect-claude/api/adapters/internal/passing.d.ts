import * as Effect from "effect/Effect";
import * as Exit from "effect/Exit";
import { type Late, type Target } from "../../client/internal/inflow.ts";
import type { Opened } from "../../client/internal/sdk.ts";
import type { Answer } from "../../telemetry/internal/hook.ts";
import * as Reasons from "./reasons.ts";
export interface Surroundings extends Reasons.Surroundings {
    readonly run: (effect: Effect.Effect<void>) => void;
    readonly closed: () => void;
}
export declare class Passing implements Target {
    failure: Reasons.Failure | undefined;
    private readonly tally;
    private readonly inflow;
    private readonly decoder;
    private readonly reasons;
    private readonly surroundings;
    private readonly bound;
    private pieces;
    private held;
    private thrown;
    private told;
    private toldAt;
    private over;
    private wake;
    private readonly followed;
    constructor(source: Opened, surroundings: Surroundings);
    get isFilled(): boolean;
    get isOver(): boolean;
    readonly isComplete = false;
    get exit(): Exit.Exit<Answer, Reasons.Failure>;
    readonly ready: Effect.Effect<void, Reasons.Failure>;
    get body(): ReadableStream<Uint8Array>;
    private give;
    take(chunk: Uint8Array): void;
    end(): void;
    fail(thrown: unknown): void;
    late(which: Late): void;
    abandon(thrown: unknown): void;
    follow(signal: AbortSignal): void;
    private onEvent;
    private onError;
    private tell;
    private break;
    private close;
}
