import * as Duration from "effect/Duration";
import * as Effect from "effect/Effect";
import { TimedOut } from "../errors/ClaudeError.ts";
export interface Timeouts {
    readonly connect: Duration.Duration;
    readonly headers: Duration.Duration;
    readonly headersJson: Duration.Duration;
    readonly idle: Duration.Duration;
    readonly pingsOnly: Duration.Duration;
    readonly attempt: Duration.Duration;
}
export type Options = {
    readonly [K in keyof Timeouts]?: Duration.Input;
};
export declare const standard: Timeouts;
export declare const make: (options?: Options) => Timeouts;
export declare const withTimeouts: {
    (options: {
        readonly attempt: Duration.Input;
    }): <A, E, R>(self: Effect.Effect<A, E, R>) => Effect.Effect<A, E | TimedOut, R>;
    <A, E, R>(self: Effect.Effect<A, E, R>, options: {
        readonly attempt: Duration.Input;
    }): Effect.Effect<A, E | TimedOut, R>;
};
