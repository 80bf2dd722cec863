import { Effect, Schedule } from "effect"
import { ClaudeClient, RetryPolicy } from "effect-claude"

const patient = RetryPolicy.standard.pipe(Schedule.upTo({ times: 8 }), RetryPolicy.within("5 minutes"))
const careful = RetryPolicy.perReason({
  Overloaded: RetryPolicy.exponential({ base: "2 seconds", cap: "1 minute" }),
  RateLimited: RetryPolicy.retryAfter
})

const fetchAndAsk = ClaudeClient.createMessage({
  model: "claude-haiku-5-5",
  max_tokens: 64,
  messages: [{ role: "user", content: "One word for calm." }]
}, { maxAttempts: 1 })

const client = ClaudeClient.layerStandard({ retry: patient, deadline: "6 minutes" }) // in the client
const answer = fetchAndAsk.pipe(Effect.retry(careful)) // or around any effect of yours

await Effect.runPromise(answer.pipe(Effect.provide(client)))
export {}
