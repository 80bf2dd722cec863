import { Fault, FaultServer, Reply, VirtualClock } from "@effect-claude/fault-server"
import { assert, it } from "@effect/vitest"
import { Effect, Redacted } from "effect"
import { ClaudeClient } from "effect-claude"
import { fallback, program } from "./main.ts"

const asked = (down: ReadonlyArray<string>) =>
  VirtualClock.make().run(Effect.gen(function*() {
    const models: Array<string> = []
    const fetch = yield* FaultServer.fetch((request) =>
      Effect.sync(() => {
        const { model } = request.json as { readonly model: string }
        models.push(model)
        return down.includes(model) ? Fault.overloaded() : Reply.json(200, Reply.message({ model, text: "There." }))
      })
    )
    const client = ClaudeClient.layerStandard({
      fetch,
      fallback,
      baseUrl: "http://claude.test",
      apiKey: Redacted.make("sk-ant-x"),
      maxAttempts: 2
    })
    return { answered: yield* Effect.provide(program, client), models }
  }))

it("another model answers, and goes on answering", async () => {
  const { answered, models } = await asked(["claude-sonnet-5-5"])
  assert.deepStrictEqual(answered, ["claude-opus-5-5", "claude-opus-5-5"])
  assert.deepStrictEqual(models, ["claude-sonnet-5-5", "claude-sonnet-5-5", "claude-opus-5-5", "claude-opus-5-5"])
})

it("nothing changes while the first one answers", async () => {
  assert.deepStrictEqual((await asked([])).models, ["claude-sonnet-5-5", "claude-sonnet-5-5"])
})
