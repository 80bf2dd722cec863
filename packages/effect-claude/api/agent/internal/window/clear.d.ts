import type { Strategy } from "./strategy.ts";
export declare const placeholder = "[This result was cleared to save space. Call the tool again if you need it.]";
export declare const clearToolResults: (keep: number) => Strategy;
