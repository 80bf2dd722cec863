import type { Reason } from "./ClaudeError.ts";
import * as Advice from "./internal/advice/advice.ts";
export declare const Diagnosis: import("effect/Schema").Struct<{
    readonly cause: import("effect/Schema").String;
    readonly who: import("effect/Schema").Literals<readonly ["you", "admin", "billing", "anthropic", "network"]>;
    readonly steps: import("effect/Schema").$Array<import("effect/Schema").String>;
    readonly retry: import("effect/Schema").Struct<{
        readonly helps: import("effect/Schema").Literals<readonly ["yes", "once", "no"]>;
        readonly when: import("effect/Schema").String;
    }>;
    readonly docs: import("effect/Schema").String;
}>;
export type Diagnosis = typeof Diagnosis.Type;
export type Who = Advice.Who;
export declare const ofCode: (code: string) => Diagnosis | undefined;
export declare const statusOf: (code: string) => number | undefined;
export declare const all: ReadonlyMap<string, Diagnosis>;
export declare const of: (reason: Reason) => Diagnosis;
export declare const checklist: ReadonlyArray<{
    readonly question: string;
    readonly how: string;
}>;
