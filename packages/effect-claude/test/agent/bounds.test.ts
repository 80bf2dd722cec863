/** Bounds of a run that something outside of it, or its own tools, could stretch: time, and the size of results. */
import { Reply } from "@effect-claude/fault-server"
import { assert, describe, it } from "@effect/vitest"
import { Clock, Deferred, Effect, Fiber, Layer, Option, Schedule, Schema, Stream } from "effect"
import { History, ToolJournal, ToolLoop } from "effect-claude"
import { Tool, Toolkit } from "effect/ai"
import { call, calls, lastResults, says, start, withLoop } from "../fixtures/loop.ts"

const Read = Tool.make("read", { parameters: Schema.Struct({ page: Schema.Int }), success: Schema.String })
const toolkit = Toolkit.make(Read)
const reads = (count: number) => Array.from({ length: count }, (_, page) => call(`c${page}`, "read", { page }))
const texts = (history: History.History) => lastResults(history).map(({ content }) => String(content))
const shared = Effect.map(Effect.scoped(Layer.build(ToolJournal.layerMemory)), Layer.succeedContext)

describe("the time of a run", () => {
  it("F5 is not used up by a slow reader of its stream, who is told everything in order", () =>
    withLoop(
      [
        ...Array.from({ length: 10 }, (_, turn) => calls(call(`c${turn}`, "read", { page: turn }))),
        says("Done. ".repeat(40))
      ],
      toolkit.toLayer({ read: () => Effect.as(Effect.sleep("1 second"), "page") }),
      Effect.fnUntraced(function*() {
        const events = yield* ToolLoop.stream({ ...start, toolkit, limits: { wallTime: "1 minute" } }).pipe(
          Stream.tap(() => Effect.sleep("10 seconds")),
          Stream.runCollect
        )
        const last = events.at(-1)!
        assert.strictEqual(last._tag === "Outcome" && last.outcome._tag, "Finished", JSON.stringify(last))
        assert.isAtMost(last._tag === "Outcome" ? last.outcome.progress.elapsed : Infinity, 11_000)
        const turns = events.flatMap((event) => event._tag === "Turn" ? [event.turn] : [])
        assert.deepEqual(turns, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10])
      })
    ))

  for (const [deltas, fate] of [[60_000, "Finished"], [140_000, "wallTime"]] as const) {
    it(`F5 of ${deltas} events that nobody reads for an hour 65,536 wait, and as many may have been handed over: ${fate}`, () =>
      withLoop(
        [Reply.stream(Reply.message("x".repeat(deltas)), { deltaSize: 1 })],
        toolkit.toLayer({ read: () => Effect.succeed("page") }),
        Effect.fnUntraced(function*() {
          let read = 0
          const last = yield* ToolLoop.stream({ ...start, toolkit, limits: { wallTime: "1 minute" } }).pipe(
            Stream.tap(() => read++ === 0 ? Effect.sleep("1 hour") : Effect.void),
            Stream.runLast
          )
          const outcome = Option.isSome(last) && last.value._tag === "Outcome" ? last.value.outcome : undefined
          assert.strictEqual(outcome?._tag === "Stopped" ? outcome.limit : outcome?._tag, fate)
        })
      ))
  }

  it("F5 F2 a call that had to queue until it was over does not begin, and says so", () => {
    const begun: Array<number> = []
    return withLoop(
      [calls(...reads(2)), says("never")],
      toolkit.toLayer({
        read: ({ page }) => Effect.andThen(Effect.sync(() => begun.push(page)), Effect.as(Effect.sleep("1 hour"), ""))
      }),
      Effect.fnUntraced(function*() {
        const limits = { wallTime: "30 seconds" } as const
        const options = { ...start, toolkit, concurrency: 1, toolTimeout: "2 hours", limits } as const
        const events = yield* Stream.runCollect(ToolLoop.stream(options))
        const last = events.at(-1)!
        if (last._tag !== "Outcome") return assert.fail(last._tag)
        const { outcome } = last
        assert.strictEqual(outcome._tag === "Stopped" && outcome.limit, "wallTime")
        assert.deepEqual(begun, [0])
        const [first, second] = texts(outcome.history)
        assert.match(first!, /Interrupted/)
        assert.match(second!, /Not executed: a limit/)
        assert.strictEqual(events.filter(({ _tag }) => _tag === "ToolStarted").length, 1)
      })
    )
  })

  const looking = (retry: Schedule.Schedule<unknown>, tries: { count: number }, takes: "0 seconds" | "10 seconds") => {
    const Look = Tool.make("look", { success: Schema.String, failure: Schema.String })
      .annotate(Tool.Readonly, true)
      .annotate(ToolLoop.Retry, retry)
    const kit = Toolkit.make(Look)
    const layer = kit.toLayer({
      look: () =>
        Effect.andThen(Effect.sync(() => tries.count++), Effect.andThen(Effect.sleep(takes), Effect.fail("no")))
    })
    return { kit, layer }
  }

  it("F5 ends a Retry that would go on", () => {
    const tries = { count: 0 }
    const { kit, layer } = looking(Schedule.forever, tries, "10 seconds")
    return withLoop(
      [calls(call("a", "look", {})), says("never")],
      layer,
      Effect.fnUntraced(function*() {
        const before = yield* Clock.currentTimeMillis
        const outcome = yield* ToolLoop.run({ ...start, toolkit: kit, limits: { wallTime: "25 seconds" } })
        assert.strictEqual(outcome._tag === "Stopped" && outcome.limit, "wallTime")
        assert.strictEqual(tries.count, 3)
        assert.strictEqual((yield* Clock.currentTimeMillis) - before, 25_000)
        assert.match(texts(outcome.history)[0]!, /Interrupted/)
      })
    )
  })

  it("F5 F4 ends a reconcile hook that does not come to an end", () => {
    const Pay = ToolLoop.withReconcile(Tool.make("pay", { success: Schema.String }), () => Effect.never)
    const kit = Toolkit.make(Pay)
    return withLoop(
      [calls(call("a", "pay", {})), says("never")],
      kit.toLayer({ pay: () => Effect.never }),
      Effect.fnUntraced(function*() {
        const loop = ToolLoop.layer({ journal: yield* shared })
        const limits = { wallTime: "30 seconds" } as const
        const fiber = yield* Effect.forkChild(
          ToolLoop.run({ ...start, toolkit: kit, runId: "r", limits }).pipe(Effect.provide(loop))
        )
        yield* Effect.sleep("10 seconds")
        yield* Fiber.interrupt(fiber)
        const before = yield* Clock.currentTimeMillis
        const outcome = yield* ToolLoop.recover({ runId: "r", toolkit: kit }).pipe(Effect.provide(loop))
        assert.strictEqual(outcome._tag === "Stopped" && outcome.limit, "wallTime")
        assert.isAtMost((yield* Clock.currentTimeMillis) - before, 30_000)
        assert.match(texts(outcome.history)[0]!, /no result is known/)
      })
    )
  })

  it("F5 ends a Retry whose next try would come after it", () => {
    const tries = { count: 0 }
    const { kit, layer } = looking(Schedule.spaced("1 hour"), tries, "0 seconds")
    return withLoop(
      [calls(call("a", "look", {})), says("Done.")],
      layer,
      Effect.fnUntraced(function*() {
        const before = yield* Clock.currentTimeMillis
        const outcome = yield* ToolLoop.run({ ...start, toolkit: kit })
        assert.strictEqual(outcome._tag, "Finished")
        assert.strictEqual(tries.count, 1)
        assert.strictEqual((yield* Clock.currentTimeMillis) - before, 0)
        assert.deepEqual(texts(outcome.history), ["no"])
      })
    )
  })
})

describe("the size of results", () => {
  const big = "\u20ac".repeat(400_000)
  const bigs = toolkit.toLayer({ read: ({ page }) => Effect.succeed(`${page} ${big}`) })

  it("of one turn is bounded together: what is left out says that it ran, and the run goes on", () =>
    withLoop(
      [calls(...reads(31)), says("Read.")],
      bigs,
      Effect.fnUntraced(function*({ seen }) {
        const loop = ToolLoop.layer({ journal: yield* shared })
        const outcome = yield* ToolLoop.run({ ...start, toolkit, runId: "r" }).pipe(Effect.provide(loop))
        assert.strictEqual(outcome._tag, "Finished", outcome._tag === "Failed" ? outcome.error.message : "")
        const results = texts(outcome.history)
        const whole = results.filter((text) => text.endsWith(big))
        assert.strictEqual(whole.length, 4)
        for (const text of results.slice(4)) assert.match(text, /^The tool ran, but .* 400\d\d\d characters/)
        assert.isAtMost((yield* seen).at(-1)!.request.body.length, 2_100_000)
        const again = yield* ToolLoop.recover({ runId: "r", toolkit }).pipe(Effect.provide(loop))
        assert.deepEqual(texts(again.history), results)
      })
    ))

  it("that are small stand beside those that are left out", () =>
    withLoop(
      [calls(...reads(7)), says("Read.")],
      toolkit.toLayer({ read: ({ page }) => Effect.succeed(page === 6 ? "small" : `${page} ${big}`) }),
      Effect.fnUntraced(function*() {
        const outcome = yield* ToolLoop.run({ ...start, toolkit })
        const results = texts(outcome.history)
        assert.match(results[5]!, /^The tool ran/)
        assert.strictEqual(results[6], "small")
      })
    ))

  it("does not end a long run: what passes an entry of the journal goes on in the next", () =>
    withLoop(
      [
        ...Array.from({ length: 4 }, (_, turn) =>
          calls(
            ...Array.from({ length: 4 }, (_, index) => call(`t${turn}c${index}`, "read", { page: turn * 10 + index }))
          )),
        says("Read.")
      ],
      bigs,
      Effect.fnUntraced(function*() {
        const journal = yield* shared
        const loop = ToolLoop.layer({ journal })
        const stopped = yield* ToolLoop.run({ ...start, toolkit, runId: "r", limits: { turns: 4 } }).pipe(
          Effect.provide(loop)
        )
        assert.strictEqual(stopped._tag, "Stopped", stopped._tag === "Failed" ? stopped.error.message : "")
        // Three bytes a character.
        assert.isAbove(History.toJson(stopped.history).length * 3, 15_000_000)
        const again = yield* ToolLoop.recover({ runId: "r", toolkit }).pipe(Effect.provide(loop))
        assert.strictEqual(again._tag, "Stopped")
        assert.strictEqual(History.toJson(again.history), History.toJson(stopped.history))
        const outcome = yield* ToolLoop.resume(stopped, { toolkit, limits: { turns: 9 } }).pipe(Effect.provide(loop))
        assert.strictEqual(outcome._tag, "Finished", outcome._tag === "Failed" ? outcome.error.message : "")
        const last = yield* ToolLoop.recover({ runId: "r", toolkit }).pipe(Effect.provide(loop))
        assert.strictEqual(last._tag, "Finished")
      })
    ))

  it("F8 a process that dies within such an entry leaves none of it", () =>
    withLoop(
      [calls(...reads(3)), says("Read.")],
      bigs,
      Effect.fnUntraced(function*() {
        const store = yield* Effect.scoped(
          Effect.flatMap(Layer.build(ToolJournal.layerMemory), (context) =>
            Effect.provide(ToolJournal.ToolJournal, context))
        )
        const history = History.make(`Begin. ${"x".repeat(7_000_000)}`)
        const put = yield* Deferred.make<void>()
        const dying = Layer.succeed(ToolJournal.ToolJournal, {
          ...store,
          // Place 0 opens the run; the first step takes several.
          put: (run: string, at: number, entry: string) =>
            at < 3 ? store.put(run, at, entry) : Effect.andThen(Deferred.succeed(put, undefined), Effect.never)
        })
        const fiber = yield* Effect.forkChild(
          ToolLoop.run({ ...start, history, toolkit, runId: "r" }).pipe(
            Effect.provide(ToolLoop.layer({ journal: dying }))
          )
        )
        yield* Deferred.await(put)
        yield* Fiber.interrupt(fiber)
        assert.strictEqual((yield* store.read("r")).length, 3)
        const loop = ToolLoop.layer({ journal: Layer.succeed(ToolJournal.ToolJournal, store) })
        const unknown = yield* Effect.flip(ToolLoop.recover({ runId: "r", toolkit }).pipe(Effect.provide(loop)))
        assert.strictEqual(unknown._tag, "UnknownRun")
        const outcome = yield* ToolLoop.run({ ...start, history, toolkit, runId: "r" }).pipe(Effect.provide(loop))
        assert.strictEqual(outcome._tag, "Finished", JSON.stringify(outcome))
        const again = yield* ToolLoop.recover({ runId: "r", toolkit }).pipe(Effect.provide(loop))
        assert.strictEqual(History.toJson(again.history), History.toJson(outcome.history))
      })
    ))
})
