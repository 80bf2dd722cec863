import * as Context from "effect/Context";
import * as Effect from "effect/Effect";
import * as Schema from "effect/Schema";
import * as ClaudeError from "../errors/ClaudeError.ts";
export declare const Cause: Schema.Literals<readonly ["CircuitOpen", "ConnectionFailed", "ContextOverflow", "LimiterRejected", "MalformedResponse", "Overloaded", "RateLimited", "Refused", "ServerFailed", "StreamInterrupted", "TimedOut"]>;
export type Cause = typeof Cause.Type;
export type Fallback<Hop = string> = {
    readonly [C in Cause]?: ReadonlyArray<Hop>;
};
export declare const whenDown: <Hop>(hops: ReadonlyArray<Hop>) => Fallback<Hop>;
export declare const causeOf: (fallback: Fallback<unknown>, error: ClaudeError.ClaudeError) => Cause | undefined;
export interface Session {
    readonly _tag: "FallbackSession";
}
export declare const CurrentSession: Context.Reference<Session | undefined>;
export declare const session: <A, E, R>(self: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>;
export interface Plan<B, E2, R2> {
    readonly on: ReadonlyArray<Cause>;
    readonly to: Effect.Effect<B, E2, R2>;
}
export declare const withFallback: {
    <B, E2, R2>(plan: Plan<B, E2, R2>): <A, E, R>(self: Effect.Effect<A, E, R>) => Effect.Effect<A | B, E, R | R2>;
    <A, E, R, B, E2, R2>(self: Effect.Effect<A, E, R>, plan: Plan<B, E2, R2>): Effect.Effect<A | B, E, R | R2>;
};
