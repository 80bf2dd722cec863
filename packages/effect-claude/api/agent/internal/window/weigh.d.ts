import type Anthropic from "@anthropic-ai/sdk";
export declare const bytesOf: (value: unknown) => number;
type Measure = (message: Anthropic.MessageParam) => number;
export declare const text: Measure;
export declare const media: Measure;
export declare const mediaOfOlder: Measure;
export {};
