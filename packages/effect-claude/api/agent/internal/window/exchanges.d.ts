import type Anthropic from "@anthropic-ai/sdk";
type MessageParam = Anthropic.MessageParam;
export interface Parts {
    readonly exchanges: ReadonlyArray<number>;
    readonly steps: ReadonlyArray<number>;
}
export declare const partsOf: (messages: ReadonlyArray<MessageParam>) => Parts;
export interface Cut {
    readonly from: number;
    readonly kept: number;
    readonly tail: number;
}
export declare const exchangeCuts: ({ exchanges }: Parts, keep: number) => ReadonlyArray<Cut>;
export declare const stepCuts: ({ steps }: Parts, keep: number) => ReadonlyArray<Cut>;
export {};
