import type * as Messages from "@anthropic-ai/sdk/resources/messages";
export declare const wellFormed: (text: string) => string;
export declare const readable: (message: Messages.Message) => Messages.Message;
