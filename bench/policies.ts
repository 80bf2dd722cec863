/** What the policies cost around a call that succeeds, without SDK and network, as a ratio to cockatiel's, interleaved. */
import * as cockatiel from "cockatiel"
import { Effect } from "effect"
import {
  ClaudeCircuitBreaker,
  type ClaudeError,
  type ClaudeRateLimiter,
  Resilience,
  type RetryBudget,
  RetryPolicy
} from "effect-claude"
import { setFlagsFromString } from "node:v8"
import { runInNewContext } from "node:vm"
import { median, print } from "./table.ts"

const rounds = Number(process.env["ROUNDS"] ?? 15)
const calls = Number(process.env["CALLS"] ?? 20_000)

setFlagsFromString("--expose-gc")
const gc: unknown = runInNewContext("gc")

/** Runs so many calls, one after the other. */
type Loop = (count: number) => Promise<unknown>

/** Few enough calls that nothing is collected while they run. */
const bytes = async (loop: Loop): Promise<number> => {
  const count = 300
  await loop(count)
  if (typeof gc === "function") gc()
  const before = process.memoryUsage().heapUsed
  await loop(count)
  return (process.memoryUsage().heapUsed - before) / count
}

const time = async (loop: Loop): Promise<number> => {
  const start = performance.now()
  await loop(calls)
  return (performance.now() - start) * 1e6 / calls
}

const peer = (policy: cockatiel.IPolicy): Loop => async (count) => {
  for (let n = 0; n < count; n++) await policy.execute(() => Promise.resolve(n))
}

const breaker = () =>
  cockatiel.circuitBreaker(cockatiel.handleAll, { halfOpenAfter: 15_000, breaker: new cockatiel.ConsecutiveBreaker(5) })
const retry = () =>
  cockatiel.retry(cockatiel.handleAll, { maxAttempts: 5, backoff: new cockatiel.ExponentialBackoff() })

export const policies = async (): Promise<void> => {
  const limits = { requestsPerMinute: 1e9, inputTokensPerMinute: 1e12, outputTokensPerMinute: 1e12 }
  const layer = Resilience.layer({ limiter: { key: "bench", limits: { m: limits } } })
  type State = ClaudeCircuitBreaker.ClaudeCircuitBreaker | ClaudeRateLimiter.ClaudeRateLimiter | RetryBudget.RetryBudget
  /** Within one fiber, as a program calls. */
  const ours = <E>(call: Effect.Effect<number, E, State>): Effect.Effect<Loop, never, State> =>
    Effect.map(Effect.context<State>(), (context) => (count: number) =>
      Effect.runPromiseWith(context)(
        Effect.gen(function*() {
          for (let n = 0; n < count; n++) yield* call
        })
      ))
  /** Each call from a Promise, as a program does that is not written in Effect. */
  const promised = <E>(call: Effect.Effect<number, E, State>): Effect.Effect<Loop, never, State> =>
    Effect.map(Effect.context<State>(), (context) => {
      const run = Effect.runPromiseWith(context)
      return async (count: number) => {
        for (let n = 0; n < count; n++) await run(call)
      }
    })
  const work: Effect.Effect<number, ClaudeError.Reason> = Effect.promise(() => Promise.resolve(1))
  const quick: Effect.Effect<number, ClaudeError.Reason> = Effect.succeed(1)
  const all = Resilience.withResilience({ method: "bench", model: "m", inputTokens: 10 })
  await Effect.runPromise(
    Effect.gen(function*() {
      const wrapped = () =>
        peer(
          cockatiel.wrap(
            retry(),
            breaker(),
            cockatiel.timeout(60_000, cockatiel.TimeoutStrategy.Cooperative),
            cockatiel.bulkhead(100, 100)
          )
        )
      const cases: ReadonlyArray<readonly [string, Loop, Loop]> = [
        ["nothing", yield* ours(work), peer(cockatiel.noop)],
        ["retry", yield* ours(RetryPolicy.withRetry(work, RetryPolicy.standard)), peer(retry())],
        ["breaker", yield* ours(ClaudeCircuitBreaker.withCircuitBreaker(work, { key: "k" })), peer(breaker())],
        ["all", yield* ours(all(work)), wrapped()],
        ["all, each from a promise", yield* promised(all(work)), wrapped()],
        ["nothing, no promise", yield* ours(quick), peer(cockatiel.noop)],
        ["all, no promise", yield* ours(all(quick)), peer(cockatiel.noop)]
      ]
      const rows: Array<ReadonlyArray<string | number>> = []
      for (const [name, own, other] of cases) {
        const samples: Array<readonly [number, number]> = []
        yield* Effect.promise(async () => {
          for (let round = -3; round < rounds; round++) {
            const sample = round % 2 === 0
              ? [await time(own), await time(other)] as const
              : [await time(other), await time(own)].toReversed()
            if (round >= 0) samples.push([sample[0]!, sample[1]!])
          }
        })
        const ratios = samples.map(([a, b]) => a / b)
        const [a, b] = yield* Effect.promise(async () => [await bytes(own), await bytes(other)] as const)
        rows.push([
          name,
          `${Math.round(median(samples.map(([ns]) => ns)))} ns`,
          `${Math.round(median(samples.map(([, ns]) => ns)))} ns`,
          `${median(ratios).toFixed(2)} (${Math.min(...ratios).toFixed(2)}-${Math.max(...ratios).toFixed(2)})`,
          `${Math.round(a)} B`,
          `${Math.round(b)} B`
        ])
      }
      print(
        `Policies around a call that succeeds, within one fiber but for one row, against cockatiel 4.0.0, ${rounds} rounds interleaved`,
        ["", "ours", "cockatiel", "ratio", "ours", "cockatiel"],
        rows
      )
    }).pipe(Effect.provide(layer))
  )
}

if (import.meta.main) await policies()
