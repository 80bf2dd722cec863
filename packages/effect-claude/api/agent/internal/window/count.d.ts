import * as Effect from "effect/Effect";
import * as ClaudeClient from "../../../client/ClaudeClient.ts";
import { type History } from "../../../conversation/History.ts";
import type { Usage } from "../../../errors/ClaudeError.ts";
import type { MessageParam, Prompt } from "./strategy.ts";
export interface Scale {
    readonly rate: number;
    readonly media: (message: MessageParam) => number;
}
export declare const scaleOf: (prompt: Prompt, rate?: number) => Scale;
export declare const tokensOf: ({ media, rate }: Scale) => (message: MessageParam) => number;
export interface Estimate {
    readonly tokens: number;
    readonly scale: Scale;
}
export declare const known: (history: History, prompt: Prompt, tokens: number) => Estimate;
export declare const estimate: (history: History, prompt: Prompt, usage?: Usage, scale?: Scale) => Estimate;
export declare const count: (history: History, prompt: Prompt) => Effect.Effect<number | undefined, never, ClaudeClient.ClaudeClient>;
