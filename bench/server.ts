/** The server of the overhead benchmark, in a process of its own: one fixed answer. Prints its address. */
import { FaultServer, Reply, Script } from "@effect-claude/fault-server"
import { Effect } from "effect"

const answer = Reply.json(200, Reply.message("x".repeat(600)))

Effect.runFork(Effect.scoped(Effect.gen(function*() {
  const server = yield* FaultServer.make(Script.always(answer), { maxRecorded: 0 })
  console.log(server.url)
  return yield* Effect.never
})))
