/** One limiter per service; forgetting one is a type error. */
import { Context, Effect, Layer } from "effect"
import { ClaudeCircuitBreaker, ClaudeClient, type ClaudeError, ClaudeRateLimiter, RetryBudget } from "effect-claude"

export class Summaries extends Context.Service<Summaries, {
  readonly summarise: (text: string) => Effect.Effect<string, ClaudeError.ClaudeError>
}>()("examples/limit-per-service/main/Summaries") {
  static readonly layer = Layer.effect(
    Summaries,
    Effect.map(ClaudeClient.ClaudeClient, (client) =>
      Summaries.of({
        summarise: (text) =>
          Effect.map(
            client.createMessage({
              model: "claude-haiku-5-5",
              max_tokens: 256,
              messages: [{ role: "user", content: `In one sentence:\n\n${text}` }]
            }),
            (message) => message.content.map((block) => block.type === "text" ? block.text : "").join("")
          )
      }))
  )
}

export const policies = (key: string) =>
  Layer.mergeAll(
    ClaudeRateLimiter.layer({
      key,
      limits: {
        "claude-haiku-5-5": {
          requestsPerMinute: 50,
          inputTokensPerMinute: 50_000,
          outputTokensPerMinute: 10_000,
          concurrency: 4
        }
      }
    }),
    ClaudeCircuitBreaker.layer(),
    RetryBudget.layer()
  )

export const layer = (options: ClaudeClient.Options = {}) =>
  Summaries.layer.pipe(Layer.provide(ClaudeClient.layer(options)), Layer.provide(policies("summaries")))
