import { FaultServer, Organization, VirtualClock } from "@effect-claude/fault-server"
import { assert, it } from "@effect/vitest"
import { Effect, Redacted } from "effect"
import { layer, Summaries } from "./main.ts"

it("120 summaries stay within 50 requests a minute: nothing is refused, nothing is lost", () => {
  const clock = VirtualClock.make()
  return clock.run(Effect.gen(function*() {
    const limits = { requestsPerMinute: 50, inputTokensPerMinute: 50_000, outputTokensPerMinute: 10_000 }
    const account = yield* Organization.make({ limits, output: () => 60 })
    const fetch = yield* FaultServer.fetch(account.handler)
    const one = Summaries.use((summaries) => summaries.summarise("rivers"))
    const all = Effect.forEach(Array.from({ length: 120 }), () => one, { concurrency: "unbounded", discard: true })
    yield* Effect.provide(all, layer({ fetch, apiKey: Redacted.make("sk-ant-x"), baseUrl: "http://claude.test" }))
    assert.deepInclude(yield* account.stats, { accepted: 120, limited: 0 })
    assert.isAtMost(clock.now, 90_000)
  }))
})
