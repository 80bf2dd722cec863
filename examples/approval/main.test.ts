import { FaultServer, Reply, RequestRules, Script, VirtualClock } from "@effect-claude/fault-server"
import { assert, it } from "@effect/vitest"
import { Effect, Layer, Redacted } from "effect"
import { ClaudeClient, History, ToolJournal } from "effect-claude"
import { begin, decide, loop, waiting } from "./main.ts"

const against = <A, E>(
  answers: ReadonlyArray<Script.Answer>,
  program: Effect.Effect<A, E, Layer.Success<ReturnType<typeof loop>>>
) =>
  VirtualClock.make().run(Effect.gen(function*() {
    const fetch = yield* FaultServer.fetch(RequestRules.make(Script.sequence(answers)))
    const client = ClaudeClient.layerStandard({
      fetch,
      baseUrl: "http://claude.test",
      apiKey: Redacted.make("sk-ant-x")
    })
    return yield* Effect.provide(program, loop(ToolJournal.layerMemory).pipe(Layer.provide(client)))
  }))

const answers = [
  Reply.json(
    200,
    Reply.toolUse([
      { id: "small", name: "pay", input: { invoice: "A", euros: 20 } },
      { id: "large", name: "pay", input: { invoice: "B", euros: 2000 } }
    ])
  ),
  Reply.json(200, Reply.message("Done."))
]

const results = (history: History.History) => {
  const content = History.toMessages(history)[2]?.content
  return Array.isArray(content) ? content.map((block) => "content" in block ? block.content : undefined) : []
}

it("the small one is paid, the large one waits, and is paid once", () =>
  against(
    answers,
    Effect.gen(function*() {
      const stored = yield* begin("r1")
      assert.deepStrictEqual(yield* waiting(stored), [{
        id: "large",
        name: "pay",
        input: { invoice: "B", euros: 2000 }
      }])
      const outcome = yield* decide(stored, { large: "approve" })
      assert.deepStrictEqual(results(outcome.history), [
        "A: 20 € paid, key r1/small",
        "B: 2000 € paid, key r1/large"
      ])
      const again = yield* Effect.flip(decide(stored, { large: "approve" }))
      assert.strictEqual(again._tag, "StaleOutcome")
    })
  ))

it("denied, the model is told why", () =>
  against(
    answers,
    Effect.gen(function*() {
      const outcome = yield* decide(yield* begin("r2"), { large: { deny: "Not this month." } })
      assert.match(String(results(outcome.history)[1]), /not approved. Not this month./)
    })
  ))
