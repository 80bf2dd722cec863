/** F1 as a property: whatever becomes of parallel calls, every way out leaves a history that the API takes. */
import { RequestRules } from "@effect-claude/fault-server"
import { assert, describe, it } from "@effect/vitest"
import { Arbitrary, Effect, Exit, Fiber, Layer, Logger, Schema } from "effect"
import { History, ToolJournal, ToolLoop } from "effect-claude"
import { Tool, Toolkit } from "effect/ai"
import { runHandler } from "../fixtures/harness.ts"
import { call, calls, says, start } from "../fixtures/loop.ts"

const fates = ["ok", "slow", "fails", "dies", "deaf", "unknown", "invalid", "asks", "interrupts"] as const
type Fate = typeof fates[number]

const Work = Tool.make("work", {
  parameters: Schema.Struct({ fate: Schema.Literals(fates), id: Schema.String }),
  success: Schema.String,
  failure: Schema.String
})
const Ask = Tool.make("ask", { parameters: Schema.Struct({ id: Schema.String }), success: Schema.String })
  .setNeedsApproval(true)
const toolkit = Toolkit.make(Work, Ask)

const handlers = (finished: Set<string>) =>
  toolkit.toLayer({
    ask: ({ id }) => Effect.sync(() => `real ${finished.add(id).size > 0 ? id : ""}`),
    work: ({ fate, id }) => {
      const real = Effect.sync(() => {
        finished.add(id)
        return `real ${id}`
      })
      switch (fate) {
        case "slow":
          return Effect.andThen(Effect.sleep("3 seconds"), real)
        case "fails":
          return Effect.fail(`declared ${id}`)
        case "dies":
          return Effect.die(new Error("a secret"))
        case "deaf":
          return Effect.uninterruptible(Effect.never)
        case "interrupts":
          return Effect.interrupt
        default:
          return real
      }
    }
  })

const asCall = (fate: Fate, id: string) =>
  fate === "unknown"
    ? call(id, "nothing", {})
    : fate === "asks"
    ? call(id, "ask", { id })
    : call(id, "work", fate === "invalid" ? { fate: 1 } : { fate, id })

/** What a result of such a call may say. */
const told: Readonly<Record<Fate, RegExp>> = {
  ok: /^real /,
  slow: /^real /,
  fails: /^declared /,
  dies: /does not declare/,
  deaf: /Timed out/,
  unknown: /no tool named/,
  invalid: /does not fit/,
  asks: /^real |not approved/,
  interrupts: /no result is known/
}

const Case = Schema.Struct({
  /** Per turn the fates of its calls. */
  turns: Schema.NonEmptyArray(Schema.NonEmptyArray(Schema.Literals(fates))).check(Schema.isMaxLength(3)),
  concurrency: Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 4 })),
  toolCalls: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 8 })),
  approve: Schema.Boolean,
  /** Half seconds after which the run is interrupted; more than any run takes for never. */
  interrupt: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 60 }))
})
type Case = typeof Case.Type

const check = (
  history: History.History,
  fate: ReadonlyMap<string, Fate>,
  finished: ReadonlySet<string>
) => {
  const messages = History.toMessages(history)
  assert.strictEqual(History.fromMessages(messages)._tag, "Success")
  for (const [index, message] of messages.entries()) {
    if (message.role !== "assistant" || typeof message.content === "string") continue
    const ids = message.content.flatMap((block) => block.type === "tool_use" ? [block.id] : [])
    const next = messages[index + 1]?.content
    const blocks = typeof next === "string" || next === undefined ? [] : next
    const results = blocks.flatMap((block) => block.type === "tool_result" ? [block] : [])
    assert.deepStrictEqual(results.map(({ tool_use_id }) => tool_use_id), ids)
    for (const result of results) {
      const text = String(result.content)
      assert.notInclude(text, "secret")
      const of = fate.get(result.tool_use_id)!
      assert.match(text, new RegExp(`${told[of].source}|limit of this run`))
      // A finished call keeps its real result, and nothing else claims one.
      if (text.startsWith("real")) assert.isTrue(finished.has(result.tool_use_id))
      else assert.isFalse(finished.has(result.tool_use_id) && of !== "asks", `${of} ${text}`)
    }
  }
}

/** Runs one case; throws where a promise is broken, and says how it ended. */
const one = (given: Case, journaled: boolean): Promise<string> => {
  const fate = new Map<string, Fate>()
  const turns = given.turns.map((turn, at) =>
    turn.slice(0, 5).map((each, index) => {
      fate.set(`t${at}c${index}`, each)
      return asCall(each, `t${at}c${index}`)
    })
  )
  const finished = new Set<string>()
  let last: History.History = start.history
  const answer = RequestRules.make((request) =>
    Effect.sync(() => {
      const { messages } = request.json as { readonly messages: ReadonlyArray<unknown> }
      const turn = turns[(messages.length - 1) / 2]
      return turn === undefined ? says("Done.")(request) : calls(...turn)(request)
    })
  )
  return runHandler(answer, () =>
    Effect.gen(function*() {
      const journal = Layer.succeedContext(yield* Effect.scoped(Layer.build(ToolJournal.layerMemory)))
      const loop = ToolLoop.layer(journaled ? { journal } : {})
      const layers = Layer.mergeAll(loop, handlers(finished), Logger.layer([]))
      const settings = {
        toolkit,
        concurrency: given.concurrency,
        toolTimeout: "5 seconds",
        limits: { toolCalls: given.toolCalls },
        onTurn: (turn: ToolLoop.Turn) =>
          Effect.sync(() => {
            last = turn.history
          })
      } as const
      const whole = Effect.gen(function*() {
        let outcome = yield* ToolLoop.run({ ...start, ...settings })
        for (let round = 0; outcome._tag === "NeedsApproval" && round < 9; round++) {
          check(outcome.history, fate, finished)
          const decided = given.approve ? "approve" : "deny"
          const decisions = Object.fromEntries(outcome.pending.calls.map(({ id }) => [id, decided] as const))
          outcome = yield* ToolLoop.resume(outcome, { ...settings, decisions })
        }
        return outcome
      }).pipe(Effect.provide(layers))
      const fiber = yield* Effect.forkChild(whole)
      yield* Effect.sleep(given.interrupt * 500)
      const exit = fiber.pollUnsafe() ?? (yield* Effect.andThen(Fiber.interrupt(fiber), Fiber.await(fiber)))
      if (Exit.isFailure(exit)) {
        assert.isTrue(Exit.hasInterrupts(exit), JSON.stringify(exit))
        check(last, fate, finished)
        return "interrupted"
      }
      const outcome = exit.value
      assert.include(["Finished", "Stopped"], outcome._tag, JSON.stringify(outcome))
      check(outcome.history, fate, finished)
      if (outcome._tag === "Stopped") {
        // It is valid to send: the rules of the API are asked once more.
        const more = { ...settings, limits: { toolCalls: 100 } }
        const after = yield* ToolLoop.resume(outcome, more).pipe(Effect.provide(layers))
        assert.notStrictEqual(after._tag, "Failed", JSON.stringify(after))
      }
      return outcome._tag
    }))
}

describe("ToolLoop: pairing", () => {
  for (const [journaled, runs] of [[false, 1600], [true, 600]] as const) {
    it.live(
      `F1 F2 every interleaving of nine fates over parallel calls${journaled ? ", with a journal" : ""}`,
      () =>
        Effect.gen(function*() {
          const ends = new Map<string, number>()
          const property = (given: Case) =>
            Effect.map(Effect.tryPromise(() => one(given, journaled)), (end) => {
              ends.set(end, (ends.get(end) ?? 0) + 1)
              return true
            })
          const checked = yield* Arbitrary.checkEffect(Arbitrary.schema(Case), property, { runs, seed: 1 })
          assert.isUndefined(Arbitrary.formatCheckFailure(checked))
          for (const end of ["Finished", "Stopped", "interrupted"]) assert.isAbove(ends.get(end) ?? 0, 20, end)
        }),
      120_000
    )
  }
})
