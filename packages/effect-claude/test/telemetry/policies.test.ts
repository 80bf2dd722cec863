import { AnthropicBedrock } from "@anthropic-ai/bedrock-sdk"
import { Clouds, Fault, FaultServer, Reply, Routes, type Script } from "@effect-claude/fault-server"
import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, Layer, Metric, Redacted, Stream, Tracer } from "effect"
import { ClaudeClient, ClaudeError, ClaudeTelemetry, Fallback, Resilience } from "effect-claude"
import { key, params, run } from "../fixtures/harness.ts"
import { observe } from "../fixtures/observed.ts"
import { recording } from "../fixtures/spans.ts"

const create = ClaudeClient.createMessage(params)
const hello: Script.Answer = (request) => Reply.forRequest(request, Reply.message("Hello!"))
const { model } = params
const times = <A>(n: number, value: A) => Array.from({ length: n }, () => value)
const settle = Effect.sleep("1 millis")
const text = "This answer is long enough to come in several deltas, so that it can be cut anywhere."

/** What was told, as far as it is of these kinds. */
const told = (events: ReadonlyArray<ClaudeTelemetry.Event>, ...kinds: ReadonlyArray<ClaudeTelemetry.Event["_tag"]>) =>
  events.filter((event) => kinds.includes(event._tag))

describe("what the policies do is told", () => {
  it("H2 the wait in the limiter's queue", () =>
    observe(times(2, hello), ({ events, metrics, spans }) =>
      Effect.gen(function*() {
        yield* Effect.all([create, create], { concurrency: 2 })
        yield* settle
        const [waited, ...more] = told(events, "Waited")
        assert.isEmpty(more)
        assert.deepInclude(waited, { _tag: "Waited", cause: "limiter" })
        const seconds = (yield* metrics).get(`effect_claude_wait_seconds_total{model="${model}",policy="limiter"}`)
        assert.closeTo(seconds ?? 0, 1, 0.01)
        const events1 = spans.flatMap((span) => span.events.map(([name, , given]) => [name, given["cause"]]))
        assert.deepStrictEqual(events1, [["wait", "limiter"]])
      }), { limiter: { limits: { [model]: { requestsPerMinute: 60 } }, burst: 1 / 60 } }))

  it("H2 the wait for an open circuit", () =>
    observe([...times(2, Fault.overloaded()), hello], ({ events }) =>
      Effect.gen(function*() {
        yield* Effect.repeat(Effect.ignore(ClaudeClient.createMessage(params, { maxAttempts: 1 })), { times: 1 })
        yield* create
        yield* settle
        assert.deepStrictEqual(
          told(events, "Waited").map((event) => event._tag === "Waited" && event.cause),
          ["breaker"]
        )
      }), { breaker: { window: 2, minimumCalls: 2 } }))

  it("H2 a hedge that left, and which of the two gave the answer", () => {
    const slow = (millis: number) => Fault.slowFirstByte(millis)(Reply.stream(Reply.message("Hello!")))
    const answers = [...times(20, slow(1000)), slow(60_000), slow(500), slow(2000), slow(60_000)]
    const stream = ClaudeClient.createMessage(params, { stream: true })
    return observe(answers, ({ events, metrics, spans }) =>
      Effect.gen(function*() {
        yield* Effect.repeat(stream, { times: 19 })
        yield* stream
        yield* stream
        yield* settle
        assert.deepStrictEqual(
          told(events, "Hedged").map((event) => event._tag === "Hedged" && event.what),
          ["started", "won", "started", "lost"]
        )
        const seen = yield* metrics
        const count = (result: string) => seen.get(`effect_claude_hedges_total{model="${model}",result="${result}"}`)
        assert.deepStrictEqual([count("started"), count("won"), count("lost")], [2, 1, 1])
        assert.isTrue(spans.every((span) => span.status._tag === "Ended"))
        assert.strictEqual(spans.filter(({ name }) => name === "attempt").length, 24)
      }), { hedge: true })
  })

  it("H2 a stream that waits before it goes on, that goes on after max_tokens, that may not go on", () =>
    observe(
      [
        Fault.cutAfterEvents(5)(Reply.stream(Reply.message(text))),
        Reply.stream(Reply.message({ text: "and on", stopReason: "max_tokens" })),
        Reply.stream(Reply.message("to its end.")),
        Fault.cutAfterEvents(5)(Reply.stream(Reply.message(text)))
      ],
      ({ events }) =>
        Effect.gen(function*() {
          const options = { continuations: 1, continueOnMaxTokens: 1 }
          yield* Stream.runDrain(ClaudeClient.streamMessage(params, options))
          yield* Effect.flip(Stream.runDrain(ClaudeClient.streamMessage(params)))
          yield* settle
          assert.deepStrictEqual(
            told(events, "Retrying", "Waited", "Continued", "RetryRefused").map((event) => [
              event._tag,
              "cause" in event ? event.cause : "reason" in event ? event.reason : undefined
            ]),
            [
              ["Retrying", "schedule"],
              ["Waited", "schedule"],
              ["Continued", "StreamInterrupted"],
              ["Continued", "max_tokens"],
              ["RetryRefused", "StreamInterrupted"]
            ]
          )
        })
    ))

  it("H2 a stream that goes to another model", () =>
    observe([Fault.overloaded(), hello], ({ events }) =>
      Effect.gen(function*() {
        yield* Stream.runDrain(ClaudeClient.streamMessage(params, { maxAttempts: 1 }))
        yield* settle
        assert.deepInclude(told(events, "FellBack")[0], { from: model, to: "claude-haiku-5-5", reason: "Overloaded" })
        assert.strictEqual(told(events, "CallStarted", "CallEnded").length, 2)
      }), { fallback: Fallback.whenDown(["claude-haiku-5-5"]) }))

  it("H1 H2 a call that goes to another client is one call, its attempts are that client's", () => {
    const away = (status: number, body: object) => () => Promise.resolve(Response.json(body, { status }))
    const clientOf = (name: string, fetch: typeof globalThis.fetch, options: ClaudeClient.Options = {}) =>
      ClaudeClient.layerStandard({
        apiKey: Redacted.make(key),
        baseUrl: `http://${name}.test`,
        fetch,
        maxAttempts: 1,
        ...options
      })
    return observe([], ({ events, lines, metrics, spans }) =>
      Effect.gen(function*() {
        const other = clientOf("other", away(200, Reply.message("Hello from elsewhere!")))
        const client = yield* Effect.map(Layer.build(other), (built) => Context.get(built, ClaudeClient.ClaudeClient))
        const first = clientOf(
          "first",
          away(529, { type: "error", error: { type: "overloaded_error", message: "" } }),
          {
            fallback: { Overloaded: [{ client }] }
          }
        )
        yield* create.pipe(Effect.provide(first))
        yield* settle
        assert.deepStrictEqual(spans.map(({ name }) => name), [`chat ${model}`, "attempt", "attempt"])
        assert.deepStrictEqual(
          spans.map((span) => span.attributes.get("server.address")),
          ["first.test", "first.test", "other.test"]
        )
        assert.strictEqual(told(events, "CallStarted").length, 1)
        assert.isEmpty(lines)
        const seen = yield* metrics
        assert.strictEqual(seen.get(`effect_claude_calls_total{model="${model}",reason="none"}`), 1)
        assert.isDefined(seen.get(`effect_claude_breaker_state{model="${model}",server_address="other.test"}`))
        assert.deepInclude(events.at(-1), { _tag: "CallEnded", attempts: 2 })
      }).pipe(Effect.scoped))
  })

  it("H2 effects under withResilience are calls too; the wait for their bulkhead is told", () =>
    observe([], ({ events, metrics, spans }) =>
      Effect.gen(function*() {
        let tries = 0
        const guard = Resilience.withResilience({ method: "embed", model: "voyage", bulkhead: { concurrent: 1 } })
        const embed = guard(Effect.suspend(() =>
          ++tries === 1
            ? Effect.fail(new ClaudeError.Overloaded({ message: "no" }))
            : Effect.as(Effect.sleep("3 seconds"), "vector")
        ))
        assert.deepStrictEqual(yield* Effect.all([embed, embed], { concurrency: 2 }), ["vector", "vector"])
        yield* settle
        const waits = told(events, "Waited").map((event) => event._tag === "Waited" && event.cause)
        assert.deepStrictEqual(waits, ["schedule", "bulkhead"])
        assert.strictEqual((yield* metrics).get("effect_claude_calls_total{model=\"voyage\",reason=\"none\"}"), 2)
        assert.strictEqual(
          (yield* metrics).get("effect_claude_breaker_state{model=\"voyage\",server_address=\"none\"}"),
          0
        )
        assert.deepStrictEqual(
          spans.map(({ name }) => name).toSorted(),
          ["attempt", "attempt", "attempt", "embed voyage", "embed voyage"]
        )
        assert.notProperty(Object.fromEntries(spans[0]?.attributes ?? []), "server.address")
      })))

  it("H1 what runs within a call, and within an attempt, belongs to its span", () =>
    run([Fault.overloaded(), hello], () => {
      const within = new Set<string>()
      const tracer = Tracer.make({
        span: (options) => new Tracer.NativeSpan(options),
        // An OpenTelemetry SDK learns here to which span a request of `fetch` belongs.
        context: (primitive, fiber) => {
          const { span } = fiber.cache
          if (span?._tag === "Span") within.add(span.name)
          return primitive["~effect/Effect/evaluate"](fiber)
        }
      })
      return Effect.gen(function*() {
        yield* create
        assert.deepStrictEqual(Array.from(within), [`chat ${model}`, "attempt"])
      }).pipe(
        Effect.provide(ClaudeTelemetry.layer()),
        Effect.provideService(Tracer.Tracer, tracer),
        Effect.provideService(Metric.MetricRegistry, new Map())
      )
    }))

  it("H1 a cloud's calls have its name and its request ids", () => {
    const { spans, tracer } = recording()
    return Effect.runPromise(
      Effect.gen(function*() {
        const server = yield* FaultServer.make(Clouds.make(Routes.make()))
        const sdk = new AnthropicBedrock({
          baseURL: server.url,
          awsRegion: "us-east-1",
          awsAccessKey: "AKIATEST",
          awsSecretKey: "secret"
        })
        yield* create.pipe(
          Effect.provide(ClaudeClient.layerSdk(sdk).pipe(Layer.provide(Resilience.layer()))),
          Effect.provide(ClaudeTelemetry.layer()),
          Effect.provideService(Tracer.Tracer, tracer)
        )
        const [call, attempt] = spans.map((span) => Object.fromEntries(span.attributes))
        assert.strictEqual(call?.["gen_ai.provider.name"], "aws.bedrock")
        assert.strictEqual(call?.["server.address"], "127.0.0.1")
        assert.strictEqual(call?.["server.port"], server.port)
        assert.deepInclude(attempt, { "server.address": "127.0.0.1", "server.port": server.port })
        assert.isString(attempt?.["anthropic.request_id"])
      }).pipe(Effect.scoped, Effect.provideService(Metric.MetricRegistry, new Map()))
    )
  })
})
