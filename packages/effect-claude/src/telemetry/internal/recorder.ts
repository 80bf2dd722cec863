/** One call, from its start to what is left of it: its series, its span, its log lines and alerts. */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Exit from "effect/Exit"
import * as Tracer from "effect/Tracer"
import type * as ClaudeError from "../../errors/ClaudeError.ts"
import { addUsage, noUsage } from "../../errors/internal/fields.ts"
import { isAlarming } from "./alerts.ts"
import { AttemptRecorder } from "./attempt.ts"
import * as Attributes from "./attributes.ts"
import type { Alert } from "./event.ts"
import type { Answer, Recording, Source } from "./hook.ts"
import * as Log from "./log.ts"
import * as Outcome from "./outcome.ts"
import * as Spans from "./spans.ts"
import { Telling } from "./telling.ts"

export class CallRecorder extends Telling implements Recording {
  attempts = 0
  status: number | undefined
  requestId: string | undefined
  private usage: ClaudeError.Usage | undefined
  private answer: Answer | undefined
  private readonly raised: Array<Alert> = []

  within<A, E, R>(call: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> {
    // It takes the place of the caller's span, if there is one: nothing is required that was not before.
    return this.span === undefined ? call : Effect.provideService(call, Tracer.ParentSpan, this.span)
  }

  from(source: Source): this {
    if (source !== this.client.source) this.client = this.shared.clientOf(source)
    return this
  }

  attempt(model: string): AttemptRecorder {
    return new AttemptRecorder(this, model, ++this.attempts)
  }

  used(usage: ClaudeError.Usage): void {
    this.usage = addUsage(this.usage ?? noUsage, usage)
  }

  /** An attempt failed in a way that somebody has to act on, whatever becomes of the call. */
  failed(reason: ClaudeError.Reason): void {
    if (!isAlarming(reason)) return
    const alert = this.shared.alerts.raise(reason, this.client.source, this.number, this.series.model, this.now)
    if (alert !== undefined) this.raised.push(alert)
  }

  answered(answer: Answer): void {
    this.answer = answer
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
