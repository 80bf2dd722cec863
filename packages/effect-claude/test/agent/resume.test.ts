/** What an outcome, or a crash after one, leaves to go on from. */
import { Reply } from "@effect-claude/fault-server"
import { assert, describe, it } from "@effect/vitest"
import { Clock, Deferred, Effect, Exit, Fiber, Layer, Schema, Stream } from "effect"
import { History, Spend, ToolJournal, ToolLoop } from "effect-claude"
import { Tool, Toolkit } from "effect/ai"
import { CurrentRun } from "../../src/agent/internal/settings.ts"
import { answers, call, calls, Pay, says, start, toolkit, weather, withLoop } from "../fixtures/loop.ts"

const sunny = toolkit.toLayer({
  get_weather: () => Effect.succeed({ celsius: 20 }),
  pay: () => Effect.succeed("paid")
})
const silence = { ...Reply.text(200, ""), begin: "silence" } as const
const prices = Spend.prices({ "claude-sonnet-5-5": { input: 10, output: 50, cacheRead: 1, cacheWrite: 12.5 } })

/** A journal that outlives the loops over it. */
const shared = Effect.map(
  Effect.scoped(Effect.map(Layer.build(ToolJournal.layerMemory), (context) => context)),
  (context) => Layer.succeedContext(context)
)

const textsOf = (history: History.History) =>
  History.toMessages(history).map(({ content, role }) =>
    `${role}: ${
      typeof content === "string"
        ? content
        : content.map((block) => block.type === "text" ? block.text : block.type).join("+")
    }`
  )

describe("a crash after a resume", () => {
  it("F8 a finished run that was asked more keeps its first answer and answers the second question", () =>
    withLoop(
      [says("A shirt."), silence, says("A coat.")],
      sunny,
      Effect.fnUntraced(function*() {
        const journal = yield* shared
        const loop = ToolLoop.layer({ journal })
        const first = yield* ToolLoop.run({ ...start, runId: "r" }).pipe(Effect.provide(loop))
        assert.strictEqual(first._tag, "Finished")
        const fiber = yield* Effect.forkChild(
          ToolLoop.resume(first, { toolkit, say: "And in Oslo?" }).pipe(Effect.provide(loop))
        )
        yield* Effect.sleep("10 seconds")
        yield* Fiber.interrupt(fiber)
        const outcome = yield* ToolLoop.recover({ runId: "r", toolkit }).pipe(Effect.provide(loop))
        assert.strictEqual(outcome._tag === "Finished" && outcome.text, "A coat.")
        assert.deepEqual(textsOf(outcome.history), [
          "user: What should I wear in Paris?",
          "assistant: A shirt.",
          "user: And in Oslo?",
          "assistant: A coat."
        ])
      })
    ))

  it("F8 a cut answer is not concluded again", () =>
    withLoop(
      [answers(Reply.message({ text: "A sh", stopReason: "max_tokens" })), silence, says("A shirt.")],
      sunny,
      Effect.fnUntraced(function*() {
        const loop = ToolLoop.layer({ journal: yield* shared })
        const cut = yield* ToolLoop.run({ ...start, runId: "r" }).pipe(Effect.provide(loop))
        assert.strictEqual(cut._tag, "Truncated")
        const fiber = yield* Effect.forkChild(
          ToolLoop.resume(cut, { toolkit, max_tokens: 2000 }).pipe(Effect.provide(loop))
        )
        yield* Effect.sleep("10 seconds")
        yield* Fiber.interrupt(fiber)
        const outcome = yield* ToolLoop.recover({ runId: "r", toolkit }).pipe(Effect.provide(loop))
        assert.strictEqual(outcome._tag === "Finished" && outcome.text, "A shirt.")
      })
    ))

  it("F7 money that was forfeited before it is not forgotten", () =>
    withLoop(
      [silence, silence, says("A shirt.")],
      sunny,
      Effect.fnUntraced(function*() {
        const loop = ToolLoop.layer({ journal: yield* shared, prices })
        const limits = { wallTime: "30 seconds" } as const
        const stopped = yield* ToolLoop.run({ ...start, runId: "r", limits }).pipe(Effect.provide(loop))
        assert.strictEqual(stopped._tag === "Stopped" && stopped.limit, "wallTime")
        assert.isAbove(stopped.spend ?? 0, 0.01)
        const fiber = yield* Effect.forkChild(
          ToolLoop.resume(stopped, { toolkit, limits: { wallTime: "1 hour" } }).pipe(Effect.provide(loop))
        )
        yield* Effect.sleep("10 seconds")
        yield* Fiber.interrupt(fiber)
        const outcome = yield* ToolLoop.recover({ runId: "r", toolkit }).pipe(Effect.provide(loop))
        assert.strictEqual(outcome._tag, "Finished")
        assert.isAtLeast(outcome.spend ?? 0, stopped.spend ?? 0)
        assert.isAtLeast(outcome.progress.elapsed, stopped.progress.elapsed)
      })
    ))

  it("F5 calls that had run before a crash count", () => {
    const hold = Deferred.makeUnsafe<string>()
    return withLoop(
      [calls(weather("a", "Paris"), call("b", "pay", { amount: 1 })), says("A shirt.")],
      toolkit.toLayer({
        get_weather: () => Effect.succeed({ celsius: 20 }),
        pay: () => Deferred.await(hold)
      }),
      Effect.fnUntraced(function*() {
        const loop = ToolLoop.layer({ journal: yield* shared })
        const fiber = yield* Effect.forkChild(ToolLoop.run({ ...start, runId: "r" }).pipe(Effect.provide(loop)))
        yield* Effect.sleep("10 seconds")
        yield* Fiber.interrupt(fiber)
        const outcome = yield* ToolLoop.recover({ runId: "r", toolkit }).pipe(Effect.provide(loop))
        assert.strictEqual(outcome._tag, "Finished")
        assert.strictEqual(outcome.progress.toolCalls, 2)
        assert.deepEqual(outcome.progress.callsPerTool, { get_weather: 1, pay: 1 })
      })
    )
  })
})

describe("what a run is given", () => {
  it("parameters that are undefined do not cost the run its outcome", () =>
    withLoop(
      [says("A shirt.")],
      sunny,
      Effect.fnUntraced(function*() {
        const absent = { system: undefined, metadata: { user_id: undefined } } as object
        const outcome = yield* ToolLoop.run({ ...start, ...absent })
        assert.strictEqual(outcome._tag, "Finished")
        yield* Schema.encodeEffect(ToolLoop.Outcome)(outcome)
      })
    ))

  it("F5 a layer's limits are the layer's: a run that is resumed under another has the other's", () =>
    withLoop(
      [calls(weather("a", "Paris")), says("A shirt.")],
      sunny,
      Effect.fnUntraced(function*() {
        const low = ToolLoop.layer({ limits: { turns: 1 } })
        const stopped = yield* ToolLoop.run({ ...start, limits: { pauses: 3 } }).pipe(Effect.provide(low))
        assert.strictEqual(stopped._tag, "Stopped")
        assert.deepEqual(stopped.limits, { pauses: 3 })
        const outcome = yield* ToolLoop.resume(stopped, { toolkit })
        assert.strictEqual(outcome._tag, "Finished")
      })
    ))

  for (const [name, given] of [["null", null], ["a word that is none", "aprove"], ["no reason", {}]] as const) {
    it(`F2 a decision that is ${name} decides nothing`, () => {
      const kit = Toolkit.make(Pay.setNeedsApproval(true))
      return withLoop(
        [calls(call("a", "pay", { amount: 1 })), says("Done.")],
        kit.toLayer({ pay: () => Effect.succeed("paid") }),
        Effect.fnUntraced(function*() {
          const asking = yield* ToolLoop.run({ ...start, toolkit: kit })
          // What a form or a queue gives back need not be what it was asked for.
          const decisions = { a: given } as unknown as { readonly [id: string]: ToolLoop.Decision }
          const error = yield* Effect.flip(ToolLoop.resume(asking, { toolkit: kit, decisions }))
          assert.strictEqual(error._tag, "UndecidedCalls")
        })
      )
    })
  }

  it("F2 a decision about a call that nobody asked about approves nothing", () => {
    const kit = Toolkit.make(Pay.setNeedsApproval(true))
    return withLoop(
      [calls(call("a", "pay", { amount: 1 })), calls(call("b", "pay", { amount: 1000 }))],
      kit.toLayer({ pay: () => Effect.succeed("paid") }),
      Effect.fnUntraced(function*() {
        const asking = yield* ToolLoop.run({ ...start, toolkit: kit })
        const decisions = { a: "approve", b: "approve" } as const
        const next = yield* ToolLoop.resume(asking, { toolkit: kit, decisions })
        assert.strictEqual(next._tag, "NeedsApproval")
      })
    )
  })

  it("a call whose id is a name of objects runs", () =>
    withLoop(
      [calls(call("constructor", "pay", { amount: 1 })), says("Done.")],
      sunny,
      Effect.fnUntraced(function*() {
        const outcome = yield* ToolLoop.run(start)
        assert.include(JSON.stringify(History.toMessages(outcome.history)), `"paid"`)
      })
    ))

  it("F1 a tool that changes its input changes no history", () => {
    const kit = Toolkit.make(
      Tool.make("note", { parameters: Schema.Struct({ tags: Schema.Array(Schema.Json) }), success: Schema.String })
    )
    return withLoop(
      [calls(call("a", "note", { tags: [{ x: "mine" }] })), says("Done.")],
      kit.toLayer({
        note: ({ tags }) =>
          Effect.sync(() => {
            Object.assign(tags[0] as object, { x: "changed" })
            return "noted"
          })
      }),
      Effect.fnUntraced(function*() {
        const outcome = yield* ToolLoop.run({ ...start, toolkit: kit })
        assert.include(JSON.stringify(History.toMessages(outcome.history)), "mine")
      })
    )
  })

  it.each([0, -1, Number.NaN])("a concurrency of %s runs calls one by one", (concurrency) =>
    withLoop(
      [calls(weather("a", "Paris"), weather("b", "Rome")), says("Done.")],
      sunny,
      Effect.fnUntraced(function*() {
        const outcome = yield* Effect.timeout(ToolLoop.run({ ...start, concurrency }), "2 minutes")
        assert.strictEqual(outcome._tag, "Finished")
      })
    ))
})

describe("what was paid for", () => {
  it("F7 a request that dies leaves no reserve behind in the account that runs share", () =>
    withLoop(
      [],
      sunny,
      Effect.fnUntraced(function*() {
        const account = new Spend.Account({ usd: 1 })
        const within = { depth: 0, maxDepth: 2, account, until: Infinity }
        const broken = { ...start, call: { deadline: "soon" } } as unknown as typeof start
        const exit = yield* Effect.exit(ToolLoop.run(broken)).pipe(Effect.provideService(CurrentRun, within))
        assert.isTrue(Exit.hasDies(exit))
        assert.deepEqual(account.reserved, { usd: 0, inputTokens: 0, outputTokens: 0 })
        assert.isAbove(account.settled.usd, 0)
      }),
      { prices }
    ))

  it("F5 a run within a run has no more time than the run around it", () =>
    withLoop(
      [silence],
      sunny,
      Effect.fnUntraced(function*() {
        const before = yield* Clock.currentTimeMillis
        const within = { depth: 0, maxDepth: 2, account: new Spend.Account(), until: before + 5000 }
        const outcome = yield* Effect.provideService(ToolLoop.run(start), CurrentRun, within)
        assert.strictEqual(outcome._tag === "Stopped" && outcome.limit, "wallTime")
        assert.isAtMost((yield* Clock.currentTimeMillis) - before, 5000)
      })
    ))

  it("F8 an answer that was told was written before", () =>
    withLoop(
      [says("A shirt."), says("A coat.")],
      sunny,
      Effect.fnUntraced(function*({ seen }) {
        const loop = ToolLoop.layer({ journal: yield* shared })
        yield* ToolLoop.stream({ ...start, runId: "r" }).pipe(
          Stream.takeUntil(({ _tag }) => _tag === "Answered"),
          Stream.runDrain,
          Effect.provide(loop)
        )
        const outcome = yield* ToolLoop.recover({ runId: "r", toolkit }).pipe(Effect.provide(loop))
        assert.strictEqual(outcome._tag === "Finished" && outcome.text, "A shirt.")
        assert.strictEqual((yield* seen).length, 1)
      })
    ))

  it("F10 a closing answer that is refused is not in the history", () =>
    withLoop(
      [calls(weather("a", "Paris")), answers(Reply.message({ text: "I can", stopReason: "refusal" }))],
      sunny,
      Effect.fnUntraced(function*() {
        const outcome = yield* ToolLoop.run({ ...start, limits: { turns: 1 }, closingTurn: true })
        assert.strictEqual(outcome._tag, "Stopped")
        assert.notInclude(JSON.stringify(History.toMessages(outcome.history)), "I can")
      })
    ))
})
