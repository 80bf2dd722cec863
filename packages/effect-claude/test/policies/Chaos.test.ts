import { FaultServer, Routes, VirtualClock } from "@effect-claude/fault-server"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Redacted } from "effect"
import { Chaos, ClaudeClient, Resilience } from "effect-claude"
import { params } from "../fixtures/harness.ts"

const play = (options: Chaos.Options, calls: number, client: ClaudeClient.Options = {}) => {
  const clock = VirtualClock.make()
  return clock.run(Effect.gen(function*() {
    const server = yield* FaultServer.inProcess(Routes.make())
    const layer = ClaudeClient.layer({
      apiKey: Redacted.make("sk-ant-test"),
      baseUrl: "http://claude.test",
      fetch: server.fetch,
      ...client
    })
      .pipe(
        Layer.provide(Resilience.layer({ breaker: { minimumCalls: 1000, window: 1000 } })),
        Layer.provide(Chaos.layer(options))
      )
    const outcomes = yield* Effect.forEach(Array.from({ length: calls }), () =>
      ClaudeClient.createMessage(params).pipe(
        Effect.match({ onSuccess: () => "answered", onFailure: (error) => error.reason._tag as string })
      )).pipe(Effect.provide(layer))
    return { outcomes, sent: (yield* server.requests).length, at: clock.now }
  }))
}

describe("Chaos", () => {
  it("injects each fault as the API and the network would tell it", async () => {
    const cases: ReadonlyArray<readonly [Chaos.Fault, string]> = [
      ["overloaded", "Overloaded"],
      ["rateLimited", "RateLimited"],
      ["serverFailed", "ServerFailed"],
      ["reset", "ConnectionFailed"],
      ["empty", "MalformedResponse"]
    ]
    for (const [fault, tag] of cases) {
      const { outcomes, sent } = await play({ rate: 1, faults: [fault] }, 1, { maxAttempts: 1 })
      assert.deepStrictEqual([outcomes, sent], [[tag], 0])
    }
  })

  it("at its rate, the same for the same seed; the policies above survive it", async () => {
    const single = await play({ rate: 0.2, seed: 7 }, 200, { maxAttempts: 1 })
    const failed = single.outcomes.filter((outcome) => outcome !== "answered").length
    assert.isTrue(failed > 20 && failed < 60, String(failed))
    assert.deepStrictEqual((await play({ rate: 0.2, seed: 7 }, 200, { maxAttempts: 1 })).outcomes, single.outcomes)
    assert.notDeepEqual((await play({ rate: 0.2, seed: 8 }, 200, { maxAttempts: 1 })).outcomes, single.outcomes)
    const survived = await play({ rate: 0.2, seed: 7, faults: ["overloaded", "reset"] }, 100)
    assert.deepStrictEqual(new Set(survived.outcomes), new Set(["answered"]))
  })

  it("latency is inside the timeouts of an attempt", async () => {
    const slow = await play({ rate: 0, latency: { rate: 1, wait: "3 seconds" } }, 2)
    assert.deepStrictEqual([slow.outcomes, slow.at], [["answered", "answered"], 6000])
    const late = await play({ rate: 0, latency: { rate: 1, wait: "3 seconds" } }, 1, {
      maxAttempts: 1,
      timeouts: { headersJson: "1 second" }
    })
    assert.deepStrictEqual([late.outcomes, late.at], [["TimedOut"], 1000])
  })
})
