import type * as ClaudeError from "../../errors/ClaudeError.ts";
import { type Turn } from "./turns.ts";
export type Violation = ClaudeError.Violation;
export interface Rule {
    readonly name: string;
    readonly says: string;
    readonly check: (turns: ReadonlyArray<Turn>, messages: ReadonlyArray<unknown>) => ReadonlyArray<Violation>;
}
export declare const rules: ReadonlyArray<Rule>;
export declare const violations: (messages: ReadonlyArray<unknown>, waived?: ReadonlySet<string>) => ReadonlyArray<Violation>;
