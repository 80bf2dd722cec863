import { Reply } from "@effect-claude/fault-server"
import { assert, describe, it } from "@effect/vitest"
import { Arbitrary, Effect, Result, Schema, Stream } from "effect"
import { ClaudeClient, History, Preflight } from "effect-claude"
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
        assert.strictEqual(measure(request), measure(copy))
      }),
    { arbitrary: { runs: 3000, seed: 1 }, timeout: 60_000 }
  )
})
