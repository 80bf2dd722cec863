import { assert, describe, it } from "@effect/vitest"
import { Arbitrary, Clock, Effect, Fiber, Schema } from "effect"
import { ClaudeRateLimiter } from "effect-claude"
import { TestClock } from "effect/testing"

const model = "m"
const limiter = ClaudeRateLimiter.ClaudeRateLimiter
const step = Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 9999 }))
const steps = Arbitrary.array(Arbitrary.schema(step), { minLength: 20, maxLength: 80 })
const state = Effect.map(limiter.use((one) => one.state), (states) => states[0])
const done = { _tag: "Interrupted" } as const

interface Admitted {
  readonly at: number
  readonly requests: number
  readonly inputTokens: number
}

/** The most in any minute that begins with an admission. */
const most = (admitted: ReadonlyArray<Admitted>, dimension: "requests" | "inputTokens"): number => {
  const sums = admitted.map(({ at }) =>
    admitted.filter((one) => one.at >= at && one.at < at + 60_000).reduce((sum, one) => sum + one[dimension], 0)
  )
  return Math.max(0, ...sums)
}

describe("ClaudeRateLimiter, whatever the order", () => {
  it.effect.prop(
    "C3 in any minute at most the limit and the burst are let in, and nobody waits longer than that needs",
    { steps },
    ({ steps }) =>
      Effect.gen(function*() {
        const admitted: Array<Admitted> = []
        let end = 0
        for (const step of steps) {
          const inputTokens = step % 500
          yield* limiter.use((one) => one.reserve({ model, inputTokens, priority: step % 3 })).pipe(
            Effect.tap((held) => held.sent),
            Effect.tap(() =>
              Effect.map(Clock.currentTimeMillis, (at) => admitted.push({ at, requests: 1, inputTokens }))
            ),
            // Its place comes back; what it was charged does not.
            Effect.flatMap((held) => held.settle(done)),
            Effect.forkChild({ startImmediately: true })
          )
          const gap = Math.floor(step / 500) * 1000
          end += gap
          yield* TestClock.adjust(gap)
        }
        yield* TestClock.adjust("1 day")
        assert.lengthOf(admitted, steps.length)
        assert.isAtMost(most(admitted, "requests"), 10 + 5)
        assert.isAtMost(most(admitted, "inputTokens"), 1000 + 500 + 1e-6)
        const tokens = admitted.reduce((sum, one) => sum + one.inputTokens, 0)
        const needed = Math.max(steps.length / 10, tokens / 1000) * 60_000
        assert.isAtMost(admitted.at(-1)?.at ?? 0, end + needed + 1)
      }).pipe(Effect.provide(
        ClaudeRateLimiter.layer({
          key: "C3",
          burst: 0.5,
          limits: { [model]: { requestsPerMinute: 10, inputTokensPerMinute: 1000 } }
        }),
        { local: true }
      )),
    { arbitrary: { runs: 200, seed: 3 } }
  )

  it.effect.prop(
    "C6 joining, cancelling and ending in any order is as in a plain queue: nobody is forgotten or let in twice",
    { steps },
    ({ steps }) =>
      Effect.gen(function*() {
        const fibers: Array<Fiber.Fiber<unknown, unknown>> = []
        const held: Array<ClaudeRateLimiter.Reservation> = []
        const order: Array<number> = []
        // The model: three places and a queue.
        const queue: Array<number> = []
        const expected: Array<number> = []
        let running = 0
        const advance = () => {
          while (running < 3 && queue.length > 0) {
            running++
            expected.push(queue.shift()!)
          }
        }
        for (const step of steps) {
          const kind = step % 5
          const which = Math.floor(step / 5) % Math.max(1, fibers.length)
          if (kind < 2 || fibers.length === 0) {
            const id = fibers.length
            queue.push(id)
            fibers.push(
              yield* limiter.use((one) => one.reserve({ model, inputTokens: 0 })).pipe(
                Effect.tap((one) => Effect.sync(() => held.push(one) && order.push(id))),
                Effect.forkChild({ startImmediately: true })
              )
            )
          } else if (kind < 4) {
            yield* Fiber.interrupt(fibers[which]!)
            if (queue.includes(which)) queue.splice(queue.indexOf(which), 1)
          } else if (held.length > 0) {
            yield* held.shift()!.settle(done)
            running--
          }
          advance()
          assert.deepStrictEqual(order, expected)
          const now = yield* state
          assert.deepStrictEqual([now?.inFlight, now?.queued], [running, queue.length])
        }
        while (held.length > 0) yield* held.shift()!.settle(done)
        assert.strictEqual((yield* state)?.inFlight ?? 0, 0)
        assert.strictEqual((yield* state)?.queued ?? 0, 0)
      }).pipe(
        Effect.provide(ClaudeRateLimiter.layer({ key: "C6", limits: { [model]: { concurrency: 3 } } }), { local: true })
      ),
    { arbitrary: { runs: 300, seed: 6 } }
  )
})
