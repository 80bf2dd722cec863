import { Fault, Reply, Routes, type Script } from "@effect-claude/fault-server"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Option, Stream, Tracer } from "effect"
import { ClaudeClient, type ClaudeTelemetry, Fallback } from "effect-claude"
import { params } from "../fixtures/harness.ts"
import { observe } from "../fixtures/observed.ts"

const create = ClaudeClient.createMessage(params)
const hello: Script.Answer = (request) => Reply.forRequest(request, Reply.message("Hello!"))
const haiku = "claude-haiku-5-5"
const { model } = params

const attributes = (span: Tracer.NativeSpan | undefined) => Object.fromEntries(span?.attributes ?? [])
const tags = (events: ReadonlyArray<ClaudeTelemetry.Event>) => events.map((event) => event._tag)

/** Lets the reader of events have its turn. */
const settle = Effect.sleep("1 millis")

const text = "This answer is long enough to come in several deltas, so that it can be cut anywhere."
const cut = Fault.cutAfterEvents(5)(Reply.stream(Reply.message(text)))
const rest: Script.Answer = (request) => Reply.forRequest(request, Reply.message("and so it goes on."))

describe("H1 spans", () => {
  it("H1 one client span a call, one child an attempt, with the conventions' attributes", () =>
    observe([Fault.overloaded(), hello], ({ spans }) =>
      Effect.gen(function*() {
        yield* create
        const [call, first, second] = spans
        assert.strictEqual(spans.length, 3)
        assert.strictEqual(call?.name, `chat ${model}`)
        assert.strictEqual(call?.kind, "client")
        assert.isTrue(Option.isNone(call!.parent))
        assert.deepInclude(attributes(call), {
          "gen_ai.operation.name": "chat",
          "gen_ai.provider.name": "anthropic",
          "gen_ai.request.model": model,
          "gen_ai.request.max_tokens": 100,
          "gen_ai.response.model": model,
          "gen_ai.response.finish_reasons": ["end_turn"],
          "gen_ai.usage.input_tokens": 10,
          "gen_ai.usage.output_tokens": 12,
          "server.address": "claude.test"
        })
        assert.match(String(attributes(call)["gen_ai.response.id"]), /^msg_/)
        assert.notProperty(attributes(call), "error.type")
        for (const attempt of [first, second]) {
          assert.strictEqual(attempt?.name, "attempt")
          assert.strictEqual(Option.getOrThrow(attempt!.parent).spanId, call?.spanId)
        }
        assert.deepInclude(attributes(first), { "http.response.status_code": 529, "error.type": "Overloaded" })
        assert.deepInclude(attributes(second), { "http.response.status_code": 200, "http.request.resend_count": 1 })
        assert.match(String(attributes(first)["anthropic.request_id"]), /^req_/)
        assert.match(String(attributes(second)["anthropic.request_id"]), /^req_/)
        assert.isTrue(spans.every((span) => span.status._tag === "Ended"))
        assert.deepStrictEqual(call?.events.map(([name, , given]) => [name, given["cause"]]), [["wait", "schedule"]])
      })))

  it("H1 a call that fails has its reason's tag as error.type, and so has its attempt", () =>
    observe([Fault.invalidRequest("no")], ({ spans }) =>
      Effect.gen(function*() {
        yield* Effect.flip(create)
        assert.deepStrictEqual(spans.map((span) => attributes(span)["error.type"]), [
          "InvalidRequest",
          "InvalidRequest"
        ])
        assert.isTrue(spans.every((span) => span.status._tag === "Ended" && span.status.exit._tag === "Failure"))
      })))

  it("H1 a stream's span ends with the stream and tells its usage; one that is left tells what it cost so far", () =>
    observe(
      [hello, Fault.silenceAfterEvents(4)(Reply.stream(Reply.message(text)))],
      ({ events, spans }) =>
        Effect.gen(function*() {
          yield* Stream.runDrain(ClaudeClient.streamMessage(params))
          const [call, attempt] = spans
          assert.isTrue(call?.status._tag === "Ended" && attempt?.status._tag === "Ended")
          assert.deepInclude(attributes(call), {
            "gen_ai.request.stream": true,
            "gen_ai.response.time_to_first_chunk": 0,
            "gen_ai.response.finish_reasons": ["end_turn"],
            "gen_ai.usage.output_tokens": 12
          })
          yield* ClaudeClient.streamMessage(params).pipe(Stream.take(1), Stream.runDrain)
          assert.isTrue(spans.every((span) => span.status._tag === "Ended"))
          assert.deepInclude(attributes(spans[2]), { "gen_ai.usage.input_tokens": 10 })
          yield* settle
          const ended = events.filter((event) => event._tag === "AttemptEnded")
          assert.deepStrictEqual(ended.map(({ result }) => result), ["none", "interrupted"])
        })
    ))

  it("H1 a fallback is an event of the one span, its attempts name their models", () =>
    observe([Fault.overloaded(), hello], ({ events, spans }) =>
      Effect.gen(function*() {
        yield* ClaudeClient.createMessage(params, { maxAttempts: 1 })
        yield* settle
        assert.deepStrictEqual(spans.map(({ name }) => name), [`chat ${model}`, "attempt", "attempt"])
        assert.deepStrictEqual(
          spans.slice(1).map((span) => attributes(span)["gen_ai.request.model"]),
          [model, haiku]
        )
        const fallback = spans[0]?.events.find(([name]) => name === "fallback")?.[2]
        assert.deepStrictEqual(fallback, { from: model, to: haiku, "error.type": "Overloaded" })
        assert.deepInclude(events.find((event) => event._tag === "FellBack"), { from: model, to: haiku })
      }), { fallback: Fallback.whenDown([haiku]) }))

  it("H1 a continuation is an event of the one span, and its usage is summed", () =>
    Effect.runPromise(
      Effect.forEach([true, false], (streamed) =>
        Effect.promise(() =>
          observe([cut, rest], ({ events, spans }) =>
            Effect.gen(function*() {
              const options = { continuations: 1 }
              yield* streamed
                ? Stream.runDrain(ClaudeClient.streamMessage(params, options))
                : ClaudeClient.createMessage(params, options)
              yield* settle
              assert.strictEqual(spans.length, 3)
              const seam = spans[0]?.events.find(([name]) =>
                name === "continuation"
              )?.[2]
              assert.deepStrictEqual(seam, { reason: "StreamInterrupted" })
              assert.deepStrictEqual(tags(events).filter((tag) => tag === "Continued"), ["Continued"])
              assert.deepStrictEqual(spans.slice(1).map((span) => attributes(span)["error.type"]), [
                "StreamInterrupted",
                undefined
              ])
              assert.deepInclude(attributes(spans[0]), {
                "gen_ai.usage.input_tokens": 20,
                "gen_ai.response.finish_reasons": ["end_turn"]
              })
            }))
        ))
    ))

  it("H1 a call is a child of the span it is made in, and nothing is traced where tracing is off", () =>
    observe([hello, hello, hello], ({ spans }) =>
      Effect.gen(function*() {
        yield* Effect.withSpan(create, "mine")
        const [mine, call] = spans
        assert.strictEqual(mine?.name, "mine")
        assert.strictEqual(Option.getOrThrow(call!.parent).spanId, mine?.spanId)
        yield* Effect.withTracerEnabled(create, false)
        assert.strictEqual(spans.length, 3)
      })))

  it("H1 what a program says of all its spans holds for these", () =>
    observe([hello, hello, hello], ({ spans }) =>
      Effect.gen(function*() {
        yield* create.pipe(Effect.annotateSpans("tenant", "blue"))
        assert.strictEqual(attributes(spans[0])["tenant"], "blue")
        yield* Effect.provideService(create, Tracer.MinimumTraceLevel, "Error")
        assert.deepStrictEqual(spans.slice(2).map(({ sampled }) => sampled), [false, false])
        // A span that nobody sees is nobody's parent.
        const hidden = Effect.withSpan(Effect.withTracerEnabled(create, true), "hidden")
        yield* Effect.withSpan(Effect.withTracerEnabled(hidden, false), "seen")
        const [seen, call] = spans.slice(4)
        assert.deepStrictEqual([seen?.name, call?.name], ["seen", `chat ${model}`])
        assert.strictEqual(Option.getOrThrow(call!.parent).spanId, seen?.spanId)
      })))

  it("H1 counting tokens and asking for models are calls too, with operations of their own", () =>
    observe(Routes.make(), ({ metrics, spans }) =>
      Effect.gen(function*() {
        yield* ClaudeClient.countTokens({ model, messages: params.messages })
        yield* ClaudeClient.getModel(haiku)
        yield* ClaudeClient.listModels()
        assert.deepStrictEqual(
          spans.filter(({ name }) => name !== "attempt").map(({ name }) => name),
          [`count_tokens ${model}`, `get_model ${haiku}`, "list_models"]
        )
        assert.deepStrictEqual(
          spans.map((span) => attributes(span)["gen_ai.request.model"]),
          [model, model, haiku, haiku, undefined, undefined]
        )
        const calls = yield* metrics
        assert.strictEqual(calls.get("effect_claude_calls_total{model=\"none\",reason=\"none\"}"), 1)
      })))

  it("H1 requests for batches are calls too", () =>
    observe([Fault.notFound(), Fault.notFound()], ({ events, spans }) =>
      Effect.gen(function*() {
        const { batches } = yield* ClaudeClient.ClaudeClient
        yield* Effect.flip(batches.get("msgbatch_1"))
        yield* Effect.flip(batches.create([]))
        yield* settle
        assert.deepStrictEqual(spans.map(({ name }) => name), ["get_batch", "attempt", "create_batch", "attempt"])
        assert.deepStrictEqual(
          events.flatMap((event) => event._tag === "CallEnded" ? [[event.method, event.model, event.result]] : []),
          [["getBatch", "none", "NotFound"], ["createBatch", "none", "NotFound"]]
        )
      })))

  it("H1 a stream that is interrupted while it waits is interrupted, and its span has ended", () =>
    observe(
      [Fault.silenceAfterEvents(4)(Reply.stream(Reply.message(text)))],
      ({ events, lines, spans }) =>
        Effect.gen(function*() {
          const fiber = yield* Effect.forkChild(Stream.runDrain(ClaudeClient.streamMessage(params)))
          yield* Effect.sleep("1 second")
          yield* Fiber.interrupt(fiber)
          yield* settle
          assert.deepInclude(events.at(-1), { _tag: "CallEnded", result: "interrupted", attempts: 1 })
          assert.isTrue(spans.every((span) => span.status._tag === "Ended"))
          assert.isEmpty(lines)
        })
    ))

  it("H1 an interrupted call has a span that ended", () =>
    observe(
      [(request) => Fault.silenceBeforeHeaders(Reply.forRequest(request, Reply.message("never")))],
      ({ events, spans }) =>
        Effect.gen(function*() {
          const fiber = yield* Effect.forkChild(create, { startImmediately: true })
          yield* Effect.sleep("1 second")
          yield* Fiber.interrupt(fiber)
          yield* settle
          assert.strictEqual(spans.length, 2)
          assert.isTrue(spans.every((span) => span.status._tag === "Ended"))
          assert.deepInclude(events.at(-1), { _tag: "CallEnded", result: "interrupted" })
        })
    ))
})

describe("H1 content", () => {
  const secret = "sk-ant-api03-abcdefghijklmnop"
  const asked = {
    ...params,
    system: "Be brief.",
    messages: [{ role: "user" as const, content: `My key is ${secret}` }]
  }

  it("H1 there is none on a span unless it is asked for", () =>
    observe([hello], ({ spans }) =>
      Effect.gen(function*() {
        yield* ClaudeClient.createMessage(asked)
        assert.notMatch(JSON.stringify(attributes(spans[0])), /My key|Be brief|Hello/)
      })))

  it("H1 asked for, it is there as the conventions have it, without what looks like a key", () =>
    observe([hello, hello], ({ spans }) =>
      Effect.gen(function*() {
        yield* ClaudeClient.createMessage(asked)
        yield* Stream.runDrain(ClaudeClient.streamMessage(asked))
        for (const call of spans.filter(({ name }) => name !== "attempt")) {
          const given = attributes(call)
          assert.deepStrictEqual(JSON.parse(String(given["gen_ai.input.messages"])), [
            { role: "user", parts: [{ type: "text", content: "My key is <redacted>" }] }
          ])
          assert.deepStrictEqual(JSON.parse(String(given["gen_ai.system_instructions"])), [
            { type: "text", content: "Be brief." }
          ])
          assert.deepStrictEqual(JSON.parse(String(given["gen_ai.output.messages"])), [
            { role: "assistant", parts: [{ type: "text", content: "Hello!" }], finish_reason: "end_turn" }
          ])
        }
      }), { telemetry: { content: true } }))

  it("H1 a request that is no JSON does not break its call by being looked at", () =>
    observe([hello], ({ spans }) =>
      Effect.gen(function*() {
        const circular: Array<unknown> = []
        circular.push(circular)
        const broken = { ...params, messages: circular } as unknown as typeof params
        const error = yield* Effect.flip(ClaudeClient.createMessage(broken))
        assert.strictEqual(error.reason._tag, "InvalidRequest")
        assert.strictEqual(attributes(spans[0])["error.type"], "InvalidRequest")
      }), { telemetry: { content: true }, preflight: false }))
})
