import { Fault, Reply } from "@effect-claude/fault-server"
import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Exit, Fiber, Stream } from "effect"
import { ClaudeClient, ClaudeError, ClaudeRateLimiter, Hedge, Resilience, RetryBudget } from "effect-claude"
import { TestClock } from "effect/testing"
import { Beginnings, hedged, type Watch } from "../../src/policies/internal/hedged.ts"
import { params, runHandler } from "../fixtures/harness.ts"

const create = ClaudeClient.createMessage(params, { stream: true })
const warm = Effect.forEach(Array.from({ length: 20 }), () => create)
const level = RetryBudget.RetryBudget.use((budget) => budget.level)

/** The first twenty answers begin after a second; then as each test says. */
const answers = (later: (nth: number) => Reply.Reply) => {
  let asked = 0
  return (): Effect.Effect<Reply.Reply> =>
    Effect.sync(() => {
      asked++
      return asked <= 20 ? Fault.slowFirstByte(1000)(answer("warm")) : later(asked - 20)
    })
}
const answer = (text: string): Reply.Reply => Reply.stream(Reply.message(text))
const textOf = (message: { readonly content: ReadonlyArray<object> }): unknown =>
  Reflect.get(message.content[0] ?? {}, "text")

describe("Hedge", () => {
  it("D4 after the percentile a second request leaves; the one that begins first is read, the other's socket is closed", () =>
    runHandler(
      answers((nth) =>
        nth === 1 ? Fault.slowFirstByte(60_000)(answer("slow")) : Fault.slowFirstByte(500)(answer("quick"))
      ),
      ({ clock, seen }) =>
        Effect.gen(function*() {
          yield* warm
          const start = clock.now
          const before = yield* level
          assert.strictEqual(textOf(yield* create), "quick")
          assert.strictEqual(clock.now - start, 1500)
          assert.lengthOf(yield* seen, 22)
          // A hedge pays one, the success deposits a tenth.
          assert.closeTo((yield* level) - before, -0.9, 0.06)
          // A place is kept until the work has really ended.
          yield* Effect.sleep(1)
          const [state] = yield* ClaudeRateLimiter.ClaudeRateLimiter.use((limiter) => limiter.state)
          assert.strictEqual(state?.inFlight, 0, "both have given their place back")
        }),
      { hedge: true }
    ))

  it("D4 the other is given up when one begins, not when that one has ended", () => {
    const quick = Reply.stream(Reply.message("one two three four five six seven"), { deltaSize: 4, deltaDelay: 5000 })
    return runHandler(
      answers((nth) => nth === 1 ? Fault.slowFirstByte(60_000)(answer("slow")) : Fault.slowFirstByte(500)(quick)),
      () =>
        Effect.gen(function*() {
          yield* warm
          const call = yield* Effect.forkChild(create, { startImmediately: true })
          const places = ClaudeRateLimiter.ClaudeRateLimiter.use((limiter) => limiter.state)
          yield* Effect.sleep(1400)
          assert.strictEqual((yield* places)[0]?.inFlight, 2)
          yield* Effect.sleep(200)
          assert.strictEqual((yield* places)[0]?.inFlight, 1)
          assert.isUndefined(call.pollUnsafe())
          yield* Fiber.join(call)
        }),
      { hedge: true }
    )
  })

  it("D4 the delay counts from the first one's leave: its wait in the limiter's queue makes no hedge", () => {
    let asked = 0
    return runHandler(
      () => Effect.sync(() => ++asked === 4 ? Fault.slowFirstByte(60_000)(answer("slow")) : answer("quick")),
      ({ clock, seen }) =>
        Effect.gen(function*() {
          for (let n = 0; n < 3; n++) yield* create
          const start = clock.now
          // One request every two seconds: it leaves then, and the second two and a half seconds later.
          assert.strictEqual(textOf(yield* create), "quick")
          const [first, second] = (yield* seen).slice(3).map(({ at }) => at - start)
          assert.closeTo(first!, 2000, 10)
          assert.strictEqual(second! - first!, 2500)
        }),
      {
        hedge: { warmUp: 2, shortest: 2500 },
        limiter: { limits: { [params.model]: { requestsPerMinute: 30 } }, burst: 1 / 30 }
      }
    )
  })

  it("D4 both are charged, and the one that was given up stays charged", () =>
    runHandler(
      answers((nth) => nth === 1 ? Fault.slowFirstByte(60_000)(answer("slow")) : answer("quick")),
      ({ seen }) =>
        Effect.gen(function*() {
          yield* warm
          const requests = Effect.map(
            ClaudeRateLimiter.ClaudeRateLimiter.use((limiter) => limiter.state),
            ([state]) => state!.requests
          )
          const before = yield* requests
          yield* create
          yield* Effect.sleep(1)
          assert.lengthOf(yield* seen, 22)
          assert.closeTo(before - (yield* requests), 2, 0.1)
        }),
      { hedge: true, limiter: { limits: { [params.model]: { requestsPerMinute: 1 } }, burst: 100 } }
    ))

  it("D4 none while warming up, none once the answer has begun, none without budget, none where the limiter would wait", async () => {
    const slow = () => Fault.slowFirstByte(30_000)(answer("slow"))
    await runHandler(() => Effect.sync(slow), ({ seen }) =>
      Effect.gen(function*() {
        yield* create
        assert.lengthOf(yield* seen, 1)
      }), { hedge: true })
    const dripping = () =>
      Reply.stream(Reply.message("one two three four five six seven"), { deltaSize: 4, deltaDelay: 5000 })
    await runHandler(answers(dripping), ({ seen }) =>
      Effect.gen(function*() {
        yield* warm
        yield* create
        assert.lengthOf(yield* seen, 21)
      }), { hedge: true })
    await runHandler(answers(slow), ({ seen }) =>
      Effect.gen(function*() {
        yield* warm
        yield* create
        assert.lengthOf(yield* seen, 21)
      }), { hedge: true, budget: { cap: 0 } })
    await runHandler(answers(slow), ({ seen }) =>
      Effect.gen(function*() {
        yield* warm
        const before = yield* level
        yield* create
        assert.lengthOf(yield* seen, 21)
        assert.isAtLeast(yield* level, before, "what was not sent is not paid")
      }), { hedge: true, limiter: { concurrency: 1 } })
  })

  it("D4 calls that were given up feed the percentile: the delay does not drift down", () => {
    const beginnings = new Beginnings(Hedge.make({ shortest: 0 }))
    for (let n = 0; n < 19; n++) beginnings.add(100)
    assert.isUndefined(beginnings.delay)
    beginnings.add(5000)
    assert.strictEqual(beginnings.delay, 5000)
    for (let n = 0; n < 100; n++) beginnings.add(200)
    assert.strictEqual(beginnings.delay, 200)
  })

  it.effect("D4 what failed quickly, or was given up young, does not bring the delay down", () =>
    Effect.gen(function*() {
      const beginnings = new Beginnings(Hedge.make({ warmUp: 10, window: 20, shortest: 0 }))
      for (let n = 0; n < 20; n++) beginnings.add(1000)
      const budget = yield* RetryBudget.RetryBudget
      const down = (watch: { readonly sent: () => void }) =>
        Effect.andThen(Effect.sync(watch.sent), Effect.delay(Effect.fail("down"), "5 millis"))
      for (let n = 0; n < 20; n++) {
        const fiber = yield* Effect.forkChild(Effect.flip(hedged(beginnings, budget, down, down)), {
          startImmediately: true
        })
        yield* TestClock.adjust("5 millis")
        assert.strictEqual(yield* Fiber.join(fiber), "down")
      }
      assert.strictEqual(beginnings.delay, 1000)
      // The first begins a moment after the second has left.
      const slow = (watch: Watch) =>
        Effect.sync(watch.sent).pipe(
          Effect.andThen(Effect.sleep("1001 millis")),
          Effect.andThen(Effect.sync(watch.answered))
        )
      for (let n = 0; n < 20; n++) {
        const fiber = yield* Effect.forkChild(hedged(beginnings, budget, slow, slow), { startImmediately: true })
        yield* TestClock.adjust("1001 millis")
        yield* Fiber.join(fiber)
      }
      assert.isAtLeast(beginnings.delay ?? 0, 1000)
    }).pipe(Effect.provide(RetryBudget.layer())))

  it("a stream may be hedged until it begins", () =>
    runHandler(
      answers((nth) =>
        nth <= 20
          ? Fault.slowFirstByte(1000)(answer("warm"))
          : nth === 21
          ? Fault.slowFirstByte(60_000)(answer("slow"))
          : answer("quick")
      ),
      ({ seen }) =>
        Effect.gen(function*() {
          yield* warm
          const events = Stream.runCollect(ClaudeClient.streamMessage(params))
          for (let n = 0; n < 20; n++) yield* events
          const hedgedEvents = yield* events
          assert.strictEqual(hedgedEvents.at(-1)?.type, "message_stop")
          assert.isTrue(JSON.stringify(hedgedEvents).includes("quick"))
          assert.lengthOf(yield* seen, 42)
        }),
      { hedge: true }
    ))

  it.effect("withHedge: any effect, a second run after so long, the first success counts", () =>
    Effect.gen(function*() {
      let runs = 0
      const work = Effect.suspend(() => ++runs === 1 ? Effect.never : Effect.succeed(runs))
      const fiber = yield* Effect.forkChild(Hedge.withHedge(work, { after: "3 seconds" }), { startImmediately: true })
      yield* TestClock.adjust("2999 millis")
      assert.strictEqual(runs, 1)
      yield* TestClock.adjust("1 millis")
      assert.strictEqual(yield* Fiber.join(fiber), 2)
      const failed = Effect.fail("no").pipe(Effect.delay("5 seconds"))
      const both = yield* Effect.forkChild(Effect.flip(Hedge.withHedge(failed, { after: "3 seconds" })))
      yield* TestClock.adjust("10 seconds")
      assert.strictEqual(yield* Fiber.join(both), "no")
    }).pipe(Effect.provide(RetryBudget.layer())))

  it.effect("settings that would never hedge are refused", () =>
    Effect.gen(function*() {
      for (const hedge of [{ percentile: 1 }, { warmUp: 200 }, { shortest: "20 minutes" as const }]) {
        const error = yield* Effect.flip(Resilience.settings({ hedge }))
        assert.match(error.message, /hedge\./)
      }
    }))
})

describe("every order of two attempts", () => {
  type Fate = "succeeds" | "fails" | "hangs"
  const fates: ReadonlyArray<Fate> = ["succeeds", "fails", "hangs"]
  const times = [1, 20]
  for (const one of fates) {
    for (const two of fates) {
      for (const oneAt of times) {
        for (const twoAt of times) {
          if (one === "hangs" && two === "hangs") continue
          it.effect(`D5 the first ${one} after ${oneAt} s, the second ${two} after ${twoAt} s more`, () =>
            Effect.gen(function*() {
              const beginnings = new Beginnings(Hedge.make({ warmUp: 1, shortest: "10 seconds" }))
              beginnings.add(1)
              let running = 0
              const attempt = (name: string, fate: Fate, seconds: number) => (watch: { readonly sent: () => void }) =>
                Effect.gen(function*() {
                  running++
                  watch.sent()
                  if (fate === "hangs") return yield* Effect.never
                  yield* Effect.sleep(`${seconds} seconds`)
                  if (fate === "succeeds") return name
                  return yield* Effect.fail<ClaudeError.Reason>(new ClaudeError.ServerFailed({ message: name }))
                }).pipe(Effect.ensuring(Effect.sync(() => void running--)))
              const budget = yield* RetryBudget.RetryBudget
              const fiber = yield* Effect.forkChild(
                hedged(beginnings, budget, attempt("first", one, oneAt), attempt("second", two, twoAt)),
                { startImmediately: true }
              )
              yield* TestClock.adjust("1 minute")
              const exit = fiber.pollUnsafe()
              const secondRan = oneAt > 10 || one === "hangs"
              const succeeds = one === "succeeds" || (secondRan && two === "succeeds")
              // What hangs is bounded by its own timeouts.
              const done = one === "succeeds" || (one === "hangs" ? two === "succeeds" : !secondRan || two !== "hangs")
              assert.strictEqual(exit !== undefined, done)
              if (exit === undefined) yield* Fiber.interrupt(fiber)
              else {
                assert.strictEqual(Exit.isSuccess(exit), succeeds)
                if (Exit.isFailure(exit)) assert.match(JSON.stringify(exit.cause), /first/, "the first one's error")
              }
              assert.strictEqual(running, 0, "nothing is left running")
            }).pipe(Effect.provide(RetryBudget.layer())))
        }
      }
    }
  }

  it.effect("interrupted at any time both end", () =>
    Effect.gen(function*() {
      for (const seconds of [0, 5, 10, 15]) {
        const beginnings = new Beginnings(Hedge.make({ warmUp: 1, shortest: "10 seconds" }))
        beginnings.add(1)
        let running = 0
        const hang = (watch: { readonly sent: () => void }) =>
          Effect.suspend(() => {
            running++
            watch.sent()
            return Effect.ensuring(Effect.never, Effect.sync(() => void running--))
          })
        const started = yield* Deferred.make<void>()
        const budget = yield* RetryBudget.RetryBudget
        const fiber = yield* Effect.forkChild(
          Effect.andThen(Deferred.succeed(started, undefined), hedged(beginnings, budget, hang, hang)),
          { startImmediately: true }
        )
        yield* Deferred.await(started)
        yield* TestClock.adjust(`${seconds} seconds`)
        assert.strictEqual(running, seconds >= 10 ? 2 : 1)
        yield* Fiber.interrupt(fiber)
        assert.strictEqual(running, 0)
      }
    }).pipe(Effect.provide(RetryBudget.layer())))
})
