import { Fault, FaultServer, Reply, Script, VirtualClock } from "@effect-claude/fault-server"
import { assert, it } from "@effect/vitest"
import { Effect, Redacted } from "effect"
import { ClaudeClient } from "effect-claude"
import { program } from "./main.ts"

const against = (answers: ReadonlyArray<Script.Answer>) => {
  const clock = VirtualClock.make()
  return clock.run(Effect.gen(function*() {
    const fetch = yield* FaultServer.fetch(Script.sequence(answers))
    const client = ClaudeClient.layerStandard({
      fetch,
      baseUrl: "http://claude.test",
      apiKey: Redacted.make("sk-ant-x"),
      maxServerWait: "3 minutes"
    })
    const content = yield* Effect.provide(program, client)
    return { blocks: content.length, seconds: clock.now / 1000 }
  }))
}

it("waits as long as the server says, and no shorter", async () => {
  const { blocks, seconds } = await against([
    Fault.rateLimited("requests", 171),
    Reply.json(200, Reply.message("calm"))
  ])
  assert.strictEqual(blocks, 1)
  assert.isTrue(seconds >= 171 && seconds < 171 * 1.3)
})

it("does not sleep an hour away", async () => {
  assert.deepStrictEqual(await against([Fault.rateLimited("requests", 3600)]), { blocks: 0, seconds: 0 })
})
