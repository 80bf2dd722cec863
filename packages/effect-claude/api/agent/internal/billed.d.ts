import * as ClaudeError from "../../errors/ClaudeError.ts";
export interface Billed {
    readonly known: ReadonlyArray<{
        readonly usage: ClaudeError.Usage;
        readonly model: string | undefined;
    }>;
    readonly unknown: number;
}
export declare const billed: (error: ClaudeError.ClaudeError) => Billed;
