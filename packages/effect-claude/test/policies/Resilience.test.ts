import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, Fiber, Ref } from "effect"
import { ClaudeError, ClaudeRateLimiter, Resilience, RetryBudget, Timeouts } from "effect-claude"
import { TestClock } from "effect/testing"

const failing = (reasons: ReadonlyArray<ClaudeError.Reason>) =>
  Effect.map(Ref.make(0), (next) => ({
    calls: Ref.get(next),
    effect: Effect.flatMap(Ref.getAndUpdate(next, (n) => n + 1), (n) => {
      const reason = reasons[n]
      return reason === undefined ? Effect.succeed("done") : Effect.fail(reason)
    })
  }))
const busy = new ClaudeError.Overloaded({ message: "busy" })
const slow = new ClaudeError.RateLimited({ message: "slow", limit: "requests", retryAfter: Duration.seconds(5) })

describe("withResilience", () => {
  it.effect("retries under the limiter, each attempt paying, and settles its own usage", () =>
    Effect.gen(function*() {
      const { calls, effect } = yield* failing([slow, busy])
      const guarded = Resilience.withResilience({ method: "ask", model: "m", inputTokens: 10 })(effect)
      const fiber = yield* Effect.forkChild(guarded)
      yield* TestClock.adjust("5 minutes")
      assert.strictEqual(yield* Fiber.join(fiber), "done")
      assert.strictEqual(yield* calls, 3)
      const [state] = yield* ClaudeRateLimiter.ClaudeRateLimiter.use((limiter) => limiter.state)
      assert.deepInclude(state, { inFlight: 0, queued: 0 })
      assert.closeTo(yield* RetryBudget.RetryBudget.use((budget) => budget.level), 50, 0.001)
    }).pipe(Effect.provide(Resilience.layer({ limiter: { key: "with" } }))))

  it.effect("fails with the log of every attempt, and with all that is impossible", () =>
    Effect.gen(function*() {
      const { effect } = yield* failing([busy, busy, busy])
      const fiber = yield* Effect.forkChild(
        Effect.flip(Resilience.withResilience({ method: "ask", model: "m", maxAttempts: 2 })(effect))
      )
      yield* TestClock.adjust("5 minutes")
      const error = yield* Fiber.join(fiber)
      assert.isTrue(error._tag === "ClaudeError" && error.attempts.length === 2 && error.method === "ask")
      const impossible = yield* Effect.flip(
        Resilience.withResilience({ method: "ask", model: "m", maxAttempts: 0, deadline: 0 })(effect)
      )
      assert.isTrue(impossible._tag === "ImpossiblePolicy" && impossible.problems.length === 2)
    }).pipe(Effect.provide(Resilience.layer({ limiter: { key: "with" } }))))
})

describe("withResilience and its hedge", () => {
  it.effect("D4 warms up over the calls of one name, then sends a second for one that is slow to end", () =>
    Effect.gen(function*() {
      let runs = 0
      const once = (effect: Effect.Effect<string, ClaudeError.Reason>) =>
        effect.pipe(
          Resilience.withResilience({ method: "ask", model: "m", hedge: { warmUp: 3, shortest: "2 seconds" } })
        )
      const quick = Effect.suspend(() => {
        runs++
        return Effect.as(Effect.sleep("1 second"), "quick")
      })
      for (let n = 0; n < 3; n++) {
        const fiber = yield* Effect.forkChild(once(quick), { startImmediately: true })
        yield* TestClock.adjust("1 second")
        assert.strictEqual(yield* Fiber.join(fiber), "quick")
      }
      assert.strictEqual(runs, 3)
      const slowFirst = Effect.suspend(() => runs++ === 3 ? Effect.never : Effect.succeed("second"))
      const fiber = yield* Effect.forkChild(once(slowFirst), { startImmediately: true })
      yield* TestClock.adjust("1999 millis")
      assert.isUndefined(fiber.pollUnsafe())
      yield* TestClock.adjust("1 millis")
      assert.strictEqual(yield* Fiber.join(fiber), "second")
      assert.strictEqual(runs, 5)
      const [state] = yield* ClaudeRateLimiter.ClaudeRateLimiter.use((limiter) => limiter.state)
      assert.deepInclude(state, { inFlight: 0, queued: 0 })
      // A call of another name has seen nothing yet.
      const other = yield* Effect.forkChild(
        Effect.never.pipe(Resilience.withResilience({ method: "other", model: "m", hedge: { warmUp: 3 } })),
        { startImmediately: true }
      )
      const before = yield* RetryBudget.RetryBudget.use((budget) => budget.level)
      yield* TestClock.adjust("10 seconds")
      assert.isAtLeast(yield* RetryBudget.RetryBudget.use((budget) => budget.level), before)
      yield* Fiber.interrupt(other)
    }).pipe(Effect.provide(Resilience.layer({ limiter: { key: "hedging" } }))))
})

describe("withTimeouts", () => {
  it.effect("interrupts what takes longer and says which bound passed", () =>
    Effect.gen(function*() {
      const ended = yield* Ref.make(false)
      const work = Effect.onInterrupt(Effect.sleep("1 hour"), () => Ref.set(ended, true))
      const fiber = yield* Effect.forkChild(Effect.flip(Timeouts.withTimeouts(work, { attempt: "10 seconds" })))
      yield* TestClock.adjust("10 seconds")
      assert.deepInclude(yield* Fiber.join(fiber), { _tag: "TimedOut", phase: "attempt" })
      assert.isTrue(yield* Ref.get(ended))
    }))
})

describe("Resilience.describe", () => {
  it.effect("the stack in its order, with its settings, and fails as the layer would", () =>
    Effect.gen(function*() {
      const stack = yield* Resilience.describe({ hedge: true, deadline: "5 minutes", breaker: { window: 40 } })
      assert.deepStrictEqual(stack.map(({ on, policy }) => [policy, on]), [
        ["deadline", true],
        ["retry", true],
        ["hedge", true],
        ["breaker", true],
        ["limiter", true],
        ["timeouts", true]
      ])
      assert.deepInclude(stack[0]?.settings, { deadline: "5m" })
      assert.deepInclude(stack[1]?.settings, { maxAttempts: 6, cap: 50 })
      assert.deepInclude(stack[3]?.settings, { window: 40, minimumCalls: 10 })
      assert.deepInclude(stack[5]?.settings, { connect: "10s", attempt: "Infinity" })
      assert.strictEqual((yield* Resilience.describe()).find(({ policy }) => policy === "hedge")?.on, false)
      const impossible = yield* Effect.flip(Resilience.describe({ maxAttempts: 0 }))
      assert.strictEqual(impossible._tag, "ImpossiblePolicy")
    }))
})
