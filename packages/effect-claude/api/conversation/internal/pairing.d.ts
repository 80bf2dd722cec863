import type * as ClaudeError from "../../errors/ClaudeError.ts";
import { type Block, type Turn } from "./turns.ts";
type Violation = ClaudeError.Violation;
interface Blocks {
    readonly blocks: ReadonlyArray<Block>;
}
export declare const callsOf: (turn: Blocks | undefined) => ReadonlyArray<Block>;
export declare const unanswered: (turns: ReadonlyArray<Turn>) => ReadonlyArray<Violation>;
export declare const orphan: (turns: ReadonlyArray<Turn>) => ReadonlyArray<Violation>;
export declare const order: (turns: ReadonlyArray<Turn>) => ReadonlyArray<Violation>;
export declare const duplicateResult: (turns: ReadonlyArray<Turn>) => ReadonlyArray<Violation>;
export declare const duplicateCall: (turns: ReadonlyArray<Turn>) => ReadonlyArray<Violation>;
export {};
