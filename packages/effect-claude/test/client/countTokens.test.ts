import { Reply } from "@effect-claude/fault-server"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Stream } from "effect"
import { ClaudeClient, ClaudeRateLimiter } from "effect-claude"
import { params, runHandler } from "../fixtures/harness.ts"

const limiter = { limits: { [params.model]: { inputTokensPerMinute: 10_000 } } }
const level = Effect.map(
  ClaudeRateLimiter.ClaudeRateLimiter.use((one) => one.state),
  (states) => states.find(({ name }) => name === params.model)?.inputTokens ?? 10_000
)
const isCount = (request: Reply.Received) => request.path === "/v1/messages/count_tokens"

/** Messages never end, so that what was charged beforehand can be seen; counting answers as given. */
const counting = (count: Effect.Effect<Reply.Reply>): Reply.Handler => (request) =>
  isCount(request) ? count : Effect.never

/** What the limiter has charged for a call on its way, after so many milliseconds. */
const charged = (
  call: Effect.Effect<unknown, unknown, ClaudeClient.ClaudeClient>,
  count: Effect.Effect<Reply.Reply>,
  after = 100
) =>
  runHandler(counting(count), ({ seen }) =>
    Effect.gen(function*() {
      const fiber = yield* Effect.forkChild(call)
      yield* Effect.sleep(after)
      const tokens = 10_000 - (yield* level)
      yield* Fiber.interrupt(fiber)
      return { tokens, sent: (yield* seen).map(({ request }) => request) }
    }), { limiter })

const call = ClaudeClient.createMessage(params, { countTokens: true })
const told = (tokens: unknown) => Effect.succeed(Reply.json(200, { input_tokens: tokens }))
const estimate = 60

describe("countTokens: true", () => {
  it("C2 the limiter is charged what the API counts, before the request is sent", async () => {
    const { sent, tokens } = await charged(call, told(4321))
    assert.closeTo(tokens, 4321, 20)
    assert.deepStrictEqual(sent.map(({ path }) => path), ["/v1/messages/count_tokens", "/v1/messages"])
    assert.deepStrictEqual(sent[0]?.json, { model: params.model, messages: params.messages })
    assert.isAtMost((await charged(ClaudeClient.createMessage(params), told(4321))).tokens, estimate)
  })

  it("counts what the count depends on, and nothing that it refuses", async () => {
    const rich: ClaudeClient.MessageParams = {
      ...params,
      system: "Be brief.",
      tools: [{ name: "look", input_schema: { type: "object" } }],
      tool_choice: { type: "auto" },
      metadata: { user_id: "u" },
      stop_sequences: ["x"]
    }
    const stream = Stream.runDrain(ClaudeClient.streamMessage(rich, { countTokens: true }))
    const { sent } = await charged(stream, told(10))
    const { messages, model, system, tool_choice, tools } = rich
    assert.deepStrictEqual(sent[0]?.json, { model, messages, system, tool_choice, tools })
  })

  const failures = {
    "an error": Effect.succeed(Reply.error(529, "overloaded_error", "Overloaded")),
    "a refusal": Effect.succeed(Reply.error(400, "invalid_request_error", "No")),
    "no number": told("many"),
    "a negative number": told(-5),
    "HTML": Effect.succeed(Reply.text(200, "<html>", { "content-type": "text/html" }))
  }
  for (const [name, count] of Object.entries(failures)) {
    it(`falls back to the estimate on ${name}, after one try`, async () => {
      const { sent, tokens } = await charged(call, count)
      assert.isAbove(tokens, 0)
      assert.isAtMost(tokens, estimate)
      assert.lengthOf(sent, 2)
    })
  }

  it("waits 5 seconds for a count, and no longer than the deadline", async () => {
    const silent = Effect.never
    assert.lengthOf((await charged(call, silent, 4900)).sent, 1)
    assert.lengthOf((await charged(call, silent, 5100)).sent, 2)
    const reason = await runHandler(
      counting(silent),
      ({ clock }) =>
        Effect.gen(function*() {
          const start = clock.now
          const error = yield* Effect.flip(
            ClaudeClient.createMessage(params, { countTokens: true, deadline: "2 seconds" })
          )
          return [error.reason._tag, clock.now - start]
        })
    )
    assert.deepStrictEqual(reason, ["DeadlineExceeded", 2000])
  })

  it("B6 interrupted while it is counted nothing else is sent and nothing is charged", async () => {
    const { sent, tokens } = await runHandler(counting(Effect.never), ({ seen }) =>
      Effect.gen(function*() {
        const fiber = yield* Effect.forkChild(call)
        yield* Effect.sleep(100)
        yield* Fiber.interrupt(fiber)
        yield* Effect.sleep(10_000)
        const states = yield* ClaudeRateLimiter.ClaudeRateLimiter.use((one) => one.state)
        return { sent: yield* seen, tokens: states.reduce((sum, { inFlight }) => sum + inFlight, 0) }
      }), { limiter })
    assert.lengthOf(sent, 1)
    assert.strictEqual(tokens, 0)
  })

  it("where counting is down it is not waited for: its circuit opens, and that of messages does not", async () => {
    const handler: Reply.Handler = (request) =>
      Effect.succeed(
        isCount(request)
          ? Reply.error(500, "api_error", "down")
          : Reply.forRequest(request, Reply.message({ text: "Hi" }))
      )
    const { counts, millis } = await runHandler(handler, ({ clock, seen }) =>
      Effect.gen(function*() {
        for (let n = 0; n < 30; n++) yield* call
        // Nor when the circuit is about to be tried again, and that would be within the time for a count.
        let millis = clock.now
        for (let second = 0; second < 20; second++) {
          yield* Effect.sleep("1 second")
          const start = clock.now
          yield* call
          millis += clock.now - start
        }
        return {
          millis,
          counts: (yield* seen).filter(({ request }) => isCount(request)).length
        }
      }))
    assert.isAtMost(counts, 12)
    assert.isBelow(millis, 100)
  })
})
