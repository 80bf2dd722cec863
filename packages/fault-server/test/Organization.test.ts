import Anthropic from "@anthropic-ai/sdk"
import { FaultServer, Organization, type Reply, VirtualClock } from "@effect-claude/fault-server"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"

const request = (index: number, body: object = {}): Reply.Received => {
  const json = {
    model: "claude-haiku-5-5",
    max_tokens: 100,
    messages: [{ role: "user", content: `ask ${index}` }],
    ...body
  }
  return {
    index,
    at: 0,
    method: "POST",
    path: "/v1/messages",
    query: "",
    headers: {},
    body: JSON.stringify(json),
    json
  }
}
const limits = { requestsPerMinute: 10, inputTokensPerMinute: 6000, outputTokensPerMinute: 1200 }
const exact = { latency: { firstToken: 0, tokensPerSecond: 1e6, spread: 0 }, input: () => 1000, output: () => 10 }

const inTime = <A>(program: (clock: VirtualClock.VirtualClock) => Effect.Effect<A>) => {
  const clock = VirtualClock.make()
  return clock.run(program(clock))
}

describe("Organization", () => {
  it("admits to the limit, says exactly how long to wait, and admits exactly then", () =>
    inTime(() =>
      Effect.gen(function*() {
        const { handler } = yield* Organization.make({ limits, ...exact })
        for (let n = 0; n < 6; n++) assert.strictEqual((yield* handler(request(n))).status, 200)
        const refused = yield* handler(request(6))
        assert.strictEqual(refused.status, 429)
        assert.strictEqual(refused.headers["retry-after"], "10")
        assert.strictEqual(refused.headers["anthropic-ratelimit-input-tokens-remaining"], "0")
        assert.strictEqual(refused.headers["anthropic-ratelimit-requests-remaining"], "4")
        assert.match(String(Array.from(refused.body)[0]?.bytes), /6000 input tokens per minute/)
        yield* Effect.sleep("9990 millis")
        assert.strictEqual((yield* handler(request(7))).status, 429)
        yield* Effect.sleep("10 millis")
        assert.strictEqual((yield* handler(request(8))).status, 200)
      })
    ))

  it("counts output as it is produced, and lets it fall into debt", () =>
    inTime(() =>
      Effect.gen(function*() {
        const { handler } = yield* Organization.make({
          limits: { ...limits, outputTokensPerMinute: 600 },
          latency: { firstToken: 1000, tokensPerSecond: 100, spread: 0 },
          input: () => 1,
          output: () => 1000
        })
        assert.strictEqual((yield* handler(request(0))).status, 200)
        assert.strictEqual((yield* handler(request(1))).status, 200, "nothing is produced yet")
        yield* Effect.sleep("11 seconds")
        const refused = yield* handler(request(2))
        assert.strictEqual(refused.status, 429)
        // 600 at the start, 110 refilled of which 10 overflowed, 2,000 produced: 1,300 in debt at 10 a second.
        assert.closeTo(Number(refused.headers["retry-after"]), 131, 2)
      })
    ))

  it("overload, resets, cuts and the spend cap come as they are set", () =>
    inTime(() =>
      Effect.gen(function*() {
        const wide = { requestsPerMinute: 1e6, inputTokensPerMinute: 1e9, outputTokensPerMinute: 1e9 }
        const { handler, stats } = yield* Organization.make({
          limits: wide,
          ...exact,
          overload: [{ from: 1, to: 2, rate: 1 }],
          resets: 0.1,
          cuts: 0.2,
          spendCap: 9000
        })
        const send = (n: number) => handler(request(n, { stream: true }))
        yield* Effect.forEach(Array.from({ length: 500 }, (_, n) => n), send)
        const calm = yield* stats
        assert.strictEqual(calm.overloaded, 0)
        assert.isTrue(calm.reset > 25 && calm.reset < 80 && calm.cut > 60 && calm.cut < 130)
        yield* Effect.sleep("1 second")
        assert.strictEqual((yield* send(1)).status, 529)
        yield* Effect.sleep("1 second")
        yield* Effect.forEach(Array.from({ length: 600 }, (_, n) => n), send)
        assert.match(String(Array.from((yield* send(2)).body)[0]?.bytes), /enforced_spend_limit_reached/)
      })
    ))

  it("is the same for the same seed", () => {
    const play = (seed: number) =>
      inTime(() =>
        Effect.gen(function*() {
          const { handler } = yield* Organization.make({ seed, resets: 0.3, cuts: 0.3 })
          const replies = yield* Effect.forEach(Array.from({ length: 50 }, (_, n) => n), (n) => handler(request(n)))
          return JSON.stringify(replies.map((reply) => [
            reply.begin,
            reply.delay,
            Array.from(reply.body).map((chunk) => String(chunk.bytes).slice(60))
          ]))
        })
      )
    return Promise.all([play(1), play(1), play(2)]).then(([one, same, other]) => {
      assert.strictEqual(one, same)
      assert.notStrictEqual(one, other)
    })
  })

  it("an hour of its time passes in under a second, exactly, with the real SDK", () => {
    const start = performance.now()
    return inTime((clock) =>
      Effect.gen(function*() {
        const { handler } = yield* Organization.make({
          latency: { firstToken: 800, tokensPerSecond: 80, spread: 0 },
          output: () => 80
        })
        const fetch = yield* FaultServer.fetch(handler)
        const sdk = new Anthropic({
          apiKey: "sk-ant-test",
          baseURL: "http://claude.test",
          fetch,
          maxRetries: 0,
          logLevel: "off"
        })
        for (let minute = 0; minute < 60; minute++) {
          yield* Effect.promise(() =>
            sdk.messages.create({
              model: "claude-haiku-5-5",
              max_tokens: 100,
              messages: [{ role: "user", content: "hi" }]
            })
          )
          yield* Effect.sleep("58200 millis")
        }
        assert.closeTo(clock.now, 3_600_000, 1e-3)
        assert.isBelow(performance.now() - start, 1000)
      })
    )
  })
})

describe("VirtualClock", () => {
  it("wakes in order, waits beyond 2^31 ms, and interruption moves no time", () =>
    inTime((clock) =>
      Effect.gen(function*() {
        const order: Array<number> = []
        yield* Effect.forEach([30, 10, 20, 10], (millis, index) =>
          Effect.andThen(Effect.sleep(millis), Effect.sync(() => order.push(index))), { concurrency: "unbounded" })
        assert.deepStrictEqual(order, [1, 3, 2, 0])
        assert.strictEqual(clock.now, 30)
        yield* Effect.timeoutOption(Effect.sleep("1 hour"), "5 millis")
        assert.strictEqual(clock.now, 35)
        yield* Effect.sleep(2 ** 31)
        assert.strictEqual(clock.now, 35 + 2 ** 31)
      })
    ))

  it("says so when nothing can ever run again", async () => {
    const stuck = await VirtualClock.make().run(Effect.never).then(() => "ended", (error: Error) => error.message)
    assert.include(stuck, "stands still")
  })
})
