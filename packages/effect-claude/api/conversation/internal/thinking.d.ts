import type Anthropic from "@anthropic-ai/sdk";
type MessageParam = Anthropic.MessageParam;
export declare const isThinking: (block: unknown) => boolean;
export declare const lastThinking: (messages: ReadonlyArray<MessageParam>) => number;
export declare const withoutThinking: (messages: ReadonlyArray<MessageParam>) => ReadonlyArray<MessageParam>;
export {};
