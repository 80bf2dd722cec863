import type Anthropic from "@anthropic-ai/sdk";
import type * as Tool from "effect/ai/Tool";
export declare const longest = 500000;
export declare const together: (results: ReadonlyArray<Anthropic.ToolResultBlockParam>) => ReadonlyArray<Anthropic.ToolResultBlockParam>;
export declare const failure: (id: string, message: string) => Anthropic.ToolResultBlockParam;
export declare const success: (id: string, encoded: unknown) => Anthropic.ToolResultBlockParam;
export declare const failed: (id: string, encoded: unknown) => Anthropic.ToolResultBlockParam;
export declare const defect: (id: string, trace: string) => Anthropic.ToolResultBlockParam;
export declare const handled: (id: string, result: Tool.HandlerResult<Tool.Any>) => Anthropic.ToolResultBlockParam | undefined;
