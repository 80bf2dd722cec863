import * as Duration from "effect/Duration";
export interface Hints {
    readonly retryAfter: Duration.Duration | undefined;
    readonly shouldRetry: boolean | undefined;
}
export declare const read: (header: (name: string) => string | null, now: number) => Hints;
