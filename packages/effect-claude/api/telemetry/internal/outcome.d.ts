import * as Exit from "effect/Exit";
import * as ClaudeError from "../../errors/ClaudeError.ts";
import type { Result } from "./event.ts";
export declare const resultOf: (exit: Exit.Exit<unknown, unknown>) => Result;
export declare const reasonOf: (exit: Exit.Exit<unknown, unknown>) => ClaudeError.Reason | undefined;
export declare const shown: (result: Result, reason: ClaudeError.Reason | undefined) => Exit.Exit<void, unknown>;
export declare const statusOf: (reason: ClaudeError.Reason | undefined) => number | undefined;
export declare const requestIdOf: (reason: ClaudeError.Reason | undefined) => string | undefined;
