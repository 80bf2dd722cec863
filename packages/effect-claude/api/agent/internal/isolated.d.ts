import * as Effect from "effect/Effect";
import type * as Exit from "effect/Exit";
import * as Option from "effect/Option";
export interface Bounds {
    readonly timeout: number;
    readonly grace: number;
    readonly leaked: () => void;
}
export declare const isolated: <A, E, R>(handler: Effect.Effect<A, E, R>, { grace, leaked, timeout }: Bounds) => Effect.Effect<Option.Option<Exit.Exit<A, E>>, never, R>;
