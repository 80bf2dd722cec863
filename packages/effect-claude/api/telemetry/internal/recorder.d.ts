import * as Effect from "effect/Effect";
import type * as Exit from "effect/Exit";
import type * as ClaudeError from "../../errors/ClaudeError.ts";
import { AttemptRecorder } from "./attempt.ts";
import type { Answer, Recording, Source } from "./hook.ts";
import { Telling } from "./telling.ts";
export declare class CallRecorder extends Telling implements Recording {
    attempts: number;
    status: number | undefined;
    requestId: string | undefined;
    private usage;
    private answer;
    private readonly raised;
    within<A, E, R>(call: Effect.Effect<A, E, R>): Effect.Effect<A, E, R>;
    from(source: Source): this;
    attempt(model: string): AttemptRecorder;
    used(usage: ClaudeError.Usage): void;
    failed(reason: ClaudeError.Reason): void;
    answered(answer: Answer): void;
    ended(exit: Exit.Exit<unknown, unknown>, answer?: Answer | undefined): Effect.Effect<void> | undefined;
    private report;
}
