import { assert, describe, it } from "@effect/vitest"
import { Arbitrary, Duration, Effect, Exit, Fiber, Ref, Schema } from "effect"
import { ClaudeError, ClaudeRateLimiter, RateLimitHeaders } from "effect-claude"
import { TestClock } from "effect/testing"

const model = "claude-haiku-5-5"
const limiter = ClaudeRateLimiter.ClaudeRateLimiter
const usage = (
  inputTokens: number,
  outputTokens: number,
  more: Partial<ClaudeError.Usage> = {}
): ClaudeError.Usage => ({
  inputTokens,
  outputTokens,
  cacheCreationTokens: 0,
  cacheReadTokens: 0,
  estimated: false,
  ...more
})
const layer = (limit: ClaudeRateLimiter.ModelLimit, options: ClaudeRateLimiter.Options = {}) =>
  ClaudeRateLimiter.layer({ key: "test", limits: { [model]: limit }, ...options })
const reserve = (inputTokens: number, more: Partial<ClaudeRateLimiter.ReserveRequest> = {}) =>
  limiter.use((one) => one.reserve({ model, inputTokens, ...more }))
const state = Effect.map(limiter.use((one) => one.state), (states) => states.find((one) => one.name === model)!)
const limited = new ClaudeError.RateLimited({ message: "slow", limit: "requests", retryAfter: Duration.seconds(20) })

describe("ClaudeRateLimiter", () => {
  it.effect.prop(
    "C1 all dimensions or none, whatever the order of admissions, settlements and interruptions",
    { steps: Arbitrary.array(Arbitrary.schema(Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 999 })))) },
    ({ steps }) =>
      Effect.gen(function*() {
        const held: Array<ClaudeRateLimiter.Reservation> = []
        const waiting: Array<Fiber.Fiber<unknown, unknown>> = []
        for (const step of steps) {
          if (step % 3 === 0) {
            const fiber = yield* reserve(step * 2).pipe(
              Effect.tap((one) => Effect.sync(() => held.push(one))),
              Effect.forkChild({ startImmediately: true })
            )
            waiting.push(fiber)
          } else if (step % 3 === 1) yield* held.pop()?.settle({ _tag: "Interrupted" }) ?? Effect.void
          else {yield* Fiber.interrupt(
              waiting[step % Math.max(1, waiting.length)] ?? (yield* Effect.forkChild(Effect.void))
            )}
          const now = yield* state
          if (now === undefined) continue
          assert.isAtMost(now.inFlight, 3)
          assert.isAtLeast(now.requests, 0)
          assert.isAtLeast(now.inputTokens, 0)
        }
        yield* Effect.forEach(waiting, Fiber.interrupt)
        yield* Effect.forEach(held, (one) => one.settle({ _tag: "Interrupted" }))
        const now = yield* state
        if (now !== undefined) assert.deepInclude(now, { inFlight: 0, queued: 0, requests: 10, inputTokens: 3000 })
      }).pipe(
        Effect.provide(layer({ requestsPerMinute: 10, inputTokensPerMinute: 3000, concurrency: 3 }), { local: true })
      ),
    { arbitrary: { runs: 100, seed: 1 } }
  )

  it.effect("C2 charges input and cache writes, not reads; output by what is produced, never max_tokens", () =>
    Effect.gen(function*() {
      const one = yield* reserve(1000, { maxTokens: 64_000 })
      assert.strictEqual((yield* state).outputTokens, 10_000 - 1024)
      yield* one.settle({ _tag: "Used", usage: usage(600, 40, { cacheCreationTokens: 100, cacheReadTokens: 50_000 }) })
      assert.deepInclude(yield* state, { inputTokens: 50_000 - 700, outputTokens: 10_000 - 40, inFlight: 0 })
      const two = yield* reserve(1000, { maxTokens: 64_000 })
      assert.strictEqual((yield* state).outputTokens, 10_000 - 40 - 40, "the expectation is learned")
      yield* two.settle({ _tag: "Used", usage: usage(1000, 12_000) })
      assert.isBelow((yield* state).outputTokens, 0, "more than expected is debt")
    }).pipe(Effect.provide(layer({ inputTokensPerMinute: 50_000, outputTokensPerMinute: 10_000 }))))

  it.effect("C3 in any minute at most the limit plus the burst is admitted; refill is continuous", () =>
    Effect.gen(function*() {
      const admitted = yield* Ref.make<ReadonlyArray<number>>([])
      const fiber = yield* Effect.forEach(
        Array.from({ length: 200 }),
        () =>
          Effect.flatMap(
            reserve(0),
            () => Effect.clockWith((clock) => Ref.update(admitted, (all) => [...all, clock.currentTimeMillisUnsafe()]))
          ),
        { concurrency: "unbounded", discard: true }
      ).pipe(Effect.forkChild)
      yield* TestClock.adjust("4 minutes")
      yield* Fiber.join(fiber)
      const all = yield* Ref.get(admitted)
      for (const at of all) assert.isAtMost(all.filter((other) => other >= at && other < at + 60_000).length, 60 + 30)
      assert.isAtMost(all.at(-1)!, 170_000 + 1)
    }).pipe(Effect.provide(layer({ requestsPerMinute: 60 }, { burst: 0.5 }))))

  it.effect("C4 headers lower the view at once, raise it only to what was configured, and teach what was not", () =>
    Effect.gen(function*() {
      const headers = (limit: number, remaining: number) =>
        RateLimitHeaders.fromHeaders((name) =>
          name === "anthropic-ratelimit-requests-limit"
            ? String(limit)
            : name === "anthropic-ratelimit-requests-remaining"
            ? String(remaining)
            : null
        )
      const one = yield* reserve(0)
      yield* one.observe(headers(40, 12))
      assert.deepInclude(yield* state, { requests: 12 })
      assert.strictEqual((yield* state).limits.requests, 40)
      yield* one.observe(headers(5000, 4999))
      assert.strictEqual((yield* state).limits.requests, 100)
      assert.strictEqual((yield* state).requests, 12)
      const other = yield* limiter.use((l) => l.reserve({ model: "unlisted", inputTokens: 0 }))
      yield* other.observe(headers(50, 49))
      const states = yield* limiter.use((l) => l.state)
      assert.deepInclude(states.find((s) => s.name === "unlisted")!, { requests: 49 })
    }).pipe(Effect.provide(layer({ requestsPerMinute: 100 }))))

  it.effect("C5 more than the whole bucket fails at once; a wait beyond the deadline fails at once with that wait", () =>
    Effect.gen(function*() {
      const huge = yield* Effect.flip(reserve(50_001))
      assert.deepInclude(huge, { _tag: "RequestExceedsLimit", limit: "inputTokens", available: 50_000 })
      const bytes = yield* limiter.use((l) => l.reserve({ model, inputBytes: 400_000 }))
      assert.strictEqual(bytes.waited, 0, "only the lower bound of an estimate may reject")
      const late = yield* Effect.flip(reserve(50_000, { deadline: 14_000 }))
      assert.isTrue(late._tag === "LimiterRejected" && late.why === "deadline" && Duration.toSeconds(late.wait) > 14)
    }).pipe(Effect.provide(layer({ inputTokensPerMinute: 50_000 }))))

  it.effect("C6 cancelled while queued: place given back, order kept, nobody forgotten", () =>
    Effect.gen(function*() {
      const order: Array<number> = []
      yield* reserve(0)
      const fibers = yield* Effect.forEach(Array.from({ length: 6 }, (_, n) => n), (n) =>
        Effect.forkChild(
          Effect.tap(reserve(0), () => Effect.sync(() => order.push(n))),
          { startImmediately: true }
        ))
      yield* Fiber.interrupt(fibers[0]!)
      yield* Fiber.interrupt(fibers[3]!)
      assert.strictEqual((yield* state).queued, 4)
      yield* TestClock.adjust("4 minutes")
      assert.deepStrictEqual(order, [1, 2, 4, 5])
      assert.strictEqual((yield* state).queued, 0)
    }).pipe(Effect.provide(layer({ requestsPerMinute: 1 }))))

  it.effect("C6 interrupted before it was sent it costs nothing; after, request and input stay charged", () =>
    Effect.gen(function*() {
      const before = yield* reserve(1000, { maxTokens: 100 })
      yield* before.settle({ _tag: "Interrupted" })
      yield* before.settle({ _tag: "Interrupted" })
      assert.deepInclude(yield* state, { requests: 10, inputTokens: 5000, outputTokens: 800 })
      const after = yield* reserve(1000, { maxTokens: 100 })
      yield* after.sent
      yield* after.settle({ _tag: "Interrupted" })
      assert.deepInclude(yield* state, { requests: 9, inputTokens: 4000, outputTokens: 800, inFlight: 0 })
    }).pipe(Effect.provide(layer({ requestsPerMinute: 10, inputTokensPerMinute: 5000, outputTokensPerMinute: 800 }))))

  it.effect("a 429 refunds, pauses its limit until the hint, and then the waiters leave in order", () =>
    Effect.gen(function*() {
      const one = yield* reserve(100)
      yield* one.sent
      yield* one.settle({ _tag: "Failed", reason: limited })
      assert.strictEqual((yield* state).requests, 0, "the server said that nothing is left")
      const order: Array<number> = []
      yield* Effect.forEach(
        [0, 1, 2],
        (n) =>
          Effect.forkChild(Effect.tap(reserve(0), () => Effect.sync(() => order.push(n))), { startImmediately: true })
      )
      yield* TestClock.adjust("19 seconds")
      assert.deepStrictEqual(order, [])
      yield* TestClock.adjust("2 seconds")
      assert.deepStrictEqual(order, [0, 1, 2])
    }).pipe(Effect.provide(layer({ requestsPerMinute: 60 }))))

  it.effect("C7 the queue is bounded, higher priority first, nobody overtaken more than 64 times", () =>
    Effect.gen(function*() {
      const order: Array<string> = []
      yield* reserve(0)
      const join = (name: string, priority: number) =>
        Effect.forkChild(Effect.tap(reserve(0, { priority }), () => Effect.sync(() => order.push(name))), {
          startImmediately: true
        })
      yield* join("low", 0)
      for (let n = 0; n < 99; n++) yield* join("high", 1)
      const full = yield* Effect.flip(reserve(0))
      assert.deepInclude(full, { _tag: "LimiterRejected", why: "queueFull" })
      yield* TestClock.adjust("2 hours")
      assert.strictEqual(order.length, 100)
      assert.strictEqual(order.indexOf("low"), 64)
    }).pipe(Effect.provide(layer({ requestsPerMinute: 1 }, { maxQueue: 100 }))))

  it.effect("30,000 callers of one place get through one by one, whatever they do, and cancelling them all is clean", () =>
    Effect.gen(function*() {
      let running = 0
      let most = 0
      const work = Effect.sync(() => {
        most = Math.max(most, ++running)
        running--
      })
      const first = yield* reserve(0)
      const one = ClaudeRateLimiter.withRateLimit(work, { model })
      const fibers = yield* Effect.forEach(
        Array.from({ length: 30_000 }),
        () => Effect.forkChild(one, { startImmediately: true })
      )
      assert.strictEqual((yield* state).queued, 30_000)
      yield* Effect.forEach(fibers.slice(10_000), Fiber.interrupt)
      assert.strictEqual((yield* state).queued, 10_000)
      yield* first.settle({ _tag: "Interrupted" })
      yield* Effect.forEach(fibers.slice(0, 10_000), Fiber.join)
      assert.deepInclude(yield* state, { queued: 0, inFlight: 0 })
      assert.strictEqual(most, 1)
    }).pipe(Effect.provide(layer({ concurrency: 1 }))))

  it.effect("a small request passes a big one that is blocked, within the lookahead", () =>
    Effect.gen(function*() {
      yield* reserve(900)
      const big = yield* Effect.forkChild(reserve(1000), { startImmediately: true })
      const small = yield* Effect.forkChild(reserve(50), { startImmediately: true })
      yield* TestClock.adjust("1 millis")
      assert.isTrue(Exit.isSuccess(yield* Fiber.await(small)))
      assert.isUndefined(big.pollUnsafe())
      yield* TestClock.adjust("2 minutes")
      yield* Fiber.join(big)
    }).pipe(Effect.provide(layer({ inputTokensPerMinute: 1000 }))))

  const levels = (limit: number, remaining: number, of = "input-tokens") =>
    RateLimitHeaders.fromHeaders((name) =>
      name === `anthropic-ratelimit-${of}-limit`
        ? String(limit)
        : name === `anthropic-ratelimit-${of}-remaining`
        ? String(remaining)
        : null
    )

  it.effect("C4 a level says how things stood when its request was sent: what was sent since is taken off", () =>
    Effect.gen(function*() {
      const one = yield* reserve(10_000)
      yield* one.sent
      const two = yield* reserve(20_000)
      yield* two.sent
      const three = yield* reserve(5000)
      yield* one.observe(levels(100_000, 60_000))
      // 60,000 less the 25,000 of those that came after, and what rounding may hide.
      assert.deepInclude(yield* state, { inputTokens: 34_500 })
      yield* two.observe(levels(100_000, 50_000))
      // As far as rounding lets one say: 44,500 less a thousand.
      assert.deepInclude(yield* state, { inputTokens: 43_500 }, "the server's level raises it too")
      yield* one.observe(levels(100_000, 1000))
      assert.deepInclude(yield* state, { inputTokens: 43_500 }, "an older answer says nothing new")
      yield* three.settle({ _tag: "Interrupted" })
      assert.deepInclude(yield* state, { inputTokens: 48_500 })
      yield* two.settle({ _tag: "Used", usage: usage(30_000, 0) })
      assert.deepInclude(yield* state, { inputTokens: 48_500 }, "what the server has counted is not counted again")
    }).pipe(Effect.provide(layer({ inputTokensPerMinute: 100_000 }))))

  it.effect("what others use is read off the levels and left to them", () =>
    Effect.gen(function*() {
      // Others use half of 60,000 a minute; we use 10 a second of our own.
      let remaining = 30_000
      for (let second = 0; second < 30; second++) {
        const one = yield* reserve(10)
        yield* one.sent
        remaining += 1000 - 500 - 10
        yield* one.observe(levels(60_000, remaining))
        yield* one.settle({ _tag: "Used", usage: usage(10, 0) })
        yield* TestClock.adjust("1 second")
      }
      const before = (yield* state).inputTokens
      yield* TestClock.adjust("10 seconds")
      const perSecond = ((yield* state).inputTokens - before) / 10
      assert.closeTo(perSecond, 500, 30)
    }).pipe(Effect.provide(layer({ inputTokensPerMinute: 60_000 }))))

  it.effect("a slow start: few calls until the server has answered, then as many more as answers", () =>
    Effect.gen(function*() {
      const held: Array<ClaudeRateLimiter.Reservation> = []
      const join = Effect.forkChild(
        Effect.tap(reserve(0, { watched: true }), (one) => Effect.andThen(one.sent, Effect.sync(() => held.push(one)))),
        { startImmediately: true }
      )
      for (let n = 0; n < 20; n++) yield* join
      assert.strictEqual(held.length, 4)
      for (const one of held.slice(0, 4)) yield* one.observe(levels(1000, 990, "requests"))
      assert.strictEqual(held.length, 8)
      yield* TestClock.adjust("1 minute")
      assert.strictEqual(held.length, 8, "time alone proves nothing")
    }).pipe(Effect.provide(layer({ requestsPerMinute: 1000 }))))

  it.effect("a 429 for growing too fast paces the calls, and the pace grows with each answer", () =>
    Effect.gen(function*() {
      const at: Array<number> = []
      const ramp = new ClaudeError.RateLimited({ message: "too fast", limit: "ramp", retryAfter: Duration.seconds(2) })
      const first = yield* reserve(0, { watched: true })
      yield* first.sent
      yield* first.settle({ _tag: "Failed", reason: ramp })
      const one = reserve(0, { watched: true }).pipe(
        Effect.tap(() => Effect.clockWith((clock) => Effect.sync(() => at.push(clock.currentTimeMillisUnsafe())))),
        Effect.tap((held) => Effect.andThen(held.sent, held.observe(levels(1000, 900, "requests")))),
        Effect.flatMap((held) => held.settle({ _tag: "Used", usage: usage(0, 0) }))
      )
      for (let n = 0; n < 40; n++) yield* Effect.forkChild(one, { startImmediately: true })
      yield* TestClock.adjust("1999 millis")
      assert.lengthOf(at, 0)
      yield* TestClock.adjust("2 minutes")
      assert.lengthOf(at, 40)
      const gaps = at.slice(1).map((time, n) => time - at[n]!)
      assert.closeTo(gaps[0]!, 1000, 50)
      assert.isTrue(gaps.every((gap, n) => n === 0 || gap <= gaps[n - 1]! + 1), "ever shorter")
      assert.isBelow(gaps.at(-1)!, 400)
    }).pipe(Effect.provide(layer({ requestsPerMinute: 1000 }))))

  it.effect("refusals that no known limit explains halve what may be on its way", () =>
    Effect.gen(function*() {
      const held: Array<ClaudeRateLimiter.Reservation> = []
      const join = Effect.forkChild(
        Effect.tap(reserve(0), (one) => Effect.andThen(one.sent, Effect.sync(() => held.push(one)))),
        { startImmediately: true }
      )
      for (let n = 0; n < 20; n++) yield* join
      assert.strictEqual(held.length, 4, "with nothing known everybody starts slowly")
      yield* held[0]!.settle({ _tag: "Failed", reason: limited })
      yield* TestClock.adjust("30 seconds")
      assert.strictEqual(held.length, 4, "three are still on their way, and two are allowed")
      for (const one of held.slice(1, 4)) yield* one.settle({ _tag: "Used", usage: usage(0, 0) })
      assert.isAtMost(held.length - 4, 4)
    }).pipe(Effect.provide(ClaudeRateLimiter.layer({ key: "blind" }))))
})
