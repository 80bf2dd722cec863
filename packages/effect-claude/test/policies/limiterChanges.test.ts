import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Layer, Stream } from "effect"
import { ClaudeRateLimiter } from "effect-claude"
import { TestClock } from "effect/testing"

const model = "m"
const limiter = ClaudeRateLimiter.ClaudeRateLimiter
const reserve = limiter.use((one) => one.reserve({ model, inputTokens: 0 }))
const base = ClaudeRateLimiter.layer({ key: "changes", limits: { [model]: { requestsPerMinute: 6000 } } })

/** The real limiter, with a count of how often it was looked at. */
let looked = 0
const layer = Layer.effect(
  limiter,
  Effect.map(limiter, (one) =>
    limiter.of({
      reserve: one.reserve,
      state: Effect.andThen(Effect.sync(() => looked++), one.state)
    }))
).pipe(Layer.provide(base))

type States = ReadonlyArray<ClaudeRateLimiter.LimitState>
const listen = (every: number, work: Effect.Effect<void> = Effect.void) =>
  Effect.gen(function*() {
    const told: Array<States> = []
    const fiber = yield* ClaudeRateLimiter.changes({ every }).pipe(
      Stream.runForEach((states) => Effect.andThen(Effect.sync(() => told.push(states)), work)),
      Effect.forkChild({ startImmediately: true })
    )
    return { told, fiber }
  })

describe("ClaudeRateLimiter.changes", () => {
  it.effect("one value at once, then at most one in each interval, and none while nothing changes", () =>
    Effect.gen(function*() {
      yield* Effect.flatMap(reserve, (one) => one.settle({ _tag: "Interrupted" }))
      const { fiber, told } = yield* listen(1000)
      assert.lengthOf(told, 1)
      yield* TestClock.adjust("10 seconds")
      assert.lengthOf(told, 1)
      for (let n = 0; n < 1000; n++) yield* reserve
      yield* TestClock.adjust("1 second")
      assert.lengthOf(told, 2, "a thousand changes are one value")
      assert.deepInclude(told[1]![0]!, { name: model, inFlight: 1000, requests: 5000 + 100 })
      yield* TestClock.adjust("4 seconds")
      assert.lengthOf(told, 6, "it is filling up")
      yield* Fiber.interrupt(fiber)
    }).pipe(Effect.provide(layer)))

  it.effect("nothing is computed before anybody listens, or after", () =>
    Effect.gen(function*() {
      looked = 0
      yield* reserve
      assert.isTrue(Stream.isStream(ClaudeRateLimiter.changes({ every: 10 })))
      yield* TestClock.adjust("1 minute")
      assert.strictEqual(looked, 0)
      const { fiber } = yield* listen(1000)
      yield* TestClock.adjust("5 seconds")
      assert.strictEqual(looked, 6)
      yield* Fiber.interrupt(fiber)
      yield* TestClock.adjust("1 minute")
      assert.strictEqual(looked, 6)
    }).pipe(Effect.provide(layer)))

  it.effect("whoever is slow gets the newest, and no more than it asks for", () =>
    Effect.gen(function*() {
      looked = 0
      const { fiber, told } = yield* listen(100, Effect.sleep("10 seconds"))
      for (let n = 0; n < 40; n++) {
        yield* reserve
        yield* TestClock.adjust("1 second")
      }
      assert.isAtMost(told.length, 5)
      assert.isAtMost(looked, 5)
      assert.isAtLeast(told.at(-1)![0]!.inFlight, 30)
      yield* Fiber.interrupt(fiber)
    }).pipe(Effect.provide(layer)))

  it.effect("an interval of nothing is ten milliseconds", () =>
    Effect.gen(function*() {
      looked = 0
      const { fiber } = yield* listen(0)
      yield* TestClock.adjust("1 second")
      assert.strictEqual(looked, 101)
      yield* Fiber.interrupt(fiber)
    }).pipe(Effect.provide(layer)))
})
