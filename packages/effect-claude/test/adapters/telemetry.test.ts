import { Fault, FaultServer, Reply, Script, VirtualClock } from "@effect-claude/fault-server"
import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, Exit, Layer, Metric, Scope, Tracer } from "effect"
import { ClaudeTelemetry, ResilientFetch } from "effect-claude"
import { PrometheusMetrics } from "effect/observability"
import { recording } from "../fixtures/spans.ts"
import { params, thrownBy, tried, ways } from "./ways.ts"

const message = Reply.message("one two three four five six seven eight nine ten")
const ok: Script.Answer = (request) => Reply.forRequest(request, message)
const cut = Fault.cutAfterEvents(6)(Reply.stream(message))

const attributes = (span: Tracer.NativeSpan | undefined) => Object.fromEntries(span?.attributes ?? [])

/** Telemetry beneath the adapter, and the spans it made. */
const traced = () => {
  const { spans, tracer } = recording()
  const listening: Layer.Layer<never> = Layer.provideMerge(
    ClaudeTelemetry.layer(),
    Layer.succeed(Tracer.Tracer, tracer)
  ) as Layer.Layer<never>
  return { spans, listening }
}

describe.each(ways)("%s", (way) => {
  it("H1 one span a call, one child an attempt, ended with the answer", () => {
    const { listening, spans } = traced()
    return tried(
      way,
      [Fault.overloaded(), ok],
      async ({ sdk }) => {
        await sdk.messages.create(params)
        const [call, first, second] = spans
        assert.strictEqual(spans.length, 3)
        assert.deepInclude(attributes(call), {
          "gen_ai.operation.name": "chat",
          "gen_ai.provider.name": "anthropic",
          "gen_ai.request.model": params.model,
          "gen_ai.response.finish_reasons": ["end_turn"],
          "gen_ai.usage.output_tokens": 12,
          "server.address": "claude.test"
        })
        assert.deepInclude(attributes(first), { "http.response.status_code": 529, "error.type": "Overloaded" })
        assert.deepInclude(attributes(second), { "http.response.status_code": 200 })
        assert.isTrue(spans.every((span) => span.status._tag === "Ended"))
      },
      {},
      listening
    )
  })

  it("H1 a stream's span ends with the stream: whole, broken, or left", () => {
    const { listening, spans } = traced()
    return tried(
      way,
      [ok, cut, ok],
      async ({ sdk, sleep }) => {
        const calls = () => spans.filter((span) => span.name.startsWith("chat"))
        const stream = await sdk.messages.create({ ...params, stream: true })
        assert.strictEqual(calls()[0]?.status._tag, "Started")
        for await (const _ of stream);
        assert.strictEqual(calls()[0]?.status._tag, "Ended")
        assert.deepInclude(attributes(calls()[0]), { "gen_ai.response.finish_reasons": ["end_turn"] })
        assert.property(attributes(calls()[0]), "gen_ai.response.time_to_first_chunk")
        const broken = await sdk.messages.create({ ...params, stream: true }).asResponse()
        await thrownBy(broken.text())
        assert.strictEqual(attributes(calls()[1])["error.type"], "StreamInterrupted")
        for await (const _ of await sdk.messages.create({ ...params, stream: true })) break
        await sleep(1)
        assert.isTrue(calls()[2]?.status._tag === "Ended")
        assert.isTrue(spans.every((span) => span.status._tag === "Ended"))
      },
      {},
      listening
    )
  })

  it("H1 a call that failed has its reason's tag as error.type", () => {
    const { listening, spans } = traced()
    return tried(
      way,
      [Fault.creditBalance()],
      async ({ sdk }) => {
        await thrownBy(sdk.messages.create(params))
        assert.deepStrictEqual(spans.map((span) => attributes(span)["error.type"]), [
          "BillingBlocked",
          "BillingBlocked"
        ])
      },
      {},
      listening
    )
  })
})

it("H2 the levels of a fetch are shown as long as it lives", () =>
  VirtualClock.make().run(
    Effect.gen(function*() {
      const inner = yield* FaultServer.fetch(Script.always(ok))
      const scope = yield* Scope.make()
      const context = yield* Layer.buildWithScope(ResilientFetch.layerStandard({ fetch: inner }), scope)
      const { fetch } = Context.get(context, ResilientFetch.ResilientFetch)
      const levels = Effect.map(
        PrometheusMetrics.format(),
        (text) => /effect_claude_retry_budget\S* \d+/.exec(text)?.[0]
      )
      yield* Effect.promise(() =>
        fetch("http://claude.test/v1/messages", { method: "POST", body: JSON.stringify(params) })
      )
      assert.isDefined(yield* levels)
      yield* Scope.close(scope, Exit.void)
      assert.isUndefined(yield* levels)
    }).pipe(
      Effect.provide(ClaudeTelemetry.layer()),
      Effect.provideService(Metric.MetricRegistry, new Map())
    )
  ))
