import type { MessageParam } from "./strategy.ts";
export declare const lastThinking: (messages: ReadonlyArray<MessageParam>) => number;
export declare const withoutThinking: (messages: ReadonlyArray<MessageParam>) => ReadonlyArray<MessageParam>;
