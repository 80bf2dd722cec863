import { Fault, FaultServer, Reply, Script, VirtualClock } from "@effect-claude/fault-server"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Layer, ManagedRuntime, Metric, Redacted, Stream, Tracer } from "effect"
import { ClaudeClient, ClaudeTelemetry } from "effect-claude"
import { PrometheusMetrics } from "effect/observability"
import { key, params, run } from "../fixtures/harness.ts"
import { observe } from "../fixtures/observed.ts"

const create = ClaudeClient.createMessage(params)
const hello: Script.Answer = (request) => Reply.forRequest(request, Reply.message("Hello!"))
const { model } = params
const times = <A>(n: number, value: A) => Array.from({ length: n }, () => value)

describe("H2 metrics", () => {
  it("H2 counts calls, attempts, retries, refused retries, waits and tokens by model, reason and policy", () =>
    observe(
      [Fault.rateLimited("requests", 2), Fault.overloaded(), hello, Fault.invalidRequest("no")],
      ({ metrics }) =>
        Effect.gen(function*() {
          yield* create
          yield* Effect.flip(create)
          const seen = yield* metrics
          const of = (name: string, labels: string) => seen.get(`${name}{model="${model}",${labels}}`)
          assert.strictEqual(of("effect_claude_calls_total", `reason="none"`), 1)
          assert.strictEqual(of("effect_claude_calls_total", `reason="InvalidRequest"`), 1)
          assert.strictEqual(of("effect_claude_attempts_total", `reason="none"`), 1)
          assert.strictEqual(of("effect_claude_attempts_total", `reason="RateLimited"`), 1)
          assert.strictEqual(of("effect_claude_attempts_total", `reason="Overloaded"`), 1)
          assert.strictEqual(of("effect_claude_retries_total", `reason="RateLimited",policy="server"`), 1)
          assert.strictEqual(of("effect_claude_retries_total", `reason="Overloaded",policy="schedule"`), 1)
          assert.strictEqual(
            of("effect_claude_retries_refused_total", `reason="InvalidRequest",policy="notRetryable"`),
            1
          )
          const waited = of("effect_claude_wait_seconds_total", `policy="server"`) ?? 0
          assert.isTrue(waited >= 2 && waited < 2.6)
          assert.isAbove(of("effect_claude_wait_seconds_total", `policy="schedule"`) ?? 0, 0)
          assert.strictEqual(of("effect_claude_tokens_total", `type="input"`), 10)
          assert.strictEqual(of("effect_claude_tokens_total", `type="output"`), 12)
          const chat = `gen_ai_operation_name="chat",gen_ai_provider_name="anthropic",` +
            `gen_ai_request_model="${model}",server_address="claude.test"`
          assert.strictEqual(seen.get(`gen_ai_client_operation_duration_count{${chat}}`), 1)
          assert.strictEqual(
            seen.get(`gen_ai_client_operation_duration_count{${chat},error_type="InvalidRequest"}`),
            1
          )
          // In seconds.
          assert.isAbove(seen.get(`gen_ai_client_operation_duration_sum{${chat}}`) ?? 0, 2)
          assert.isBelow(seen.get(`gen_ai_client_operation_duration_sum{${chat}}`) ?? 0, 10)
          assert.strictEqual(
            seen.get(`gen_ai_client_token_usage_sum{${chat},gen_ai_token_type="output"}`),
            12
          )
        })
    ))

  it("H2 no label holds an id or a key, and of models there are at most 64 and other", () =>
    observe(() => Effect.succeed(Fault.notFound()), ({ metrics }) =>
      Effect.gen(function*() {
        yield* Effect.ignore(ClaudeClient.createMessage({ ...params, model: "sk-ant-api03-abcdefghijkl" }))
        yield* Effect.forEach(
          Array.from({ length: 200 }, (_, n) => `model-${n}`),
          (model) => Effect.ignore(ClaudeClient.createMessage({ ...params, model }))
        )
        const seen = Array.from((yield* metrics).keys())
        const models = new Set(seen.map((one) => /[{,](?:gen_ai_request_)?model="([^"]*)"/.exec(one)?.[1]))
        models.delete(undefined)
        assert.strictEqual(models.size, 65)
        assert.isTrue(models.has("other") && models.has("<redacted>"))
        assert.isEmpty(seen.filter((one) => /req_|msg_|sk-ant/.test(one)))
        assert.strictEqual(
          (yield* metrics).get("effect_claude_calls_total{model=\"other\",reason=\"NotFound\"}"),
          137
        )
      }), { preflight: false }))

  it("H2 the limiter's queue and levels, and what is in flight, are gauges read when somebody looks", () =>
    observe(times(3, hello), ({ metrics }) =>
      Effect.gen(function*() {
        yield* create
        const calls = yield* Effect.forkChild(Effect.all([create, create], { concurrency: 2 }), {
          startImmediately: true
        })
        const busy = yield* metrics
        const of = (name: string) => busy.get(`${name}{limiter="default",model="${model}"}`)
        assert.strictEqual(busy.get("effect_claude_calls_in_flight"), 2)
        assert.strictEqual(of("effect_claude_limiter_queue"), 1)
        assert.strictEqual(of("effect_claude_limiter_in_flight"), 1)
        const level = (name: string) => `${name}{limiter="default",model="${model}",dimension="requests"}`
        assert.strictEqual(busy.get(level("effect_claude_limiter_limit")), 60)
        assert.strictEqual(busy.get(level("effect_claude_limiter_available")), 58)
        yield* Fiber.join(calls)
        const idle = yield* metrics
        assert.strictEqual(idle.get(`effect_claude_limiter_queue{limiter="default",model="${model}"}`), 0)
        assert.strictEqual(idle.get("effect_claude_calls_in_flight"), 0)
        assert.strictEqual(idle.get(`effect_claude_retry_budget{server_address="claude.test"}`), 50)
      }), { limiter: { limits: { [model]: { requestsPerMinute: 60, concurrency: 1 } } } }))

  it("H2 the state of a circuit is a gauge, its changes are counted and told", () =>
    observe([...times(2, Fault.overloaded()), hello], ({ events, metrics }) =>
      Effect.gen(function*() {
        const state = Effect.map(
          metrics,
          (seen) => seen.get(`effect_claude_breaker_state{model="${model}",server_address="claude.test"}`)
        )
        yield* Effect.flip(ClaudeClient.createMessage(params, { maxAttempts: 1 }))
        assert.strictEqual(yield* state, 0)
        yield* Effect.flip(ClaudeClient.createMessage(params, { maxAttempts: 1 }))
        assert.strictEqual(yield* state, 2)
        yield* Effect.sleep("1 minute")
        assert.strictEqual(yield* state, 1)
        yield* create
        assert.strictEqual(yield* state, 0)
        yield* Effect.sleep("1 millis")
        assert.deepStrictEqual(
          events.flatMap((event) => event._tag === "CircuitChanged" ? [[event.from, event.to, event.reason]] : []),
          [["closed", "open", "Overloaded"], ["open", "halfOpen", undefined], ["halfOpen", "closed", undefined]]
        )
        const changes = (to: string) => `effect_claude_breaker_changes_total{model="${model}",state="${to}"}`
        const seen = yield* metrics
        assert.deepStrictEqual(["open", "halfOpen", "closed"].map((to) => seen.get(changes(to))), [1, 1, 1])
      }), { breaker: { window: 2, minimumCalls: 2 } }))

  it("H2 every series is in the list of metrics, with its labels", () =>
    observe([Fault.overloaded(), hello, hello, Fault.billing()], ({ metrics }) =>
      Effect.gen(function*() {
        yield* create
        yield* Stream.runDrain(ClaudeClient.streamMessage(params))
        yield* Effect.ignore(create)
        const plain = (name: string) => name.replaceAll(".", "_")
        const known = new Map(ClaudeTelemetry.metrics.map(({ labels, name }) => [plain(name), labels.map(plain)]))
        for (const series of (yield* metrics).keys()) {
          const [, name = "", labels = ""] = /^(\w+?)(?:_bucket|_sum|_count)?(?:\{(.*)\})?$/.exec(series) ?? []
          const given = Array.from(labels.matchAll(/(\w+)="/g), ([, label]) => label).filter((label) => label !== "le")
          assert.includeMembers(known.get(name) ?? [], given, series)
        }
      })))

  it("H2 gauges go when their client or the layer goes; what was counted stays", () =>
    run([hello, hello], () => {
      const registry: Metric.MetricRegistry = new Map()
      const names = Effect.map(PrometheusMetrics.format(), (text) => text)
      const other = ClaudeClient.layerStandard({
        apiKey: Redacted.make(key),
        baseUrl: "http://other.test",
        fetch: () => Promise.reject(new TypeError("fetch failed"))
      })
      return Effect.gen(function*() {
        yield* Effect.gen(function*() {
          yield* Effect.ignore(create)
          const once = ClaudeClient.createMessage(params, { maxAttempts: 1 }).pipe(
            Effect.ignore,
            Effect.provide(other)
          )
          yield* once
          yield* once
          assert.notInclude(yield* names, "effect_claude_retry_budget{server_address=\"other.test\"}")
          assert.include(yield* names, "effect_claude_retry_budget{server_address=\"claude.test\"}")
        }).pipe(Effect.provide(ClaudeTelemetry.layer()))
        assert.notInclude(yield* names, "retry_budget")
        assert.notInclude(yield* names, "effect_claude_alert")
        assert.include(yield* names, `effect_claude_calls_total{model="${model}",reason="none"} 1`)
      }).pipe(Effect.provideService(Metric.MetricRegistry, registry))
    }))

  it("H2 a client built over the layer is heard wherever it is called from, with its tracer", async () => {
    const spans: Array<Tracer.Span> = []
    const traced = Layer.succeed(
      Tracer.Tracer,
      Tracer.make({
        span: (options) => {
          const span = new Tracer.NativeSpan(options)
          spans.push(span)
          return span
        }
      })
    )
    const clock = VirtualClock.make()
    const fetch = await clock.run(FaultServer.fetch(Script.always(hello)))
    const runtime = ManagedRuntime.make(
      ClaudeClient.layerStandard({ apiKey: Redacted.make(key), baseUrl: "http://claude.test", fetch }).pipe(
        Layer.provideMerge(ClaudeTelemetry.layer()),
        Layer.provide(traced),
        Layer.provideMerge(Layer.sync(Metric.MetricRegistry, () => new Map()))
      )
    )
    const client = await runtime.runPromise(ClaudeClient.ClaudeClient)
    await Effect.runPromise(client.createMessage(params))
    assert.deepStrictEqual(spans.map(({ name }) => name), [`chat ${model}`, "attempt"])
    const text = await runtime.runPromise(PrometheusMetrics.format())
    assert.include(text, `effect_claude_calls_total{model="${model}",reason="none"} 1`)
    await runtime.dispose()
  })
})
