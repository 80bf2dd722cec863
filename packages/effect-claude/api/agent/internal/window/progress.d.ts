import { type History, type InvalidHistory } from "../../../conversation/History.ts";
import type { ClaudeError, Usage } from "../../../errors/ClaudeError.ts";
import * as Count from "./count.ts";
import type { MessageParam, Prompt } from "./strategy.ts";
export interface Step {
    readonly strategy: string;
    readonly freed: number;
    readonly from: number;
    readonly cacheLost: number;
    readonly dropped: number;
    readonly cleared: number;
    readonly failed: ClaudeError | InvalidHistory | undefined;
}
export declare class Progress {
    history: History;
    messages: ReadonlyArray<MessageParam>;
    tokens: number;
    isCounted: boolean;
    readonly steps: Array<Step>;
    private readonly old;
    private readonly before;
    private readonly prompt;
    private readonly isBound;
    private readonly cached;
    private scale;
    private since;
    private boost;
    private isSpared;
    constructor(history: History, prompt: Prompt, { scale, tokens }: Count.Estimate, isCounted: boolean, usage: Usage | undefined);
    get tokensOf(): (message: MessageParam) => number;
    private sum;
    get thinking(): number;
    excess(goal: number): number;
    private put;
    strip(): void;
    take(strategy: string, messages: ReadonlyArray<MessageParam>, cleared: number): InvalidHistory | undefined;
    failed(strategy: string, failed: ClaudeError | InvalidHistory): void;
    learn(told: number): void;
}
