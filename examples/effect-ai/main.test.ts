import { Fault, FaultServer, Reply, RequestRules, Script, VirtualClock } from "@effect-claude/fault-server"
import { assert, it } from "@effect/vitest"
import { Effect, Layer, Redacted } from "effect"
import { ClaudeClient, ClaudeLanguageModel } from "effect-claude"
import { program, tools } from "./main.ts"

const against = (answers: ReadonlyArray<Script.Answer>) => {
  const clock = VirtualClock.make()
  return clock.run(Effect.gen(function*() {
    const fetch = yield* FaultServer.fetch(RequestRules.make(Script.sequence(answers)))
    const apiKey = Redacted.make("sk-ant-x")
    const client = ClaudeClient.layerStandard({ fetch, baseUrl: "http://claude.test", apiKey })
    const model = ClaudeLanguageModel.layer({ model: "claude-sonnet-5-5" })
    return yield* Effect.result(Effect.provide(program, [tools, Layer.provide(model, client)]))
  }))
}

const looks = Reply.json(200, Reply.toolUse({ name: "get_weather", input: { city: "Paris" } }))
const says = Reply.stream(Reply.message("A light jacket will do."))
const packs = Reply.json(200, Reply.message(`{"clothes":["jacket"],"umbrella":false}`))

it("asks, looks and packs, over a rate limit and an overload", async () => {
  const result = await against([Fault.rateLimited("requests", 20), looks, Fault.overloaded(), says, packs])
  assert.deepStrictEqual(result._tag === "Success" && result.success, { clothes: ["jacket"], umbrella: false })
})

it("a cut stream is an error with the original in it", async () => {
  const result = await against([looks, Fault.cutAfterEvents(5)(says)])
  assert.isTrue(result._tag === "Failure")
  const original = ClaudeLanguageModel.claudeErrorOf(result._tag === "Failure" && result.failure)
  assert.strictEqual(original?.reason._tag, "StreamInterrupted")
})
