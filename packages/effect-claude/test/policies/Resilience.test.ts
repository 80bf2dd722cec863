import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, Fiber, Ref } from "effect"
import { ClaudeError, ClaudeRateLimiter, Resilience, RetryBudget, Timeouts } from "effect-claude"
import { TestClock } from "effect/testing"
import { Bulkhead, type Slot } from "../../src/policies/internal/bulkhead.ts"

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

describe("bulkhead", () => {
  const guarded = (bulkhead: { readonly concurrent: number; readonly maxQueue?: number }, priority = 0) =>
    Resilience.withResilience({ method: "ask", model: "m", bulkhead, priority, maxAttempts: 2, deadline: "1 hour" })
  const limits = ClaudeRateLimiter.ClaudeRateLimiter.use((limiter) => limiter.state)

  it.effect("holds a place from the call's start to its end, its waits included; who finds none waits, by priority", () =>
    Effect.gen(function*() {
      let running = 0
      let most = 0
      const order: Array<number> = []
      const job = (n: number, priority = 0) => {
        let tried = 0
        const work = Effect.suspend(() => {
          most = Math.max(most, ++running)
          if (tried++ === 0) order.push(n)
          return Effect.ensuring(
            Effect.andThen(Effect.sleep("1 second"), tried === 1 ? Effect.fail(slow) : Effect.succeed(n)),
            Effect.sync(() => void running--)
          )
        })
        return guarded({ concurrent: 2 }, priority)(work)
      }
      const fibers = yield* Effect.forEach(
        [[0, 0], [1, 0], [2, 0], [3, 1], [4, 0]] as const,
        ([n, priority]) => Effect.forkChild(job(n, priority), { startImmediately: true })
      )
      // Two calls wait for their second try: their places are not given to others.
      yield* TestClock.adjust("2 seconds")
      assert.deepStrictEqual([order, running], [[0, 1], 0])
      yield* TestClock.adjust("1 minute")
      assert.deepStrictEqual(yield* Effect.forEach(fibers, Fiber.join), [0, 1, 2, 3, 4])
      assert.deepStrictEqual([most, order], [2, [0, 1, 3, 2, 4]])
    }).pipe(Effect.provide(Resilience.layer({ limiter: { key: "bulkhead" } }))))

  it.effect("rejects when its queue is full, ends with the deadline, and nobody who leaves the queue holds a place", () =>
    Effect.gen(function*() {
      const one = guarded({ concurrent: 1, maxQueue: 1 })
      const holder = yield* Effect.forkChild(one(Effect.never), { startImmediately: true })
      const waiter = yield* Effect.forkChild(one(Effect.succeed("late")), { startImmediately: true })
      const rejected = yield* Effect.flip(one(Effect.succeed("no")))
      assert.isTrue(rejected._tag === "ClaudeError" && rejected.reason._tag === "LimiterRejected")
      assert.isTrue(
        rejected._tag === "ClaudeError" && rejected.reason._tag === "LimiterRejected" &&
          rejected.reason.why === "queueFull" && rejected.retried
      )
      yield* Fiber.interrupt(waiter)
      const next = yield* Effect.forkChild(Effect.flip(one(Effect.succeed("no"))), { startImmediately: true })
      yield* TestClock.adjust("1 hour")
      const late = yield* Fiber.join(next)
      assert.isTrue(late._tag === "ClaudeError" && late.reason._tag === "DeadlineExceeded")
      yield* Fiber.interrupt(holder)
      assert.strictEqual(yield* one(Effect.succeed("in")), "in")
      for (const state of yield* limits) assert.deepInclude(state, { inFlight: 0, queued: 0 })
    }).pipe(Effect.provide(Resilience.layer({ limiter: { key: "bulkhead full" } }))))

  it.effect("100,000 that wait and leave cost the same each, and the place is still there", () =>
    Effect.gen(function*() {
      const bulkhead = new Bulkhead({ concurrent: 1, maxQueue: 200_000 })
      let held: Slot | undefined
      yield* bulkhead.enter(0, (slot) => {
        held = slot
      })
      const enter = bulkhead.enter(0, () => assert.fail("nobody is let in"))
      const waiting = yield* Effect.forEach(
        Array.from({ length: 100_000 }),
        () => Effect.forkChild(enter, { startImmediately: true })
      )
      assert.strictEqual(bulkhead.queued, 100_000)
      yield* Effect.forEach(waiting, Fiber.interrupt)
      assert.strictEqual(bulkhead.queued, 0)
      held?.leave()
      assert.strictEqual(bulkhead.running, 0)
    }))

  it.effect("nobody is overtaken more than 64 times by calls of higher priority", () =>
    Effect.gen(function*() {
      const bulkhead = new Bulkhead({ concurrent: 1, maxQueue: 200 })
      const entered: Array<number> = []
      const slots: Array<Slot> = []
      const enter = (priority: number) =>
        bulkhead.enter(priority, (slot) => {
          entered.push(priority)
          slots.push(slot)
        })
      yield* enter(0)
      yield* Effect.forkChild(enter(0), { startImmediately: true })
      for (let n = 0; n < 100; n++) yield* Effect.forkChild(enter(1), { startImmediately: true })
      for (let slot = slots.pop(); slot !== undefined; slot = slots.pop()) slot.leave()
      assert.strictEqual(entered.lastIndexOf(0), 65)
      assert.deepStrictEqual([entered.length, bulkhead.running], [102, 0])
    }))

  it.effect("interrupted at the moment of the grant, the place goes on to the next", () =>
    Effect.gen(function*() {
      const one = guarded({ concurrent: 1 })
      const holder = yield* Effect.forkChild(one(Effect.never), { startImmediately: true })
      const first = yield* Effect.forkChild(one(Effect.never), { startImmediately: true })
      const second = yield* Effect.forkChild(one(Effect.succeed("second")), { startImmediately: true })
      // Both in one turn: the first is granted the place of the holder and has not run since.
      holder.interruptUnsafe()
      first.interruptUnsafe()
      assert.strictEqual(yield* Fiber.join(second), "second")
    }).pipe(Effect.provide(Resilience.layer({ limiter: { key: "bulkhead grant" } }))))
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
