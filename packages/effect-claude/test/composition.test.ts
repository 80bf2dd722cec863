/** Every stack of policies, every fault, left at every phase of a call: nothing stays behind. */
import { Fault, Reply, Script } from "@effect-claude/fault-server"
import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, Exit, Fiber, Stream } from "effect"
import {
  ClaudeCircuitBreaker,
  ClaudeClient,
  ClaudeError,
  ClaudeRateLimiter,
  Fallback,
  type Resilience,
  RetryBudget
} from "effect-claude"
import { type Harness, params, runHandler } from "./fixtures/harness.ts"

type Phase = "before" | "queued" | "running" | "waiting" | "hedging"
type Given = ClaudeClient.Options & Resilience.LayerOptions

const stacks: { readonly [name: string]: Given } = {
  "retry": {},
  "no retry": { maxAttempts: 1 },
  "hedge": { hedge: { warmUp: 2 } },
  "fallback": { fallback: Fallback.whenDown(["claude-haiku-5-5"]) },
  "all": { hedge: { warmUp: 2 }, fallback: Fallback.whenDown(["claude-haiku-5-5"]), limiter: { burst: 0.5 } }
}

const answer = Reply.stream(Reply.message("An answer that is long enough to be cut in its middle."))
/** An answer that is not there for ten minutes keeps a timer of the server for as long as its connection is open. */
const slow = Fault.slowFirstByte(600_000)(answer)
const faults: { readonly [name: string]: () => Reply.Reply } = {
  "529": Fault.overloaded,
  "500": Fault.internal,
  "429": () => Fault.rateLimited("requests", 30),
  "reset": () => Fault.resetBeforeHeaders(answer),
  "cut": () => Fault.cutAfterEvents(3)(answer),
  "empty": Fault.okEmpty
}

const create = ClaudeClient.createMessage(params, { stream: true })
const states = ClaudeRateLimiter.ClaudeRateLimiter.use((limiter) => limiter.state)

/** Sleeps nobody has cancelled: of policies and, for each open connection, of the server. */
const timers = (clock: Harness["clock"]): number => {
  const sleeps: unknown = Reflect.get(clock, "sleeps")
  assert(Array.isArray(sleeps))
  return sleeps.filter((sleep: { readonly wake: unknown }) => sleep.wake !== undefined).length
}

/** When the call is left, and how many requests it has sent by then. */
const phases: { readonly [P in Phase]: { readonly at: number; readonly sent: number } } = {
  before: { at: 0, sent: 0 },
  queued: { at: 500, sent: 0 },
  running: { at: 500, sent: 1 },
  waiting: { at: 1, sent: 1 },
  hedging: { at: 5000, sent: 2 }
}

const rows = Object.entries(stacks).flatMap(([stack, options]) =>
  Object.entries(faults).flatMap(([fault, broken]) =>
    (["before", "queued", "running", "waiting", "hedging"] as const)
      .filter((phase) => phase !== "hedging" || options.hedge !== undefined)
      .filter((phase) => phase !== "waiting" || (options.maxAttempts !== 1 && options.fallback === undefined))
      .map((phase) => ({ stack, options, fault, broken, phase }))
  )
)

describe("composition", () => {
  for (const { stack, options, fault, broken, phase } of rows) {
    it(`B6 D4 C6 ${stack}, after ${fault}, left ${phase}: no permit, timer, connection or request stays`, () => {
      let calm = true
      let once = false
      let count = 0
      const handler = (): Effect.Effect<Reply.Reply> =>
        Effect.sync(() => {
          if (once) {
            once = false
            return broken()
          }
          if (calm) return answer
          count++
          if (phase === "waiting") return broken()
          return slow
        })
      return runHandler(handler, ({ clock, seen }) =>
        Effect.gen(function*() {
          // Answers that begin at once let a hedge leave after its shortest delay, a second.
          for (let n = 0; n < 3; n++) yield* create
          if (phase !== "waiting") {
            once = true
            yield* Effect.exit(create)
            // What the fault left behind in limiter and budget is over: a pause lasts as long as its hint.
            if (fault === "429") yield* Effect.sleep("40 seconds")
          }
          calm = false
          const holder = phase === "queued" ? yield* Effect.forkChild(create, { startImmediately: true }) : undefined
          if (holder !== undefined) yield* Effect.sleep(100)
          const before = count
          const call = yield* Effect.forkChild(create, { startImmediately: phase !== "before" })
          if (phases[phase].at > 0) yield* Effect.sleep(phases[phase].at)
          assert.strictEqual(count - before, phases[phase].sent, "the phase is reached")
          if (phase === "queued") assert.strictEqual((yield* states).reduce((sum, one) => sum + one.queued, 0), 1)
          const left = clock.now
          yield* Fiber.interrupt(call)
          assert.strictEqual(clock.now, left, "it ends at once")
          const exit = call.pollUnsafe()
          assert.isTrue(exit !== undefined && Exit.hasInterrupts(exit))
          if (holder !== undefined) yield* Fiber.interrupt(holder)
          yield* Effect.sleep(1)
          for (const state of yield* states) assert.deepStrictEqual([state.inFlight, state.queued], [0, 0])
          // The client's bounds share one timer, lazily wound down; an open connection would be a second.
          assert.isAtMost(timers(clock), 1, "no timer of the call's own")
          const sent = (yield* seen).length
          yield* Effect.sleep("20 minutes")
          assert.lengthOf(yield* seen, sent, "no request later")
          assert.strictEqual(timers(clock), 0, "no timer at all")
        }), {
        ...options,
        ...(phase === "queued" ? { limiter: { ...options.limiter, concurrency: 1 }, hedge: false } : {})
      })
    })
  }
})

const breaker = ClaudeCircuitBreaker.ClaudeCircuitBreaker
const key = `claude.test ${params.model}`
const level = RetryBudget.RetryBudget.use((budget) => budget.level)
const down = new ClaudeError.Overloaded({ message: "busy" })
const open = Effect.gen(function*() {
  const one = yield* breaker
  for (let n = 0; n < 10; n++) yield* Effect.flatMap(one.acquire(key), (permit) => permit.record("overload", down))
})
const limitOf = Effect.map(states, (all) => all.find(({ name }) => name === params.model)!)

describe("the order of the policies", () => {
  it("D2 breaker before limiter: behind an open circuit nobody queues for a place, and who cannot wait fails at once", () =>
    runHandler(() => Effect.succeed(slow), ({ clock, seen }) =>
      Effect.gen(function*() {
        const holder = yield* Effect.forkChild(create, { startImmediately: true })
        yield* Effect.sleep(100)
        yield* open
        const patient = yield* Effect.forkChild(create, { startImmediately: true })
        const at = clock.now
        const error = yield* Effect.flip(ClaudeClient.createMessage(params, { deadline: "5 seconds" }))
        assert.deepStrictEqual([error.reason._tag, clock.now], ["CircuitOpen", at])
        assert.deepInclude(yield* limitOf, { inFlight: 1, queued: 0 })
        yield* Fiber.interrupt(patient)
        yield* Fiber.interrupt(holder)
        assert.lengthOf(yield* seen, 1)
      }), { limiter: { concurrency: 1 } }))

  it("D2 limiter before the breaker's permit: a call that queues does not hold the place of the probe", () =>
    runHandler(() => Effect.succeed(slow), () =>
      Effect.gen(function*() {
        const holder = yield* Effect.forkChild(create, { startImmediately: true })
        yield* Effect.sleep(100)
        yield* open
        yield* Effect.sleep("20 seconds")
        const queued = yield* Effect.forkChild(create, { startImmediately: true })
        assert.deepInclude(yield* limitOf, { inFlight: 1, queued: 1 })
        const probe = yield* breaker.use((one) => one.acquire(key))
        yield* probe.record("ignored")
        yield* Fiber.interrupt(queued)
        yield* Fiber.interrupt(holder)
      }), { limiter: { concurrency: 1 }, breaker: { jitter: 0 } }))

  it("C2 limiter inside retry: each attempt pays, and where the next cannot be admitted in time the real error leaves", () =>
    runHandler(() => Effect.succeed(Fault.internal()), ({ clock, seen }) =>
      Effect.gen(function*() {
        const error = yield* Effect.flip(ClaudeClient.createMessage(params, { deadline: "30 seconds" }))
        assert.strictEqual(error.reason._tag, "ServerFailed")
        assert.deepStrictEqual(error.attempts.map(({ refused }) => refused), [undefined, "deadline"])
        assert.isBelow(clock.now, 5000, "at once")
        assert.lengthOf(yield* seen, 2)
      }), { limiter: { limits: { [params.model]: { requestsPerMinute: 2 } } } }))

  it("D1 B7 what a policy of ours refuses reaches neither breaker nor budget, and is no attempt", () =>
    runHandler(() => Effect.succeed(slow), ({ seen }) =>
      Effect.gen(function*() {
        const holder = yield* Effect.forkChild(create, { startImmediately: true })
        yield* Effect.sleep(100)
        const before = yield* level
        for (let n = 0; n < 30; n++) {
          const error = yield* Effect.flip(ClaudeClient.createMessage(params))
          assert.deepStrictEqual([error.reason._tag, error.attempts.length], ["LimiterRejected", 0])
          const late = yield* Effect.flip(ClaudeClient.createMessage(params, { deadline: 0 }))
          assert.include(["LimiterRejected", "DeadlineExceeded"], late.reason._tag)
        }
        assert.strictEqual(yield* breaker.use((one) => one.state(key)), "closed")
        assert.isAtLeast(yield* level, before)
        yield* Fiber.interrupt(holder)
        assert.lengthOf(yield* seen, 1)
      }), { limiter: { concurrency: 1, maxQueue: 0 } }))

  it("D7 whoever still waits when the deadline comes has exceeded it", () =>
    runHandler(() => Effect.succeed(slow), ({ clock }) =>
      Effect.gen(function*() {
        const holder = yield* Effect.forkChild(create, { startImmediately: true })
        yield* Effect.sleep(100)
        const at = clock.now
        const error = yield* Effect.flip(ClaudeClient.createMessage(params, { deadline: "5 seconds" }))
        assert.deepStrictEqual([error.reason._tag, clock.now - at], ["DeadlineExceeded", 5000])
        yield* Fiber.interrupt(holder)
      }), { limiter: { concurrency: 1 } }))

  it("A7 D2 the last real reason leaves, not the circuit that it opened; a try takes as long as it took, without its wait", () =>
    runHandler(() => Effect.succeed(Fault.slowFirstByte(300)(Fault.overloaded())), () =>
      Effect.gen(function*() {
        for (let n = 0; n < 9; n++) yield* Effect.flip(ClaudeClient.createMessage(params, { maxAttempts: 1 }))
        const error = yield* Effect.flip(ClaudeClient.createMessage(params, { deadline: "10 seconds" }))
        assert.strictEqual(error.reason._tag, "Overloaded")
        assert.deepStrictEqual(error.attempts.map(({ refused, waitSource }) => [refused, waitSource]), [
          ["deadline", "breaker"]
        ])
        const twice = yield* Effect.flip(ClaudeClient.createMessage({ ...params, model: "claude-haiku-5-5" }, {
          maxAttempts: 2
        }))
        for (const { duration } of twice.attempts) assert.isAtMost(Duration.toMillis(duration!), 310)
      }), { breaker: { jitter: 0 } }))

  it("D7 timeouts inside breaker: attempts that time out open it; the deadline outside: calls that are late do not", async () => {
    await runHandler(() => Effect.succeed(slow), () =>
      Effect.gen(function*() {
        for (let n = 0; n < 10; n++) yield* Effect.flip(create)
        assert.strictEqual(yield* breaker.use((one) => one.state(key)), "open")
      }), { maxAttempts: 1, timeouts: { headers: "1 second" } })
    await runHandler(() => Effect.succeed(slow), () =>
      Effect.gen(function*() {
        for (let n = 0; n < 30; n++) assert.strictEqual((yield* Effect.flip(create)).reason._tag, "DeadlineExceeded")
        assert.strictEqual(yield* breaker.use((one) => one.state(key)), "closed")
      }), { maxAttempts: 1, deadline: "1 second" })
  })

  it("D4 hedge inside retry: two requests that both fail are one try; a thread that goes on is not hedged", async () => {
    let failing = false
    // Of six beginnings two slow ones do not change the median.
    const late = Fault.slowFirstByte(2000)(Fault.overloaded())
    await runHandler(() => Effect.sync(() => failing ? late : answer), ({ seen }) =>
      Effect.gen(function*() {
        for (let n = 0; n < 6; n++) yield* create
        failing = true
        const error = yield* Effect.flip(ClaudeClient.createMessage(params, { stream: true, maxAttempts: 2 }))
        assert.lengthOf(error.attempts, 2)
        assert.lengthOf(yield* seen, 6 + 4)
      }), { hedge: { warmUp: 2, percentile: 0.5 } })
    let waits = false
    const thread = { ...params, thread: { type: "continue", id: "thread_1" } }
    await runHandler(
      () => Effect.sync(() => waits ? Fault.slowFirstByte(20_000)(answer) : answer),
      ({ seen }) =>
        Effect.gen(function*() {
          for (let n = 0; n < 3; n++) yield* create
          waits = true
          yield* ClaudeClient.createMessage(thread, { stream: true })
          assert.lengthOf(yield* seen, 4)
          yield* create
          assert.lengthOf(yield* seen, 6, "another call is")
        }),
      { hedge: { warmUp: 2 }, preflight: false }
    )
  })

  it("D4 a hedge never waits in the limiter's queue", () => {
    let waits = false
    return runHandler(() => Effect.sync(() => waits ? slow : answer), () =>
      Effect.gen(function*() {
        for (let n = 0; n < 3; n++) yield* create
        waits = true
        const call = yield* Effect.forkChild(create, { startImmediately: true })
        for (let n = 0; n < 50; n++) {
          yield* Effect.sleep(100)
          assert.deepInclude(yield* limitOf, { inFlight: 1, queued: 0 })
        }
        yield* Fiber.interrupt(call)
      }), { hedge: { warmUp: 2 }, limiter: { concurrency: 1 } })
  })

  it("B5 what is worth one more try gets one more, whatever came between", () =>
    runHandler(
      Script.sequence([Fault.okEmpty(), Fault.overloaded(), Fault.okEmpty(), answer]),
      ({ seen }) =>
        Effect.gen(function*() {
          const error = yield* Effect.flip(create)
          assert.strictEqual(error.reason._tag, "MalformedResponse")
          assert.strictEqual(error.attempts.at(-1)?.refused, "notRetryable")
          assert.lengthOf(yield* seen, 3)
        })
    ))

  it("B6 bulkhead outermost: a stream holds its place until it has ended, or is left", () => {
    const dripping = Reply.stream(Reply.message("one two three four five six seven"), {
      deltaSize: 4,
      deltaDelay: 1000
    })
    return runHandler(() => Effect.succeed(dripping), ({ clock, seen }) =>
      Effect.gen(function*() {
        const events = ClaudeClient.streamMessage(params)
        const first = yield* Effect.forkChild(Stream.runDrain(events), { startImmediately: true })
        const second = yield* Effect.forkChild(Stream.runDrain(Stream.take(events, 4)), { startImmediately: true })
        const third = yield* Effect.forkChild(Effect.as(create, "third"), { startImmediately: true })
        yield* Effect.sleep(5000)
        assert.lengthOf(yield* seen, 1, "the first is being read")
        yield* Fiber.join(first)
        const at = clock.now
        yield* Fiber.join(second)
        assert.isAtMost(clock.now - at, 3000, "left after four events")
        assert.strictEqual(yield* Fiber.join(third), "third")
      }), { bulkhead: { concurrent: 1, maxQueue: 2 } }).then(() =>
        runHandler(() => Effect.succeed(dripping), () =>
          Effect.gen(function*() {
            const full = yield* Effect.forkChild(create, { startImmediately: true })
            assert.strictEqual((yield* Effect.flip(create)).reason._tag, "LimiterRejected")
            yield* Fiber.interrupt(full)
            // Its place is free when its connection is.
            yield* Effect.sleep(1)
            yield* create
          }), { bulkhead: { concurrent: 1, maxQueue: 0 } })
      )
  })
})
