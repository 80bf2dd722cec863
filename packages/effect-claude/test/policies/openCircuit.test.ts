/** Calls that meet an open circuit: they wait for its change, not for a clock of their own. */
import { Fault, Reply } from "@effect-claude/fault-server"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Fiber, Scope } from "effect"
import { ClaudeCircuitBreaker, ClaudeClient, ClaudeError } from "effect-claude"
import { TestClock } from "effect/testing"
import { Changes } from "../../src/policies/internal/changes.ts"
import { Circuit } from "../../src/policies/internal/circuit.ts"
import { Pass } from "../../src/policies/internal/pass.ts"
import { params, runHandler } from "../fixtures/harness.ts"

const create = ClaudeClient.createMessage(params)
const host = `claude.test ${params.model}`
const breaker = ClaudeCircuitBreaker.ClaudeCircuitBreaker

const down = new ClaudeError.Overloaded({ message: "busy" })
const open = (key: string) =>
  Effect.gen(function*() {
    const one = yield* breaker
    for (let n = 0; n < 10; n++) yield* Effect.flatMap(one.acquire(key), (permit) => permit.record("overload", down))
  })

/** Answers 529 until the circuit is open, then as told; the first call that is let through again is the probe. */
const server = (probe: () => Reply.Reply) => {
  let asked = 0
  return () => Effect.sync(() => ++asked <= 10 ? Fault.overloaded() : asked === 11 ? probe() : answer)
}
const answer = Reply.json(200, Reply.message("hi"))
const opened = Effect.forEach(Array.from({ length: 10 }), () => Effect.exit(ClaudeClient.createMessage(params, once)))
const once = { maxAttempts: 1 }
const settings = { breaker: { jitter: 0 }, budget: { cap: 1000 }, limiter: { concurrency: 1000 } }

describe("calls that meet an open circuit", () => {
  it("D2 one probe leaves when the open time is over; the rest wait for its end, then come one by one within a second", () =>
    runHandler(
      server(() => Fault.slowFirstByte(20_000)(answer)),
      ({ clock, seen }) =>
        Effect.gen(function*() {
          yield* opened
          const since = clock.now
          const calls = yield* Effect.forEach(
            Array.from({ length: 200 }),
            () => Effect.forkChild(create, { startImmediately: true })
          )
          yield* Effect.sleep(15_000 + 19_000)
          const [probe, ...others] = (yield* seen).slice(10)
          assert.lengthOf(others, 0, "nobody asks while the probe runs")
          assert.isTrue(probe!.at >= since + 15_000 && probe!.at <= since + 16_000)
          for (const call of calls) yield* Fiber.join(call)
          const times = (yield* seen).slice(11).map(({ at }) => at - (probe!.at + 20_000))
          assert.lengthOf(times, 199)
          assert.isTrue(times.every((at) => at >= 0 && at <= 1000), "all within a second of its end")
          assert.isAbove(new Set(times.map(Math.floor)).size, 120, "not as a herd")
        }),
      settings
    ))

  it("D2 a probe that fails keeps them waiting for longer; who cannot wait so long fails then, not later", () =>
    runHandler(
      server(Fault.overloaded),
      ({ clock, seen }) =>
        Effect.gen(function*() {
          yield* opened
          const since = clock.now
          const patient = yield* Effect.forEach(
            Array.from({ length: 5 }),
            () => Effect.forkChild(create, { startImmediately: true })
          )
          const hurried = yield* Effect.forkChild(Effect.flip(ClaudeClient.createMessage(params, { deadline: 40_000 })))
          const tooLate = yield* Effect.flip(ClaudeClient.createMessage(params, { deadline: 14_000 }))
          assert.isTrue(tooLate.reason._tag === "CircuitOpen" && clock.now === since, "at once")
          yield* Fiber.await(hurried)
          assert.isAtMost(clock.now - since, 17_000, "when it is known that the circuit stays open for 30 s")
          for (const call of patient) yield* Fiber.join(call)
          assert.isAtLeast(clock.now - since, 45_000)
          assert.strictEqual((yield* seen).length, 10 + 1 + 5)
        }),
      settings
    ))

  it("B6 D2 interrupted while they wait they leave nothing; a deadline that passes meanwhile ends the wait", () =>
    runHandler(
      server(() => Fault.slowFirstByte(300_000)(answer)),
      ({ clock, seen }) =>
        Effect.gen(function*() {
          yield* opened
          const call = yield* Effect.forkChild(create, { startImmediately: true })
          yield* Effect.sleep("5 seconds")
          const at = clock.now
          yield* Fiber.interrupt(call)
          assert.strictEqual(clock.now, at)
          yield* Effect.sleep("12 seconds")
          assert.lengthOf(yield* seen, 10)
          const probe = yield* Effect.forkChild(create, { startImmediately: true })
          yield* Effect.sleep("1 second")
          const waiting = yield* Effect.forkChild(
            Effect.flip(ClaudeClient.createMessage(params, { deadline: "30 seconds" })),
            { startImmediately: true }
          )
          const before = clock.now
          const error = yield* Fiber.join(waiting)
          assert.strictEqual(clock.now - before, 30_000)
          assert.strictEqual(error.reason._tag, "CircuitOpen")
          yield* Fiber.interrupt(probe)
          yield* Effect.sleep(1)
          assert.strictEqual(yield* breaker.use((one) => one.state(host)), "halfOpen")
        }),
      settings
    ))

  it.effect("D3 they are woken by all that changes: time, a probe's end, its cancellation, its hanging, isolation", () =>
    Effect.gen(function*() {
      const one = yield* breaker
      const wait = (key: string) => Effect.forkChild(one.changed(key), { startImmediately: true })
      const isWoken = (fiber: Fiber.Fiber<void>) => Effect.map(Effect.yieldNow, () => fiber.pollUnsafe() !== undefined)
      yield* one.changed("closed")
      yield* open("k")
      const [first, second] = [yield* wait("k"), yield* wait("k")]
      yield* TestClock.adjust("14999 millis")
      assert.isFalse(yield* isWoken(first))
      yield* TestClock.adjust("1 millis")
      assert.isTrue((yield* isWoken(first)) && (yield* isWoken(second)))
      yield* one.changed("k")
      const hung = yield* one.acquire("k")
      const third = yield* wait("k")
      yield* TestClock.adjust("599 seconds")
      assert.isFalse(yield* isWoken(third))
      yield* TestClock.adjust("1 second")
      assert.isTrue(yield* isWoken(third), "a hung probe no longer holds its place")
      const cancelled = yield* one.acquire("k")
      yield* hung.record("ignored")
      const fourth = yield* wait("k")
      yield* cancelled.record("ignored")
      assert.isTrue(yield* isWoken(fourth))
      const probe = yield* one.acquire("k")
      const fifth = yield* wait("k")
      yield* probe.record("overload", down)
      assert.isTrue(yield* isWoken(fifth))
      const sixth = yield* wait("k")
      const scope = yield* Scope.make()
      yield* Effect.provideService(one.isolate("k"), Scope.Scope, scope)
      assert.isTrue(yield* isWoken(sixth), "it will have to fail")
      yield* Scope.close(scope, Exit.void)
      yield* TestClock.adjust("30 seconds")
      const good = yield* one.acquire("k")
      const seventh = yield* wait("k")
      yield* good.record("success")
      assert.isTrue(yield* isWoken(seventh))
    }).pipe(Effect.provide(ClaudeCircuitBreaker.layer({ jitter: 0 }))))

  it("C11 100,000 that wait share one timer, which goes with the last of them", () => {
    const { standard } = ClaudeCircuitBreaker
    const circuit = new Circuit("k", { ...standard, jitter: 0, openFor: 15_000, openForMax: 300_000, probeTimeout: 1 })
    for (let n = 0; n < 10; n++) circuit.leave(new Pass(circuit, () => 0, undefined), "overload", down, 0, 0)
    let timers = 0
    const changes = new Changes(circuit, () => 0, () => {
      timers++
      return () => timers--
    })
    const waiters = Array.from({ length: 100_000 }, () => () => {})
    for (const wake of waiters) changes.add(wake)
    assert.strictEqual(timers, 1)
    for (const wake of waiters.slice(1)) changes.remove(wake)
    assert.strictEqual(timers, 1)
    changes.remove(waiters[0]!)
    assert.strictEqual(timers, 0)
  })
})
