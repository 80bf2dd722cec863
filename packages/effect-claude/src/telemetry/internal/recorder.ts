/** One call as metrics, spans and events. */
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Exit from "effect/Exit"
import type * as Fiber from "effect/Fiber"
import * as Tracer from "effect/Tracer"
import type * as ClaudeError from "../../errors/ClaudeError.ts"
import type { Alerts } from "./alerts.ts"
import { isAlarming } from "./alerts.ts"
import { AttemptRecorder } from "./attempt.ts"
import * as Attributes from "./attributes.ts"
import type { Client } from "./clients.ts"
import type { Alert, Event } from "./event.ts"
import type { Answer, Called, CallWatch, CircuitState, Recording, Refusal, WaitCause } from "./hook.ts"
import * as Log from "./log.ts"
import * as Metrics from "./metrics.ts"
import * as Outcome from "./outcome.ts"
import type { Outlet } from "./outlet.ts"
import type { ModelSeries } from "./series.ts"
import * as Spans from "./spans.ts"

/** What the calls of one layer share. */
export interface Shared {
  readonly outlet: Outlet
  readonly alerts: Alerts
  readonly content: boolean
  /** Where the layer was built, for fibers without one. */
  readonly tracer: Tracer.Tracer | undefined
  readonly page: (alert: Alert) => Effect.Effect<void>
  /** Calls that have begun and not ended. */
  running: number
  calls: number
}

const add = (one: ClaudeError.Usage | undefined, other: ClaudeError.Usage): ClaudeError.Usage =>
  one === undefined ? other : {
    inputTokens: one.inputTokens + other.inputTokens,
    cacheCreationTokens: one.cacheCreationTokens + other.cacheCreationTokens,
    cacheReadTokens: one.cacheReadTokens + other.cacheReadTokens,
    outputTokens: one.outputTokens + other.outputTokens,
    estimated: one.estimated || other.estimated
  }

export class CallRecorder implements Recording, CallWatch {
  readonly shared: Shared
  readonly client: Client
  readonly clock: Clock.Clock
  readonly number: number
  readonly tracer: Tracer.Tracer | undefined
  /** Undefined where nobody traces. */
  readonly span: Tracer.Span | undefined
  attempts = 0
  status: number | undefined
  requestId: string | undefined
  private readonly called: Called
  private readonly series: ModelSeries
  private readonly operation: string
  readonly since: number
  private waitedMillis = 0
  private usage: ClaudeError.Usage | undefined
  private answer: Answer | undefined
  private readonly raised: Array<Alert> = []

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

  get now(): number {
    return this.clock.currentTimeMillisUnsafe()
  }

  get here(): { readonly at: number; readonly call: number } {
    return { at: this.now, call: this.number }
  }

  tell(event: Event): void {
    this.shared.outlet.publish(event)
  }

  within<A, E, R>(call: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> {
    // It takes the place of the caller's span, if there is one: nothing is required that was not before.
    return this.span === undefined ? call : Effect.provideService(call, Tracer.ParentSpan, this.span)
  }

  attempt(model: string): AttemptRecorder {
    return new AttemptRecorder(this, model, ++this.attempts)
  }

  used(usage: ClaudeError.Usage): void {
    this.usage = add(this.usage, usage)
  }

  /** An attempt failed in a way that somebody has to act on, whatever becomes of the call. */
  failed(reason: ClaudeError.Reason): void {
    if (!isAlarming(reason)) return
    const alert = this.shared.alerts.raise(reason, this.client.source, this.number, this.series.model, this.now)
    if (alert !== undefined) this.raised.push(alert)
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

  answered(answer: Answer): void {
    this.answer = answer
  }

  /** An event on the span. */
  private mark(name: string, attributes: Spans.Attributes): void {
    this.span?.event(name, this.clock.currentTimeNanosUnsafe(), { ...attributes })
  }

  ended(exit: Exit.Exit<unknown, unknown>, answer = this.answer): Effect.Effect<void> | undefined {
    const { shared, span, usage } = this
    shared.running--
    const result = Outcome.resultOf(exit)
    const reason = Outcome.reasonOf(exit)
    const millis = this.now - this.since
    this.series.called(this.operation, result, millis / 1000, usage)
    if (result === "none") shared.alerts.succeeded(this.client.source)
    if (span !== undefined) {
      Spans.annotate(span, Attributes.ofEnd(answer, usage, shared.content))
      Spans.end(span, result, reason, this.clock.currentTimeNanosUnsafe())
    }
    if (!shared.outlet.isIdle) {
      this.tell({
        _tag: "CallEnded",
        ...this.here,
        method: this.called.method,
        model: this.series.model,
        result,
        attempts: this.attempts,
        waited: Duration.millis(this.waitedMillis),
        duration: Duration.millis(millis),
        usage,
        stopReason: answer?.stop_reason ?? undefined
      })
    }
    if (this.raised.length === 0 && (result === "none" || result === "interrupted")) return undefined
    return this.report({ result, reason, millis })
  }

  private report(
    { millis, reason, result }: {
      readonly result: ReturnType<typeof Outcome.resultOf>
      readonly reason: ClaudeError.Reason | undefined
      readonly millis: number
    }
  ): Effect.Effect<void> {
    const { raised, shared, span } = this
    const facts = {
      method: this.called.method,
      model: this.series.model,
      attempts: this.attempts,
      waitedSeconds: this.waitedMillis / 1000,
      durationSeconds: millis / 1000
    }
    const lines = raised.map((alert) => {
      if (!shared.outlet.isIdle) this.tell(alert)
      return Effect.andThen(Log.alert(alert, facts), shared.page(alert))
    })
    const isSaid = raised.some((alert) => alert.reason === result)
    if (!isSaid && result !== "none" && result !== "interrupted") {
      const status = Outcome.statusOf(reason) ?? this.status
      const requestId = Outcome.requestIdOf(reason) ?? this.requestId
      lines.push(Log.failure(result, reason, { ...facts, status, requestId }))
    }
    const report = Effect.all(lines, { discard: true })
    return span === undefined ? report : Effect.provideService(report, Tracer.ParentSpan, span)
  }
}
