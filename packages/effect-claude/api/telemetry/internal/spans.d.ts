import * as Effect from "effect/Effect";
import type * as Fiber from "effect/Fiber";
import * as Tracer from "effect/Tracer";
import type * as ClaudeError from "../../errors/ClaudeError.ts";
import type { Result } from "./event.ts";
export type Attributes = Readonly<Record<string, unknown>>;
export interface Options {
    readonly kind?: Tracer.SpanKind;
    readonly attributes?: () => Attributes;
}
export declare const isOff: (fiber: Fiber.Fiber<unknown, unknown>) => boolean;
export declare const installed: (fiber: Fiber.Fiber<unknown, unknown>) => Tracer.Tracer | undefined;
export declare const annotate: (span: Tracer.Span, attributes: Attributes) => void;
export declare const child: (tracer: Tracer.Tracer, parent: Tracer.AnySpan, name: string, now: bigint) => Tracer.Span;
export declare const start: (tracer: Tracer.Tracer, fiber: Fiber.Fiber<unknown, unknown>, name: string, kind?: Tracer.SpanKind) => Tracer.Span;
export declare const end: (span: Tracer.Span, result: Result, reason: ClaudeError.Reason | undefined, now: bigint) => void;
export declare const around: (name: string, { attributes, kind }?: Options) => <A, E, R>(self: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>;
