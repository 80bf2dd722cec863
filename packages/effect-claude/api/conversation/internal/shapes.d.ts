import type * as ClaudeError from "../../errors/ClaudeError.ts";
import { type Turn } from "./turns.ts";
type Violation = ClaudeError.Violation;
export declare const messageShape: (_: ReadonlyArray<Turn>, messages: ReadonlyArray<unknown>) => ReadonlyArray<Violation>;
export declare const roles: (turns: ReadonlyArray<Turn>, messages: ReadonlyArray<unknown>) => ReadonlyArray<Violation>;
export declare const content: (turns: ReadonlyArray<Turn>, messages: ReadonlyArray<unknown>) => ReadonlyArray<Violation>;
export {};
