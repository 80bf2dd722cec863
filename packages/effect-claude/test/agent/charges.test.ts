/** What a request costs whose answer is never seen: after a crash, when it fails, and for what fitting asks. */
import { Fault, Reply, type Script } from "@effect-claude/fault-server"
import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, Fiber, Layer, Schema } from "effect"
import { ClaudeError, ContextWindow, History, Spend, ToolJournal, ToolLoop } from "effect-claude"
import { Tool, Toolkit } from "effect/ai"
import { answers, call, says, start, toolkit, weather, withLoop } from "../fixtures/loop.ts"

const sunny = toolkit.toLayer({
  get_weather: () => Effect.succeed({ celsius: 20 }),
  pay: () => Effect.succeed("paid")
})
const prices = Spend.prices({ "claude-sonnet-5-5": { input: 10, output: 50, cacheRead: 1, cacheWrite: 12.5 } })
const silence = Fault.silenceBeforeHeaders(Reply.text(200, ""))
const shared = Effect.map(Effect.scoped(Layer.build(ToolJournal.layerMemory)), Layer.succeedContext)
const usage = { input_tokens: 500, output_tokens: 100 }

/** Runs until ten seconds have passed, then dies. */
const dies = <A, E, R>(run: Effect.Effect<A, E, R>) =>
  Effect.gen(function*() {
    const fiber = yield* Effect.forkChild(run)
    yield* Effect.sleep("10 seconds")
    yield* Fiber.interrupt(fiber)
  })

describe("a process that dies while a request is under way", () => {
  it("F7 the request counts as it was reserved, once for each time that it was made", () =>
    withLoop(
      [answers(Reply.toolUse(weather("a", "Paris"), { usage })), silence, silence, says("A shirt.")],
      sunny,
      Effect.fnUntraced(function*() {
        const loop = ToolLoop.layer({ journal: yield* shared, prices })
        const forecasts: Array<Spend.Amount> = []
        const onTurn = ({ forecast }: ToolLoop.Turn) => Effect.sync(() => void forecasts.push(forecast))
        yield* dies(ToolLoop.run({ ...start, runId: "r", onTurn }).pipe(Effect.provide(loop)))
        yield* dies(ToolLoop.recover({ runId: "r", toolkit }).pipe(Effect.provide(loop)))
        const outcome = yield* ToolLoop.recover({ runId: "r", toolkit }).pipe(Effect.provide(loop))
        assert.strictEqual(outcome._tag, "Finished")
        assert.strictEqual(outcome.progress.turns, 4)
        assert.isTrue(outcome.usage.estimated)
        // The first answer costs a cent; each that was lost at least its 256 tokens of output.
        const lost = (outcome.spend ?? 0) - 0.01
        assert.isAtLeast(lost, forecasts[0]!.usd + 256 * 50e-6)
        assert.isAtMost(lost, 3 * forecasts[0]!.usd)
      })
    ))

  it("F7 a cap holds for lives together: what was begun and lost leaves nothing for another", () =>
    withLoop(
      [silence, silence, silence, says("never")],
      sunny,
      Effect.fnUntraced(function*({ seen }) {
        const loop = ToolLoop.layer({ journal: yield* shared, prices })
        // Enough for two forecasts of 256 tokens.
        const limits = { usd: 0.03 }
        yield* dies(ToolLoop.run({ ...start, runId: "r", limits }).pipe(Effect.provide(loop)))
        yield* dies(ToolLoop.recover({ runId: "r", toolkit }).pipe(Effect.provide(loop)))
        const outcome = yield* ToolLoop.recover({ runId: "r", toolkit }).pipe(Effect.provide(loop))
        assert.strictEqual(outcome._tag === "Stopped" && outcome.limit, "usd", JSON.stringify(outcome))
        assert.strictEqual((yield* seen).length, 2)
        assert.isAtMost(outcome.spend ?? 0, 0.03)
      })
    ))

  it("F5 turns hold for lives together", () =>
    withLoop(
      [silence, silence, says("never")],
      sunny,
      Effect.fnUntraced(function*({ seen }) {
        const loop = ToolLoop.layer({ journal: yield* shared })
        const limits = { turns: 2 }
        yield* dies(ToolLoop.run({ ...start, runId: "r", limits }).pipe(Effect.provide(loop)))
        yield* dies(ToolLoop.recover({ runId: "r", toolkit }).pipe(Effect.provide(loop)))
        const outcome = yield* ToolLoop.recover({ runId: "r", toolkit }).pipe(Effect.provide(loop))
        assert.strictEqual(outcome._tag === "Stopped" && outcome.limit, "turns")
        assert.strictEqual((yield* seen).length, 2)
      })
    ))

  it("F7 an answer that was cut in a call and asked for again counts, though its entry never came", () =>
    withLoop(
      [
        answers(Reply.truncatedToolUse({ id: "a", name: "pay" }, { usage: { output_tokens: 1000 } })),
        () => Reply.json(200, { id: "claude-sonnet-5-5", type: "model", max_tokens: 2000 }),
        silence,
        says("A shirt.")
      ],
      sunny,
      Effect.fnUntraced(function*() {
        const loop = ToolLoop.layer({ journal: yield* shared, prices })
        yield* dies(ToolLoop.run({ ...start, runId: "r" }).pipe(Effect.provide(loop)))
        const outcome = yield* ToolLoop.recover({ runId: "r", toolkit }).pipe(Effect.provide(loop))
        assert.strictEqual(outcome._tag, "Finished")
        // Its 1,000 tokens of output are 5 cents.
        assert.isAbove(outcome.spend ?? 0, 0.05)
      })
    ))

  it("F7 what cannot be written is not sent and costs nothing", () =>
    withLoop(
      [],
      sunny,
      Effect.fnUntraced(function*({ seen }) {
        const full = Layer.succeed(ToolJournal.ToolJournal, {
          read: () => Effect.succeed([]),
          remove: () => Effect.void,
          put: (_run: string, at: number, entry: string) =>
            at < 2 ? Effect.succeed(entry) : Effect.fail(new ToolJournal.JournalFailed({ message: "disk full" }))
        })
        const outcome = yield* ToolLoop.run(start).pipe(
          Effect.provide(ToolLoop.layer({ journal: full, prices, budget: { usd: 1 } }))
        )
        assert.strictEqual(outcome._tag === "Failed" && outcome.error._tag, "JournalFailed")
        assert.strictEqual((yield* seen).length, 0)
        assert.strictEqual(outcome.spend ?? 0, 0)
        assert.strictEqual(outcome.progress.turns, 0)
      })
    ))
})

describe("a request that fails", () => {
  const free: ReadonlyArray<readonly [string, Reply.Reply]> = [
    ["400", Fault.invalidRequest()],
    ["401", Fault.unauthorized()],
    ["413", Fault.tooLarge()],
    ["429", Fault.rateLimited()],
    ["500", Fault.internal()],
    ["503", Fault.unavailable()],
    ["529", Fault.overloaded()]
  ]
  for (const [name, reply] of free) {
    it(`F7 costs nothing where the API refused it: ${name}`, () =>
      withLoop(
        [reply],
        sunny,
        Effect.fnUntraced(function*() {
          const outcome = yield* ToolLoop.run(start)
          assert.strictEqual(outcome._tag, "Failed")
          assert.strictEqual(outcome.spend ?? 0, 0)
          assert.isFalse(outcome.usage.estimated)
        }),
        { prices }
      ))
  }

  const paid: ReadonlyArray<readonly [string, Reply.Reply]> = [
    ["a connection that was lost", Fault.resetBeforeHeaders(Reply.text(200, ""))],
    ["a connection that was lost in the answer", Fault.resetAfterBytes(10)(Reply.json(200, { type: "message" }))],
    ["silence", silence],
    ["silence after the headers", Fault.silenceAfterHeaders(Reply.json(200, {}))],
    ["an answer that is none", Fault.okHtml()],
    ["a gateway that gave up", Fault.html(504, "Gateway Timeout")]
  ]
  for (const [name, reply] of paid) {
    it(`F7 costs an estimate where the API may bill it: ${name}`, () =>
      withLoop(
        [reply],
        sunny,
        Effect.fnUntraced(function*() {
          const outcome = yield* ToolLoop.run({ ...start, limits: { wallTime: "1 hour" } })
          assert.strictEqual(outcome._tag, "Failed", JSON.stringify(outcome))
          assert.isTrue(outcome.usage.estimated)
          assert.isAbove(outcome.usage.inputTokens, 100)
          assert.isAbove(outcome.spend ?? 0, 256 * 50e-6)
          assert.isBelow(outcome.spend ?? 0, 2 * 256 * 50e-6)
        }),
        { prices }
      ))
  }

  it("F7 each try of it counts: what arrived as it arrived, what was lost by an estimate, what was refused not at all", () =>
    withLoop(
      [
        Fault.overloaded(),
        Fault.resetBeforeHeaders(Reply.text(200, "")),
        Fault.resetBeforeHeaders(Reply.text(200, "")),
        Fault.invalidRequest()
      ],
      sunny,
      Effect.fnUntraced(function*({ seen }) {
        const outcome = yield* ToolLoop.run(start)
        assert.strictEqual(outcome._tag, "Failed")
        assert.strictEqual((yield* seen).length, 4)
        assert.isAbove(outcome.spend ?? 0, 2 * 256 * 50e-6)
        assert.isBelow(outcome.spend ?? 0, 3 * 256 * 50e-6)
      }),
      { prices },
      { maxAttempts: 6 }
    ))

  for (const code of ["ECONNREFUSED", "ENOTFOUND"]) {
    it(`F7 costs nothing where there was no connection: ${code}`, () => {
      const cause = Object.assign(new Error(`connect ${code}`), { code })
      return withLoop(
        [],
        sunny,
        Effect.fnUntraced(function*() {
          const outcome = yield* ToolLoop.run(start)
          assert.strictEqual(outcome._tag, "Failed")
          const error = outcome._tag === "Failed" && outcome.error._tag === "ClaudeError" ? outcome.error : undefined
          assert.strictEqual(error?.attempts.length, 2)
          assert.strictEqual(error?.reason._tag, "ConnectionFailed")
          assert.strictEqual(outcome.spend ?? 0, 0)
          assert.isFalse(outcome.usage.estimated)
        }),
        { prices },
        { maxAttempts: 2, fetch: () => Promise.reject(new TypeError("fetch failed", { cause })) }
      )
    })
  }

  it("F7 a bound on connecting that passed is known to have cost nothing, one on the answer is not", () => {
    const costs = (phase: ClaudeError.TimedOut["phase"]) =>
      ClaudeError.costOf(new ClaudeError.TimedOut({ phase, after: Duration.seconds(10) })).usage?.inputTokens
    assert.deepEqual([costs("connect"), costs("headers"), costs("attempt")], [0, undefined, undefined])
  })

  it("F7 what never left costs nothing", () =>
    withLoop(
      [],
      sunny,
      Effect.fnUntraced(function*({ seen }) {
        const outcome = yield* ToolLoop.run({ ...start, max_tokens: -1 })
        assert.strictEqual(outcome._tag, "Failed")
        assert.strictEqual(outcome.spend ?? 0, 0)
        assert.strictEqual((yield* seen).length, 0)
      }),
      { prices }
    ))
})

describe("what fitting asks", () => {
  const Read = Tool.make("read", { parameters: Schema.Struct({ page: Schema.Int }), success: Schema.String })
  const kit = Toolkit.make(Read)
  const pages = kit.toLayer({ read: ({ page }) => Effect.succeed(`Page ${page}. ${"word ".repeat(400)}`) })
  const haiku = "claude-haiku-5-5"
  const window = ContextWindow.make({
    window: 4000,
    strategies: [ContextWindow.summarise({ model: haiku, maxTokens: 256 })]
  })
  const run = { ...start, toolkit: kit, window, max_tokens: 500 } as const
  const table = Spend.prices({
    "claude-sonnet-5-5": { input: 0, output: 0, cacheRead: 0, cacheWrite: 0 },
    [haiku]: { input: 1000, output: 0, cacheRead: 0, cacheWrite: 0 }
  })
  /** Ten pages, one a turn, and summaries of 700 tokens each. */
  const script: ReadonlyArray<Script.Answer> = Array.from({ length: 60 }, () => (request: Reply.Received) => {
    if (request.path !== "/v1/messages") return Reply.json(200, { input_tokens: Math.ceil(request.body.length / 4) })
    const { model } = request.json as { readonly model: string }
    if (model === haiku) {
      return answers(Reply.message({ text: "So far.", usage: { input_tokens: 700, output_tokens: 10 } }))(request)
    }
    const input = { input_tokens: Math.ceil(request.body.length / 4) }
    return answers(Reply.toolUse(call(`c${request.index}`, "read", { page: request.index }), { usage: input }))(request)
  })
  const summaries = (seen: ReadonlyArray<{ readonly request: Reply.Received }>) =>
    seen.filter(({ request }) => request.path === "/v1/messages" && request.body.includes(haiku)).length

  it("F7 is charged by the price of the model that was asked", () =>
    withLoop(
      script,
      pages,
      Effect.fnUntraced(function*({ seen }) {
        const outcome = yield* ToolLoop.run({ ...run, limits: { turns: 10 } })
        assert.strictEqual(outcome._tag === "Stopped" && outcome.limit, "turns", JSON.stringify(outcome))
        const count = summaries(yield* seen)
        assert.isAtLeast(count, 2)
        assert.closeTo(outcome.spend ?? 0, count * 0.7, 1e-9)
      }),
      { prices: table }
    ))

  it("F7 counts towards the cap", () =>
    withLoop(
      script,
      pages,
      Effect.fnUntraced(function*({ seen }) {
        const outcome = yield* ToolLoop.run({ ...run, limits: { turns: 20, usd: 0.5 } })
        assert.strictEqual(outcome._tag === "Stopped" && outcome.limit, "usd", JSON.stringify(outcome))
        assert.strictEqual(summaries(yield* seen), 1)
      }),
      { prices: table }
    ))
})

describe("runs within a run", () => {
  const Sub = Tool.make("sub", { success: Schema.String })
  const kit = Toolkit.make(Sub)
  const script: ReadonlyArray<Script.Answer> = Array.from({ length: 20 }, () => (request: Reply.Received) => {
    const inner = request.body.includes("inner")
    // An answer costs a cent, one within ten.
    return inner
      ? answers(Reply.message({ text: "Found.", usage: { input_tokens: 10_000, output_tokens: 0 } }))(request)
      : answers(Reply.toolUse(call(`c${request.index}`, "sub", {}), { usage }))(request)
  })
  const nested = Effect.gen(function*() {
    const loop = yield* ToolLoop.ToolLoop
    return kit.toLayer({
      sub: () =>
        loop.run({ ...start, history: History.make("inner"), toolkit: Toolkit.empty }).pipe(
          Effect.as("done"),
          Effect.orDie
        )
    })
  })

  it("F7 what they took is not forgotten when the run around them is resumed, from its outcome as it is stored", () =>
    withLoop(
      script,
      Layer.empty,
      Effect.fnUntraced(function*({ seen }) {
        const handlers = yield* nested
        const run = Effect.gen(function*() {
          const limits = { usd: 0.15, turns: 1, identicalCalls: 99 }
          const stopped = yield* ToolLoop.run({ ...start, toolkit: kit, limits })
          assert.strictEqual(stopped._tag === "Stopped" && stopped.limit, "turns")
          const json = yield* Schema.encodeEffect(ToolLoop.Outcome)(stopped)
          const again = yield* Schema.decodeEffect(ToolLoop.Outcome)(JSON.parse(JSON.stringify(json)))
          return yield* ToolLoop.resume(again, { toolkit: kit, limits: { turns: 20 } })
        }).pipe(Effect.provide(handlers))
        const outcome = yield* run
        assert.strictEqual(outcome._tag === "Stopped" && outcome.limit, "usd", JSON.stringify(outcome))
        // 1 + 10, then 1 + what the inner run may not ask any more.
        assert.isAtMost((yield* seen).length, 4)
      }),
      { prices }
    ))

  it("F7 nor when it is recovered", () =>
    withLoop(
      script,
      Layer.empty,
      Effect.fnUntraced(function*({ seen }) {
        const journal = yield* shared
        const life = Layer.provideMerge(
          Layer.unwrap(nested),
          ToolLoop.layer({ journal, prices })
        )
        const limits = { usd: 0.15, identicalCalls: 99 }
        let turns = 0
        yield* dies(
          ToolLoop.run({
            ...start,
            runId: "r",
            toolkit: kit,
            limits,
            onTurn: () => Effect.suspend(() => ++turns === 1 ? Effect.never : Effect.void)
          }).pipe(Effect.provide(life))
        )
        const outcome = yield* ToolLoop.recover({ runId: "r", toolkit: kit }).pipe(Effect.provide(life))
        assert.strictEqual(outcome._tag === "Stopped" && outcome.limit, "usd", JSON.stringify(outcome))
        assert.isAtMost((yield* seen).length, 4)
      })
    ))
})
