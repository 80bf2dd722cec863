/** Equal calls within one turn, and limits that are reached in a turn which also asks for approval. */
import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Fiber, Layer, Schema } from "effect"
import { type History, LoopGuard, ToolJournal, ToolLoop } from "effect-claude"
import { Tool, Toolkit } from "effect/ai"
import { call, calls, lastResults, says, start, withLoop } from "../fixtures/loop.ts"

const Pay = Tool.make("pay", { parameters: Schema.Struct({ amount: Schema.Number }), success: Schema.String })
const Look = Tool.make("look", { success: Schema.String }).annotate(Tool.Readonly, true)
const Poll = Tool.make("poll", { success: Schema.String }).annotate(ToolLoop.Polling, true)
const toolkit = Toolkit.make(Pay, Look, Poll)
const run = { ...start, toolkit } as const

const counting = () => {
  const begun = { pay: 0, look: 0, poll: 0 }
  const layer = toolkit.toLayer({
    // A receipt is another each time.
    pay: () => Effect.sync(() => `receipt ${++begun.pay}`),
    look: () => Effect.sync(() => (begun.look++, "nothing")),
    poll: () => Effect.sync(() => (begun.poll++, "waiting"))
  })
  return { begun, layer }
}

const pays = (count: number, from = 0) =>
  Array.from({ length: count }, (_, index) => call(`p${from + index}`, "pay", { amount: 1 }))
const looks = (count: number, from = 0) =>
  Array.from({ length: count }, (_, index) => call(`l${from + index}`, "look", {}))

const shared = Effect.map(Effect.scoped(Layer.build(ToolJournal.layerMemory)), Layer.succeedContext)
const texts = (history: History.History) => lastResults(history).map(({ content }) => String(content))

describe("equal calls of one turn", () => {
  it("F6 run three times at most, whatever comes of them, and the others say why they did not", () => {
    const { begun, layer } = counting()
    return withLoop(
      [calls(...pays(10), call("other", "pay", { amount: 2 })), says("Done.")],
      layer,
      Effect.fnUntraced(function*() {
        const outcome = yield* ToolLoop.run(run)
        assert.strictEqual(outcome._tag, "Finished", JSON.stringify(outcome))
        assert.strictEqual(begun.pay, 4)
        const results = texts(outcome.history)
        assert.strictEqual(results.filter((text) => text.startsWith("receipt")).length, 4)
        for (const text of results.slice(3, 10)) assert.match(text, /Not executed.*same call/)
        assert.strictEqual(outcome.progress.toolCalls, 11)
      })
    )
  })

  it("F6 are counted between other calls too", () => {
    const { begun, layer } = counting()
    const mixed = Array.from(
      { length: 6 },
      (_, index) => [call(`p${index}`, "pay", { amount: 1 }), call(`o${index}`, "pay", { amount: 10 + index })]
    ).flat()
    return withLoop(
      [calls(...mixed), says("Done.")],
      layer,
      Effect.fnUntraced(function*() {
        yield* ToolLoop.run(run)
        assert.strictEqual(begun.pay, 3 + 6)
      })
    )
  })

  it("F6 count with those of the turns before: three in all, the fourth is answered, then the loop stops", () => {
    const { begun, layer } = counting()
    return withLoop(
      [calls(...looks(2)), calls(...looks(3, 2)), calls(...looks(1, 5)), says("never")],
      layer,
      Effect.fnUntraced(function*({ seen }) {
        const outcome = yield* ToolLoop.run(run)
        assert.strictEqual(outcome._tag === "Stopped" && outcome.limit, "identicalCalls", JSON.stringify(outcome))
        assert.strictEqual(begun.look, 3)
        assert.strictEqual((yield* seen).length, 3)
      })
    )
  })

  it("F6 whose results differed may be made again in the next turn", () => {
    const { begun, layer } = counting()
    return withLoop(
      [calls(...pays(5)), calls(...pays(1, 5)), says("Done.")],
      layer,
      Effect.fnUntraced(function*() {
        assert.strictEqual((yield* ToolLoop.run(run))._tag, "Finished")
        assert.strictEqual(begun.pay, 4)
      })
    )
  })

  it("F6 all run where the limit allows it, or the tool polls", () => {
    const { begun, layer } = counting()
    return withLoop(
      [
        calls(...pays(5), ...Array.from({ length: 5 }, (_, index) => call(`q${index}`, "poll", {}))),
        says("Done.")
      ],
      layer,
      Effect.fnUntraced(function*() {
        yield* ToolLoop.run({ ...run, limits: { identicalCalls: 5 } })
        assert.deepEqual(begun, { pay: 5, look: 0, poll: 5 })
      })
    )
  })

  it("F6 F8 are as many after a crash", () => {
    const hold = Deferred.makeUnsafe<void>()
    let begun = 0
    const layer = toolkit.toLayer({
      pay: () =>
        Effect.suspend(() => ++begun < 3 ? Effect.succeed(`receipt`) : Effect.as(Deferred.await(hold), "late")),
      look: () => Effect.succeed("nothing"),
      poll: () => Effect.succeed("waiting")
    })
    return withLoop(
      [calls(...pays(10)), says("Done.")],
      layer,
      Effect.fnUntraced(function*() {
        const loop = ToolLoop.layer({ journal: yield* shared })
        const fiber = yield* Effect.forkChild(ToolLoop.run({ ...run, runId: "r" }).pipe(Effect.provide(loop)))
        yield* Effect.sleep("10 seconds")
        yield* Fiber.interrupt(fiber)
        assert.strictEqual(begun, 3)
        const outcome = yield* ToolLoop.recover({ runId: "r", toolkit }).pipe(Effect.provide(loop))
        assert.strictEqual(outcome._tag, "Finished")
        assert.strictEqual(begun, 3)
        assert.match(texts(outcome.history)[2]!, /no result is known/)
        assert.match(texts(outcome.history)[9]!, /Not executed.*same call/)
        assert.isAtLeast(outcome.progress.memory.recent.length, 3)
      })
    )
  })
})

describe("LoopGuard.streak", () => {
  it("counts the same call with the same result, from the last on", () => {
    const memory = (...pairs: ReadonlyArray<string>) => ({
      recent: pairs.map((pair) => ({ call: pair[0]!, result: pair[1]! })),
      warned: false
    })
    assert.strictEqual(LoopGuard.streak(LoopGuard.empty, "a"), 0)
    assert.strictEqual(LoopGuard.streak(memory("a1", "a1"), "a"), 2)
    assert.strictEqual(LoopGuard.streak(memory("a1", "a2", "a2"), "a"), 2)
    assert.strictEqual(LoopGuard.streak(memory("a1", "b1", "a1"), "a"), 1)
    assert.strictEqual(LoopGuard.streak(memory("a1", "a1", "b1"), "a"), 0)
  })
})

describe("a turn that asks for approval", () => {
  const Ask = Pay.setNeedsApproval(true)
  const kit = Toolkit.make(Ask, Look)
  const asking = { ...start, toolkit: kit } as const
  const counted = () => {
    const begun = { pay: 0, look: 0 }
    const layer = kit.toLayer({
      pay: () => Effect.sync(() => `receipt ${++begun.pay}`),
      look: () => Effect.sync(() => (begun.look++, "nothing"))
    })
    return { begun, layer }
  }
  const approve = (outcome: ToolLoop.Outcome) =>
    outcome._tag === "NeedsApproval"
      ? Object.fromEntries(outcome.pending.calls.map(({ id }) => [id, "approve"] as const))
      : assert.fail(JSON.stringify(outcome))

  it("F6 is not asked about the same call ten times", () => {
    const { begun, layer } = counted()
    return withLoop(
      [calls(...pays(10)), says("Done.")],
      layer,
      Effect.fnUntraced(function*() {
        const needs = yield* ToolLoop.run(asking)
        const decisions = approve(needs)
        assert.deepEqual(Object.keys(decisions), ["p0", "p1", "p2"])
        const outcome = yield* ToolLoop.resume(needs, { toolkit: kit, decisions })
        assert.strictEqual(outcome._tag, "Finished")
        assert.strictEqual(begun.pay, 3)
        assert.strictEqual(outcome.progress.toolCalls, 10)
      })
    )
  })

  const turn = [...looks(2), call("p", "pay", { amount: 1 })]

  for (const limit of ["toolCalls", "callsPerTool"] as const) {
    it(`F5 ends at ${limit} once the calls are decided`, () => {
      const { begun, layer } = counted()
      return withLoop(
        [calls(...looks(1), call("p", "pay", { amount: 1 }), ...looks(1, 1)), says("Done.")],
        layer,
        Effect.fnUntraced(function*({ seen }) {
          // The call that waits has its place among the two.
          const limits = limit === "toolCalls" ? { toolCalls: 2 } : { callsPerTool: { look: 1 } }
          const needs = yield* ToolLoop.run({ ...asking, limits })
          const stop = needs._tag === "NeedsApproval" ? needs.pending.stop : undefined
          assert.strictEqual(stop, limit)
          const json = JSON.stringify(yield* Schema.encodeEffect(ToolLoop.Outcome)(needs))
          const again = yield* Schema.decodeEffect(ToolLoop.Outcome)(JSON.parse(json))
          const outcome = yield* ToolLoop.resume(again, { toolkit: kit, limits, decisions: approve(needs) })
          assert.strictEqual(outcome._tag === "Stopped" && outcome.limit, limit, JSON.stringify(outcome))
          assert.strictEqual(begun.pay, 1)
          assert.strictEqual((yield* seen).length, 1)
          assert.strictEqual(outcome.history.length, 3)
          assert.strictEqual(begun.look, 1)
          const more = yield* ToolLoop.resume(outcome, { toolkit: kit, limits: { toolCalls: 5, callsPerTool: 5 } })
          assert.strictEqual(more._tag, "Finished")
        })
      )
    })
  }

  it("F5 goes on where the limit is raised with the decisions", () => {
    const { layer } = counted()
    return withLoop(
      [calls(...turn), says("Done.")],
      layer,
      Effect.fnUntraced(function*() {
        const needs = yield* ToolLoop.run({ ...asking, limits: { callsPerTool: { look: 1 } } })
        const decisions = approve(needs)
        const outcome = yield* ToolLoop.resume(needs, { toolkit: kit, decisions, limits: { callsPerTool: 5 } })
        assert.strictEqual(outcome._tag, "Finished", JSON.stringify(outcome))
      })
    )
  })

  const runaway = [
    ...Array.from({ length: 4 }, (_, index) => calls(...looks(1, index))),
    calls(...looks(1, 4), call("p", "pay", { amount: 1 })),
    says("Done.")
  ]

  it("F6 ends at identicalCalls once the calls are decided", () => {
    const { begun, layer } = counted()
    return withLoop(
      runaway,
      layer,
      Effect.fnUntraced(function*({ seen }) {
        const needs = yield* ToolLoop.run(asking)
        const outcome = yield* ToolLoop.resume(needs, { toolkit: kit, decisions: approve(needs) })
        assert.strictEqual(outcome._tag === "Stopped" && outcome.limit, "identicalCalls", JSON.stringify(outcome))
        assert.strictEqual(begun.look, 3)
        assert.strictEqual((yield* seen).length, 5)
        assert.isTrue(outcome.progress.memory.warned)
      })
    )
  })

  it("F6 F8 does so too after a crash that followed the decision", () => {
    const { layer } = counted()
    const hold = Deferred.makeUnsafe<string>()
    return withLoop(
      runaway,
      layer,
      Effect.fnUntraced(function*({ seen }) {
        const loop = ToolLoop.layer({ journal: yield* shared })
        const needs = yield* ToolLoop.run({ ...asking, runId: "r" }).pipe(Effect.provide(loop))
        const holding = kit.toLayer({ pay: () => Deferred.await(hold), look: () => Effect.succeed("nothing") })
        const fiber = yield* Effect.forkChild(
          ToolLoop.resume(needs, { toolkit: kit, decisions: approve(needs) }).pipe(
            Effect.provide(Layer.merge(loop, holding))
          )
        )
        yield* Effect.sleep("10 seconds")
        yield* Fiber.interrupt(fiber)
        const outcome = yield* ToolLoop.recover({ runId: "r", toolkit: kit }).pipe(Effect.provide(loop))
        assert.strictEqual(outcome._tag === "Stopped" && outcome.limit, "identicalCalls", JSON.stringify(outcome))
        assert.strictEqual((yield* seen).length, 5)
        // Counted once: five looks, and the payment that is claimed and of which nobody knows.
        assert.strictEqual(outcome.progress.toolCalls, 6)
      })
    )
  })

  it("F2 F8 results of its other calls outlive a crash that followed the decision", () => {
    const { begun, layer } = counted()
    const hold = Deferred.makeUnsafe<string>()
    return withLoop(
      [calls(...looks(1), call("x", "nothing", {}), call("p", "pay", { amount: 1 })), says("Done.")],
      layer,
      Effect.fnUntraced(function*() {
        const loop = ToolLoop.layer({ journal: yield* shared })
        const needs = yield* ToolLoop.run({ ...asking, runId: "r" }).pipe(Effect.provide(loop))
        assert.strictEqual(needs.progress.toolCalls, 2)
        const holding = kit.toLayer({ pay: () => Deferred.await(hold), look: () => Effect.succeed("again") })
        const fiber = yield* Effect.forkChild(
          ToolLoop.resume(needs, { toolkit: kit, decisions: approve(needs) }).pipe(
            Effect.provide(Layer.merge(loop, holding))
          )
        )
        yield* Effect.sleep("10 seconds")
        yield* Fiber.interrupt(fiber)
        const outcome = yield* ToolLoop.recover({ runId: "r", toolkit: kit }).pipe(Effect.provide(loop))
        assert.strictEqual(outcome._tag, "Finished", JSON.stringify(outcome))
        assert.strictEqual(begun.look, 1)
        assert.strictEqual(outcome.progress.toolCalls, 3)
        assert.deepEqual(texts(outcome.history).map((text) => text.slice(0, 12)), [
          "nothing",
          "There is no ",
          "Interrupted:"
        ])
      })
    )
  })
})
