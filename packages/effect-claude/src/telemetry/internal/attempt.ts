/** One request of a call as metrics, a span and events. */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Tracer from "effect/Tracer"
import * as Attributes from "./attributes.ts"
import type { Client } from "./clients.ts"
import type { Result } from "./event.ts"
import type { AttemptWatch, Ended } from "./hook.ts"
import { clean } from "./labels.ts"
import * as Outcome from "./outcome.ts"
import type { CallRecorder } from "./recorder.ts"
import type { ModelSeries } from "./series.ts"
import * as Spans from "./spans.ts"

const resultOf = (ended: Ended): Result =>
  ended._tag === "Failed" ? ended.reason._tag : ended._tag === "Used" ? "none" : "interrupted"

export class AttemptRecorder implements AttemptWatch {
  private readonly call: CallRecorder
  private readonly client: Client
  private readonly number: number
  private readonly series: ModelSeries
  private readonly span: Tracer.Span | undefined
  private readonly since: number
  private status: number | undefined
  private requestId: string | undefined

  constructor(call: CallRecorder, model: string, number: number) {
    this.call = call
    this.client = call.client
    this.number = number
    this.series = call.seriesOf(model)
    // Only events tell it.
    this.since = call.shared.outlet.isIdle ? call.since : call.now
    this.client.levels?.notice(model)
    const { clock, span, tracer } = call
    this.span = span && tracer && Spans.child(tracer, span, "attempt", clock.currentTimeNanosUnsafe())
    if (!call.shared.outlet.isIdle) {
      call.tell({ _tag: "AttemptStarted", ...call.here, attempt: number, model: this.series.model })
    }
  }

  within<A, E, R>(work: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> {
    return this.span === undefined ? work : Effect.provideService(work, Tracer.ParentSpan, this.span)
  }

  answered(status: number, requestId: string | undefined): void {
    this.status = status
    this.requestId = requestId
  }

  ended(ended: Ended): void {
    const { call, series, span } = this
    const result = resultOf(ended)
    const reason = ended._tag === "Failed" ? ended.reason : undefined
    const usage = ended._tag === "Failed"
      ? "partial" in ended.reason ? ended.reason.partial?.usage : undefined
      : ended.usage
    const status = Outcome.statusOf(reason) ?? this.status
    const requestId = Outcome.requestIdOf(reason) ?? this.requestId
    call.status = status
    call.requestId = requestId
    series.attempted(result, usage)
    if (usage !== undefined) call.used(usage)
    if (reason !== undefined) call.failed(reason)
    if (span !== undefined) {
      Spans.annotate(span, {
        "gen_ai.request.model": series.model === "none" ? undefined : series.model,
        ...Attributes.server(clean(this.client.source.host)),
        "http.response.status_code": status,
        // The conventions count requests that were sent again from 1.
        "http.request.resend_count": this.number > 1 ? this.number - 1 : undefined,
        "anthropic.request_id": requestId
      })
      Spans.end(span, result, reason, call.clock.currentTimeNanosUnsafe())
    }
    if (call.shared.outlet.isIdle) return
    call.tell({
      _tag: "AttemptEnded",
      ...call.here,
      attempt: this.number,
      model: series.model,
      result,
      status,
      requestId,
      duration: Duration.millis(call.now - this.since),
      usage
    })
  }
}
