/** A run that is interrupted before any of its operations, one after the other: it goes on from its journal, truthfully. */
import { RequestRules } from "@effect-claude/fault-server"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Layer, Schema } from "effect"
import { ClaudeRateLimiter, History, ToolJournal, ToolLoop } from "effect-claude"
import { Tool, Toolkit } from "effect/ai"
import { runHandler } from "../fixtures/harness.ts"
import { call, calls, says, start } from "../fixtures/loop.ts"
import { interruptedAt } from "../fixtures/stepping.ts"

const Pay = Tool.make("pay", { parameters: Schema.Struct({ amount: Schema.Number }), success: Schema.String })
const Look = Tool.make("look", { success: Schema.String, failure: Schema.String }).annotate(Tool.Readonly, true)
const toolkit = Toolkit.make(Pay, Look)

const answer = RequestRules.make((request) =>
  Effect.sync(() => {
    const { messages } = request.json as { readonly messages: ReadonlyArray<unknown> }
    return messages.length === 1
      ? calls(call("a", "pay", { amount: 1 }), call("b", "look", {}), call("c", "pay", { amount: 2 }))(request)
      : says("Done.")(request)
  })
)

const check = (history: History.History): ReadonlyArray<string> => {
  const messages = History.toMessages(history)
  assert.strictEqual(History.fromMessages(messages)._tag, "Success")
  return messages.flatMap(({ content }) =>
    typeof content === "string"
      ? []
      : content.flatMap((block) =>
        block.type === "tool_result" ? [`${block.tool_use_id} ${String(block.content)}`] : []
      )
  )
}

describe("a run interrupted before every operation", () => {
  it(
    "F1 F2 F8 B6 leaves a history that may be sent, no fiber and no place, and goes on without running a once-tool again",
    () =>
      runHandler(answer, () =>
        Effect.gen(function*() {
          let interrupted = 0
          let finished = 0
          for (let step = 1, reached = true; reached; step++) {
            const begun = new Map<string, number>()
            const begin = (id: string) => Effect.sync(() => void begun.set(id, (begun.get(id) ?? 0) + 1))
            const handlers = toolkit.toLayer({
              pay: ({ amount }) =>
                Effect.andThen(begin(`pay ${amount}`), Effect.as(Effect.sleep(amount * 1000), `paid ${amount}`)),
              look: () => Effect.andThen(begin("look"), Effect.fail("nothing to see"))
            })
            const journal = Layer.succeedContext(yield* Effect.scoped(Layer.build(ToolJournal.layerMemory)))
            const layers = yield* Layer.build(Layer.mergeAll(ToolLoop.layer({ journal, grace: 10 }), handlers))
            let last: History.History = start.history
            const onTurn = (turn: ToolLoop.Turn) =>
              Effect.sync(() => {
                last = turn.history
              })
            const run = ToolLoop.run({ ...start, toolkit, runId: "r", concurrency: 2, onTurn }).pipe(
              Effect.provide(layers)
            )
            const stepped = yield* interruptedAt(run, step)
            reached = stepped.reached
            const exit = stepped.fiber.pollUnsafe()
            assert.isTrue(exit !== undefined && (Exit.isSuccess(exit) || reached), `step ${step} ${String(exit)}`)
            // What the server and a handler were doing ends.
            yield* Effect.sleep(20)
            assert.strictEqual(stepped.alive(), 0, `a fiber, step ${step}`)
            const limiter = yield* ClaudeRateLimiter.ClaudeRateLimiter
            for (const { inFlight, queued } of yield* limiter.state) {
              assert.deepStrictEqual([inFlight, queued], [0, 0], `a place, step ${step}`)
            }
            check(last)
            if (exit !== undefined && Exit.isSuccess(exit)) finished++
            else interrupted++
            const outcome = yield* run
            assert.strictEqual(outcome._tag, "Finished", `step ${step} ${JSON.stringify(outcome)}`)
            const results = check(outcome.history)
            assert.strictEqual(results.length, 3, `step ${step}`)
            for (const amount of [1, 2]) {
              assert.isAtMost(begun.get(`pay ${amount}`) ?? 0, 1, `step ${step}`)
              const text = results[amount === 1 ? 0 : 2]!
              assert.match(text, new RegExp(`paid ${amount}|no result is known`), `step ${step}`)
              if (text.includes("paid")) assert.strictEqual(begun.get(`pay ${amount}`), 1, `step ${step}`)
            }
            assert.match(results[1]!, /nothing to see/, `step ${step}`)
          }
          assert.isAbove(interrupted, 200)
          assert.isAbove(finished, 0)
        }).pipe(Effect.scoped)),
    120_000
  )
})
