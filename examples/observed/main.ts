/**
 * A program seen from outside: its spans, logs and metrics over OTLP, its metrics for Prometheus, and a word to whoever is
 * on duty when nobody but a person can help.
 */
import { Effect, Layer } from "effect"
import { ClaudeClient, ClaudeTelemetry } from "effect-claude"
import { FetchHttpClient, HttpRouter } from "effect/http"
import { Otlp, PrometheusMetrics } from "effect/observability"

const ask = (question: string) =>
  ClaudeClient.createMessage({
    model: "claude-haiku-5-5",
    max_tokens: 64,
    messages: [{ role: "user", content: question }]
  })

/** Three questions under one span of our own; how many were answered. */
export const program = Effect.forEach(
  ["One word for calm.", "One word for storm.", "One word for rain."],
  (question) => Effect.isSuccess(ask(question))
).pipe(
  Effect.map((answered) => answered.filter((one) => one).length),
  Effect.withSpan("three words")
)

export interface Where {
  /** An OpenTelemetry collector's address for HTTP. */
  readonly collector: string
  /** Whoever is told when the account is out of money or on hold. */
  readonly page: (alert: ClaudeTelemetry.Alert) => Effect.Effect<void>
}

/** The telemetry lies above the exporters, so that its last word still reaches them. */
export const observed = ({ collector, page }: Where) =>
  ClaudeTelemetry.layer({ onAlert: page }).pipe(
    Layer.provideMerge(Otlp.layerJson({ baseUrl: collector, resource: { serviceName: "three-words" } })),
    Layer.provide(FetchHttpClient.layer)
  )

/** `GET /metrics`, over whatever server is given. */
export const metrics = HttpRouter.serve(PrometheusMetrics.layerHttp(), { disableLogger: true, disableListenLog: true })
