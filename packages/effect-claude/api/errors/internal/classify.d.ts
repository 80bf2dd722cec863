import type { Partial } from "./fields.ts";
import type { RealReason } from "./local.ts";
export interface Answer {
    readonly status: number;
    readonly header: (name: string) => string | null;
    readonly body: unknown;
    readonly now: number;
    readonly partial?: Partial | undefined;
    readonly delivered?: boolean | undefined;
    readonly secrets?: ReadonlyArray<string>;
}
export declare const statusOfType: ReadonlyMap<string, number>;
export declare const answer: (given: Answer) => RealReason;
