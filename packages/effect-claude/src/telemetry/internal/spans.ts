/**
 * Spans that cost next to nothing while no tracer is installed: Effect's own make a real span then, and capture a stack.
 * How a span ended is told without texts from requests or answers.
 */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type * as Fiber from "effect/Fiber"
import * as LogLevel from "effect/LogLevel"
import * as Option from "effect/Option"
import * as References from "effect/References"
import * as Tracer from "effect/Tracer"
import type * as ClaudeError from "../../errors/ClaudeError.ts"
import type { Result } from "./event.ts"
import * as Outcome from "./outcome.ts"

export type Attributes = Readonly<Record<string, unknown>>

export interface Options {
  readonly kind?: Tracer.SpanKind
  /** Made only when there is a tracer. */
  readonly attributes?: () => Attributes
}

/** Tracing is off for this fiber, whoever is installed. */
export const isOff = (fiber: Fiber.Fiber<unknown, unknown>): boolean => !fiber.getRef(References.TracerEnabled)

/** The tracer of a fiber, undefined if nobody installed one or tracing is off. */
export const installed = (fiber: Fiber.Fiber<unknown, unknown>): Tracer.Tracer | undefined => {
  const tracer = fiber.getRef(Tracer.Tracer)
  return tracer === Tracer.nativeTracer || isOff(fiber) ? undefined : tracer
}

/** Attributes that are there. */
export const annotate = (span: Tracer.Span, attributes: Attributes): void => {
  for (const [name, value] of Object.entries(attributes)) if (value !== undefined) span.attribute(name, value)
}

/** A span below another. */
export const child = (tracer: Tracer.Tracer, parent: Tracer.AnySpan, name: string, now: bigint): Tracer.Span =>
  tracer.span({
    name,
    parent: Option.some(parent),
    annotations: Context.empty(),
    links: [],
    startTime: now,
    kind: "client",
    root: false,
    sampled: parent.sampled
  })

/** The span that others may be below: not one that keeps itself to itself, but what is above it. */
const visible = (span: Tracer.AnySpan | undefined): Option.Option<Tracer.AnySpan> => {
  if (span === undefined) return Option.none()
  if (!Context.get(span.annotations, Tracer.DisablePropagation)) return Option.some(span)
  return span._tag === "Span" ? visible(Option.getOrUndefined(span.parent)) : Option.none()
}

/** A span below whatever a fiber runs in, with the attributes and links that its program gives to all spans. */
export const start = (
  tracer: Tracer.Tracer,
  fiber: Fiber.Fiber<unknown, unknown>,
  name: string,
  kind: Tracer.SpanKind = "client"
): Tracer.Span => {
  const parent = visible(Option.getOrUndefined(Context.getOption(fiber.context, Tracer.ParentSpan)))
  const isWanted = !LogLevel.isGreaterThan(
    fiber.getRef(Tracer.MinimumTraceLevel),
    fiber.getRef(Tracer.CurrentTraceLevel)
  )
  const span = tracer.span({
    name,
    parent,
    annotations: Context.empty(),
    links: [...fiber.getRef(References.TracerSpanLinks)],
    startTime: fiber.getRef(Clock.Clock).currentTimeNanosUnsafe(),
    kind,
    root: false,
    sampled: isWanted && (Option.isNone(parent) || parent.value.sampled)
  })
  annotate(span, fiber.getRef(References.TracerSpanAnnotations))
  return span
}

export const end = (
  span: Tracer.Span,
  result: Result,
  reason: ClaudeError.Reason | undefined,
  now: bigint
): void => {
  if (result !== "none" && result !== "interrupted") span.attribute("error.type", result)
  span.end(now, Outcome.shown(result, reason))
}

/**
 * Runs an effect within a span, as it is where no tracer is installed. `error.type` is the tag of a reason of ours, "defect"
 * for any other error.
 */
export const around = (name: string, { attributes, kind = "internal" }: Options = {}) =>
<A, E, R>(
  self: Effect.Effect<A, E, R>
): Effect.Effect<A, E, R> =>
  Effect.withFiber((fiber) => {
    const tracer = installed(fiber)
    if (tracer === undefined) return self
    const span = start(tracer, fiber, name, kind)
    if (attributes !== undefined) annotate(span, attributes())
    const clock = fiber.getRef(Clock.Clock)
    return Effect.onExitPrimitive(Effect.provideService(self, Tracer.ParentSpan, span), (exit) => {
      end(span, Outcome.resultOf(exit), Outcome.reasonOf(exit), clock.currentTimeNanosUnsafe())
      return undefined
    })
  })
