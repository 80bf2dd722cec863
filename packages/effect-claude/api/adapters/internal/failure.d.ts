import type * as ClaudeError from "../../errors/ClaudeError.ts";
export interface Original {
    readonly reason: ClaudeError.RealReason;
    readonly response: Response;
    readonly body: Uint8Array<ArrayBuffer>;
}
export declare const disposed: () => Response;
export declare const failure: ({ attempts, reason }: ClaudeError.ClaudeError, originals: ReadonlyArray<Original>) => Response;
