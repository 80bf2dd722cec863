import { FaultServer, Reply, Routes } from "@effect-claude/fault-server"
import { assert, describe, it } from "@effect/vitest"
import { Arbitrary, Effect, Option, Redacted, Result, Schema, Stream } from "effect"
import { ClaudeClient, History, Preflight, type Resilience } from "effect-claude"
import { createServer, type RequestListener } from "node:http"
import { measure } from "../../src/client/internal/measure.ts"
import { drawn, historyOf } from "../fixtures/conversations.ts"
import { params, reason, runHandler } from "../fixtures/harness.ts"
import { png } from "../fixtures/media.ts"

const answer: Reply.Handler = (request) => Effect.sync(() => Reply.forRequest(request, Reply.message("Yes.")))
const tool = { name: "look", input_schema: { type: "object" as const }, description: "\u2028 \ud800 ü" }
const mark = "effect-claude/messages"

/** Overloaded at every third request. */
const busy: Reply.Handler = (request) =>
  request.index % 3 === 2 ? Effect.succeed(Reply.error(529, "overloaded_error", "Overloaded")) : answer(request)

const bodies = (program: Effect.Effect<unknown, unknown, ClaudeClient.ClaudeClient>, handler = answer) =>
  runHandler(
    handler,
    ({ seen }) =>
      Effect.flatMap(Effect.orDie(program), () => Effect.map(seen, (all) => all.map(({ request }) => request.body)))
  )

describe("a history on its way to the API", () => {
  it.live.prop(
    "the bytes are those that JSON.stringify writes, as JSON and as a stream, whatever stands around the messages",
    { drawn },
    ({ drawn }) =>
      Effect.promise(async () => {
        const messages = History.toMessages(historyOf(drawn, true))
        const asked = [
          { ...params, messages },
          { messages, model: params.model, max_tokens: 5, system: mark, tools: [tool] },
          { model: params.model, system: [{ type: "text" as const, text: `"${mark}"` }], messages, max_tokens: 7 },
          { model: params.model, system: mark, messages, max_tokens: 7 }
        ]
        const sent = await bodies(Effect.forEach(asked, (one) =>
          Effect.andThen(ClaudeClient.createMessage(one), Stream.runDrain(ClaudeClient.streamMessage(one)))))
        assert.deepStrictEqual(
          sent,
          asked.flatMap((one) => [JSON.stringify(one), JSON.stringify({ ...one, stream: true })])
        )
      }),
    { arbitrary: { runs: 100, seed: 1 }, timeout: 60_000 }
  )

  it.live("so they are over sockets of our own, where they are sent as bytes", () =>
    Effect.scoped(Effect.gen(function*() {
      const server = yield* FaultServer.make(Routes.make())
      const layer = ClaudeClient.layerStandard({ apiKey: Redacted.make("sk-ant-test"), baseUrl: server.url })
      const asked: Array<object> = []
      yield* Effect.gen(function*() {
        let history = History.make("世界 🦊 \ud800 größer \"\n")
        for (let n = 0; n < 30; n++) {
          const one = { system: "ü", ...params, messages: History.toMessages(history), stop_sequences: ["é"] }
          asked.push(one)
          yield* ClaudeClient.createMessage(one)
          history = Result.getOrThrow(History.appendUser(history, "ß".repeat(1 + n ** 3)))
        }
        const marked = { ...params, system: mark, messages: History.toMessages(history) }
        asked.push(marked)
        yield* ClaudeClient.createMessage(marked)
      }).pipe(Effect.provide(layer))
      const sent = yield* server.requests
      assert.deepStrictEqual(sent.map(({ body }) => body), asked.map((one) => JSON.stringify(one)))
      assert.deepStrictEqual(
        sent.map(({ headers }) => headers["content-length"]),
        asked.map((one) => `${Buffer.byteLength(JSON.stringify(one))}`)
      )
    })))

  /** A server whose requests go to a listener, and a client over sockets of our own. */
  const over = <A, E>(
    listener: RequestListener,
    program: Effect.Effect<A, E, ClaudeClient.ClaudeClient>,
    options: Resilience.Options = {}
  ) =>
    Effect.scoped(Effect.gen(function*() {
      const server = createServer(listener)
      yield* Effect.promise(() => new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve)))
      yield* Effect.addFinalizer(() => Effect.sync(() => server.closeAllConnections()))
      yield* Effect.addFinalizer(() => Effect.sync(() => server.close()))
      const address = server.address()
      const port = typeof address === "object" ? address?.port : undefined
      const apiKey = Redacted.make("sk-ant-test")
      const layer = ClaudeClient.layerStandard({ apiKey, baseUrl: `http://127.0.0.1:${port}`, ...options })
      return yield* Effect.provide(program, layer)
    }))
  const large = { ...params, messages: History.toMessages(History.make("a".repeat(8 * 1024 * 1024))) }

  it.live("an answer that comes before the body was read is an answer, and the next request goes through", () => {
    let requests = 0
    return over(
      (request, response) => {
        if (requests++ > 0) request.resume()
        request.once("end", () => response.writeHead(200).end(JSON.stringify(Reply.message("Yes."))))
        if (requests > 1) return
        response.writeHead(413, { "content-type": "application/json" })
        response.end(JSON.stringify({ type: "error", error: { type: "request_too_large", message: "Too large." } }))
      },
      Effect.gen(function*() {
        assert.strictEqual((yield* reason(ClaudeClient.createMessage(large)))._tag, "RequestTooLarge")
        assert.strictEqual((yield* ClaudeClient.createMessage(large)).stop_reason, "end_turn")
      })
    )
  })

  it.live("a body that nobody reads ends with the call", () => {
    let closed = 0
    let read = (): void => {}
    return over(
      (request) => {
        request.pause()
        request.socket.once("close", () => closed++)
        read = () => void request.on("error", () => {}).resume()
      },
      Effect.gen(function*() {
        const start = yield* Effect.clockWith((clock) => clock.currentTimeMillis)
        const exit = yield* Effect.timeoutOption(ClaudeClient.createMessage(large), "300 millis")
        assert.isTrue(Option.isNone(exit))
        assert.isBelow((yield* Effect.clockWith((clock) => clock.currentTimeMillis)) - start, 2000)
        // Who does not read does not see that the other end is gone.
        read()
        yield* Effect.repeat(Effect.sleep("10 millis"), { while: () => closed === 0, times: 500 })
        assert.strictEqual(closed, 1)
      })
    )
  })

  it("each message is serialised once over a whole run, retries included", async () => {
    let written = 0
    const input = { toJSON: () => `written ${++written}` }
    let history = History.make("Look around.")
    const sent = await bodies(
      Effect.gen(function*() {
        for (let n = 0; n < 20; n++) {
          const open = yield* Effect.fromResult(
            History.appendAssistant(history, { content: [{ type: "tool_use", id: `toolu_${n}`, name: "look", input }] })
          )
          if (!History.isPending(open)) continue
          history = yield* Effect.fromResult(
            History.appendResults(open, [{ type: "tool_result", tool_use_id: `toolu_${n}`, content: "ok" }])
          )
          yield* ClaudeClient.createMessage({ ...params, messages: History.toMessages(history) })
        }
      }),
      busy
    )
    assert.isAbove(sent.length, 20)
    assert.strictEqual(written, 20)
  })

  it("a list that was changed is sent as it is", async () => {
    const messages = History.toMessages(History.make("Hello"))
    messages.push({ role: "user", content: "Are you there?" })
    const other = History.toMessages(History.make("Hello"))
    other[0] = { role: "user", content: "Goodbye" }
    const sent = await bodies(Effect.all([
      ClaudeClient.createMessage({ ...params, messages }),
      ClaudeClient.createMessage({ ...params, messages: other })
    ]))
    assert.deepStrictEqual(sent, [
      JSON.stringify({ ...params, messages }),
      JSON.stringify({ ...params, messages: other })
    ])
  })

  it("preflight still sees the messages: a fifth breakpoint, a system message, a list that no longer is the history's", () =>
    runHandler(answer, ({ seen }) =>
      Effect.gen(function*() {
        const broken = History.toMessages(History.make("Hello"))
        broken.push({ role: "user", content: [{ type: "tool_result", tool_use_id: "a", content: "b" }] })
        const rejected = yield* reason(ClaudeClient.createMessage({ ...params, messages: broken }))
        assert.match(rejected.message, /messages\.1/)
        const block = { type: "text" as const, text: "Hi", cache_control: { type: "ephemeral" as const } }
        let cached = History.make([block])
        for (let n = 0; n < 4; n++) cached = Result.getOrThrow(History.appendUser(cached, [block]))
        cached = Result.getOrThrow(History.appendUser(cached, "Well?"))
        const surplus = yield* reason(ClaudeClient.createMessage({ ...params, messages: History.toMessages(cached) }))
        assert.match(surplus.message, /messages\.4\.content\.0\.cache_control/)
        assert.deepStrictEqual(yield* seen, [])
      })))
})

/** Parameters by number: some the API takes, most it does not. */
const around: ReadonlyArray<Readonly<Record<string, unknown>>> = [
  {},
  { max_tokens: -1 },
  { model: "claude-haiku-4-5" },
  { model: "" },
  { thinking: { type: "enabled", budget_tokens: 5 } },
  { tools: [tool, tool] },
  { tool_choice: { type: "tool", name: "other" }, tools: [tool] },
  { cache_control: { type: "ephemeral" } },
  { temperature: 0.5 },
  { system: [{ type: "text", text: "" }] },
  { system: 1n },
  { thread: { type: "continue" } }
]
const content = [
  "Hi",
  [{ type: "text", text: "Hi", cache_control: { type: "ephemeral" } }],
  [{ type: "image", source: { type: "base64", media_type: "image/png", data: png(9000, 10) } }],
  [{ type: "image", source: { type: "base64", media_type: "image/png", data: png(30, 30) } }],
  [{ type: "image", source: 5 }],
  [{ type: "document", source: { type: "text", media_type: "text/plain", data: "Hi" } }],
  [{ type: "text", text: "Hi", citations: [{}] }],
  [{ type: "text", text: 7 }],
  [{ type: "later" }]
]
const number = Arbitrary.schema(Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 999 })))
const roles = ["user", "assistant", "system"]

describe("what a history has proved is not proved again", () => {
  it.effect.prop(
    "preflight finds the same in a history's list and in a copy of it, and the limiter's estimate is the same",
    { turns: Arbitrary.array(number, { minLength: 1, maxLength: 30 }), choice: number },
    ({ choice, turns }) =>
      Effect.sync(() => {
        const made = History.fromMessages(turns.map((n, at) => ({
          role: at === 0 ? "user" : roles[n % 17 === 0 ? 2 : at % 2],
          content: content[n % 3 === 0 ? Math.floor(n / 3) % content.length : 0]
        })))
        if (Result.isFailure(made)) return
        const request = { ...params, ...around[choice % around.length], messages: History.toMessages(made.success) }
        const copy = { ...request, messages: [...request.messages] }
        for (const counting of [false, true]) {
          assert.deepStrictEqual(Preflight.check(request, { counting }), Preflight.check(copy, { counting }))
        }
        assert.deepStrictEqual(measure(request), measure(copy))
      }),
    { arbitrary: { runs: 3000, seed: 1 }, timeout: 60_000 }
  )
})
