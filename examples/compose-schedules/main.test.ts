import { Fault, FaultServer, Reply, Script, VirtualClock } from "@effect-claude/fault-server"
import { assert, it } from "@effect/vitest"
import { Effect, Redacted } from "effect"
import { ClaudeClient } from "effect-claude"
import { client } from "./main.ts"

it("a patient client waits for the server's hints and stops within its bounds", () => {
  const clock = VirtualClock.make()
  return clock.run(Effect.gen(function*() {
    const fetch = yield* FaultServer.fetch(Script.always(Fault.rateLimited("requests", 70)))
    const call = ClaudeClient.createMessage({
      model: "claude-haiku-5-5",
      max_tokens: 64,
      messages: [{ role: "user", content: "hi" }]
    })
    const error = yield* Effect.provide(
      Effect.flip(call),
      client({ fetch, apiKey: Redacted.make("sk-ant-x"), baseUrl: "http://claude.test" })
    )
    assert.strictEqual(error.attempts.at(-1)?.refused, "schedule")
    assert.isTrue(clock.now >= 140_000 && clock.now <= 300_000)
  }))
})

it("the type of a reply is what the API sends", () => assert.strictEqual(Reply.message("x").type, "message"))
