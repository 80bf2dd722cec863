/**
 * One of the processes of `redis.ts`: `<url> <socket or ""> <n>` runs its share of the jobs, `"" <socket> pump` reserves
 * and settles as fast as it can for some seconds. Waits for a line, and prints one.
 */
import { NodeRedis } from "@effect/platform-node"
import { Clock, Effect, Layer, Redacted, Result } from "effect"
import { ClaudeCircuitBreaker, ClaudeClient, ClaudeRateLimiter, RetryBudget } from "effect-claude"
import { once } from "node:events"
import { limits, model, of, speed } from "./redisJobs.ts"

const [url = "", path = "", what = "0"] = process.argv.slice(2)
const perMinute = {
  requestsPerMinute: limits.requestsPerMinute * speed,
  inputTokensPerMinute: limits.inputTokensPerMinute * speed,
  outputTokensPerMinute: limits.outputTokensPerMinute * speed
}
// The account's bucket holds its own minute, which is a fraction of ours.
const options = { key: "bench", limits: { [model]: perMinute }, burst: 1 / speed }
const shared = (options: ClaudeRateLimiter.RedisOptions) =>
  ClaudeRateLimiter.layerRedis(options).pipe(Layer.provide(NodeRedis.layer({ socket: { path, tls: false } })))

const go = Effect.promise(() => {
  console.log("ready")
  return once(process.stdin, "data")
})

const work = Effect.gen(function*() {
  yield* go
  const results = yield* Effect.forEach(
    of(Number(what)),
    (job) =>
      Effect.result(ClaudeClient.createMessage(
        { model, max_tokens: 4096, messages: [{ role: "user", content: job.text }] },
        { stream: true }
      )),
    { concurrency: "unbounded" }
  )
  return results.filter(Result.isFailure).length
}).pipe(Effect.provide(
  ClaudeClient.layer({
    apiKey: Redacted.make("sk-ant-bench"),
    baseUrl: url,
    deadline: Infinity,
    maxAttempts: Infinity
  }).pipe(Layer.provide(Layer.mergeAll(
    path === "" ? ClaudeRateLimiter.layer(options) : shared(options),
    ClaudeCircuitBreaker.layer(),
    RetryBudget.layer()
  )))
))

const seconds = 3
const pump = Effect.gen(function*() {
  yield* go
  const limiter = yield* ClaudeRateLimiter.ClaudeRateLimiter
  const end = (yield* Clock.currentTimeMillis) + seconds * 1000
  let count = 0
  const one = Effect.gen(function*() {
    while ((yield* Clock.currentTimeMillis) < end) {
      const held = yield* limiter.reserve({ model, inputTokens: 100, maxTokens: 100 })
      yield* held.sent
      yield* held.settle({ _tag: "Interrupted" })
      count++
    }
  })
  yield* Effect.all(Array.from({ length: 64 }, () => one), { concurrency: "unbounded" })
  return Math.round(count / seconds)
}).pipe(Effect.provide(shared({
  key: "pump",
  limits: {
    [model]: { requestsPerMinute: 1e9, inputTokensPerMinute: 1e12, outputTokensPerMinute: 1e12, concurrency: 1e6 }
  }
})))

console.log(await (what === "pump" ? Effect.runPromise(pump) : Effect.runPromise(work)))
process.exit(0)
