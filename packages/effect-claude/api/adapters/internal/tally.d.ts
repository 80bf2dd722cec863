import { type Fields } from "../../client/internal/fields.ts";
import type { Name, Sink } from "../../client/internal/sse.ts";
import type { Usage } from "../../errors/ClaudeError.ts";
import type { Answer } from "../../telemetry/internal/hook.ts";
export declare const answerOf: (message: Fields, content: ReadonlyArray<unknown>) => Answer;
export interface Heard {
    readonly event: () => void;
    readonly error: (event: Fields) => void;
    readonly broken: (what: string) => void;
}
export declare class Tally implements Sink {
    started: boolean;
    begun: boolean;
    complete: boolean;
    private message;
    private usage;
    private counted;
    private characters;
    private readonly same;
    private readonly heard;
    constructor(heard: Heard);
    frame(name: Name, text: string): void;
    private take;
    get answer(): Answer;
    used(): Usage;
}
