import * as AiError from "effect/ai/AiError";
import * as ClaudeError from "../../../errors/ClaudeError.ts";
export declare const toAiError: (method: string) => (error: ClaudeError.ClaudeError | AiError.AiErrorReason) => AiError.AiError;
export declare const claudeErrorOf: (error: unknown) => ClaudeError.ClaudeError | undefined;
