import type * as Messages from "@anthropic-ai/sdk/resources/messages";
import type * as Prompt from "effect/ai/Prompt";
export declare const block: (part: Prompt.FilePart) => Messages.ImageBlockParam | Messages.DocumentBlockParam | undefined;
