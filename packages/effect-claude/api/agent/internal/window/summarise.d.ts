import type { Strategy } from "./strategy.ts";
export interface Settings {
    readonly model: string;
    readonly keep: number;
    readonly maxTokens: number;
    readonly window: number;
    readonly instructions: string;
}
export declare const standard: string;
export declare const summarise: (settings: Settings) => Strategy;
