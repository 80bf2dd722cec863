import { against, Fault, Reply } from "claude-fetch/faults"
import { Effect, Exit, Stream } from "effect"
import { readFileSync } from "node:fs"
import { assert, it } from "vitest"
import { ask, client, stream } from "./main.ts"

/** The server asks for a wait of a millisecond. */
const soon = (reply: Reply.Reply): Reply.Reply => ({ ...reply, headers: { ...reply.headers, "retry-after-ms": "1" } })

const message = Reply.message("A river begins as rain.")
const failures = [soon(Fault.overloaded()), soon(Fault.unavailable()), soon(Fault.internal())]

it("is an app on Effect 3", () => {
  const path = new URL("node_modules/effect/package.json", import.meta.url)
  assert.match((JSON.parse(readFileSync(path, "utf8")) as { readonly version: string }).version, /^3\./)
})

it("survives what the API does", async () => {
  const { requests, result } = await against(
    [...failures, Reply.json(200, message)],
    (url) => Effect.runPromise(Effect.provide(ask(url, "Tell me about rivers."), client))
  )
  assert.deepStrictEqual({ requests, result }, { requests: 4, result: "A river begins as rain." })
})

it("gets the API's own refusal, once", async () => {
  const { requests, result } = await against(
    [Fault.creditBalance()],
    (url) => Effect.runPromise(Effect.flip(Effect.provide(ask(url, "Tell me about rivers."), client)))
  )
  assert.deepInclude(result, { _tag: "ResponseError", reason: "StatusCode" })
  assert.strictEqual(requests, 1)
})

it("reads a stream to its end, and never takes a broken one for a whole one", async () => {
  const whole = Reply.stream(message)
  const read = (url: string) =>
    Effect.runPromiseExit(
      Stream.runFold(stream(url, "Tell me about rivers."), "", (all, piece) => all + piece).pipe(
        Effect.provide(client)
      )
    )
  const good = await against([soon(Fault.overloaded()), whole], read)
  assert.isTrue(Exit.isSuccess(good.result) && good.result.value.includes("event: message_stop"))
  const cut = await against([Fault.withoutMessageStop(whole)], read)
  assert.isTrue(Exit.isFailure(cut.result))
})
