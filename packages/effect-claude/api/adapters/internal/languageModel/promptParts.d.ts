import type * as Messages from "@anthropic-ai/sdk/resources/messages";
import type * as Prompt from "effect/ai/Prompt";
import type * as Tool from "effect/ai/Tool";
import { type CacheOptions } from "./metadata.ts";
export type Names = Pick<Tool.NameMapper<ReadonlyArray<Tool.Any>>, "getProviderName">;
export type Block = Messages.ContentBlockParam;
export declare const cached: (options: CacheOptions | null | undefined) => {
    readonly cache_control?: Messages.CacheControlEphemeral;
};
export declare const markLast: (blocks: Array<Block>, options: CacheOptions | null | undefined) => void;
export declare class Parts {
    readonly documents: Array<Prompt.FilePart>;
    readonly problems: Array<string>;
    private readonly names;
    constructor(names: Names);
    private file;
    user(parts: ReadonlyArray<Prompt.TextPart | Prompt.FilePart>, path: string): (Messages.DocumentBlockParam | Messages.ImageBlockParam | Messages.TextBlockParam)[];
    private odd;
    result(part: Prompt.ToolResultPart, path: string): Messages.ToolResultBlockParam;
    private call;
    private served;
    assistant(part: Prompt.AssistantMessagePart, path: string): ReadonlyArray<Block>;
}
