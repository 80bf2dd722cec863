import * as Context from "effect/Context";
import * as Effect from "effect/Effect";
import * as Layer from "effect/Layer";
import * as Stream from "effect/Stream";
import type * as Events from "./internal/event.ts";
import * as Metrics from "./internal/metrics.ts";
export type * from "./internal/event.ts";
declare const ClaudeTelemetry_base: Context.ServiceClass<ClaudeTelemetry, "effect-claude/telemetry/ClaudeTelemetry", {
    readonly events: Stream.Stream<Events.Event>;
}>;
export declare class ClaudeTelemetry extends ClaudeTelemetry_base {
}
export declare const events: Stream.Stream<Events.Event, never, ClaudeTelemetry>;
export type MetricDefinition = Metrics.Definition;
export declare const metrics: ReadonlyArray<MetricDefinition>;
export interface Options<E = never, R = never> {
    readonly content?: boolean;
    readonly buffer?: number;
    readonly onAlert?: (alert: Events.Alert) => Effect.Effect<unknown, E, R>;
}
export declare const standard: {
    readonly content: false;
    readonly buffer: 4096;
};
export declare const layer: <E = never, R = never>(options?: Options<E, R>) => Layer.Layer<ClaudeTelemetry, never, R>;
