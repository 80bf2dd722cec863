import { Fault, FaultServer, Reply, Script } from "@effect-claude/fault-server"
import { NodeHttpServer } from "@effect/platform-node"
import { assert, it } from "@effect/vitest"
import { Context, Effect, Layer, Metric, Redacted, Ref } from "effect"
import { ClaudeClient, type ClaudeTelemetry } from "effect-claude"
import { HttpRouter, HttpServer, HttpServerRequest, HttpServerResponse } from "effect/http"
import { createServer } from "node:http"
import { metrics, observed, program } from "./main.ts"

/** A function, so that the collector and the program each have their own. */
const server = () => NodeHttpServer.layer(() => createServer(), { host: "127.0.0.1", port: 0 })

/** A collector that keeps what it is sent, by signal. */
class Collector extends Context.Service<Collector, {
  readonly url: string
  readonly received: Ref.Ref<ReadonlyArray<readonly [signal: string, body: string]>>
}>()("examples/observed/main.test/Collector") {
  static readonly layer = Layer.unwrap(Effect.gen(function*() {
    const received = yield* Ref.make<ReadonlyArray<readonly [string, string]>>([])
    const take = (signal: string) =>
      HttpRouter.add(
        "POST",
        `/v1/${signal}`,
        Effect.gen(function*() {
          const body = yield* (yield* HttpServerRequest.HttpServerRequest).text
          yield* Ref.update(received, (all) => [...all, [signal, body] as const])
          return HttpServerResponse.empty({ status: 200 })
        })
      )
    return Layer.effect(
      Collector,
      Effect.map(
        HttpServer.HttpServer,
        ({ address }) => Collector.of({ url: HttpServer.formatAddress(address), received })
      )
    ).pipe(
      Layer.provideMerge(HttpRouter.serve(Layer.mergeAll(take("traces"), take("metrics"), take("logs")), {
        disableLogger: true,
        disableListenLog: true
      })),
      Layer.provide(server())
    )
  }))
}

interface Attribute {
  readonly key: string
  readonly value: { readonly stringValue?: string; readonly intValue?: number }
}

interface Span {
  readonly name: string
  readonly kind: number
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId?: string
  readonly attributes: ReadonlyArray<Attribute>
}

const attribute = (span: Span | undefined, key: string) => {
  const value = span?.attributes.find((one) => one.key === key)?.value
  return value?.stringValue ?? value?.intValue
}

const key = "sk-ant-observed-0123456789"

it.live("spans and logs reach the collector, metrics the scrape, and a spent account whoever is on duty", () =>
  Effect.gen(function*() {
    const claude = yield* FaultServer.make(Script.sequence([
      Fault.overloaded(),
      Reply.json(200, Reply.message("calm")),
      Reply.json(200, Reply.message("gale")),
      Fault.creditBalance()
    ]))
    const { received, url } = yield* Collector
    const paged = yield* Ref.make<ReadonlyArray<ClaudeTelemetry.Alert>>([])
    const app = Layer.mergeAll(
      ClaudeClient.layerStandard({ baseUrl: claude.url, apiKey: Redacted.make(key) }),
      metrics.pipe(Layer.provideMerge(server()))
    ).pipe(
      Layer.provideMerge(observed({ collector: url, page: (alert) => Ref.update(paged, (all) => [...all, alert]) }))
    )
    const scraped = yield* Effect.gen(function*() {
      assert.strictEqual(yield* program, 2)
      const { address } = yield* HttpServer.HttpServer
      return yield* Effect.promise(() =>
        fetch(`${HttpServer.formatAddress(address)}/metrics`).then((reply) => reply.text())
      )
    }).pipe(Effect.provide(app))

    assert.deepStrictEqual((yield* Ref.get(paged)).map(({ reason, who }) => [reason, who]), [
      ["BillingBlocked", "billing"]
    ])

    const value = (series: string) =>
      Number(scraped.split("\n").find((line) => line.startsWith(`${series} `))?.split(" ").at(-1))
    const model = "model=\"claude-haiku-5-5\""
    assert.strictEqual(value(`effect_claude_calls_total{${model},reason="none"}`), 2)
    assert.strictEqual(value(`effect_claude_calls_total{${model},reason="BillingBlocked"}`), 1)
    assert.strictEqual(value(`effect_claude_retries_total{${model},reason="Overloaded",policy="schedule"}`), 1)
    assert.strictEqual(value("effect_claude_alert{reason=\"BillingBlocked\"}"), 1)
    assert.match(scraped, /# TYPE gen_ai_client_operation_duration histogram/)

    const all = yield* Ref.get(received)
    const spans = all.filter(([signal]) => signal === "traces").flatMap(([, body]) =>
      JSON.parse(body).resourceSpans.flatMap((
        one: { readonly scopeSpans: ReadonlyArray<{ readonly spans: Array<Span> }> }
      ) => one.scopeSpans.flatMap(({ spans }) => spans))
    ) as ReadonlyArray<Span>
    const named = (name: string) => spans.filter((span) => span.name === name)
    const [mine] = named("three words")
    const chats = named("chat claude-haiku-5-5")
    assert.strictEqual(chats.length, 3)
    assert.isTrue(chats.every((span) => span.parentSpanId === mine?.spanId && span.traceId === mine?.traceId))
    assert.strictEqual(named("attempt").length, 4)
    assert.isTrue(named("attempt").every((span) => chats.some((chat) => chat.spanId === span.parentSpanId)))
    assert.deepStrictEqual(chats.map((span) => attribute(span, "error.type")), [undefined, undefined, "BillingBlocked"])
    assert.strictEqual(attribute(chats[0], "gen_ai.provider.name"), "anthropic")

    const logs = all.filter(([signal]) => signal === "logs").map(([, body]) => body).join()
    assert.match(logs, /Claude will answer no call until somebody acts/)
    assert.match(
      all.filter(([signal]) => signal === "metrics").map(([, body]) => body).join(),
      /gen_ai.client.token.usage/
    )
    assert.notInclude(JSON.stringify([all, scraped]), key)
    assert.notInclude(JSON.stringify([all, scraped]), "One word for")
  }).pipe(
    Effect.scoped,
    Effect.provide(Collector.layer),
    Effect.provideService(Metric.MetricRegistry, new Map())
  ))
