import * as History from "../../conversation/History.ts";
import type * as ClaudeError from "../../errors/ClaudeError.ts";
import type { Bounds, LimitName } from "../LoopGuard.ts";
import { Account, type Prices } from "../Spend.ts";
import { type Amount } from "./amount.ts";
import type { Billed } from "./billed.ts";
import type { Progress, Spent } from "./outcomes.ts";
import type { Within } from "./settings.ts";
export declare const noProgress: Progress;
export declare const nothingSpent: Spent;
export declare const inputOf: (usage: ClaudeError.Usage) => number;
export interface Begin {
    readonly history: History.History;
    readonly progress: Progress;
    readonly spent: Spent;
}
export interface Rules {
    readonly bounds: Bounds;
    readonly prices: Prices | undefined;
    readonly model: string;
    readonly within: Within | undefined;
    readonly root: Account;
    readonly base: number;
    readonly now: () => number;
    readonly told?: ((model: string, usd: number) => void) | undefined;
}
export declare class State {
    history: History.History;
    progress: Progress;
    spent: Spent;
    readonly account: Account;
    readonly within: Within;
    readonly until: number;
    private readonly inner;
    private readonly began;
    private readonly before;
    private readonly rules;
    private readonly price;
    private measured;
    constructor({ history, progress, spent }: Begin, rules: Rules);
    get isTooDeep(): boolean;
    get left(): number;
    get counted(): Progress;
    count(more: Partial<Progress>): void;
    forecast(maxTokens: number): Amount;
    replace(history: History.History, tokens: number): void;
    latest: ClaudeError.Usage | undefined;
    charge(usage: ClaudeError.Usage, model: string): void;
    settle(reserved: Amount, usage: ClaudeError.Usage, model: string | undefined): void;
    release(reserved: Amount): void;
    forfeit(reserved: Amount): void;
    lose(reserved: Amount, { known, unknown }: Billed): void;
    ifForfeited(reserved: Amount): Spent;
    private costOf;
    private estimate;
    private book;
    get spentLimit(): LimitName | undefined;
}
