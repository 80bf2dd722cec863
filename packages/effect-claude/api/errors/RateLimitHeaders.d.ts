export interface Level {
    readonly limit: number;
    readonly remaining: number | undefined;
    readonly reset: number | undefined;
}
export interface RateLimitHeaders {
    readonly requests: Level | undefined;
    readonly tokens: Level | undefined;
    readonly inputTokens: Level | undefined;
    readonly outputTokens: Level | undefined;
}
export declare const fromHeaders: (header: (name: string) => string | null) => RateLimitHeaders;
