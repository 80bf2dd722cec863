/** Runs that outlive their process: whatever place of the log a crash leaves, the run goes on truthfully. */
import { Reply, RequestRules, type Script } from "@effect-claude/fault-server"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Layer, Option, Schema } from "effect"
import { History, ToolJournal, ToolLoop } from "effect-claude"
import { Tool, Toolkit } from "effect/ai"
import { runHandler } from "../fixtures/harness.ts"
import { call, calls, lastResults, says, start } from "../fixtures/loop.ts"

const Look = Tool.make("look", { success: Schema.String }).annotate(Tool.Readonly, true)
const Put = Tool.make("put", { success: Schema.String }).annotate(Tool.Idempotent, true)
const Pay = Tool.make("pay", { parameters: Schema.Struct({ amount: Schema.Number }), success: Schema.String })
const Send = ToolLoop.withReconcile(
  Tool.make("send", { parameters: Schema.Struct({ to: Schema.String }), success: Schema.String }),
  ({ to }, { callId }) => Effect.succeed(to === "known" ? Option.some(`sent as ${callId}`) : Option.none())
)
const toolkit = Toolkit.make(Look, Put, Pay, Send)

/** Answers by what the conversation holds, as the API would: the same in every process. */
const answer = (request: Reply.Received): Reply.Reply => {
  const { messages } = request.json as { readonly messages: ReadonlyArray<unknown> }
  const turn = (messages.length - 1) / 2
  const script: ReadonlyArray<Script.Answer> = [
    calls(call("t0a", "look", {}), call("t0b", "pay", { amount: 1 })),
    calls(call("t1a", "put", {}), call("t1b", "send", { to: "known" }), call("t1c", "send", { to: "unknown" })),
    calls(call("t2a", "pay", { amount: 2 })),
    says("Done.")
  ]
  const given = script[turn]
  return typeof given === "function" ? given(request) : Reply.text(500, "")
}

interface Log {
  /** How often each call's handler has begun. */
  readonly begun: Map<string, number>
  readonly keys: Map<string, Set<string>>
}

const handlers = (log: Log, onStep: Effect.Effect<void>) => {
  const work = (name: string) =>
    Effect.gen(function*() {
      const current = yield* ToolLoop.CurrentCall
      const id = current!.callId
      log.begun.set(id, (log.begun.get(id) ?? 0) + 1)
      log.keys.set(id, (log.keys.get(id) ?? new Set()).add(current!.idempotencyKey))
      yield* onStep
      return `${name} ${id}`
    })
  return toolkit.toLayer({
    look: () => work("look"),
    put: () => work("put"),
    pay: () => work("pay"),
    send: () => work("send")
  })
}

/** A journal whose process dies at a step: everything after it hangs, until the fiber is interrupted. */
const dying = (store: ToolJournal.ToolJournal["Service"], steps: number) => {
  let left = steps
  const step = Effect.suspend(() => left-- > 0 ? Effect.void : Effect.never)
  return {
    step,
    layer: Layer.succeed(ToolJournal.ToolJournal, {
      ...store,
      // A put may be lost before it is stored, or just after.
      put: (run, at, entry) => Effect.andThen(step, Effect.tap(store.put(run, at, entry), () => step))
    })
  }
}

const memory = Effect.scoped(
  Effect.flatMap(Layer.build(ToolJournal.layerMemory), (context) => Effect.provide(ToolJournal.ToolJournal, context))
)

const once = new Set(["t0b", "t1b", "t1c", "t2a"])

const results = (history: History.History): ReadonlyMap<string, string> =>
  new Map(
    History.toMessages(history).flatMap(({ content }) =>
      typeof content === "string" ?
        [] :
        content.flatMap((block) =>
          block.type === "tool_result" ? [[block.tool_use_id, String(block.content)] as const] : []
        )
    )
  )

describe("a run that is recovered", () => {
  it(
    "F8 F1 killed at every step and started again, every call has one true result and none that may run once ran twice",
    () =>
      runHandler(RequestRules.make((request) => Effect.sync(() => answer(request))), () =>
        Effect.gen(function*() {
          let crashes = 0
          for (let steps = 0; steps < 200; steps++) {
            const store = yield* memory
            const log: Log = { begun: new Map(), keys: new Map() }
            const first = dying(store, steps)
            const fiber = yield* Effect.forkChild(
              ToolLoop.run({ ...start, toolkit, runId: "r" }).pipe(
                Effect.provide(
                  Layer.mergeAll(ToolLoop.layer({ journal: first.layer, grace: 0 }), handlers(log, first.step))
                )
              )
            )
            yield* Effect.sleep("1 minute")
            const done = fiber.pollUnsafe() !== undefined
            yield* Fiber.interrupt(fiber)
            const begunBefore = new Map(log.begun)
            const second = Layer.mergeAll(
              ToolLoop.layer({ journal: Layer.succeed(ToolJournal.ToolJournal, store) }),
              handlers(log, Effect.void)
            )
            const outcome = yield* ToolLoop.run({ ...start, toolkit, runId: "r" }).pipe(Effect.provide(second))
            const name = `killed at step ${steps}`
            assert.strictEqual(
              outcome._tag,
              "Finished",
              `${name}: ${outcome._tag === "Failed" ? outcome.error.message : ""}`
            )
            assert.strictEqual(outcome.history.length, 8, name)
            const found = results(outcome.history)
            assert.strictEqual(found.size, 6, name)
            for (const [id, text] of found) {
              const begun = log.begun.get(id) ?? 0
              if (once.has(id)) assert.isAtMost(begun, 1, `${name}: ${id}`)
              assert.isAtMost(log.keys.get(id)?.size ?? 0, 1, `${name}: ${id}`)
              // A true result says that it ran; an unknown one is only given where it had begun or was about to.
              if (/^(look|put|pay|send) /.test(text)) assert.isAtLeast(begun, 1, `${name}: ${id} ${text}`)
              else if (text.startsWith("sent as")) assert.strictEqual(id, "t1b", name)
              else {
                assert.match(text, /no result is known/, name)
                assert.isTrue(once.has(id), `${name}: ${id} may run again`)
              }
              if (begunBefore.get(id) === undefined && begun === 0) {
                assert.match(text, /no result is known|sent as/, name)
              }
            }
            // Recovered once more, it is what it was.
            const same = yield* ToolLoop.recover({ runId: "r", toolkit }).pipe(Effect.provide(second))
            assert.deepEqual(History.toMessages(same.history), History.toMessages(outcome.history))
            if (done) {
              assert.isAtLeast(crashes, 40)
              return
            }
            crashes++
          }
          assert.fail("The run never ended.")
        })),
    60_000
  )

  it("whoever opens a run shuts out the process that had it", () =>
    runHandler(RequestRules.make((request) => Effect.sync(() => answer(request))), () =>
      Effect.gen(function*() {
        const store = yield* memory
        const log: Log = { begun: new Map(), keys: new Map() }
        const journal = Layer.succeed(ToolJournal.ToolJournal, store)
        const slow = Layer.mergeAll(ToolLoop.layer({ journal }), handlers(log, Effect.sleep("10 seconds")))
        const fiber = yield* Effect.forkChild(
          ToolLoop.run({ ...start, toolkit, runId: "r" }).pipe(Effect.provide(slow))
        )
        yield* Effect.sleep("5 seconds")
        const fast = Layer.mergeAll(ToolLoop.layer({ journal }), handlers(log, Effect.void))
        const outcome = yield* ToolLoop.recover({ runId: "r", toolkit }).pipe(Effect.provide(fast))
        assert.strictEqual(outcome._tag, "Finished")
        const old = yield* Fiber.join(fiber)
        assert.strictEqual(old._tag === "Failed" && old.error._tag, "RunTakenOver")
        assert.strictEqual(log.begun.get("t0b"), 1)
        assert.match(results(outcome.history).get("t0b")!, /no result is known/)
      })))

  it("an approval is given once: the second resume of an outcome is refused", () => {
    const Ask = Pay.setNeedsApproval(true)
    const kit = Toolkit.make(Ask)
    let paid = 0
    const pay = kit.toLayer({ pay: () => Effect.sync(() => `paid ${++paid}`) })
    return runHandler(
      RequestRules.make((request) =>
        Effect.sync(() => {
          const { messages } = request.json as { readonly messages: ReadonlyArray<unknown> }
          return messages.length === 1 ? calls(call("a", "pay", { amount: 1 }))(request) : says("Done.")(request)
        })
      ),
      () =>
        Effect.gen(function*() {
          const store = yield* memory
          const journal = Layer.succeed(ToolJournal.ToolJournal, store)
          const layers = Layer.mergeAll(ToolLoop.layer({ journal }), pay)
          const asking = yield* ToolLoop.run({ ...start, toolkit: kit, runId: "r" }).pipe(Effect.provide(layers))
          const recovered = yield* ToolLoop.recover({ runId: "r", toolkit: kit }).pipe(Effect.provide(layers))
          assert.strictEqual(recovered._tag, "NeedsApproval")
          const decisions = { a: "approve" } as const
          const resume = ToolLoop.resume(asking, { toolkit: kit, decisions }).pipe(
            Effect.provide(layers),
            Effect.result
          )
          const [one, two] = yield* Effect.all([resume, resume], { concurrency: 2 })
          const done = [one, two].filter(({ _tag }) => _tag === "Success")
          assert.strictEqual(done.length, 1)
          assert.strictEqual(paid, 1)
          const after = yield* ToolLoop.recover({ runId: "r", toolkit: kit }).pipe(Effect.provide(layers))
          assert.strictEqual(after._tag, "Finished")
          assert.strictEqual(lastResults(after.history)[0]!["content"], "paid 1")
          assert.strictEqual(paid, 1)
        })
    )
  })

  it("without its journal no tool runs", () => {
    let ran = 0
    const broken = Layer.succeed(ToolJournal.ToolJournal, {
      read: () => Effect.succeed([]),
      remove: () => Effect.void,
      put: (_run: string, at: number, entry: string) =>
        at < 3 ? Effect.succeed(entry) : Effect.fail(new ToolJournal.JournalFailed({ message: "disk full" }))
    })
    return runHandler(RequestRules.make((request) => Effect.sync(() => answer(request))), () =>
      Effect.gen(function*() {
        const layers = Layer.mergeAll(
          ToolLoop.layer({ journal: broken }),
          handlers({ begun: new Map(), keys: new Map() }, Effect.sync(() => void ran++))
        )
        const outcome = yield* ToolLoop.run({ ...start, toolkit }).pipe(Effect.provide(layers))
        assert.strictEqual(outcome._tag === "Failed" && outcome.error._tag, "JournalFailed")
        assert.strictEqual(outcome.history.length, 1)
        assert.strictEqual(ran, 0)
      }))
  })

  it("an unknown run is said to be", () =>
    runHandler(() => Effect.sync(() => Reply.text(500, "")), () =>
      Effect.gen(function*() {
        const layers = Layer.mergeAll(
          ToolLoop.layer({ journal: ToolJournal.layerMemory }),
          handlers({ begun: new Map(), keys: new Map() }, Effect.void)
        )
        const error = yield* ToolLoop.recover({ runId: "nobody", toolkit }).pipe(Effect.provide(layers), Effect.flip)
        assert.strictEqual(error._tag, "UnknownRun")
      })))
})
