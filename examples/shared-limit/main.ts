/** Several processes on one account: what one of them takes, the others see. Only the limiter is shared. */
import { Effect, Layer, Result } from "effect"
import { ClaudeCircuitBreaker, ClaudeClient, ClaudeRateLimiter, RetryBudget } from "effect-claude"

export const model = "claude-haiku-5-5"

/** Of the whole account, the same in every process. */
export const account: ClaudeRateLimiter.RedisOptions = {
  key: "acme",
  limits: { [model]: { requestsPerMinute: 50, inputTokensPerMinute: 50_000, outputTokensPerMinute: 10_000 } },
  onUnavailable: "open"
}

/** One process's client; its breaker and retry budget stay its own. Needs `Redis`. */
export const layer = (options: ClaudeClient.Options = {}, limiter = account) =>
  ClaudeClient.layer(options).pipe(
    Layer.provideMerge(Layer.mergeAll(
      ClaudeRateLimiter.layerRedis(limiter),
      ClaudeCircuitBreaker.layer(),
      RetryBudget.layer()
    ))
  )

/** One process's work: so many questions at once. Says how many were answered. */
export const program = (questions: number) =>
  Effect.forEach(
    Array.from({ length: questions }, (_, n) => n + 1),
    (n) =>
      Effect.result(ClaudeClient.createMessage({
        model,
        max_tokens: 64,
        messages: [{ role: "user", content: `One fact about the number ${n}.` }]
      })),
    { concurrency: "unbounded" }
  ).pipe(Effect.map((results) => results.filter(Result.isSuccess).length))
