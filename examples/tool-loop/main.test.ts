import { Fault, FaultServer, Reply, RequestRules, Script, VirtualClock } from "@effect-claude/fault-server"
import { assert, it } from "@effect/vitest"
import { Effect, Layer, Redacted } from "effect"
import { ClaudeClient } from "effect-claude"
import { loop, program } from "./main.ts"

const against = (answers: ReadonlyArray<Script.Answer>) =>
  VirtualClock.make().run(Effect.gen(function*() {
    const fetch = yield* FaultServer.fetch(RequestRules.make(Script.sequence(answers)))
    const client = ClaudeClient.layerStandard({
      fetch,
      baseUrl: "http://claude.test",
      apiKey: Redacted.make("sk-ant-x")
    })
    return yield* Effect.provide(program, loop.pipe(Layer.provide(client)))
  }))

const asks = (id: string, city: string) => Reply.json(200, Reply.toolUse({ id, name: "get_weather", input: { city } }))
const says = (text: string) => Reply.json(200, Reply.message(text))

it("asks, runs the tool, answers", async () => {
  const outcome = await against([asks("a", "Paris"), says("A light jacket.")])
  assert.strictEqual(outcome._tag === "Finished" && outcome.text, "A light jacket.")
})

it("a failure that the tool declares is the model's to deal with", async () => {
  const outcome = await against([asks("a", "Pariss"), asks("b", "Paris"), says("A light jacket.")])
  assert.strictEqual(outcome._tag, "Finished")
  assert.strictEqual(outcome.progress.toolCalls, 2)
})

it("survives what the API does in the middle, and keeps what it has where it cannot", async () => {
  const outcome = await against([asks("a", "Paris"), Fault.overloaded(), says("A light jacket.")])
  assert.strictEqual(outcome._tag, "Finished")
  const failed = await against([asks("a", "Paris"), Reply.error(403, "permission_error", "No.")])
  assert.strictEqual(failed._tag, "Failed")
  assert.strictEqual(failed.history.length, 3)
})

it("a model that repeats itself is stopped and says what it knows", async () => {
  const outcome = await against([
    ...Array.from({ length: 5 }, (_, index) => asks(`c${index}`, "Paris")),
    says("It is 21 degrees.")
  ])
  assert.strictEqual(outcome._tag === "Stopped" && outcome.limit, "identicalCalls")
  assert.strictEqual(outcome._tag === "Stopped" && outcome.text, "It is 21 degrees.")
})
