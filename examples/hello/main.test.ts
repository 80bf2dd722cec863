import { Fault, FaultServer, Reply, Script } from "@effect-claude/fault-server"
import { assert, it } from "@effect/vitest"
import { Effect, Redacted } from "effect"
import { ClaudeClient } from "effect-claude"
import { program } from "./main.ts"

const against = (answers: ReadonlyArray<Script.Answer>) =>
  Effect.runPromise(Effect.scoped(Effect.gen(function*() {
    const server = yield* FaultServer.make(Script.sequence(answers))
    yield* Effect.provide(
      program,
      ClaudeClient.layerStandard({ baseUrl: server.url, apiKey: Redacted.make("sk-ant-x") })
    )
    return (yield* server.requests).map((request) => request.status)
  })))

it("survives a reset, an overload and a limit", async () => {
  const rejected = [Fault.resetBeforeHeaders(Reply.json(200, {})), Fault.overloaded(), Fault.rateLimited("requests", 1)]
  const statuses = await against([...rejected, Reply.json(200, Reply.message())])
  assert.deepStrictEqual(statuses, [200, 529, 429, 200])
})

it("asks whoever pays, once", async () => {
  assert.deepStrictEqual(await against([Fault.creditBalance()]), [400])
})
