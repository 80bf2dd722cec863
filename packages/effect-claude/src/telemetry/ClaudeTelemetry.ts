/**
 * What a program that calls Claude does, seen from outside: spans, metrics, logs, alerts and a stream of events. Nothing is
 * recorded without this layer. No key is ever in any of it, and no content unless it is asked for.
 */
import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Metric from "effect/Metric"
import * as Stream from "effect/Stream"
import * as Tracer from "effect/Tracer"
import { redact } from "../errors/ClaudeError.ts"
import { Alerts } from "./internal/alerts.ts"
import { Clients } from "./internal/clients.ts"
import type * as Events from "./internal/event.ts"
import * as Gauges from "./internal/gauges.ts"
import { type Hook, Listener } from "./internal/hook.ts"
import * as Metrics from "./internal/metrics.ts"
import { Outlet } from "./internal/outlet.ts"
import { CallRecorder } from "./internal/recorder.ts"
import { counter } from "./internal/registered.ts"
import type { Shared } from "./internal/telling.ts"

export type * from "./internal/event.ts"

export class ClaudeTelemetry extends Context.Service<ClaudeTelemetry, {
  /** What happens from now on; each reader has all of it, or is told how much it was too slow for. */
  readonly events: Stream.Stream<Events.Event>
}>()("effect-claude/telemetry/ClaudeTelemetry") {}

/** See the service. */
export const events: Stream.Stream<Events.Event, never, ClaudeTelemetry> = Stream.unwrap(
  ClaudeTelemetry.useSync((telemetry) => telemetry.events)
)

/** A metric as it is exported. */
export type MetricDefinition = Metrics.Definition

/** Every metric there is, with its unit and labels. */
export const metrics: ReadonlyArray<MetricDefinition> = Metrics.all

export interface Options<E = never, R = never> {
  /** Requests and answers on the spans, without what looks like a key; at most 64 Ki characters an attribute. */
  readonly content?: boolean
  /** Events that wait for a reader, at least 1; the oldest are dropped for the newest. */
  readonly buffer?: number
  /**
   * Run beside the call for each alert, for at most a minute, and 10 seconds once the layer closes; what becomes of it
   * never touches the call.
   */
  readonly onAlert?: (alert: Events.Alert) => Effect.Effect<unknown, E, R>
}

/** No content; 4,096 events wait for a reader. */
export const standard = { content: false, buffer: 4096 } as const

/** A hook that has not ended by then is given up; at the end of the program it has less time. */
const longestHook = "1 minute"
const longestFarewell = "10 seconds"

/** Listens to all calls made beneath or beside it, or by clients built above it. */
export const layer = <E = never, R = never>(options: Options<E, R> = {}): Layer.Layer<ClaudeTelemetry, never, R> =>
  Layer.effectContext(Effect.gen(function*() {
    const { buffer, content } = { ...standard, ...options }
    const context = yield* Effect.context<R>()
    const clock = yield* Clock.Clock
    const tracer = yield* Tracer.Tracer
    const registry = Context.make(Metric.MetricRegistry, yield* Metric.MetricRegistry).pipe(
      Context.add(Metric.CurrentMetricAttributes, yield* Metric.CurrentMetricAttributes)
    )
    const lost = counter(Metrics.lost, {}, registry)
    const outlet = new Outlet(buffer, () => lost.add(1))
    const alerts = new Alerts()
    const clients = new Clients(registry, Effect.runForkWith(context), alerts)

    const hooks = new Set<Fiber.Fiber<unknown>>()
    // A program that ends because of what it was told must still be able to tell somebody.
    yield* Effect.addFinalizer(() =>
      Fiber.awaitAll(hooks).pipe(
        Effect.timeoutOption(longestFarewell),
        Effect.andThen(Effect.suspend(() => Fiber.interruptAll(hooks)))
      )
    )
    const page: Shared["page"] = (alert) => {
      const { onAlert } = options
      if (onAlert === undefined) return Effect.void
      const hook = Effect.suspend(() => onAlert(alert)).pipe(
        Effect.timeout(longestHook),
        Effect.catchCause((cause) => Effect.logWarning("The onAlert hook failed.", redact(Cause.pretty(cause)))),
        Effect.provideContext(context)
      )
      return Effect.map(Effect.forkDetach(hook), (fiber) => {
        hooks.add(fiber)
        fiber.addObserver(() => hooks.delete(fiber))
      })
    }
    const shared: Shared = {
      outlet,
      alerts,
      content,
      clientOf: (source) => clients.of(source),
      tracer: tracer === Tracer.nativeTracer ? undefined : tracer,
      page,
      running: 0,
      calls: 0
    }
    const hook: Hook = {
      begin: (fiber, called) => new CallRecorder(shared, clients.of(called.source), called, fiber),
      spent: (model, usd) => {
        const label = clients.models.of(model)
        counter(Metrics.spent, { model: label }, registry).add(usd)
        if (outlet.isIdle) return
        outlet.publish({ _tag: "Spent", at: clock.currentTimeMillisUnsafe(), model: label, usd })
      },
      budget: (share) => Gauges.show(Metrics.spendShare, {}, registry, share)
    }
    const removals = [
      Gauges.show(Metrics.running, {}, registry, () => shared.running),
      ...Object.entries(alerts.blocked).map(([reason, blocked]) =>
        Gauges.show(Metrics.alert, { reason }, registry, () => blocked.size)
      )
    ]
    yield* Effect.addFinalizer(() =>
      Effect.sync(() => {
        for (const remove of removals) remove()
        clients.close()
        outlet.end()
      })
    )
    const read = Effect.map(
      Effect.acquireRelease(
        Effect.sync(() => outlet.open()),
        (reader) => Effect.sync(() => outlet.close(reader))
      ),
      (reader) => Stream.fromPull(Effect.succeed(reader.pull))
    )
    return Context.make(ClaudeTelemetry, { events: Stream.unwrap(read) }).pipe(Context.add(Listener, hook))
  }))
