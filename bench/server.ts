/** The server of the benchmarks, in a process of its own: one fixed answer, or 2,000 deltas. Prints its address. */
import { FaultServer, Reply, Script } from "@effect-claude/fault-server"
import { Effect } from "effect"
import { answer } from "./streamAnswer.ts"

const json = Reply.json(200, Reply.message("x".repeat(600)))
const stream = answer("text", 2000)

Effect.runFork(Effect.scoped(Effect.gen(function*() {
  const choose: Script.Answer = (request) => Reply.wantsStream(request) ? stream : json
  const server = yield* FaultServer.make(Script.always(choose), { maxRecorded: 0 })
  console.log(server.url)
  return yield* Effect.never
})))
