/** What holds for every hint, every attempt, every interleaving at a circuit and every order of finish of a hedge. */
import { VirtualClock } from "@effect-claude/fault-server"
import { assert, describe, it } from "@effect/vitest"
import { Arbitrary, Clock, Duration, Effect, Exit, Fiber, Layer, Pull, Random, Schedule, Schema } from "effect"
import { ClaudeError, Resilience, RetryBudget, RetryPolicy } from "effect-claude"
import { TestClock } from "effect/testing"
import { Circuit } from "../../src/policies/internal/circuit.ts"
import { hedged, type Watch } from "../../src/policies/internal/hedged.ts"
import { Pass } from "../../src/policies/internal/pass.ts"

const int = (minimum: number, maximum: number) =>
  Arbitrary.schema(Schema.Int.check(Schema.isBetween({ minimum, maximum })))
const seeds = int(0, 1_000_000)
const runs = (count: number) => ({ arbitrary: { runs: count, seed: 7 }, timeout: 60_000 })

const day = 86_400_000
const start = Date.UTC(2026, 10, 21)

/** What a server may write into a header that holds a wait; `n` chooses its size, over all orders of magnitude. */
const written: ReadonlyArray<(n: number) => string> = [
  (n) => String(n),
  (n) => String(-n),
  (n) => String(n / 1000),
  (n) => `${n}e3`,
  (n) => new Date(start + n * 1000).toUTCString(),
  (n) => new Date(start - n * 1000).toUTCString(),
  (n) => new Date(start + n * 1000).toISOString(),
  () => "",
  () => "0",
  () => "NaN",
  () => "Infinity",
  () => "soon",
  (n) => ` ${n} `,
  (n) => `${n}, ${n}`,
  (n) => "9".repeat(1 + n % 400)
]
const status = [429, 529, 500, 503, 408, 400] as const
const should = [undefined, "true", "false", "perhaps"] as const

const hint = Arbitrary.schema(Schema.Struct({
  millis: Schema.UndefinedOr(Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: written.length - 1 }))),
  after: Schema.UndefinedOr(Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: written.length - 1 }))),
  magnitude: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 12 })),
  digit: Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 9 })),
  status: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: status.length - 1 })),
  should: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: should.length - 1 })),
  seed: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 1_000_000 })),
  policy: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 2 }))
}))

const policies: ReadonlyArray<RetryPolicy.RetryPolicy> = [
  RetryPolicy.standard,
  RetryPolicy.retryAfter,
  RetryPolicy.exponential({ base: "1 second", cap: "1 minute" })
]

describe("every hint", () => {
  it.effect.prop(
    "B2 never a tight loop, never a sleep past the deadline, never earlier than asked",
    { given: hint },
    ({ given }) =>
      Effect.promise(() => {
        const n = given.digit * 10 ** given.magnitude
        const headers = new Map<string, string>([["date", new Date(start).toUTCString()]])
        if (given.millis !== undefined) headers.set("retry-after-ms", written[given.millis]!(n))
        if (given.after !== undefined) headers.set("retry-after", written[given.after]!(n))
        const wish = should[given.should]
        if (wish !== undefined) headers.set("x-should-retry", wish)
        const reason = ClaudeError.fromResponse({
          status: status[given.status]!,
          header: (name) => headers.get(name) ?? null,
          body: "",
          now: start,
          secrets: []
        })
        const asked = "retryAfter" in reason ? reason.retryAfter : undefined
        const wait = asked === undefined ? 0 : Duration.toMillis(asked)
        assert.isTrue(asked === undefined || (wait > 0 && Number.isFinite(wait)), `${String(asked)}`)
        const clock = VirtualClock.make()
        const [deadline, most] = [10 * 60_000, 5 * 60_000]
        return clock.run(
          Effect.gen(function*() {
            const times: Array<number> = []
            const attempt = Effect.suspend(() => {
              times.push(clock.now)
              return Effect.fail<ClaudeError.Reason>(reason)
            })
            const error = yield* Effect.flip(
              Resilience.withResilience({ method: "ask", model: "m", retry: policies[given.policy]!, maxAttempts: 20 })(
                attempt
              )
            )
            assert(error._tag === "ClaudeError")
            const gaps = times.slice(1).map((at, index) => at - times[index]!)
            assert.isTrue(clock.now <= deadline, `ended at ${clock.now}`)
            const least = asked === undefined ? 1 : Math.max(100, wait)
            assert.isTrue(gaps.every((gap) => gap >= least), `${gaps.join()} for ${wait}`)
            // Without a hint a wait may be short by chance, but not all of them.
            assert.isTrue(times.length < 20 || asked !== undefined || clock.now > 60_000, `20 in ${clock.now} ms`)
            if (given.policy === 0 && asked !== undefined) {
              // The limiter waits out a 429's hint too, and lets in one by one afterwards.
              assert.isTrue(gaps.every((gap) => gap <= least * 1.25 + 2), `${gaps.join()} for ${wait}`)
            }
            const last = error.attempts.at(-1)!
            if (wait > most && reason.isRetryable) {
              assert.deepStrictEqual([times.length, last.refused], [1, wait > deadline ? last.refused : "hint"])
            }
            if (!reason.isRetryable) assert.strictEqual(times.length, 1)
          }).pipe(
            Random.withSeed(given.seed),
            Effect.provide(Resilience.layer({ breaker: { minimumCalls: 50, window: 50 } }))
          )
        )
      }),
    runs(200)
  )
})

describe("every attempt", () => {
  it.effect.prop(
    "B4 up to 2,000: finite, positive, at most the cap, and the cap is no meeting point",
    { base: int(1, 100_000), cap: int(1, 10 * day), seed: seeds },
    ({ base, cap, seed }) =>
      Effect.gen(function*() {
        const step = yield* Schedule.toStep(
          RetryPolicy.exponential({ base: Duration.millis(base), cap: Duration.millis(cap) })
        )
        const waits: Array<number> = []
        for (let n = 0; n < 2000; n++) {
          const next = yield* Pull.matchEffect(step(0, new ClaudeError.Overloaded({ message: "busy" })), {
            onSuccess: ([, wait]) => Effect.succeed(Duration.toMillis(wait)),
            onFailure: Effect.failCause,
            onDone: () => Effect.succeed(Number.NaN)
          })
          waits.push(next)
        }
        assert.isTrue(waits.every((wait) => Number.isFinite(wait) && wait > 0 && wait <= cap))
        // Full jitter: below its bound by half as often as not, at the cap too.
        const late = waits.slice(1000)
        if (cap >= 100) {
          const low = late.filter((wait) => wait < cap / 2).length
          assert.isTrue(low > 400 && low < 600, `${low} of 1000 in the lower half`)
          assert.isAbove(new Set(late).size, 900)
        }
      }).pipe(Random.withSeed(seed)),
    runs(10)
  )
})

const down = new ClaudeError.Overloaded({ message: "busy" })

describe("every interleaving at a circuit", () => {
  it.effect.prop(
    "D3 late results change nothing, probes are as many as allowed, a freed place is free, nothing blocks for ever",
    { steps: Arbitrary.array(int(0, 9_999), { maxLength: 80 }), probes: int(1, 3), seed: seeds },
    ({ probes, steps }) =>
      Effect.sync(() => {
        const settings = {
          window: 6,
          minimumCalls: 3,
          failureRate: 0.5,
          openFor: 1000,
          openForMax: 4000,
          jitter: 0.25,
          probes,
          probeTimeout: 5000
        }
        const circuit = new Circuit("k", settings)
        let now = 0
        /** Counted by the changes that it tells of, not by its own epochs. */
        let era = 0
        circuit.changed = () => void era++
        type Held = {
          readonly ticket: Pass
          readonly began: number
          state: string
          era: number
        }
        let held: Array<Held> = []
        const isLive = (one: Held) => one.state === "halfOpen" && now - one.began < settings.probeTimeout
        let changes = 0
        let before = circuit.state(now)
        const look = (): void => {
          const state = circuit.state(now)
          if (state !== before) changes++
          before = state
        }
        for (const step of steps) {
          const pick = held[Math.floor(step / 10) % Math.max(1, held.length)]
          const action = step % 10
          look()
          if (action < 4) {
            const blocked = circuit.blocked(now)
            const state = circuit.state(now)
            const live = held.filter((one) => isLive(one) && one.era === changes).length
            if (state === "closed") assert.isUndefined(blocked)
            if (state === "open" || state === "isolated") assert.isDefined(blocked)
            if (state === "halfOpen") assert.strictEqual(blocked === undefined, live < probes, `${live} of ${probes}`)
            if (blocked === undefined) {
              const ticket = new Pass(circuit, () => now, undefined)
              look()
              held.push({ ticket, began: now, state, era: changes })
            } else if (state !== "isolated") assert.isAbove(Duration.toMillis(blocked.retryAfter!), 0)
          } else if (action < 8 && pick !== undefined) {
            const outcome = (["success", "overload", "transient", "ignored"] as const)[action - 4]!
            const was = circuit.state(now)
            const isLate = pick.era !== changes ||
              (pick.state === "halfOpen" && now - pick.began >= settings.probeTimeout)
            circuit.leave(pick.ticket, outcome, outcome === "success" ? undefined : down, now, (step % 97) / 97)
            held = held.filter((one) => one !== pick)
            const is = circuit.state(now)
            if (outcome === "ignored" || (isLate && pick.era !== changes)) assert.strictEqual(is, was)
            else if (was === "halfOpen" && !isLate) assert.strictEqual(is, outcome === "success" ? "closed" : "open")
            look()
          } else if (action === 8) now += (step % 7) * 400
          else {
            circuit.isolate(1)
            assert.isDefined(circuit.blocked(now))
            circuit.isolate(-1)
          }
        }
        now += settings.openForMax * 1.25 + settings.probeTimeout
        assert.isUndefined(circuit.blocked(now), "after the longest open time and the longest probe a call may pass")
      }),
    runs(1500)
  )
})

describe("every order of finish of a hedge", () => {
  const fate = Schema.Struct({
    leaves: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 20 })),
    begins: Schema.UndefinedOr(Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 20 }))),
    ends: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 20 })),
    succeeds: Schema.Boolean
  })
  it.effect.prop(
    "D5 no failure ends what still runs, one that begins is read, all fail with the first one's error, nothing is left",
    { one: Arbitrary.schema(fate), two: Arbitrary.schema(fate), delay: int(1, 15), cut: int(0, 120) },
    ({ cut, delay, one, two }) =>
      Effect.gen(function*() {
        const budget = yield* RetryBudget.RetryBudget
        const before = yield* budget.level
        const at = yield* Clock.currentTimeMillis
        let running = 0
        const left = [false, false]
        const attempt = (who: 0 | 1, { begins, ends, leaves, succeeds }: typeof fate.Type) => (watch: Watch) =>
          Effect.gen(function*() {
            running++
            yield* Effect.sleep(leaves * 10)
            watch.sent()
            left[who] = true
            if (begins !== undefined) {
              yield* Effect.sleep(begins * 10)
              watch.answered()
            }
            yield* Effect.sleep(ends * 10)
            if (!succeeds) return yield* Effect.fail(who)
            return who
          }).pipe(Effect.ensuring(Effect.sync(() => void running--)))
        const fiber = yield* Effect.forkChild(
          hedged({ delay: delay * 10, add: () => {} }, budget, attempt(0, one), attempt(1, two)),
          { startImmediately: true }
        )
        // The instants, in tens of milliseconds; the second leaves so long after the first has left.
        const begun = (start: number, { begins, leaves }: typeof fate.Type) =>
          begins === undefined ? Infinity : start + leaves + begins
        const end = (start: number, { begins = 0, ends, leaves }: typeof fate.Type) => start + leaves + begins + ends
        const leaves = one.leaves + delay
        const isHedged = Math.min(begun(0, one), end(0, one)) > leaves
        const isSame = (a: number, b: number) => Math.abs(a - b) < 1e-9
        const [begin0, end0, begin1, end1] = [begun(0, one), end(0, one), begun(leaves, two), end(leaves, two)]
        // Of what comes in one instant either may be first.
        const isTie = [begin0, end0].some((a) => [begin1, end1].some((b) => isSame(a, b))) ||
          [begin0, end0].some((a) => isSame(a, leaves) || isSame(a, leaves + two.leaves))
        yield* TestClock.adjust(cut)
        if (cut < 30) {
          yield* Fiber.interrupt(fiber)
          assert.strictEqual(running, 0, "interrupted, nothing is left running")
          assert.strictEqual(before - (yield* budget.level) > 0.5, left[1] === true, "paid if it has left")
          return
        }
        yield* TestClock.adjust("10 seconds")
        const exit = fiber.pollUnsafe()
        assert(exit !== undefined)
        assert.strictEqual(running, 0)
        assert.isAtLeast(yield* Clock.currentTimeMillis, at)
        if (isTie) return
        if (!isHedged) {
          assert.isFalse(left[1])
          assert.deepStrictEqual(exit, one.succeeds ? Exit.succeed(0) : Exit.fail(0))
          return
        }
        // What is begun is read to its end, whatever that is; a failure before that leaves it to the other.
        const [first0, first1] = [Math.min(begin0, end0), Math.min(begin1, end1)]
        const first: 0 | 1 = first0 < first1 ? 0 : 1
        const [quick, other] = first === 0 ? [one, two] : [two, one]
        const hasBegun = first === 0 ? begin0 < end0 || isSame(begin0, end0) : begin1 < end1 || isSame(begin1, end1)
        // Begun and failed in one instant: either of both may be seen.
        if (isSame(quick.ends, 0) && quick.begins !== undefined && !quick.succeeds) return
        const second = first === 0 ? 1 : 0
        const expected: readonly [0 | 1, boolean] = quick.succeeds || hasBegun
          ? [first, quick.succeeds]
          : other.succeeds
          ? [second, true]
          : [0, false]
        assert.deepStrictEqual(exit, expected[1] ? Exit.succeed(expected[0]) : Exit.fail(expected[0]))
        assert.isTrue(left[1] || first0 < leaves + two.leaves)
        assert.strictEqual(before - (yield* budget.level) > 0.5, left[1], "paid if it has left")
      }).pipe(Effect.provide(Layer.fresh(RetryBudget.layer()))),
    runs(600)
  )
})
