import * as Clock from "effect/Clock";
import type * as Effect from "effect/Effect";
import type * as Fiber from "effect/Fiber";
import type * as Tracer from "effect/Tracer";
import type * as ClaudeError from "../../errors/ClaudeError.ts";
import type { Alerts } from "./alerts.ts";
import type { Client } from "./clients.ts";
import type { Alert, Event } from "./event.ts";
import type { Called, CircuitState, Refusal, Source, WaitCause } from "./hook.ts";
import type { Outlet } from "./outlet.ts";
import type { ModelSeries } from "./series.ts";
export interface Shared {
    readonly outlet: Outlet;
    readonly alerts: Alerts;
    readonly content: boolean;
    readonly clientOf: (source: Source) => Client;
    readonly tracer: Tracer.Tracer | undefined;
    readonly page: (alert: Alert) => Effect.Effect<void>;
    running: number;
    calls: number;
}
export declare class Telling {
    readonly shared: Shared;
    client: Client;
    readonly clock: Clock.Clock;
    readonly number: number;
    readonly tracer: Tracer.Tracer | undefined;
    readonly span: Tracer.Span | undefined;
    readonly since: number;
    protected readonly called: Called;
    protected readonly series: ModelSeries;
    protected readonly operation: string;
    protected waitedMillis: number;
    constructor(shared: Shared, client: Client, called: Called, fiber: Fiber.Fiber<unknown, unknown>);
    seriesOf(model: string): ModelSeries;
    get now(): number;
    get here(): {
        readonly at: number;
        readonly call: number;
    };
    tell(event: Event): void;
    waited(cause: WaitCause, millis: number): void;
    retrying(reason: ClaudeError.Reason, millis: number, cause: WaitCause): void;
    refused(by: Refusal, reason: ClaudeError.Reason): void;
    circuit(model: string, from: CircuitState, to: CircuitState, reason: ClaudeError.RealReason | undefined): void;
    hedged(what: "started" | "won" | "lost"): void;
    fellBack(from: string, to: string, cause: string): void;
    continued(reason: string): void;
    began(): void;
    private mark;
}
