import { Context, Effect, Layer } from "effect"
import { ClaudeCircuitBreaker, ClaudeClient, type ClaudeError, ClaudeRateLimiter, RetryBudget } from "effect-claude"

class SummaryService extends Context.Service<SummaryService, {
  readonly summarise: (text: string) => Effect.Effect<string, ClaudeError.ClaudeError>
}>()("app/SummaryService") {
  static readonly layer = Layer.effect(
    SummaryService,
    Effect.map(ClaudeClient.ClaudeClient, (client) =>
      SummaryService.of({
        summarise: (text) =>
          client.createMessage({
            model: "claude-haiku-5-5",
            max_tokens: 256,
            messages: [{ role: "user", content: text }]
          }).pipe(Effect.map((message) => JSON.stringify(message.content)))
      }))
  )
}

const policies = (key: string) =>
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

const Summaries = SummaryService.layer.pipe(Layer.provide(ClaudeClient.layer()), Layer.provide(policies("summaries")))

await Effect.runPromise(
  SummaryService.use((service) => service.summarise("A long text.")).pipe(Effect.provide(Summaries))
)
export {}
