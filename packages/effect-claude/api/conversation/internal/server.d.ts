import type * as ClaudeError from "../../errors/ClaudeError.ts";
import { type Turn } from "./turns.ts";
type Violation = ClaudeError.Violation;
export declare const serverPairs: (turns: ReadonlyArray<Turn>) => ReadonlyArray<Violation>;
export declare const thinking: (turns: ReadonlyArray<Turn>) => ReadonlyArray<Violation>;
export {};
