/** A call that is interrupted before any of its operations, one after the other: nothing of it stays behind. */
import { Fault, Reply } from "@effect-claude/fault-server"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Fiber, Stream } from "effect"
import {
  ClaudeCircuitBreaker,
  ClaudeClient,
  ClaudeError,
  ClaudeRateLimiter,
  Fallback,
  RetryBudget
} from "effect-claude"
import type { Resilience } from "effect-claude"
import * as Decorated from "./fixtures/decorated.ts"
import { type Harness, params, runHandler } from "./fixtures/harness.ts"
import { interruptedAt } from "./fixtures/stepping.ts"

type Services =
  | ClaudeClient.ClaudeClient
  | ClaudeRateLimiter.ClaudeRateLimiter
  | ClaudeCircuitBreaker.ClaudeCircuitBreaker
  | RetryBudget.RetryBudget
type Call = Effect.Effect<unknown, ClaudeError.ClaudeError, ClaudeClient.ClaudeClient>

const answer = Reply.stream(Reply.message("An answer that is long enough to come in pieces."))
const slow = Fault.slowFirstByte(5000)(answer)
const json = (request: Reply.Received): Reply.Reply => Reply.forRequest(request, Reply.message("An answer."))

const calls: { readonly [name: string]: Call } = {
  "JSON": ClaudeClient.createMessage(params),
  "a joined stream": ClaudeClient.createMessage(params, { stream: true }),
  "a stream": Stream.runDrain(ClaudeClient.streamMessage(params))
}

interface Stack {
  readonly options: ClaudeClient.Options & Resilience.LayerOptions
  /** What the requests of one call are answered with; then answers. */
  readonly faults: ReadonlyArray<Reply.Reply>
  /** Its policies have been wrapped, so that nothing is taken in one step. */
  readonly wrapped?: boolean
  /** Another call has the only place for the first five seconds. */
  readonly held?: boolean
  /** Runs before each call. */
  readonly before?: Effect.Effect<unknown, unknown, Services>
}

const warm = Effect.forEach(Array.from({ length: 2 }), () => calls["a joined stream"]!)
const breaker = ClaudeCircuitBreaker.ClaudeCircuitBreaker
const key = `claude.test ${params.model}`
const down = new ClaudeError.Overloaded({ message: "busy" })
/** Open, and its time over but for a second. */
const opened = Effect.gen(function*() {
  const one = yield* breaker
  while ((yield* one.state(key)) !== "open") {
    const permit = yield* one.acquire(key)
    yield* permit.record("overload", down)
  }
  yield* Effect.flatMap(Effect.flip(one.check(key)), ({ retryAfter }) => Effect.sleep(retryAfter!))
})

const limits = { [params.model]: { requestsPerMinute: 6000, concurrency: 10 } }
const calm = {
  limiter: { limits },
  breaker: { minimumCalls: 10_000, window: 10_000 },
  budget: { perMinute: 0, perSuccess: 0, cap: 10_000 }
} as const
const stacks: { readonly [name: string]: Stack } = {
  "retry": { options: calm, faults: [Fault.rateLimited("input tokens", 2), Fault.overloaded()] },
  "hedge": { options: { ...calm, hedge: { warmUp: 1 } }, faults: [slow, slow], before: warm },
  "fallback": {
    options: { ...calm, maxAttempts: 1, fallback: Fallback.whenDown(["claude-haiku-5-5"]) },
    faults: [Fault.overloaded()]
  },
  "bulkhead": { options: { ...calm, bulkhead: { concurrent: 1 } }, faults: [Fault.overloaded()] },
  "a queue for the bulkhead": { options: { ...calm, bulkhead: { concurrent: 1 } }, faults: [], held: true },
  "a queue for the limiter": {
    options: { ...calm, limiter: { limits: { [params.model]: { requestsPerMinute: 6000, concurrency: 1 } } } },
    faults: [],
    held: true
  },
  "an open circuit": {
    options: { ...calm, breaker: { jitter: 0, minimumCalls: 2, window: 2, openForMax: "15 seconds" } },
    faults: [],
    before: opened
  },
  "services that somebody has wrapped": { options: calm, faults: [Fault.overloaded()], wrapped: true },
  "continuation": { options: calm, faults: [Fault.cutAfterEvents(5)(answer)] }
}

const level = RetryBudget.RetryBudget.use((budget) => budget.level)
const limit = Effect.map(
  ClaudeRateLimiter.ClaudeRateLimiter.use((limiter) => limiter.state),
  (all) => all.find(({ name }) => name === params.model)!
)

const sleeping = (clock: Harness["clock"]): number => {
  const sleeps: unknown = Reflect.get(clock, "sleeps")
  assert(Array.isArray(sleeps))
  return sleeps.filter((sleep: { readonly wake: unknown }) => sleep.wake !== undefined).length
}

describe("interrupted before every operation", () => {
  for (const [name, { before, faults, held = false, options, wrapped = false }] of Object.entries(stacks)) {
    for (const [kind, call] of Object.entries(calls)) {
      // A JSON answer begins when it is finished, and `slow` is none.
      if ((name === "hedge" || held) && kind === "JSON") continue
      it(
        `B6 C6 D3 D4 ${name}, ${kind}: no permit, place, timer or fiber stays, and only what was sent is charged`,
        () => {
          let left: Array<Reply.Reply> = []
          const refusals = name === "retry" ? 2 : name === "bulkhead" || wrapped ? 1 : 0
          const program = name === "continuation" && kind !== "JSON"
            ? kind === "a stream"
              ? Stream.runDrain(ClaudeClient.streamMessage(params, { continuations: 1 }))
              : ClaudeClient.createMessage(params, { stream: true, continuations: 1 })
            : call
          return runHandler(
            (request) => Effect.sync(() => left.shift() ?? json(request)),
            ({ clock, seen }) =>
              Effect.gen(function*() {
                yield* call
                let steps = 0
                let loose = 0
                for (let reached = true; reached;) {
                  if (before !== undefined) {
                    yield* Effect.orDie(before)
                  }
                  // Full buckets, and nothing of the call before.
                  yield* Effect.sleep("1 minute")
                  left = held ? [slow] : [...faults]
                  const holder = held ? yield* Effect.forkChild(call, { startImmediately: true }) : undefined
                  if (held) yield* Effect.sleep(100)
                  const [money, requests, from] = [yield* level, (yield* seen).length, clock.now]
                  const stepped = yield* interruptedAt(program, ++steps)
                  reached = stepped.reached
                  const exit = stepped.fiber.pollUnsafe()
                  assert.isTrue(
                    exit !== undefined && (reached || Exit.isSuccess(exit)),
                    `step ${steps} ${String(exit)}`
                  )
                  // What the server was doing for it ends.
                  yield* Effect.sleep(1)
                  assert.strictEqual(stepped.alive(), 0, `a fiber, step ${steps}`)
                  const isHolding = holder !== undefined && holder.pollUnsafe() === undefined
                  if (isHolding) {
                    const { inFlight, queued } = yield* limit
                    assert.deepStrictEqual([inFlight, queued], [1, 0], `a place in the limiter, step ${steps}`)
                    yield* Fiber.await(holder)
                  }
                  const now = yield* limit
                  assert.deepStrictEqual([now.inFlight, now.queued], [0, 0], `a place in the limiter, step ${steps}`)
                  assert.isAtMost(sleeping(clock), 1, `a timer, step ${steps}`)
                  const sent = (yield* seen).length - requests
                  // What the server refused costs nothing; what was on its way when it was interrupted may not have arrived.
                  const refused = name === "fallback" ? sent : Math.min(sent, held ? 0 : refusals)
                  const charged = 6000 - now.requests
                  const refilled = 0.1 * (clock.now - from)
                  assert.isTrue(
                    charged <= sent + 1.01 && charged >= sent - refused - refilled - 0.01,
                    `charged ${charged} for ${sent}, step ${steps}`
                  )
                  const paid = money - (yield* level)
                  const extra = name === "fallback" || held ? 0 : Math.max(0, sent - 1)
                  // After its wait a retry may have been paid and not sent; never before. A hedge: just before it arrives.
                  const isWaiting = name === "retry" ? clock.now - from < 2000 : clock.now - from <= 1
                  if (paid === extra + 1 && sent > 0 && !isWaiting) loose++
                  else assert.strictEqual(paid, extra, `paid for ${sent} requests, step ${steps}`)
                  if (name === "an open circuit") {
                    // Whatever became of the probe, the next call may be one.
                    yield* Effect.flatMap(
                      breaker.use((one) => one.acquire(key)),
                      (permit) => permit.record("ignored")
                    )
                  }
                }
                assert.isAbove(steps, 20)
                if (name === "hedge") assert.isAtMost(loose, 20)
                yield* Effect.sleep("20 minutes")
                assert.strictEqual(sleeping(clock), 0, "no timer at all")
                // Every place is free: as many as there are can be taken at once.
                yield* Effect.forEach(Array.from({ length: 10 }), () => call, { concurrency: 10, discard: true })
              }),
            options,
            wrapped ? Decorated.policies(() => {}) : undefined
          )
        },
        60_000
      )
    }
  }
})
