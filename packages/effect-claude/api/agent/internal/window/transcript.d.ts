import type { MessageParam } from "./strategy.ts";
export declare const parts: (messages: ReadonlyArray<MessageParam>, most: number) => ReadonlyArray<string>;
