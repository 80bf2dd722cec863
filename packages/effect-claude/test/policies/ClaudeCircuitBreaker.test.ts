import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, Exit, Fiber, Scope } from "effect"
import { ClaudeCircuitBreaker, ClaudeError } from "effect-claude"
import { TestClock } from "effect/testing"

const key = "host model"
const overloaded = new ClaudeError.Overloaded({ message: "busy" })
const limited = new ClaudeError.RateLimited({ message: "slow", limit: "requests" })
const layer = ClaudeCircuitBreaker.layer({ jitter: 0 })

const fail = (reason: ClaudeError.RealReason) =>
  Effect.flip(ClaudeCircuitBreaker.withCircuitBreaker(Effect.fail(reason), { key }))
const open = Effect.forEach(Array.from({ length: 10 }), () => fail(overloaded))
const call = ClaudeCircuitBreaker.withCircuitBreaker(Effect.succeed("ran"), { key })
const state = ClaudeCircuitBreaker.ClaudeCircuitBreaker.use((breaker) => breaker.state(key))

describe("ClaudeCircuitBreaker", () => {
  it.effect("D1 529, 5xx, connection and timeout failures open; other 4xx, 429, refusals and interruption never", () =>
    Effect.gen(function*() {
      const opening = [
        overloaded,
        new ClaudeError.ServerFailed({ message: "500" }),
        new ClaudeError.ConnectionFailed({ message: "gone" }),
        new ClaudeError.TimedOut({ phase: "headers", after: Duration.seconds(60) })
      ]
      for (const [index, reason] of opening.entries()) {
        const one = { key: `open ${index}` }
        for (let n = 0; n < 10; n++) {
          yield* Effect.flip(ClaudeCircuitBreaker.withCircuitBreaker(Effect.fail(reason), one))
        }
        const rejected = yield* Effect.flip(ClaudeCircuitBreaker.withCircuitBreaker(Effect.void, one))
        assert.strictEqual(rejected._tag, "CircuitOpen")
      }
      const harmless = [
        limited,
        new ClaudeError.InvalidRequest({ message: "400" }),
        new ClaudeError.AuthenticationFailed({ message: "401" })
      ]
      for (const reason of harmless) for (let n = 0; n < 40; n++) yield* fail(reason)
      for (let n = 0; n < 40; n++) {
        const fiber = yield* Effect.forkChild(ClaudeCircuitBreaker.withCircuitBreaker(Effect.never, { key }), {
          startImmediately: true
        })
        yield* Fiber.interrupt(fiber)
      }
      assert.strictEqual(yield* state, "closed")
    }).pipe(Effect.provide(layer)))

  it.effect("D1 429s neither open nor dilute it, and as a probe's answer they close it", () =>
    Effect.gen(function*() {
      for (let n = 0; n < 10; n++) {
        yield* fail(limited)
        yield* fail(limited)
        yield* fail(overloaded)
      }
      assert.strictEqual(yield* state, "open")
      yield* TestClock.adjust("15 seconds")
      yield* fail(limited)
      assert.strictEqual(yield* state, "closed")
    }).pipe(Effect.provide(layer)))

  it.effect("D1 keyed: one model's failures do not close the door for another", () =>
    Effect.gen(function*() {
      yield* open
      assert.strictEqual(yield* ClaudeCircuitBreaker.withCircuitBreaker(Effect.succeed(1), { key: "host other" }), 1)
    }).pipe(Effect.provide(layer)))

  it.effect("D2 open rejects without calling, says when and why; then one probe, the rest rejected", () =>
    Effect.gen(function*() {
      yield* open
      yield* TestClock.adjust("5 seconds")
      const rejected = yield* Effect.flip(call)
      assert.deepInclude(rejected, { _tag: "CircuitOpen", openedBy: overloaded })
      assert.strictEqual(Duration.toMillis(rejected.retryAfter!), 10_000)
      yield* TestClock.adjust("10 seconds")
      const probe = yield* Effect.forkChild(
        ClaudeCircuitBreaker.withCircuitBreaker(Effect.sleep("1 second"), { key }),
        {
          startImmediately: true
        }
      )
      for (let n = 0; n < 5; n++) assert.strictEqual((yield* Effect.flip(call))._tag, "CircuitOpen")
      yield* TestClock.adjust("1 second")
      yield* Fiber.join(probe)
      assert.strictEqual(yield* call, "ran")
    }).pipe(Effect.provide(layer)))

  it.effect("D2 a failed probe doubles the open time up to its bound", () =>
    Effect.gen(function*() {
      yield* open
      const times: Array<number> = []
      for (let n = 0; n < 7; n++) {
        const { retryAfter } = yield* Effect.flip(call)
        times.push(Duration.toSeconds(retryAfter!))
        yield* TestClock.adjust(retryAfter!)
        yield* fail(overloaded)
      }
      assert.deepStrictEqual(times, [15, 30, 60, 120, 240, 300, 300])
    }).pipe(Effect.provide(layer)))

  it.effect("D1 of ten thousand keys a thousand circuits are kept, those that are open whatever comes", () =>
    Effect.gen(function*() {
      const breaker = yield* ClaudeCircuitBreaker.ClaudeCircuitBreaker
      const fails = (one: string) =>
        Effect.flatMap(breaker.acquire(one), (permit) => permit.record("overload", overloaded))
      yield* open
      for (let n = 0; n < 9; n++) yield* fails("nearly")
      for (let n = 0; n < 10_000; n++) yield* fails(`key ${n}`)
      assert.strictEqual(yield* breaker.state(key), "open")
      yield* fails("nearly")
      assert.strictEqual(yield* breaker.state("nearly"), "closed", "what it had seen before is forgotten")
      for (let n = 0; n < 9; n++) yield* fails("key 9999")
      assert.strictEqual(yield* breaker.state("key 9999"), "open", "and what is in use is not")
    }).pipe(Effect.provide(layer)))

  it.effect("D3 results from before a change count for nothing, and a cancelled or hung probe frees its place", () =>
    Effect.gen(function*() {
      const breaker = yield* ClaudeCircuitBreaker.ClaudeCircuitBreaker
      const [before, late] = [yield* breaker.acquire(key), yield* breaker.acquire(key)]
      yield* open
      yield* before.record("success")
      assert.strictEqual(yield* breaker.state(key), "open")
      yield* TestClock.adjust("15 seconds")
      const probe = yield* breaker.acquire(key)
      yield* late.record("transient", overloaded)
      assert.strictEqual(yield* breaker.state(key), "halfOpen", "a late failure does not open it again")
      yield* probe.record("ignored")
      const cancelled = yield* breaker.acquire(key)
      yield* cancelled.record("ignored")
      yield* breaker.acquire(key)
      assert.strictEqual((yield* Effect.flip(breaker.acquire(key)))._tag, "CircuitOpen")
      yield* TestClock.adjust("10 minutes")
      const second = yield* breaker.acquire(key)
      yield* second.record("success")
      assert.strictEqual(yield* breaker.state(key), "closed")
    }).pipe(Effect.provide(layer)))

  it.effect("D3 a permit's first word counts, a hung probe's last word does not, and what is local says nothing", () =>
    Effect.gen(function*() {
      const breaker = yield* ClaudeCircuitBreaker.ClaudeCircuitBreaker
      const permit = yield* breaker.acquire(key)
      for (let n = 0; n < 30; n++) yield* permit.record("overload", overloaded)
      assert.strictEqual(yield* breaker.state(key), "closed")
      yield* open
      yield* TestClock.adjust("15 seconds")
      const late = yield* breaker.acquire(key)
      yield* late.record("local")
      assert.strictEqual(yield* breaker.state(key), "halfOpen")
      const hung = yield* breaker.acquire(key)
      yield* TestClock.adjust("10 minutes")
      const second = yield* breaker.acquire(key)
      yield* hung.record("overload", overloaded)
      assert.strictEqual(yield* breaker.state(key), "halfOpen")
      yield* second.record("success")
      assert.strictEqual(yield* breaker.state(key), "closed")
    }).pipe(Effect.provide(layer)))

  it.effect("D2 the open time is spread by a quarter either way, what the server asked for upward only, up to its bound", () =>
    Effect.gen(function*() {
      const breaker = yield* ClaudeCircuitBreaker.ClaudeCircuitBreaker
      const [own, asked]: ReadonlyArray<Array<number>> = [[], []]
      for (let n = 0; n < 200; n++) {
        const one = `spread ${n}`
        const retryAfter = n % 2 === 0 ? undefined : Duration.seconds(100)
        const reason = new ClaudeError.Overloaded({ message: "busy", retryAfter })
        for (let n = 0; n < 10; n++) {
          yield* Effect.flatMap(breaker.acquire(one), (permit) => permit.record("overload", reason))
        }
        const rejected = yield* Effect.flip(breaker.check(one))
        const seconds = Duration.toSeconds(rejected.retryAfter!)
        if (n % 2 === 0) own!.push(seconds / 15)
        else asked!.push(seconds / 100)
      }
      assert.isTrue(own!.every((wait) => wait >= 0.75 && wait <= 1.25))
      assert.isTrue(Math.min(...own!) < 0.8 && Math.max(...own!) > 1.2)
      assert.isTrue(asked!.every((wait) => wait >= 1 && wait <= 1.25), "never earlier than asked")
      assert.isTrue(Math.min(...asked!) < 1.05 && Math.max(...asked!) > 1.2)
      const days = new ClaudeError.Overloaded({ message: "busy", retryAfter: Duration.days(3) })
      for (let n = 0; n < 10; n++) {
        yield* Effect.flatMap(breaker.acquire("days"), (permit) => permit.record("overload", days))
      }
      const { retryAfter } = yield* Effect.flip(breaker.check("days"))
      assert.strictEqual(Duration.toMinutes(retryAfter!), 6.25)
    }).pipe(Effect.provide(ClaudeCircuitBreaker.layer())))

  it.effect("D8 isolated by hand it stays open until all who hold it have let go", () =>
    Effect.gen(function*() {
      const breaker = yield* ClaudeCircuitBreaker.ClaudeCircuitBreaker
      const [one, two] = [yield* Scope.make(), yield* Scope.make()]
      yield* Effect.provideService(breaker.isolate(key), Scope.Scope, one)
      yield* Effect.provideService(breaker.isolate(key), Scope.Scope, two)
      yield* TestClock.adjust("1 hour")
      const rejected = yield* Effect.flip(call)
      assert.isUndefined(rejected.retryAfter)
      assert.isFalse(rejected.isRetryable)
      yield* Scope.close(one, Exit.void)
      assert.strictEqual(yield* breaker.state(key), "isolated")
      assert.strictEqual((yield* Effect.flip(call))._tag, "CircuitOpen")
      yield* Scope.close(two, Exit.void)
      assert.strictEqual(yield* call, "ran")
    }).pipe(Effect.provide(layer)))

  it.effect("the open time doubles with each failed probe, and a circuit that closed starts anew", () =>
    Effect.gen(function*() {
      yield* open
      const waits: Array<number> = []
      for (const outcome of ["fail", "fail", "pass", "open", "fail"] as const) {
        if (outcome === "open") yield* open
        const rejected = yield* Effect.flip(call)
        if (rejected._tag !== "CircuitOpen" || rejected.retryAfter === undefined) return assert.fail("not open")
        waits.push(Duration.toSeconds(rejected.retryAfter))
        yield* TestClock.adjust(rejected.retryAfter)
        if (outcome === "pass") yield* call
        else yield* fail(overloaded)
      }
      assert.deepStrictEqual(waits, [15, 30, 60, 15, 30])
    }).pipe(Effect.provide(layer)))
})
