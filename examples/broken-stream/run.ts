/** Against a local API whose streams break twice; no key is needed. */
import { Fault, FaultServer, Reply, Script } from "@effect-claude/fault-server"
import { NodeRuntime } from "@effect/platform-node"
import { Effect, Redacted } from "effect"
import { ClaudeClient } from "effect-claude"
import { program } from "./main.ts"

const text =
  "A river begins as rain that found a slope. It gathers what runs beside it, carries what it loosens, and " +
  "slows where the land is flat, until it gives everything it carried to the sea."

const part = (from: number, to = text.length) =>
  Reply.stream(Reply.message(text.slice(from, to)), { deltaSize: 8, deltaDelay: 60 })

const server = FaultServer.make(Script.sequence([
  Fault.resetAfterEvents(9)(part(0)),
  Fault.errorAfterEvents(10)(part(48)),
  // The last model repeats what it was told it had said: that is cut.
  part(60)
]))

const local = Effect.gen(function*() {
  const { url } = yield* server
  const client = ClaudeClient.layerStandard({ baseUrl: url, apiKey: Redacted.make("sk-ant-local") })
  yield* Effect.provide(program((piece) => process.stdout.write(piece)), client)
})

NodeRuntime.runMain(Effect.scoped(local))
