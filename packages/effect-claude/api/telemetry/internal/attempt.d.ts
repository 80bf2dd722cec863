import * as Effect from "effect/Effect";
import type { AttemptWatch, Ended } from "./hook.ts";
import type { CallRecorder } from "./recorder.ts";
export declare class AttemptRecorder implements AttemptWatch {
    private readonly call;
    private readonly client;
    private readonly number;
    private readonly series;
    private readonly span;
    private readonly since;
    private status;
    private requestId;
    constructor(call: CallRecorder, model: string, number: number);
    within<A, E, R>(work: Effect.Effect<A, E, R>): Effect.Effect<A, E, R>;
    answered(status: number, requestId: string | undefined): void;
    ended(ended: Ended): void;
}
