import type * as Duration from "effect/Duration";
import { ConnectionFailed, TimedOut } from "./transport.ts";
export interface Bounds {
    readonly connect: Duration.Duration;
    readonly headers: Duration.Duration;
    readonly idle: Duration.Duration;
}
export declare const thrown: (cause: unknown, bounds: Bounds, secrets?: ReadonlyArray<string>) => ConnectionFailed | TimedOut | undefined;
