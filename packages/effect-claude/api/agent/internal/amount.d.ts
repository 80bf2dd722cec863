export interface Amount {
    readonly usd: number;
    readonly inputTokens: number;
    readonly outputTokens: number;
}
export declare const nothing: Amount;
export declare const plus: (a: Amount, b: Amount, sign?: 1 | -1) => Amount;
