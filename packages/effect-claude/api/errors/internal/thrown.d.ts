import type * as Duration from "effect/Duration";
import { AuthenticationFailed } from "./remote.ts";
import { ConnectionFailed, TimedOut } from "./transport.ts";
export interface Bounds {
    readonly connect: Duration.Duration;
    readonly headers: Duration.Duration;
    readonly idle: Duration.Duration;
}
export declare const thrown: (cause: unknown, bounds: Bounds, secrets?: ReadonlyArray<string>) => AuthenticationFailed | ConnectionFailed | TimedOut | undefined;
