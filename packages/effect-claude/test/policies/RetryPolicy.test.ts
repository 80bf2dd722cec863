import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, Fiber, Logger, Pull, Random, Ref, Schedule } from "effect"
import { ClaudeError, RetryPolicy } from "effect-claude"
import { TestClock } from "effect/testing"

const limited = (retryAfter?: Duration.Input) =>
  new ClaudeError.RateLimited({
    message: "slow",
    limit: "requests",
    retryAfter: retryAfter === undefined ? undefined : Duration.fromInputUnsafe(retryAfter)
  })
const overloaded = new ClaudeError.Overloaded({ message: "busy" })
const invalid = new ClaudeError.InvalidRequest({ message: "no" })
const wrap = (reason: ClaudeError.Reason) =>
  new ClaudeError.ClaudeError({ method: "createMessage", reason, attempts: [] })

/** The waits a schedule gives for a row of errors, in milliseconds; it may end before the row does. */
const waits = (schedule: RetryPolicy.RetryPolicy, errors: ReadonlyArray<unknown>) =>
  Effect.gen(function*() {
    const step = yield* Schedule.toStep(schedule)
    const found: Array<number> = []
    let now = 0
    for (const error of errors) {
      const wait = yield* Pull.matchEffect(step(now, error), {
        onSuccess: ([, duration]) => Effect.succeed(Duration.toMillis(duration)),
        onFailure: Effect.failCause,
        onDone: () => Effect.succeed(undefined)
      })
      if (wait === undefined) break
      found.push(wait)
      now += wait
    }
    return found
  }).pipe(Random.withSeed("waits"))

const times = <A>(n: number, value: A) => Array.from({ length: n }, () => value)

describe("RetryPolicy", () => {
  it.effect("B2 jitter on a server's hint is only upward, by at most a quarter", () =>
    Effect.gen(function*() {
      for (const wait of yield* waits(RetryPolicy.standard, times(200, limited("171 seconds")))) {
        assert.isAtLeast(wait, 171_000)
        assert.isAtMost(wait, 171_000 * 1.25)
      }
      assert.deepStrictEqual(yield* waits(RetryPolicy.retryAfter, [limited("7 seconds")]), [7000])
    }))

  it.effect("B4 delays up to the 2,000th are finite, positive, at most the cap, and differ at the cap", () =>
    Effect.gen(function*() {
      const all = yield* waits(RetryPolicy.exponential({ base: "1 second", cap: "1 minute" }), times(2000, overloaded))
      assert.strictEqual(all.length, 2000)
      for (const wait of all) assert.isTrue(Number.isFinite(wait) && wait > 0 && wait <= 60_000)
      assert.isAbove(new Set(all.slice(10)).size, 1900)
    }))

  it.effect("B3 a delay of 2^31 ms and more really waits", () =>
    Effect.gen(function*() {
      const tries = yield* Ref.make(0)
      const month = Duration.days(30)
      const fiber = yield* Ref.update(tries, (n) => n + 1).pipe(
        Effect.andThen(Effect.fail(limited(month))),
        Effect.retry(RetryPolicy.retryAfter),
        Effect.forkChild
      )
      yield* TestClock.adjust(Duration.millis(2 ** 31))
      assert.strictEqual(yield* Ref.get(tries), 1)
      yield* TestClock.adjust(month)
      assert.strictEqual(yield* Ref.get(tries), 2)
      yield* Fiber.interrupt(fiber)
    }))

  it.effect("B10 composes by Effect's own combinators: upTo bounds the count, within bounds the time", () =>
    Effect.gen(function*() {
      const patient = RetryPolicy.standard.pipe(Schedule.upTo({ times: 8 }), RetryPolicy.within("5 minutes"))
      assert.strictEqual((yield* waits(patient, times(50, overloaded))).length, 8)
      assert.strictEqual(
        (yield* waits(RetryPolicy.standard.pipe(RetryPolicy.within("1 minute")), [limited("2 minutes")])).length,
        0
      )
      const slowest = Schedule.max([RetryPolicy.retryAfter, Schedule.spaced("10 seconds")])
      assert.deepStrictEqual(yield* waits(slowest, [limited("7 seconds"), limited("12 seconds")]), [10_000, 12_000])
    }))

  it.effect("B10 perReason gives each reason its own policy and count", () =>
    Effect.gen(function*() {
      const careful = RetryPolicy.perReason({
        Overloaded: RetryPolicy.exponential({ base: "2 seconds", cap: "1 minute" }).pipe(Schedule.upTo({ times: 2 })),
        RateLimited: RetryPolicy.retryAfter,
        ServerFailed: RetryPolicy.never
      })
      assert.deepStrictEqual(
        (yield* waits(careful, [limited("3 seconds"), overloaded, overloaded, limited("4 seconds"), overloaded]))
          .length,
        4
      )
      assert.strictEqual((yield* waits(careful, [new ClaudeError.ServerFailed({ message: "500" })])).length, 0)
      const other = new ClaudeError.ConnectionFailed({ message: "gone" })
      assert.strictEqual((yield* waits(careful, times(3, other))).length, 3)
    }))

  it.effect("B5 what is not retryable, and what is no error of ours, ends a policy", () =>
    Effect.gen(function*() {
      for (const error of [invalid, wrap(invalid), new Error("other"), "text", undefined]) {
        assert.strictEqual((yield* waits(RetryPolicy.standard, [error])).length, 0)
      }
      const malformed = new ClaudeError.MalformedResponse({ message: "html", body: "" })
      assert.strictEqual((yield* waits(RetryPolicy.standard, times(3, malformed))).length, 1)
    }))

  it.effect("B8 an error that left a retry owner is not retried by another, and one warning names both", () =>
    Effect.gen(function*() {
      const warnings: Array<string> = []
      const logger = Logger.make(({ message }) => void warnings.push(String(message)))
      const done = wrap(ClaudeError.mark(overloaded, { retried: true }))
      const found = yield* waits(RetryPolicy.standard, [done]).pipe(Effect.provide(Logger.layer([logger])))
      assert.strictEqual(found.length, 0)
      assert.strictEqual(warnings.length, 1)
      assert.include(warnings[0], "ClaudeClient")
      assert.include(warnings[0], "RetryPolicy")
    }))

  it.effect("A7 withRetry ends with the log of every try", () =>
    Effect.gen(function*() {
      const errors = [limited("2 seconds"), overloaded, invalid]
      const next = yield* Ref.make(0)
      const fiber = yield* Ref.getAndUpdate(next, (n) => n + 1).pipe(
        Effect.flatMap((n) => Effect.fail(wrap(errors[n]!))),
        RetryPolicy.withRetry(RetryPolicy.standard),
        Effect.flip,
        Effect.forkChild
      )
      yield* TestClock.adjust("5 minutes")
      const error = yield* Fiber.join(fiber)
      assert.strictEqual(error.reason._tag, "InvalidRequest")
      assert.isTrue(error.retried)
      assert.deepStrictEqual(error.attempts.map((tried) => [tried.reason, tried.waitSource, tried.refused]), [
        ["RateLimited", "server", undefined],
        ["Overloaded", "schedule", undefined],
        ["InvalidRequest", undefined, "notRetryable"]
      ])
    }))

  it.effect("withRetry passes other errors through untouched", () =>
    Effect.gen(function*() {
      const error = yield* Effect.fail("other" as const).pipe(RetryPolicy.withRetry(RetryPolicy.standard), Effect.flip)
      assert.strictEqual(error, "other")
    }))
})
