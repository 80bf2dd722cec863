/** For the app's test: the fault server runs on Effect 4 too. */
import { FaultServer, type Reply, Script } from "@effect-claude/fault-server"
import { Effect } from "effect"

export { Fault, Reply } from "@effect-claude/fault-server"

/** Runs a program against a server that gives these answers in order; counts the requests. */
export const against = <A>(answers: ReadonlyArray<Reply.Reply>, program: (url: string) => Promise<A>) =>
  Effect.runPromise(Effect.scoped(Effect.gen(function*() {
    const server = yield* FaultServer.make(Script.sequence(answers))
    const result = yield* Effect.promise(() => program(server.url))
    return { result, requests: (yield* server.requests).length }
  })))
