import { Fault, FaultServer, Reply, Script, VirtualClock } from "@effect-claude/fault-server"
import { assert, it } from "@effect/vitest"
import { Effect, Redacted, Ref } from "effect"
import { ClaudeClient } from "effect-claude"
import { program } from "./main.ts"

/** The number of requests the program needed for these answers, in virtual time. */
const against = (answers: ReadonlyArray<Script.Answer>) =>
  VirtualClock.make().run(Effect.gen(function*() {
    const requests = yield* Ref.make(0)
    const script = Script.sequence(answers)
    const fetch = yield* FaultServer.fetch((request) =>
      Effect.andThen(Ref.update(requests, (n) => n + 1), script(request))
    )
    const client = ClaudeClient.layerStandard({
      fetch,
      baseUrl: "http://claude.test",
      apiKey: Redacted.make("sk-ant-x")
    })
    yield* Effect.provide(program, client)
    return yield* Ref.get(requests)
  }))

it("survives a reset, an overload and a limit", async () => {
  const rejected = [
    Fault.resetBeforeHeaders(Reply.json(200, {})),
    Fault.overloaded(),
    Fault.rateLimited("requests", 30)
  ]
  assert.strictEqual(await against([...rejected, Reply.json(200, Reply.message())]), 4)
})

it("asks whoever pays, once", async () => {
  assert.strictEqual(await against([Fault.creditBalance()]), 1)
})
