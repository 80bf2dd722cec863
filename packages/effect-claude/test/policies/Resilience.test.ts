import { assert, describe, it } from "@effect/vitest"
import { Deferred, Duration, Effect, Fiber, Layer, Ref, Result, Schedule } from "effect"
import {
  Chaos,
  ClaudeCircuitBreaker,
  ClaudeClient,
  ClaudeError,
  ClaudeRateLimiter,
  Fallback,
  Resilience,
  RetryBudget,
  RetryPolicy,
  Timeouts
} from "effect-claude"
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

  it.effect("10,000 that wait and leave cost the same each, and the place is still there", () =>
    Effect.gen(function*() {
      const bulkhead = new Bulkhead({ concurrent: 1, maxQueue: 200_000 })
      let held: Slot | undefined
      yield* bulkhead.enter(0, (slot) => {
        held = slot
      })
      const enter = bulkhead.enter(0, () => assert.fail("nobody is let in"))
      const waiting = yield* Effect.forEach(
        Array.from({ length: 10_000 }),
        () => Effect.forkChild(enter, { startImmediately: true })
      )
      assert.strictEqual(bulkhead.queued, 10_000)
      yield* Effect.forEach(waiting.toReversed(), Fiber.interrupt)
      assert.strictEqual(bulkhead.queued, 0)
      held?.leave()
      assert.strictEqual(bulkhead.running, 0)
    }))

  it.effect("8,000 calls that end at once pass one after the other through one place", () =>
    Effect.gen(function*() {
      const one = guarded({ concurrent: 1 })
      const gate = yield* Deferred.make<void>()
      const first = yield* Effect.forkChild(one(Deferred.await(gate)), { startImmediately: true })
      let done = 0
      const quick = one(Effect.sync(() => void done++))
      const rest = yield* Effect.forEach(
        Array.from({ length: 8000 }),
        () => Effect.forkChild(quick, { startImmediately: true })
      )
      yield* Deferred.succeed(gate, undefined)
      yield* Fiber.join(first)
      yield* Effect.forEach(rest, Fiber.join, { discard: true })
      assert.strictEqual(done, 8000)
    }).pipe(
      Effect.provide(Resilience.layer({ limiter: { key: "bulkhead drain", limits: { m: { concurrency: 5 } } } }))
    ), 60_000)

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
      for (let n = 0; n < 2; n++) yield* Effect.forkChild(enter(0), { startImmediately: true })
      for (let n = 0; n < 150; n++) yield* Effect.forkChild(enter(1), { startImmediately: true })
      for (let slot = slots.pop(); slot !== undefined; slot = slots.pop()) slot.leave()
      const low = entered.flatMap((priority, at) => priority === 0 ? [at] : [])
      assert.deepStrictEqual(low, [0, 65, 130])
      assert.deepStrictEqual([entered.length, bulkhead.running], [153, 0])
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

describe("ImpossiblePolicy", () => {
  const problems = (options: Resilience.Options & Resilience.LayerOptions) =>
    Effect.map(
      Effect.result(Resilience.settings(options)),
      (result) => Result.isFailure(result) ? result.failure.problems : []
    )

  const impossible: ReadonlyArray<readonly [Resilience.Options & Resilience.LayerOptions, RegExp]> = [
    [{ maxAttempts: 0 }, /^maxAttempts is 0/],
    [{ deadline: 0 }, /^deadline must/],
    [{ timeouts: { idle: 0 } }, /^timeouts.idle must/],
    [{ timeouts: { attempt: "11 minutes" } }, /^timeouts.attempt \(11m\) is longer than deadline \(10m\)/],
    [{ retry: Schedule.spaced("11 minutes") }, /^retry waits at least 11m at first/],
    [
      { retry: Schedule.spaced("3 minutes"), maxAttempts: 6 },
      /^retry waits at least 12m before attempt 5, deadline is 10m: maxAttempts \(6\)/
    ],
    [{ hedge: { shortest: "61 seconds" }, timeouts: { headersJson: "1 minute" } }, /not shorter than the timeouts of/],
    [{ hedge: { shortest: "5 seconds" }, timeouts: { attempt: "5 seconds" } }, /not shorter than timeouts.attempt/],
    [{ hedge: { shortest: "1 minute" }, deadline: "1 minute" }, /not shorter than deadline/],
    [{ hedge: { percentile: 1 } }, /^hedge.percentile/],
    [{ hedge: { warmUp: 200 } }, /^hedge.warmUp/],
    [{ bulkhead: { concurrent: 0 } }, /^bulkhead.concurrent/],
    [{ bulkhead: { concurrent: 1, maxQueue: -1 } }, /^bulkhead.maxQueue/],
    [{ breaker: { window: 1, minimumCalls: 1 } }, /^breaker.window is 1; at least 2/],
    [{ breaker: { minimumCalls: 30 } }, /^breaker.minimumCalls \(30\) is more than breaker.window \(20\)/],
    [{ breaker: { minimumCalls: 0 } }, /^breaker.minimumCalls is 0/],
    [{ breaker: { failureRate: 0 } }, /^breaker.failureRate/],
    [{ breaker: { openFor: 0 } }, /^breaker.openFor must/],
    [{ breaker: { openFor: "10 minutes" } }, /^breaker.openFor \(10m\) is longer than breaker.openForMax/],
    [{ breaker: { jitter: 1 } }, /^breaker.jitter/],
    [{ breaker: { probes: 0 } }, /^breaker.probes/],
    [{ breaker: { probeTimeout: 0 } }, /^breaker.probeTimeout/],
    [{ budget: { cost: 0 } }, /^budget.cost is 0/],
    [{ budget: { cap: -1 } }, /^budget.cap/],
    [{ budget: { cost: 51 } }, /^budget.cost \(51\) is more than budget.cap/],
    [{ budget: { perSuccess: -1 } }, /^budget.perSuccess/],
    [{ budget: { perMinute: Number.NaN } }, /^budget.perMinute/],
    [{ limiter: { burst: 0 } }, /^limiter.burst/],
    [{ limiter: { concurrency: 0 } }, /^limiter.concurrency/],
    [{ limiter: { maxQueue: -1 } }, /^limiter.maxQueue/]
  ]
  for (const [options, expected] of impossible) {
    it.effect(`${JSON.stringify(options)} is refused, alone and with all others`, () =>
      Effect.gen(function*() {
        const found = yield* problems(options)
        assert.lengthOf(found, 1, found.join("\n"))
        assert.match(found[0]!, expected)
      }))
  }

  it.effect("what is possible is not refused, and a schedule is asked only where it was given", () =>
    Effect.gen(function*() {
      let asked = 0
      const counted = RetryPolicy.standard.pipe(Schedule.tap(() => Effect.sync(() => void asked++)))
      const possible: ReadonlyArray<Resilience.Options & Resilience.LayerOptions> = [
        {},
        { hedge: true, bulkhead: { concurrent: 1, maxQueue: 0 }, budget: { cap: 0 }, maxAttempts: 1 },
        { deadline: "1 second" },
        { deadline: "Infinity", retry: Schedule.spaced("1 day"), maxAttempts: 1_000_000 },
        { retry: Schedule.spaced("3 minutes") },
        { retry: RetryPolicy.never, maxAttempts: 6 },
        { breaker: { window: 2, minimumCalls: 1, failureRate: 1, jitter: 0 } }
      ]
      for (const options of possible) assert.deepStrictEqual(yield* problems(options), [], JSON.stringify(options))
      yield* problems({ retry: counted })
      assert.strictEqual(asked, 5)
    }))

  it.effect("each layer refuses its own, the client's names all of all in one error, a guard too", () =>
    Effect.gen(function*() {
      const refused = <A>(layer: Layer.Layer<A, Resilience.ImpossiblePolicy>) =>
        Effect.map(Effect.flip(Effect.scoped(Layer.build(layer))), (error) => error.problems.length)
      const counts = [
        yield* refused(ClaudeCircuitBreaker.layer({ probes: 0 })),
        yield* refused(RetryBudget.layer({ cost: 0 })),
        yield* refused(Resilience.layer({ breaker: { probes: 0 }, budget: { cost: 0 } }))
      ]
      assert.deepStrictEqual(counts, [1, 1, 2])
      const error = yield* Effect.flip(Effect.scoped(Layer.build(
        ClaudeClient.layerStandard({
          maxAttempts: 0,
          breaker: { probes: 0 },
          budget: { cost: 0 },
          limiter: { burst: 0 }
        })
      )))
      assert.isTrue(error._tag === "ImpossiblePolicy" && error.problems.length === 4)
      const guarded = Resilience.withResilience({ method: "ask", model: "m", retry: Schedule.spaced("1 hour") })
      const never = yield* Effect.flip(guarded(Effect.void)).pipe(Effect.provide(Resilience.layer()))
      assert.strictEqual(never._tag, "ImpossiblePolicy")
    }))
})

describe("Resilience.describe", () => {
  it.effect("the whole stack in its order, with its settings, and fails as the layer would", () =>
    Effect.gen(function*() {
      const stack = yield* Resilience.describe({
        hedge: true,
        deadline: "5 minutes",
        breaker: { window: 40 },
        bulkhead: { concurrent: 3 },
        fallback: Fallback.whenDown(["a", "b"]),
        chaos: { rate: 0.5 }
      })
      assert.deepStrictEqual(stack.map(({ on, policy }) => [policy, on]), [
        ["fallback", true],
        ["deadline", true],
        ["bulkhead", true],
        ["retry", true],
        ["hedge", true],
        ["breaker", true],
        ["limiter", true],
        ["timeouts", true],
        ["chaos", true]
      ])
      const of = (policy: Resilience.Described["policy"]) => stack.find((one) => one.policy === policy)?.settings
      assert.deepInclude(of("fallback"), { Overloaded: "a, b" })
      assert.deepInclude(of("deadline"), { deadline: "5m" })
      assert.deepStrictEqual(of("bulkhead"), { concurrent: 3, maxQueue: 200_000 })
      assert.deepInclude(of("retry"), { maxAttempts: 6, cap: 50 })
      assert.deepInclude(of("breaker"), { window: 40, minimumCalls: 10 })
      assert.deepInclude(of("timeouts"), { connect: "10s", attempt: "Infinity" })
      assert.deepStrictEqual(of("chaos"), { rate: 0.5 })
      const off = (stack: ReadonlyArray<Resilience.Described>) =>
        stack.filter(({ on }) => !on).map(({ policy }) => policy)
      assert.deepStrictEqual(off(yield* Resilience.describe()), ["fallback", "bulkhead", "hedge", "chaos"])
      const chaotic = yield* Resilience.describe().pipe(Effect.provide(Chaos.layer()))
      assert.deepStrictEqual(off(chaotic), ["fallback", "bulkhead", "hedge"])
      const impossible = yield* Effect.flip(Resilience.describe({ maxAttempts: 0, breaker: { probes: 0 } }))
      assert.strictEqual(impossible.problems.length, 2)
    }))
})
