import { assert, describe, it } from "@effect/vitest"
import { Context, Duration, Effect, Fiber, Layer, Logger } from "effect"
import { ClaudeError, ClaudeRateLimiter, RateLimitHeaders } from "effect-claude"
import { TestClock } from "effect/testing"

const model = "m"
const limiter = ClaudeRateLimiter.ClaudeRateLimiter
const layer = (limit: ClaudeRateLimiter.ModelLimit, options: ClaudeRateLimiter.Options = {}) =>
  ClaudeRateLimiter.layer({ key: "test", limits: { [model]: limit }, ...options })
const reserve = (inputTokens: number, more: Partial<ClaudeRateLimiter.ReserveRequest> = {}) =>
  limiter.use((one) => one.reserve({ model, inputTokens, ...more }))
const stateOf = (name: string) =>
  Effect.map(limiter.use((one) => one.state), (states) => states.find((one) => one.name === name)!)
const state = stateOf(model)

type Limiter = ClaudeRateLimiter.ClaudeRateLimiter["Service"]
class High extends Context.Service<High, Limiter>()("test/policies/limiterFaults.test/High") {}
class Low extends Context.Service<Low, Limiter>()("test/policies/limiterFaults.test/Low") {}

describe("ClaudeRateLimiter under faults", () => {
  it.effect("numbers that are none poison nothing: neither settings nor requests nor usage", () =>
    Effect.gen(function*() {
      for (const odd of [NaN, Infinity, -Infinity, -5, 1e300]) {
        const one = yield* reserve(odd, { inputBytes: odd, maxTokens: odd, priority: odd })
        yield* one.sent
        const usage = { inputTokens: odd, outputTokens: odd, cacheCreationTokens: odd, cacheReadTokens: odd }
        yield* one.settle({ _tag: "Used", usage: { ...usage, estimated: false } })
      }
      assert.deepInclude(yield* state, { requests: 95, inFlight: 0, outputTokens: Infinity })
      const no = yield* Effect.flip(limiter.use((one) => one.reserve({ model: "none", inputTokens: 1 })))
      assert.deepInclude(no, { _tag: "RequestExceedsLimit", limit: "inputTokens", available: 0 })
    }).pipe(Effect.provide(layer({ requestsPerMinute: 100, inputTokensPerMinute: Infinity, concurrency: Infinity }, {
      lookahead: Infinity,
      maxQueue: Infinity,
      otherwise: { inputTokensPerMinute: NaN }
    }))))

  it.effect("a limit of nothing lets nothing in, and says so at once", () =>
    Effect.gen(function*() {
      const dimensions = { a: "requests", b: "inputTokens", c: "outputTokens", d: "concurrency" } as const
      for (const [name, limit] of Object.entries(dimensions)) {
        const why = yield* Effect.flip(limiter.use((one) => one.reserve({ model: name, inputTokens: 1, maxTokens: 1 })))
        assert.deepInclude(why, { _tag: "RequestExceedsLimit", limit, available: 0 })
      }
    }).pipe(Effect.provide(ClaudeRateLimiter.layer({
      key: "zero",
      limits: {
        a: { requestsPerMinute: 0 },
        b: { inputTokensPerMinute: 0 },
        c: { outputTokensPerMinute: 0 },
        d: { concurrency: 0 }
      }
    }))))

  it.effect("a server that tells of a limit of nothing blocks nobody for ever once it tells of another", () =>
    Effect.gen(function*() {
      const told = (limit: number) =>
        RateLimitHeaders.fromHeaders((name) => name.endsWith("-requests-limit") ? String(limit) : null)
      const one = yield* reserve(0)
      yield* one.observe(told(0))
      assert.strictEqual((yield* Effect.flip(reserve(0)))._tag, "RequestExceedsLimit")
      yield* one.observe(told(600))
      yield* TestClock.adjust("1 second")
      yield* reserve(0)
    }).pipe(Effect.provide(ClaudeRateLimiter.layer({ key: "told" }))))

  it.effect("less than one request a minute is one request at once, then one when it is due", () =>
    Effect.gen(function*() {
      yield* reserve(0)
      const next = yield* Effect.forkChild(reserve(0), { startImmediately: true })
      yield* TestClock.adjust("119 seconds")
      assert.isUndefined(next.pollUnsafe())
      yield* TestClock.adjust("2 seconds")
      yield* Fiber.join(next)
    }).pipe(Effect.provide(layer({ requestsPerMinute: 0.5 }))))

  it.effect("a clock that is set back an hour stops nothing", () =>
    Effect.gen(function*() {
      yield* TestClock.adjust("2 hours")
      for (let n = 0; n < 60; n++) yield* reserve(0)
      yield* TestClock.setTime(3_600_000)
      const late = yield* Effect.flip(reserve(0, { deadline: 3_600_100 }))
      assert.isTrue(late._tag === "LimiterRejected" && Duration.toMillis(late.wait) <= 1000)
      yield* TestClock.adjust("30 seconds")
      assert.closeTo((yield* state).requests, 30, 1)
      for (let n = 0; n < 29; n++) yield* reserve(0, { deadline: 3_600_000 + 30_100 })
    }).pipe(Effect.provide(layer({ requestsPerMinute: 60 }))))

  it.effect("a model of any name is limited as the others are", () =>
    Effect.gen(function*() {
      for (const name of ["constructor", "__proto__", "toString", "", "\0", "🚀"]) {
        yield* limiter.use((one) => one.reserve({ model: name, inputTokens: 0 }))
        assert.deepInclude(yield* stateOf(name), { name, requests: 1 })
      }
    }).pipe(Effect.provide(layer({ requestsPerMinute: 5 }, { otherwise: { requestsPerMinute: 2 } }))))

  it.effect("of ten thousand names a thousand are kept, those in use and those that have been used first of all", () =>
    Effect.gen(function*() {
      const use = (name: string) => limiter.use((one) => one.reserve({ model: name, inputTokens: 0 }))
      const held = yield* use("held")
      yield* Effect.flatMap(use("used"), (one) => Effect.andThen(one.sent, one.settle({ _tag: "Interrupted" })))
      for (let n = 0; n < 10_000; n++) yield* Effect.flatMap(use(`${n}`), (one) => one.settle({ _tag: "Interrupted" }))
      const states = yield* limiter.use((one) => one.state)
      assert.isAtMost(states.length, 1000)
      assert.deepInclude(states.find(({ name }) => name === "held")!, { inFlight: 1, requests: 1 })
      assert.deepInclude(states.find(({ name }) => name === "used")!, { requests: 1 })
      yield* held.settle({ _tag: "Interrupted" })
    }).pipe(Effect.provide(layer({ requestsPerMinute: 5 }, { otherwise: { requestsPerMinute: 2 } }))))

  it.effect("C7 priorities are whole numbers within bounds, so that a queue is linear whatever they are", () =>
    Effect.gen(function*() {
      const first = yield* reserve(0)
      const order: Array<number> = []
      const priorities = [NaN, 1e9, Infinity, 100, 0.4, -Infinity, -1e9]
      for (const priority of priorities) {
        yield* Effect.forkChild(
          Effect.flatMap(
            reserve(0, { priority }),
            (one) => Effect.andThen(Effect.sync(() => order.push(priority)), one.settle({ _tag: "Interrupted" }))
          ),
          { startImmediately: true }
        )
      }
      yield* first.settle({ _tag: "Interrupted" })
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual(order, [1e9, Infinity, 100, NaN, 0.4, -Infinity, -1e9])
      const again = yield* reserve(0)
      const fibers = yield* Effect.forEach(
        Array.from({ length: 20_000 }, (_, n) => n),
        (n) => Effect.forkChild(reserve(0, { priority: n }), { startImmediately: true })
      )
      const start = performance.now()
      yield* Fiber.interruptAll(fibers)
      assert.isBelow(performance.now() - start, 2000)
      yield* again.settle({ _tag: "Interrupted" })
    }).pipe(Effect.provide(layer({ concurrency: 1 }))))

  it.effect("two limiters of one key with different numbers: the lower ones hold, said once", () => {
    const said: Array<string> = []
    const logger = Logger.make<unknown, void>(({ message }) => said.push(String(message)))
    const one = <I>(tag: Context.Key<I, Limiter>, limit: ClaudeRateLimiter.ModelLimit) =>
      Layer.effect(tag, limiter).pipe(Layer.provide(ClaudeRateLimiter.layer({ key: "shared", limits: { m: limit } })))
    return Effect.gen(function*() {
      const high = yield* High
      const low = yield* Low
      yield* high.reserve({ model, inputTokens: 5 })
      yield* low.reserve({ model, inputTokens: 5 })
      yield* high.reserve({ model, inputTokens: 5 })
      const [now] = yield* high.state
      assert.deepInclude(now!, { requests: 8, inputTokens: 40 })
      assert.lengthOf(said.filter((line) => line.includes("the lower ones hold")), 1)
    }).pipe(
      Effect.provide(Layer.mergeAll(
        one(High, { requestsPerMinute: 1000, concurrency: 9 }),
        one(Low, { requestsPerMinute: 10, inputTokensPerMinute: 50 })
      )),
      Effect.provide(Logger.layer([logger]))
    )
  })

  it.effect("withRateLimit charges what it was given beforehand, and nothing for what never ran", () =>
    Effect.gen(function*() {
      let running = 0
      const work = Effect.andThen(Effect.sync(() => running++), Effect.never)
      const guarded = ClaudeRateLimiter.withRateLimit(work, { model, inputTokens: 100, outputTokens: 400 })
      const fibers = yield* Effect.forEach(
        Array.from({ length: 5 }),
        () => Effect.forkChild(guarded, { startImmediately: true })
      )
      assert.strictEqual(running, 2, "only two of them fit into a thousand")
      // The last first, so that nobody is let in by the others' end.
      yield* Effect.forEach(fibers.toReversed(), Fiber.interrupt)
      assert.deepInclude(yield* state, { inputTokens: 9800, outputTokens: 1000, inFlight: 0, queued: 0 })
      yield* ClaudeRateLimiter.withRateLimit(Effect.void, { model, outputTokens: 400 })
      assert.strictEqual((yield* state).outputTokens, 600)
    }).pipe(Effect.provide(layer({ inputTokensPerMinute: 10_000, outputTokensPerMinute: 1000 }))))

  it.effect("a reservation may be taken apart: its parts know what they belong to", () =>
    Effect.gen(function*() {
      const { observe, sent, settle } = yield* reserve(100)
      yield* sent
      yield* observe(RateLimitHeaders.fromHeaders((name) =>
        name.endsWith("-requests-limit") ? "40" : name.endsWith("-requests-remaining") ? "7" : null
      ))
      assert.deepInclude(yield* state, { requests: 7, inFlight: 1 })
      yield* settle({ _tag: "Interrupted" })
      assert.deepInclude(yield* state, { requests: 7, inFlight: 0 })
    }).pipe(Effect.provide(layer({ requestsPerMinute: 60 }))))

  it.effect("C5 what may be read from the cache has no lower bound", () =>
    Effect.gen(function*() {
      const long = { inputBytes: 2_000_000, inputTokens: undefined }
      assert.strictEqual((yield* Effect.flip(reserve(0, long)))._tag, "RequestExceedsLimit")
      yield* reserve(0, { ...long, cached: true })
    }).pipe(Effect.provide(layer({ inputTokensPerMinute: 50_000 }))))

  it.effect("a 429 with a hint of a thousand years pauses for thirty days", () =>
    Effect.gen(function*() {
      const one = yield* reserve(0)
      const retryAfter = Duration.days(365_000)
      const reason = new ClaudeError.RateLimited({ message: "slow", limit: "unknown", retryAfter })
      yield* one.settle({ _tag: "Failed", reason })
      assert.strictEqual((yield* state).pausedUntil, 30 * 86_400_000)
    }).pipe(Effect.provide(layer({ requestsPerMinute: 60 }))))
})
