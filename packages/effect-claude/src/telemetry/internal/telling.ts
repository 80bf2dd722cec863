/** What happens within one call, as metrics, events on its span, and events. */
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import type * as Effect from "effect/Effect"
import type * as Fiber from "effect/Fiber"
import type * as Tracer from "effect/Tracer"
import type * as ClaudeError from "../../errors/ClaudeError.ts"
import type { Alerts } from "./alerts.ts"
import * as Attributes from "./attributes.ts"
import type { Client } from "./clients.ts"
import type { Alert, Event } from "./event.ts"
import type { Called, CircuitState, Refusal, Source, WaitCause } from "./hook.ts"
import * as Metrics from "./metrics.ts"
import type { Outlet } from "./outlet.ts"
import type { ModelSeries } from "./series.ts"
import * as Spans from "./spans.ts"

/** What the calls of one layer share. */
export interface Shared {
  readonly outlet: Outlet
  readonly alerts: Alerts
  readonly content: boolean
  readonly clientOf: (source: Source) => Client
  /** Where the layer was built, for fibers without one. */
  readonly tracer: Tracer.Tracer | undefined
  readonly page: (alert: Alert) => Effect.Effect<void>
  /** Calls that have begun and not ended. */
  running: number
  calls: number
}

export class Telling {
  readonly shared: Shared
  client: Client
  readonly clock: Clock.Clock
  readonly number: number
  readonly tracer: Tracer.Tracer | undefined
  /** Undefined where nobody traces. */
  readonly span: Tracer.Span | undefined
  readonly since: number
  protected readonly called: Called
  protected readonly series: ModelSeries
  protected readonly operation: string
  protected waitedMillis = 0

  constructor(shared: Shared, client: Client, called: Called, fiber: Fiber.Fiber<unknown, unknown>) {
    this.shared = shared
    this.client = client
    this.called = called
    this.clock = fiber.getRef(Clock.Clock)
    this.number = ++shared.calls
    this.series = client.series(called.model)
    this.operation = client.operations.of(Attributes.operationOf(called.method))
    this.since = this.now
    this.tracer = Spans.installed(fiber) ?? (shared.tracer && (Spans.isOff(fiber) ? undefined : shared.tracer))
    this.span = this.tracer &&
      Spans.start(this.tracer, fiber, Attributes.nameOf(called, this.operation, this.series.model))
    if (this.span !== undefined) {
      Spans.annotate(this.span, Attributes.ofCall(called, this.operation, shared.content))
    }
    shared.running++
    if (!shared.outlet.isIdle) {
      this.tell({ _tag: "CallStarted", ...this.here, method: called.method, model: this.series.model })
    }
  }

  /** Of a model, or of the call's own where a policy knows the method in its place. */
  seriesOf(model: string): ModelSeries {
    return Attributes.isMethod(model) ? this.series : this.client.series(model)
  }

  get now(): number {
    return this.clock.currentTimeMillisUnsafe()
  }

  get here(): { readonly at: number; readonly call: number } {
    return { at: this.now, call: this.number }
  }

  tell(event: Event): void {
    this.shared.outlet.publish(event)
  }

  waited(cause: WaitCause, millis: number): void {
    this.waitedMillis += millis
    this.series.waited(cause, millis / 1000)
    this.mark("wait", { cause, seconds: millis / 1000 })
    if (this.shared.outlet.isIdle) return
    this.tell({ _tag: "Waited", ...this.here, cause, duration: Duration.millis(millis) })
  }

  retrying(reason: ClaudeError.Reason, millis: number, cause: WaitCause): void {
    this.series.count(Metrics.retries, reason._tag, cause)
    if (this.shared.outlet.isIdle) return
    this.tell({ _tag: "Retrying", ...this.here, reason: reason._tag, cause, wait: Duration.millis(millis) })
  }

  refused(by: Refusal, reason: ClaudeError.Reason): void {
    this.series.count(Metrics.refused, reason._tag, by)
    this.mark("retry refused", { by, "error.type": reason._tag })
    if (!this.shared.outlet.isIdle) this.tell({ _tag: "RetryRefused", ...this.here, reason: reason._tag, by })
  }

  circuit(model: string, from: CircuitState, to: CircuitState, reason: ClaudeError.RealReason | undefined): void {
    const series = this.client.series(model)
    series.count(Metrics.circuitChanges, to)
    this.mark("circuit", { from, to, "error.type": reason?._tag })
    if (this.shared.outlet.isIdle) return
    this.tell({ _tag: "CircuitChanged", ...this.here, model: series.model, from, to, reason: reason?._tag })
  }

  hedged(what: "started" | "won" | "lost"): void {
    this.series.count(Metrics.hedges, what)
    this.mark("hedge", { what })
    if (!this.shared.outlet.isIdle) this.tell({ _tag: "Hedged", ...this.here, what })
  }

  fellBack(from: string, to: string, cause: string): void {
    const left = this.client.series(from)
    const reached = this.client.series(to).model
    left.count(Metrics.fallbacks, cause)
    this.mark("fallback", { from: left.model, to: reached, "error.type": cause })
    if (this.shared.outlet.isIdle) return
    this.tell({ _tag: "FellBack", ...this.here, from: left.model, to: reached, reason: cause })
  }

  continued(reason: string): void {
    this.series.count(Metrics.continuations, reason)
    this.mark("continuation", { reason })
    if (!this.shared.outlet.isIdle) this.tell({ _tag: "Continued", ...this.here, reason })
  }

  began(): void {
    const millis = this.now - this.since
    this.series.began(this.operation, millis / 1000)
    if (this.span !== undefined) this.span.attribute("gen_ai.response.time_to_first_chunk", millis / 1000)
    if (this.shared.outlet.isIdle) return
    this.tell({ _tag: "StreamBegan", ...this.here, after: Duration.millis(millis) })
  }

  /** An event on the span. */
  private mark(name: string, attributes: Spans.Attributes): void {
    this.span?.event(name, this.clock.currentTimeNanosUnsafe(), { ...attributes })
  }
}
