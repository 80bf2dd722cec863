import { Fault, FaultServer, Reply, Script } from "@effect-claude/fault-server"
import { assert, describe, it } from "@effect/vitest"
import { Arbitrary, Deferred, Effect, Fiber, Layer, Redacted, Schedule, Schema, Stream } from "effect"
import { ClaudeClient, ClaudeLanguageModel } from "effect-claude"
import { type AiError, Chat, LanguageModel, Prompt, type Response, Tool, Toolkit } from "effect/ai"
import { constrainsOutput } from "../../src/adapters/internal/languageModel/request.ts"
import { key, params, run } from "../fixtures/harness.ts"
import { against, bodies, model, says } from "../fixtures/languageModel.ts"
import { recording } from "../fixtures/spans.ts"

const collect = <E, R>(stream: Stream.Stream<Response.AnyPart, E, R>) => Stream.runCollect(stream)
const finishOf = (parts: ReadonlyArray<Response.AnyPart>) => parts.find((part) => part.type === "finish")

const block = (type: string, more: object = {}): Reply.Block => ({ type, ...more })
const text = (words: string, citations: unknown = null) => block("text", { text: words, citations })
const thinking = block("thinking", { thinking: "Paris is warm in May.", signature: "c2lnbmVk" })
const call = (id: string, input: unknown = { city: "Paris" }) =>
  block("tool_use", { id, name: "get_weather", input, caller: { type: "direct" } })

const Weather = Tool.make("get_weather", {
  description: "The weather of a city",
  parameters: Schema.Struct({ city: Schema.String, days: Schema.optionalKey(Schema.Int) }),
  success: Schema.Struct({ celsius: Schema.Finite }),
  failure: Schema.Struct({ unknown: Schema.String }),
  failureMode: "return"
})
const toolkit = Toolkit.make(Weather)
const weather = (ran: Array<string> = []) =>
  toolkit.toLayer({
    get_weather: ({ city, days }) => {
      ran.push(city)
      if (city === "Atlantis") return Effect.fail({ unknown: city })
      // The first of two is done last.
      return Effect.as(city === "Paris" ? Effect.sleep(50) : Effect.void, { celsius: 20 + (days ?? 0) })
    }
  })

const ways = {
  generateText: (options: { readonly prompt: Prompt.RawInput }) =>
    Effect.map(
      LanguageModel.generateText({ ...options, toolkit, disableToolCallResolution: true }),
      ({ content }) => content
    ),
  streamText: (options: { readonly prompt: Prompt.RawInput }) =>
    collect(LanguageModel.streamText({ ...options, toolkit, disableToolCallResolution: true }))
} satisfies Record<
  string,
  (options: { readonly prompt: Prompt.RawInput }) => Effect.Effect<
    ReadonlyArray<Response.AnyPart>,
    AiError.AiError,
    LanguageModel.LanguageModel
  >
>

describe("text", () => {
  it("comes with the reason it ended, its usage and what asked for it", () =>
    against([says("Hello!")], (harness) =>
      Effect.gen(function*() {
        const response = yield* LanguageModel.generateText({ prompt: "Hi" })
        assert.strictEqual(response.text, "Hello!")
        assert.strictEqual(response.finishReason, "stop")
        assert.deepStrictEqual(yield* bodies(harness), [{
          model: params.model,
          max_tokens: 100,
          messages: [{ role: "user", content: [{ type: "text", text: "Hi" }] }]
        }])
      })))

  it("streams piece by piece between its start and its end", () =>
    against([says("Hello from far away, and from near.")], () =>
      Effect.gen(function*() {
        const parts = yield* collect(LanguageModel.streamText({ prompt: "Hi" }))
        assert.deepStrictEqual(parts.map(({ type }) => type), [
          "response-metadata",
          "text-start",
          "text-delta",
          "text-delta",
          "text-end",
          "finish"
        ])
        const deltas = parts.flatMap((part) => part.type === "text-delta" ? [part.delta] : [])
        assert.strictEqual(deltas.join(""), "Hello from far away, and from near.")
      })))

  it("counts what was cached and what was thought", () => {
    const usage = {
      input_tokens: 10,
      cache_read_input_tokens: 1000,
      cache_creation_input_tokens: 200,
      output_tokens: 50,
      output_tokens_details: { thinking_tokens: 30 }
    }
    const message = says(Reply.message({ text: "Hi", usage }))
    return against(
      [message, message],
      () =>
        Effect.forEach(Object.values(ways), (ask) =>
          Effect.map(ask({ prompt: "Hi" }), (parts) => {
            const used = finishOf(parts)?.usage
            assert.deepInclude(used?.inputTokens, { uncached: 10, total: 1210, cacheRead: 1000, cacheWrite: 200 })
            assert.deepInclude(used?.outputTokens, { total: 50, text: 20, reasoning: 30 })
          }))
    )
  })

  it("takes whatever else a request has from the layer, and from Overrides around a call", () => {
    const layer = ClaudeLanguageModel.layer({
      model: params.model,
      thinking: { type: "adaptive" },
      output_config: { effort: "low" }
    })
    const hello = says("Hello!")
    return against([hello, hello], (harness) =>
      Effect.gen(function*() {
        const ask = LanguageModel.generateText({ prompt: "Hi" })
        yield* ask
        yield* Effect.provideService(ask, ClaudeLanguageModel.Overrides, { max_tokens: 7, model: "claude-haiku-5-5" })
        const [plain, overridden] = yield* bodies(harness)
        assert.deepInclude(plain, {
          max_tokens: 16_384,
          thinking: { type: "adaptive" },
          output_config: { effort: "low" }
        })
        assert.deepInclude(overridden, { max_tokens: 7, model: "claude-haiku-5-5", thinking: { type: "adaptive" } })
      }), { layer })
  })

  it("A6 every stop reason has its own, and one that is newer is carried", () =>
    Effect.runPromise(Effect.forEach(
      [
        ["end_turn", "stop"],
        ["stop_sequence", "stop"],
        ["max_tokens", "length"],
        ["model_context_window_exceeded", "length"],
        ["pause_turn", "pause"],
        ["compaction", "pause"],
        ["refusal", "content-filter"],
        ["brand_new", "unknown"],
        ["constructor", "unknown"],
        [null, "unknown"],
        // Without a call nobody can answer: named, not looped on.
        ["tool_use", "other"]
      ] as const,
      ([stopReason, expected]) =>
        Effect.forEach(Object.values(ways), (ask) =>
          Effect.promise(() =>
            against([says(Reply.message({ text: "Hi", stopReason }))], () =>
              Effect.map(ask({ prompt: "Hi" }), (parts) => {
                const finish = finishOf(parts)
                assert.strictEqual(finish?.reason, expected)
                assert.strictEqual(finish?.metadata.anthropic?.stopReason, stopReason)
              }))
          ))
    )))

  it("a refusal says why, streamed or not, even without content", () => {
    const refusal = says(Reply.refusal())
    return against(
      [refusal, refusal],
      () =>
        Effect.forEach(Object.values(ways), (ask) =>
          Effect.map(ask({ prompt: "Hi" }), (parts) => {
            assert.strictEqual(finishOf(parts)?.reason, "content-filter")
            assert.deepInclude(finishOf(parts)?.metadata.anthropic?.stopDetails, { type: "refusal", category: "cyber" })
          }))
    )
  })
})

const answers: Readonly<Record<string, ReadonlyArray<Reply.Block>>> = {
  text: [text("Hello!")],
  "two texts, with what they cite": [
    text("As the page says.", [{
      type: "web_search_result_location",
      cited_text: "Rain.",
      url: "https://rain.test/",
      title: "Rain",
      encrypted_index: "ZW5j"
    }]),
    text(" And so it is.")
  ],
  "thinking, and thinking that is not shown": [
    thinking,
    block("redacted_thinking", { data: "aGlkZGVu" }),
    block("thinking", { thinking: "", signature: "b21pdHRlZA==" }),
    text("Warm.")
  ],
  "parallel calls behind thinking": [
    thinking,
    text("Let me look."),
    call("toolu_1"),
    call("toolu_2", { city: "Rome" })
  ],
  "a call whose input is written in another way": [call("toolu_1", { days: null, city: "Paris", unit: "celsius" })],
  "a tool that Anthropic ran, and a block that is newer than we are": [
    block("server_tool_use", {
      id: "srvtoolu_1",
      name: "web_search",
      input: { query: "rain" },
      caller: { type: "direct" }
    }),
    block("web_search_tool_result", { tool_use_id: "srvtoolu_1", content: [], caller: { type: "direct" } }),
    block("brand_new", { fields: [1, { a: null }] }),
    text("It rains.")
  ]
}

describe("an answer goes back as it came, streamed or not", () => {
  for (const [name, content] of Object.entries(answers)) {
    it(name, () =>
      Effect.runPromise(Effect.forEach(Object.values(ways), (ask) =>
        Effect.promise(() => {
          const message = Reply.message({ content })
          const ids = content.flatMap(({ id, type }) => type === "tool_use" ? [String(id)] : [])
          return against([says(message), says("Done.")], (harness) =>
            Effect.gen(function*() {
              const asked = Prompt.make("Hi")
              const answered = Prompt.concat(asked, Prompt.fromResponseParts(yield* ask({ prompt: asked })))
              const next = ids.length === 0
                ? Prompt.make("Go on.")
                : Prompt.fromMessages([Prompt.toolMessage({
                  content: ids.toReversed().map((id) =>
                    Prompt.toolResultPart({
                      id,
                      name: "get_weather",
                      isFailure: false,
                      providerExecuted: false,
                      result: { celsius: 20 }
                    })
                  )
                })])
              // Through JSON, as a history is kept.
              const kept = yield* Schema.encodeEffect(Prompt.Prompt)(Prompt.concat(answered, next))
              const history = yield* Schema.decodeUnknownEffect(Prompt.Prompt)(JSON.parse(JSON.stringify(kept)))
              yield* ask({ prompt: history })
              const sent = (yield* bodies(harness))[1]?.messages ?? []
              const given = content.map(asSent)
              assert.deepStrictEqual(JSON.stringify(sent[1]?.content.map(sorted)), JSON.stringify(given.map(sorted)))
              const results = sent[2]?.content.flatMap((one) => one.type === "tool_result" ? [one["tool_use_id"]] : [])
              assert.deepStrictEqual(results, ids, "results stand in the order of the calls")
            }), { preflight: { waive: ["serverTool"] } })
        }))))
  }
})

/** A request has no field for citations that are none. */
const asSent = (block: Reply.Block) =>
  Object.fromEntries(Object.entries(block).filter(([name, value]) => name !== "citations" || value !== null))

/** The fields of a block have no order of their own; those of its input do. */
const sorted = (block: object) => Object.fromEntries(Object.entries(block).toSorted(([a], [b]) => a < b ? -1 : 1))

const words = Schema.String.check(Schema.isMinLength(1), Schema.isMaxLength(60))
const kinds = Schema.Union([
  Schema.Struct({ type: Schema.tag("text"), text: words, citations: Schema.Null }),
  Schema.Struct({ type: Schema.tag("thinking"), thinking: Schema.String, signature: words }),
  Schema.Struct({ type: Schema.tag("redacted_thinking"), data: words }),
  Schema.Struct({
    type: Schema.tag("tool_use"),
    name: Schema.tag("get_weather"),
    input: Schema.Struct({ city: words })
  }),
  Schema.Struct({
    type: Schema.tag("server_tool_use"),
    id: words,
    name: Schema.tag("web_search"),
    input: Schema.Record(words, Schema.Json)
  }),
  Schema.Struct({ type: Schema.tag("brand_new"), value: Schema.Json })
])

const withId = (block: Reply.Block, at: number): Reply.Block => ({ ...block, id: `toolu_${at}` })

describe("streamed or not", () => {
  it.effect.prop(
    "any answer, in pieces of any size, makes the same history",
    {
      blocks: Arbitrary.array(Arbitrary.schema(kinds), { maxLength: 6 }),
      deltaSize: Arbitrary.schema(Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 40 })))
    },
    ({ blocks, deltaSize }) =>
      Effect.promise(() => {
        // JSON has no negative zero.
        const plain: ReadonlyArray<Reply.Block> = JSON.parse(JSON.stringify(blocks))
        const content = plain.map((one, at) => one.type === "tool_use" ? withId(one, at) : one)
        const message = Reply.message({ content, stopReason: "end_turn" })
        return run([Reply.json(200, message), Reply.stream(message, { deltaSize })], () =>
          Effect.gen(function*() {
            const whole = yield* ways.generateText({ prompt: "Hi" })
            const streamed = yield* ways.streamText({ prompt: "Hi" })
            assert.deepStrictEqual(Prompt.fromResponseParts(streamed), Prompt.fromResponseParts(whole))
            assert.deepStrictEqual(finishOf(streamed), finishOf(whole))
          }).pipe(Effect.provide(model)))
      }),
    { arbitrary: { runs: 60, seed: 1 } }
  )
})

describe("streams", () => {
  const long = Reply.toolUse([{ name: "get_weather", input: { city: "Paris" } }, {
    name: "get_weather",
    input: { city: "Rome" }
  }], {
    text: "Let me look at the weather of both."
  })
  const whole = Array.from(Reply.stream(long).body).length

  it("E1 E4 cut after any event: an error with the original in it, and no tool has run", () =>
    Effect.runPromise(
      Effect.forEach(Array.from({ length: whole - 1 }, (_, n) => n + 1), (events) =>
        Effect.promise(() => {
          const ran: Array<string> = []
          return against([Fault.cutAfterEvents(events)(Reply.stream(long))], () =>
            Effect.gen(function*() {
              const parts: Array<Response.AnyPart> = []
              const error = yield* LanguageModel.streamText({ prompt: "Hi", toolkit }).pipe(
                Stream.runForEach((part) => Effect.sync(() => parts.push(part))),
                Effect.flip
              )
              assert.strictEqual(error._tag, "AiError")
              assert.strictEqual(error.reason._tag, "NetworkError")
              assert.isFalse(error.isRetryable)
              const original = ClaudeLanguageModel.claudeErrorOf(error)
              assert.strictEqual(original?.reason._tag, "StreamInterrupted")
              assert.isTrue(original?.reason._tag === "StreamInterrupted" && original.reason.partial !== undefined)
              assert.deepStrictEqual(ran, [])
              assert.isFalse(parts.some(({ type }) => type === "tool-call" || type === "finish"))
            }).pipe(Effect.provide(weather(ran))), { maxAttempts: 1 })
        }))
    ))

  it("E1 reset after any byte: the whole answer or an error", () => {
    const bytes = Array.from(Reply.stream(long).body).map((chunk) => String(chunk.bytes)).join("")
    const stop = bytes.indexOf("event: message_stop")
    return Effect.runPromise(
      Effect.forEach(
        Array.from({ length: Math.ceil(bytes.length / 13) }, (_, n) => n * 13),
        (at) =>
          Effect.promise(() => {
            const ran: Array<string> = []
            return against([Fault.resetAfterBytes(at)(Reply.stream(long))], () =>
              Effect.gen(function*() {
                const ended = yield* Effect.result(collect(LanguageModel.streamText({ prompt: "Hi", toolkit })))
                assert.strictEqual(ended._tag, at > stop + 30 ? ended._tag : "Failure")
                assert.lengthOf(ran, ended._tag === "Success" ? 2 : 0)
              }).pipe(Effect.provide(weather(ran))), { maxAttempts: 1 })
          })
      )
    )
  })

  it("A2 an error inside a stream is the error it names", () =>
    against([Fault.errorAfterEvents(5)(Reply.stream(long))], () =>
      Effect.gen(function*() {
        const error = yield* Effect.flip(Stream.runDrain(LanguageModel.streamText({ prompt: "Hi" })))
        assert.strictEqual(error.reason._tag, "InternalProviderError")
        assert.strictEqual(ClaudeLanguageModel.claudeErrorOf(error)?.reason._tag, "Overloaded")
      })))

  it("a tool's input is shown while it grows and handed on when the answer has ended", () =>
    against([says(long)], () =>
      Effect.gen(function*() {
        const parts = yield* collect(
          LanguageModel.streamText({ prompt: "Hi", toolkit, disableToolCallResolution: true })
        )
        const types = parts.map(({ type }) => type).filter((type, at, all) => type !== all[at - 1])
        assert.deepStrictEqual(types.slice(4), [
          "tool-params-start",
          "tool-params-delta",
          "tool-params-end",
          "tool-params-start",
          "tool-params-delta",
          "tool-params-end",
          "tool-call",
          "finish"
        ])
        const deltas = parts.flatMap((part) => part.type === "tool-params-delta" ? [part.delta] : [])
        assert.strictEqual(deltas.join(""), `{"city":"Paris"}{"city":"Rome"}`)
      })))

  it("what stands behind a call stays behind it", () => {
    const content = [call("toolu_1"), text("And then."), call("toolu_2")]
    return against([says(Reply.message({ content }))], () =>
      Effect.map(ways.streamText({ prompt: "Hi" }), (parts) => {
        const [assistant] = Prompt.fromResponseParts(parts).content
        const kept = assistant?.role === "assistant" ? assistant.content.map(({ type }) => type) : []
        assert.deepStrictEqual(kept, ["tool-call", "text", "tool-call"])
      }))
  })

  it("input that is no JSON, in an answer that ended, is a malformed answer", () => {
    const broken = Reply.toolUse([{ name: "get_weather", input: `{"city": "Par` }])
    return against([Reply.stream(broken)], () =>
      Effect.gen(function*() {
        const error = yield* Effect.flip(ways.streamText({ prompt: "Hi" }))
        assert.strictEqual(error.reason._tag, "InvalidResponseError")
        assert.strictEqual(ClaudeLanguageModel.claudeErrorOf(error)?.reason._tag, "MalformedResponse")
      }))
  })

  it("interrupted while it waits, the connection closes within 50 ms", () => {
    const whole = Reply.stream(Reply.message("Hello, and then nothing."))
    const ends: Array<string> = []
    const quiet: Reply.Reply = {
      ...whole,
      body: Array.from(whole.body).slice(0, 4),
      end: "silence",
      onEnd: (how) => void ends.push(how)
    }
    return Effect.runPromise(Effect.scoped(Effect.gen(function*() {
      const server = yield* FaultServer.make(Script.always(quiet))
      const client = ClaudeClient.layerStandard({ apiKey: Redacted.make(key), baseUrl: server.url })
      const times: Array<number> = []
      // The best of five: others use this machine, too.
      for (let n = 1; n <= 5; n++) {
        const begun = yield* Deferred.make<void>()
        const consumer = LanguageModel.streamText({ prompt: "Hi", toolkit }).pipe(
          Stream.runForEach((part) => part.type === "text-delta" ? Deferred.succeed(begun, undefined) : Effect.void),
          Effect.provide([weather(), Layer.provide(model, client)])
        )
        const fiber = yield* Effect.forkChild(consumer, { startImmediately: true })
        yield* Deferred.await(begun)
        const start = performance.now()
        yield* Fiber.interrupt(fiber)
        yield* Effect.repeat(Effect.sync(() => ends.length), {
          until: (n) => n >= times.length + 1,
          schedule: Schedule.spaced(1)
        })
        times.push(performance.now() - start)
      }
      assert.isBelow(Math.min(...times), 50)
      assert.deepStrictEqual(ends, Array.from({ length: 5 }, () => "aborted"))
    })))
  })

  it("a slow consumer slows the socket", () => {
    const size = 16_384
    const whole = Reply.stream(Reply.message("0123456789abcdef".repeat(size / 16)), { deltaSize: size })
    const chunks = Array.from(whole.body)
    let written = 0
    const counted = (function*() {
      for (const chunk of chunks) {
        const times = String(chunk.bytes).includes("text_delta") ? 600 : 1
        for (let n = 0; n < times; n++) {
          written++
          yield chunk
        }
      }
    })()
    return Effect.runPromise(Effect.scoped(Effect.gen(function*() {
      const server = yield* FaultServer.make(Script.always({ ...whole, body: counted }))
      const client = ClaudeClient.layerStandard({ apiKey: Redacted.make(key), baseUrl: server.url })
      let paused = 0
      let characters = 0
      yield* LanguageModel.streamText({ prompt: "Hi" }).pipe(
        Stream.runForEach((part) =>
          Effect.gen(function*() {
            if (part.type !== "text-delta") return
            if (characters === 0) {
              // Until the server has not written for ten looks.
              let same = 0
              yield* Effect.sync(() => {
                same = written === paused ? same + 1 : 0
                paused = written
                return same
              }).pipe(Effect.repeat({ until: (looks) => looks >= 10, schedule: Schedule.spaced("2 millis") }))
            }
            characters += part.delta.length
          })
        ),
        Effect.provide(Layer.provide(model, client))
      )
      assert.isBelow(paused, 450, "the rest waited for the consumer")
      assert.strictEqual(characters, size * 600)
    })))
  })

  it("what the last count of tokens leaves out, the first has told", () => {
    const events = [
      { type: "message_start", message: { ...Reply.message(), content: [], stop_reason: null } },
      {
        type: "message_delta",
        delta: { stop_reason: "end_turn", stop_sequence: null },
        usage: { input_tokens: null, cache_read_input_tokens: null, output_tokens: 34 }
      },
      { type: "message_stop" }
    ]
    return against([Reply.events(events)], () =>
      Effect.map(ways.streamText({ prompt: "Hi" }), (parts) => {
        assert.strictEqual(finishOf(parts)?.usage.inputTokens.total, 10)
        assert.strictEqual(finishOf(parts)?.usage.outputTokens.total, 34)
      }))
  })

  it("a block that begins with text has it, and one that begins again ends the one before", () => {
    const start = (text: string) => ({ type: "content_block_start", index: 0, content_block: { type: "text", text } })
    const all = Reply.stream(Reply.message("x"))
    const frames = Array.from(all.body, ({ bytes }) => JSON.parse(/data: (.*)/.exec(String(bytes))?.[1] ?? "{}"))
    const [begin] = frames
    const events = [begin, start("One"), start("Two"), { type: "content_block_stop", index: 0 }, ...frames.slice(-2)]
    return against([Reply.events(events)], () =>
      Effect.map(ways.streamText({ prompt: "Hi" }), (parts) => {
        const shown = parts.map((part) => part.type === "text-delta" ? part.delta : part.type)
        assert.deepStrictEqual(shown.slice(1, -1), ["text-start", "One", "text-end", "text-start", "Two", "text-end"])
      }))
  })
})

describe("what it cites", () => {
  const page = { type: "web_search_result_location", cited_text: "Rain.", url: "https://rain.test/", title: null }
  const line = { type: "char_location", cited_text: "It rains.", document_index: 1, document_title: null }
  const cites = [page, line, { ...line, document_index: 7 }, { ...page, url: "no url" }]

  it("is a source where it is a page or a document of the prompt, streamed or not", () => {
    const file = { type: "file", mediaType: "text/plain", data: "It rains." } as const
    const prompt = Prompt.make([{ role: "user", content: [file, { ...file, fileName: "rain.txt" }] }])
    const message = Reply.message({ content: [text("It rains.", cites)] })
    return against(
      [Reply.json(200, message), streamed(message, cites)],
      () =>
        Effect.forEach(Object.values(ways), (ask) =>
          Effect.map(ask({ prompt }), (parts) => {
            const sources = parts.flatMap((part) => part.type === "source" ? [part] : [])
            assert.deepStrictEqual(
              sources.map((one) => one.sourceType === "url" ? String(one.url) : `${one.fileName} ${one.mediaType}`),
              ["https://rain.test/", "rain.txt text/plain"]
            )
            assert.strictEqual(new Set(sources.map(({ id }) => id)).size, 2)
          }))
    )
  })

  /** Citations come as deltas. */
  const streamed = (message: Reply.Message, citations: ReadonlyArray<object>): Reply.Reply => {
    const body = Array.from(
      Reply.stream(message).body,
      ({ bytes }) => JSON.parse(/data: (.*)/.exec(String(bytes))?.[1] ?? "{}")
    )
    const events: Array<{ readonly type: string }> = []
    for (const event of body) {
      if (event.type === "content_block_stop") {
        for (const citation of citations) {
          events.push({ ...event, type: "content_block_delta", delta: { type: "citations_delta", citation } })
        }
      }
      events.push(event.type === "content_block_start" ? { ...event, content_block: text("") } : event)
    }
    return Reply.events(events)
  }
})

describe("calls", () => {
  it("take attempts, deadline and priority from the layer, and from Overrides in their place", () => {
    const layer = ClaudeLanguageModel.layer({ model: params.model, call: { maxAttempts: 2 } })
    return against(Array.from({ length: 9 }, () => Fault.overloaded()), (harness) =>
      Effect.gen(function*() {
        const counts: Array<number> = []
        for (const ask of Object.values(ways)) {
          for (const call of [{}, { maxAttempts: 1 }, { priority: 1 }]) {
            const before = (yield* bodies(harness)).length
            yield* Effect.flip(Effect.provideService(ask({ prompt: "Hi" }), ClaudeLanguageModel.Overrides, { call }))
            counts.push((yield* bodies(harness)).length - before)
          }
        }
        assert.deepStrictEqual(counts, [2, 1, 2, 2, 1, 2])
      }), { layer })
  })

  it("H1 tell on the span what was asked and what came, and no content", () => {
    const { spans, tracer } = recording()
    const secret = says("A secret answer.")
    return against([secret, secret], () =>
      Effect.gen(function*() {
        for (const ask of Object.values(ways)) yield* ask({ prompt: "A secret question." })
        const told = spans.filter(({ name }) => name.startsWith("LanguageModel."))
        assert.lengthOf(told, 2)
        for (const { attributes } of told) {
          assert.strictEqual(attributes.get("gen_ai.request.model"), params.model)
          assert.strictEqual(attributes.get("gen_ai.request.max_tokens"), 100)
          assert.match(String(attributes.get("gen_ai.response.id")), /^msg_/)
          assert.deepStrictEqual(attributes.get("gen_ai.response.finish_reasons"), ["stop"])
          assert.strictEqual(attributes.get("gen_ai.usage.input_tokens"), 10)
          assert.strictEqual(attributes.get("gen_ai.usage.output_tokens"), 12)
          assert.notInclude(JSON.stringify([...attributes]), "secret")
        }
      }).pipe(Effect.withTracer(tracer)))
  })
})

describe("tools", () => {
  it("a round trip: the calls run, their results go first and in order, the answer comes", () => {
    const calls = Reply.toolUse([
      { id: "toolu_1", name: "get_weather", input: { city: "Paris" } },
      { id: "toolu_2", name: "get_weather", input: { city: "Rome", days: 3 } },
      { id: "toolu_3", name: "get_weather", input: { city: "Atlantis" } }
    ])
    return against([says(calls), says("Warm.")], (harness) =>
      Effect.gen(function*() {
        const asked = Prompt.make("The weather?")
        const first = yield* LanguageModel.generateText({ prompt: asked, toolkit })
        assert.strictEqual(first.finishReason, "tool-calls")
        const next = asked.pipe(Prompt.concat(Prompt.fromResponseParts(first.content)), Prompt.concat("In one word."))
        const second = yield* LanguageModel.generateText({ prompt: next, toolkit })
        assert.strictEqual(second.text, "Warm.")
        const [one, two] = yield* bodies(harness)
        assert.deepStrictEqual(one?.["tools"], [{
          name: "get_weather",
          description: "The weather of a city",
          input_schema: {
            type: "object",
            properties: { city: { type: "string" }, days: { type: "integer" } },
            required: ["city"]
          }
        }])
        assert.deepStrictEqual(two?.messages.map(({ role }) => role), ["user", "assistant", "user"])
        assert.deepStrictEqual(two?.messages[2]?.content, [
          { type: "tool_result", tool_use_id: "toolu_1", content: `{"celsius":20}` },
          { type: "tool_result", tool_use_id: "toolu_2", content: `{"celsius":23}` },
          { type: "tool_result", tool_use_id: "toolu_3", content: `{"unknown":"Atlantis"}`, is_error: true },
          { type: "text", text: "In one word." }
        ])
      }).pipe(Effect.provide(weather())))
  })

  it("E4 a call that the end of the answer cut off is no call, and is named", () => {
    const cuts = [`{"city": "Par`, "", `{"city": "Paris"}`].map((input) =>
      says(Reply.truncatedToolUse({ id: "toolu_1", name: "get_weather", input }))
    )
    return Effect.runPromise(
      Effect.forEach(
        Object.values(ways),
        (ask) =>
          Effect.promise(() =>
            against(cuts, () =>
              Effect.forEach(cuts, () =>
                Effect.map(ask({ prompt: "Hi" }), (parts) => {
                  assert.isFalse(parts.some(({ type }) => type === "tool-call"))
                  assert.strictEqual(finishOf(parts)?.reason, "length")
                  const { truncated } = finishOf(parts)?.metadata.anthropic ?? {}
                  assert.deepStrictEqual(truncated, { id: "toolu_1", name: "get_weather" })
                })))
          )
      )
    )
  })

  it("input as a model writes it reaches the handler as the schema has it", () => {
    const Plan = Tool.make("plan", {
      parameters: Schema.Struct({
        day: Schema.Date,
        note: Schema.optionalKey(Schema.String),
        place: Schema.NullOr(Schema.String),
        who: Schema.Option(Schema.String)
      }),
      success: Schema.Boolean
    })
    const plans = Toolkit.make(Plan)
    const input = {
      day: "2026-11-21T00:00:00.000Z",
      note: null,
      place: null,
      who: { _tag: "Some", value: "Ann" },
      extra: 1
    }
    const seen: Array<unknown> = []
    const handlers = plans.toLayer({ plan: (given) => Effect.sync(() => seen.push(given) > 0) })
    const message = says(Reply.toolUse([{ name: "plan", input }]))
    return against([message, message], () =>
      Effect.gen(function*() {
        yield* LanguageModel.generateText({ prompt: "Hi", toolkit: plans })
        yield* Stream.runDrain(LanguageModel.streamText({ prompt: "Hi", toolkit: plans }))
        assert.lengthOf(seen, 2)
        for (const given of seen as ReadonlyArray<Tool.Parameters<typeof Plan>>) {
          assert.instanceOf(given.day, Date)
          assert.isFalse("note" in given)
          assert.isNull(given.place)
          assert.strictEqual(given.who._tag, "Some")
        }
      }).pipe(Effect.provide(handlers)))
  })

  it("numbers too big for JSON go both ways, and what JSON cannot hold is told with its place", () => {
    const Double = Tool.make("double", { parameters: Schema.Struct({ n: Schema.BigInt }), success: Schema.BigInt })
    const doubles = Toolkit.make(Double)
    const handlers = doubles.toLayer({ double: ({ n }) => Effect.succeed(n * 2n) })
    const message = says(Reply.toolUse([{ id: "toolu_1", name: "double", input: { n: "9007199254740993" } }]))
    return against([message, says("Done.")], (harness) =>
      Effect.gen(function*() {
        const asked = Prompt.make("Twice?")
        const { content } = yield* LanguageModel.generateText({ prompt: asked, toolkit: doubles })
        const next = Prompt.concat(asked, Prompt.fromResponseParts(content))
        yield* LanguageModel.generateText({ prompt: next, toolkit: doubles })
        const [, again] = yield* bodies(harness)
        assert.deepInclude(again?.messages[1]?.content[1], { input: { n: "9007199254740993" } })
        assert.deepInclude(again?.messages[2]?.content[0], { content: `"18014398509481986"` })

        const result: Array<unknown> = []
        result.push(result)
        const part = { type: "tool-result", id: "toolu_1", name: "double", isFailure: false, result } as const
        const endless = Prompt.concat(asked, [{ role: "tool", content: [part] }])
        const error = yield* Effect.flip(LanguageModel.generateText({ prompt: endless }))
        assert.strictEqual(error.reason._tag, "InvalidUserInputError")
        assert.include(error.message, "prompt.1.content.0.result")
      }).pipe(Effect.provide(handlers)))
  })

  it("input that is none of the tool's is the tool's to answer", () => {
    const message = says(Reply.toolUse([{ name: "get_weather", input: { town: "Paris" } }]))
    return against([message], () =>
      Effect.gen(function*() {
        const { toolResults } = yield* LanguageModel.generateText({ prompt: "Hi", toolkit })
        assert.isTrue(toolResults[0]?.isFailure)
        assert.include(JSON.stringify(toolResults[0]?.encodedResult), "ToolParameterValidationError")
      }).pipe(Effect.provide(weather())))
  })

  it("a tool that was not offered is not found, unless that is the caller's to judge", () => {
    const message = says(Reply.toolUse([{ name: "rm_rf", input: { all: null } }]))
    const lenient = { prompt: "Hi", toolkit, disableToolCallResolution: true, toolCallValidation: "deferred" } as const
    return against([message, message, message, message], () =>
      Effect.gen(function*() {
        for (const ask of Object.values(ways)) {
          const { reason } = yield* Effect.flip(ask({ prompt: "Hi" }))
          assert.isTrue(reason._tag === "ToolNotFoundError" && reason.toolName === "rm_rf")
        }
        const { content } = yield* LanguageModel.generateText(lenient)
        const streamed = yield* collect(LanguageModel.streamText(lenient))
        for (const parts of [content, streamed]) {
          assert.deepInclude(parts.find(({ type }) => type === "tool-call"), { name: "rm_rf", params: { all: null } })
        }
      }))
  })

  it("F1 a chat that was interrupted while a tool ran goes on", () =>
    against(
      [says(Reply.toolUse([{ id: "toolu_1", name: "get_weather", input: { city: "Paris" } }])), says("Fine.")],
      (harness) =>
        Effect.gen(function*() {
          const chat = yield* Chat.empty
          const running = yield* Deferred.make<void>()
          const deaf = toolkit.toLayer({
            get_weather: () => Effect.andThen(Deferred.succeed(running, undefined), Effect.never)
          })
          const turn = Effect.provide(Stream.runDrain(chat.streamText({ prompt: "The weather?", toolkit })), deaf)
          const fiber = yield* Effect.forkChild(turn, { startImmediately: true })
          yield* Deferred.await(running)
          yield* Fiber.interrupt(fiber)
          const response = yield* chat.generateText({ prompt: "Never mind." })
          assert.strictEqual(response.text, "Fine.")
          const [, again] = yield* bodies(harness)
          assert.deepInclude(again?.messages[2]?.content[0], {
            type: "tool_result",
            tool_use_id: "toolu_1",
            is_error: true
          })
        })
    ))

  it("the choice among tools", () => {
    const choices = [
      ["auto", undefined],
      ["none", { type: "none" }],
      ["required", { type: "any" }],
      [{ tool: "get_weather" }, { type: "tool", name: "get_weather" }],
      [{ oneOf: ["get_weather"] }, undefined],
      [{ mode: "required", oneOf: ["get_weather"] }, { type: "any" }]
    ] as const
    return against(choices.map(() => says("Hi")), (harness) =>
      Effect.gen(function*() {
        for (const [toolChoice] of choices) yield* LanguageModel.generateText({ prompt: "Hi", toolkit, toolChoice })
        assert.deepStrictEqual(
          (yield* bodies(harness)).map((body) => body["tool_choice"]),
          choices.map(([, sent]) => sent)
        )
      }).pipe(Effect.provide(weather())))
  })

  it("a tool that the API would not take is told with its path, and nothing is sent", () => {
    const Either = Tool.make("either", {
      parameters: Schema.Union([Schema.Struct({ a: Schema.String }), Schema.Struct({ b: Schema.String })])
    })
    const either = Toolkit.make(Either)
    return against([], (harness) =>
      Effect.gen(function*() {
        const error = yield* Effect.flip(LanguageModel.generateText({ prompt: "Hi", toolkit: either }))
        assert.isTrue(error._tag === "AiError" && error.reason._tag === "ToolConfigurationError")
        assert.include(error.message, "input_schema.anyOf")
        assert.deepStrictEqual(yield* bodies(harness), [])
      }).pipe(Effect.provide(either.toLayer({ either: () => Effect.void }))))
  })

  it("a tool that Anthropic defines and we run goes by its own name on the wire", () => {
    const Bash = Tool.providerDefined({
      id: "anthropic.bash_20250124",
      customName: "Shell",
      providerName: "bash",
      requiresHandler: true,
      parameters: Schema.Struct({ command: Schema.String, restart: Schema.optionalKey(Schema.Boolean) }),
      success: Schema.String
    })({})
    const shell = Toolkit.make(Bash)
    const handlers = shell.toLayer({ Shell: ({ command }) => Effect.succeed(`ran ${command}`) })
    const message = says(Reply.toolUse([{ id: "toolu_1", name: "bash", input: { command: "ls", restart: null } }]))
    return against([message, says("Done.")], (harness) =>
      Effect.gen(function*() {
        const asked = Prompt.make("List.")
        const { content, toolCalls } = yield* LanguageModel.generateText({ prompt: asked, toolkit: shell })
        assert.strictEqual(toolCalls[0]?.name, "Shell")
        const next = Prompt.concat(asked, Prompt.fromResponseParts(content))
        yield* LanguageModel.generateText({ prompt: next, toolkit: shell, toolChoice: { tool: "Shell" } })
        const [one, two] = yield* bodies(harness)
        assert.deepStrictEqual(one?.["tools"], [{ type: "bash_20250124", name: "bash" }])
        assert.deepInclude(two?.messages[1]?.content[1], { name: "bash", input: { command: "ls", restart: null } })
        assert.deepInclude(two?.messages[2]?.content[0], { content: "ran ls" })
        assert.deepStrictEqual(two?.["tool_choice"], { type: "tool", name: "bash" })
      }).pipe(Effect.provide(handlers)))
  })

  it("a tool that Anthropic runs is offered by its type, and its call and result are parts", () => {
    const Search = Tool.providerDefined({
      id: "anthropic.web_search_20260318",
      customName: "Search",
      providerName: "web_search",
      args: Schema.Struct({ max_uses: Schema.Int }),
      parameters: Schema.Struct({ query: Schema.String }),
      success: Schema.Json,
      failure: Schema.Struct({ type: Schema.String, error_code: Schema.String })
    })({ max_uses: 3 })
    const search = Toolkit.make(Search)
    const found = { type: "web_search_tool_result", pages: [] }
    const failed = { type: "web_search_tool_result_error", error_code: "max_uses_exceeded" }
    const content = [
      block("server_tool_use", { id: "srvtoolu_1", name: "web_search", input: { query: "rain" } }),
      block("web_search_tool_result", { tool_use_id: "srvtoolu_1", content: found }),
      block("server_tool_use", { id: "srvtoolu_2", name: "web_search", input: { query: "snow" } }),
      block("web_search_tool_result", { tool_use_id: "srvtoolu_2", content: failed }),
      text("It rains.")
    ]
    const message = says(Reply.message({ content }))
    return against([message, message, says("Done.")], (harness) =>
      Effect.gen(function*() {
        const prompt = Prompt.make("Hi")
        const { content: parts } = yield* LanguageModel.generateText({ prompt, toolkit: search })
        const streamed = yield* collect(LanguageModel.streamText({ prompt, toolkit: search }))
        for (const list of [parts, streamed]) {
          assert.deepInclude(list.find(({ type }) => type === "tool-call"), { name: "Search", providerExecuted: true })
          const results = list.flatMap((part) => part.type === "tool-result" ? [part] : [])
          assert.deepStrictEqual<unknown>(results.map((one) => [one.name, one.isFailure, one.result]), [
            ["Search", false, found],
            ["Search", true, failed]
          ])
        }
        yield* LanguageModel.generateText({
          prompt: prompt.pipe(Prompt.concat(Prompt.fromResponseParts(streamed)), Prompt.concat("And now?")),
          toolkit: search
        })
        const [asked, , again] = yield* bodies(harness)
        assert.deepStrictEqual(asked?.["tools"], [{ max_uses: 3, type: "web_search_20260318", name: "web_search" }])
        assert.deepStrictEqual<unknown>(again?.messages[1]?.content, content.map(asSent))
      }))
  })
})

class Person extends Schema.Class<Person>("Person")({
  name: Schema.String,
  age: Schema.Int.check(Schema.isGreaterThan(0)),
  nick: Schema.optionalKey(Schema.String)
}) {}

describe("structured output", () => {
  const ask = LanguageModel.generateObject({ prompt: "Ann is 30.", schema: Person })

  it("is constrained by the model itself and decoded by the schema", () =>
    against([says(`{"name":"Ann","age":30,"nick":null}`)], (harness) =>
      Effect.gen(function*() {
        const { value } = yield* ask
        assert.instanceOf(value, Person)
        assert.deepStrictEqual({ ...value }, { name: "Ann", age: 30 })
        const [body] = yield* bodies(harness)
        const config = body?.["output_config"] as {
          readonly format: { readonly type: string; readonly schema: object }
        }
        assert.strictEqual(config.format.type, "json_schema")
        assert.deepInclude(config.format.schema, { type: "object", additionalProperties: false })
        assert.isUndefined(body?.["tools"])
      })))

  it("that does not fit fails with its text", () =>
    against([says(`{"name":"Ann","age":-3}`), says("Ann.")], () =>
      Effect.gen(function*() {
        for (const given of [`{"name":"Ann","age":-3}`, "Ann."]) {
          const error = yield* Effect.flip(ask)
          assert.strictEqual(error.reason._tag, "StructuredOutputError")
          assert.isTrue(error.reason._tag === "StructuredOutputError" && error.reason.responseText === given)
        }
      })))

  it("that was refused or cut off is no output, and not worth another try", () =>
    against(
      [says(Reply.refusal()), says(Reply.message({ text: `{"name":"An`, stopReason: "max_tokens" }))],
      () =>
        Effect.gen(function*() {
          const refused = yield* Effect.flip(ask)
          assert.strictEqual(refused.reason._tag, "ContentPolicyError")
          assert.strictEqual(ClaudeLanguageModel.claudeErrorOf(refused)?.reason._tag, "Refused")
          const cut = yield* Effect.flip(ask)
          assert.isTrue(cut.reason._tag === "StructuredOutputError" && cut.reason.responseText === `{"name":"An`)
          assert.strictEqual(ClaudeLanguageModel.claudeErrorOf(cut)?.reason._tag, "Truncated")
          assert.isFalse(cut.isRetryable)
        })
    ))

  it("of a model from before 4.5 is the input of a tool that it must call", () => {
    const answer = Reply.json(200, Reply.toolUse([{ name: "Person", input: { name: "Ann", age: 30, nick: null } }]))
    const layer = ClaudeLanguageModel.layer({ model: "claude-opus-4-1-20250805" })
    // The server of the harness knows only models that are still there.
    return run([answer, answer], (harness) =>
      Effect.gen(function*() {
        const { value } = yield* ask
        assert.deepStrictEqual({ ...value }, { name: "Ann", age: 30 })
        yield* Effect.provide(
          LanguageModel.generateObject({ prompt: "Ann is 30.", schema: Person, toolkit }),
          weather()
        )
        const [alone, beside] = yield* bodies(harness)
        assert.isUndefined(alone?.["output_config"])
        assert.deepStrictEqual(alone?.["tool_choice"], { type: "tool", name: "Person" })
        assert.deepStrictEqual(beside?.["tool_choice"], { type: "any" })
      }).pipe(Effect.provide(layer)))
  })

  it("every model that the API still serves constrains its output itself, whatever a platform calls it", () => {
    const native = [
      "claude-sonnet-5-5",
      "claude-opus-4-5-20251101",
      "claude-sonnet-4-5",
      "claude-haiku-4-5@20251001",
      "us.anthropic.claude-opus-4-8-v1:0",
      "claude-mythos-preview",
      "a-gateway-of-mine"
    ]
    const older = [
      "claude-opus-4-1-20250805",
      "claude-opus-4-20250514",
      "claude-sonnet-4-0",
      "claude-3-7-sonnet-20250219",
      "anthropic.claude-3-5-haiku-20241022-v1:0",
      "claude-sonnet-4@20250514",
      "claude-2.1"
    ]
    assert.deepStrictEqual(native.filter(constrainsOutput), native)
    assert.deepStrictEqual(older.filter(constrainsOutput), [])
  })

  it("a schema without an end is told before anything is sent", () => {
    interface Tree {
      readonly kids: ReadonlyArray<Tree>
    }
    const Tree: Schema.Codec<Tree> = Schema.Struct({
      kids: Schema.Array(Schema.suspend((): Schema.Codec<Tree> => Tree))
    })
    return against([], (harness) =>
      Effect.gen(function*() {
        const error = yield* Effect.flip(LanguageModel.generateObject({ prompt: "Hi", schema: Tree }))
        assert.strictEqual(error.reason._tag, "UnsupportedSchemaError")
        assert.deepStrictEqual(yield* bodies(harness), [])
      }))
  })
})

it("tells which models take system messages in a history", () =>
  against([], () =>
    Effect.gen(function*() {
      const { supportsSystemMessagesInHistory: supports = Effect.fail("missing") } = yield* LanguageModel.LanguageModel
      const models = ["claude-sonnet-5-5", "claude-sonnet-4-6", "brand-new"]
      const told = yield* Effect.forEach(
        models,
        (name) => Effect.provideService(supports, ClaudeLanguageModel.Overrides, { model: name })
      )
      assert.deepStrictEqual(told, [true, false, false])
    })))

it("a forgotten client is a type error", () => {
  const forgotten = LanguageModel.generateText({ prompt: "Hi" }).pipe(Effect.provide(model))
  type Missing = Effect.Services<typeof forgotten>
  const required: [ClaudeClient.ClaudeClient] extends [Missing] ? true : false = true
  // @ts-expect-error nothing but the client is missing
  const nothing: [Missing] extends [never] ? true : false = true
  assert.deepStrictEqual([required, nothing], [true, true])
})

it("one model over two clients, one inside of the other, asks the one beneath it", () =>
  against([says("outer")], () =>
    Effect.gen(function*() {
      const fetch = yield* FaultServer.fetch(Script.always(Reply.json(200, Reply.message("inner"))))
      const client = ClaudeClient.layerStandard({ apiKey: Redacted.make(key), baseUrl: "http://claude.test", fetch })
      const ask = Effect.map(LanguageModel.generateText({ prompt: "Hi" }), (response) => response.text)
      assert.strictEqual(yield* Effect.provide(ask, Layer.provide(model, client)), "inner")
      assert.strictEqual(yield* ask, "outer")
    })))
