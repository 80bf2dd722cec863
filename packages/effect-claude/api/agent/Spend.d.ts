import * as Schema from "effect/Schema";
import * as ClaudeError from "../errors/ClaudeError.ts";
import { type Amount } from "./internal/amount.ts";
export type { Amount } from "./internal/amount.ts";
export interface Price {
    readonly input: number;
    readonly output: number;
    readonly cacheRead: number;
    readonly cacheWrite: number;
}
export interface Prices {
    readonly [model: string]: Price;
}
declare const InvalidPrice_base: Schema.Class<InvalidPrice, Schema.TaggedStruct<"InvalidPrice", {
    readonly problems: Schema.$Array<Schema.String>;
}>, import("effect/Cause").YieldableError>;
export declare class InvalidPrice extends InvalidPrice_base {
    get message(): string;
}
export declare const prices: (table: Prices) => Prices;
export declare const priceOf: (table: Prices, model: string) => Price | undefined;
export declare const cost: (price: Price, usage: Omit<ClaudeError.Usage, "estimated">) => number;
export declare class Account {
    readonly caps: Amount;
    readonly above: Account | undefined;
    private taken;
    private held;
    constructor(caps?: Partial<Amount>, above?: Account, taken?: Amount);
    get settled(): Amount;
    get reserved(): Amount;
    get capsMoney(): boolean;
    get share(): number;
    short(amount: Amount): ClaudeError.SpendExceeded | undefined;
    reserve(amount: Amount): ClaudeError.SpendExceeded | undefined;
    settle(reserved: Amount, used: Amount): void;
    private hold;
    private take;
}
