import { Fault, FaultServer, Reply, Script, VirtualClock } from "@effect-claude/fault-server"
import { assert, it } from "@effect/vitest"
import { Effect } from "effect"
import { ResilientFetch } from "effect-claude"
import { tell } from "./main.ts"

process.env["ANTHROPIC_API_KEY"] ??= "sk-ant-example"

const answer = Reply.stream(Reply.message("A river begins as rain."))

/** What the program said for these answers, and how long it took, in virtual seconds. */
const against = (answers: ReadonlyArray<Script.Answer>) => {
  const clock = VirtualClock.make()
  return clock.run(Effect.gen(function*() {
    const inner = yield* FaultServer.fetch(Script.sequence(answers))
    let text = ""
    const told = Effect.flatMap(
      ResilientFetch.ResilientFetch,
      ({ fetch }) => Effect.promise(() => tell(fetch, (piece) => text += piece))
    )
    const end = yield* Effect.provide(told, ResilientFetch.layerStandard({ fetch: inner, deadline: "5 minutes" }))
    return { text, end, seconds: clock.now / 1000 }
  }))
}

it("survives a reset, a limit, an error inside the stream and a stream that ends before it began", async () => {
  const { end, seconds, text } = await against([
    Fault.resetBeforeHeaders(answer),
    Fault.rateLimited("requests", 171),
    Fault.errorAfterEvents(1)(answer),
    Fault.cutAfterEvents(1)(answer),
    answer
  ])
  assert.deepStrictEqual({ text, end }, { text: "A river begins as rain.", end: "done: end_turn" })
  assert.isTrue(seconds >= 171)
})

it("never takes a stream that just ends for an answer", async () => {
  const { end, text } = await against([Fault.cutAfterEvents(5)(answer)])
  assert.strictEqual(end, "broke off: TypeError: terminated")
  assert.notStrictEqual(text, "")
})

it("says who refused: the API, or a policy", async () => {
  assert.strictEqual((await against([Fault.enforcedSpendLimit()])).end, "failed: 429 enforced_spend_limit_reached")
  const silent = Fault.silenceBeforeHeaders(answer)
  const { end, seconds } = await against(Array.from({ length: 6 }, () => silent))
  assert.deepStrictEqual({ end, seconds }, { end: "failed: 504 DeadlineExceeded", seconds: 300 })
})
