import type * as Messages from "@anthropic-ai/sdk/resources/messages";
import type * as Prompt from "effect/ai/Prompt";
import { type Names, Parts } from "./promptParts.ts";
export interface Converted extends Pick<Parts, "documents" | "problems"> {
    readonly system: ReadonlyArray<Messages.TextBlockParam>;
    readonly messages: ReadonlyArray<Messages.MessageParam>;
}
export declare const convert: (prompt: Prompt.Prompt, names: Names) => Converted;
