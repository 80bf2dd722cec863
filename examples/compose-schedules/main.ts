/** A retry policy is a Schedule: compose it like any other. */
import { Effect, Schedule } from "effect"
import { ClaudeClient, RetryPolicy } from "effect-claude"

/** Standard waits, at most eight of them, none of which ends later than five minutes after the first failure. */
export const patient = RetryPolicy.standard.pipe(Schedule.upTo({ times: 8 }), RetryPolicy.within("5 minutes"))

/** Each reason its own policy. */
export const careful = RetryPolicy.perReason({
  Overloaded: RetryPolicy.exponential({ base: "2 seconds", cap: "1 minute" }),
  RateLimited: RetryPolicy.retryAfter
})

/** In the client … */
export const client = (options: ClaudeClient.Options) =>
  ClaudeClient.layerStandard({ ...options, retry: patient, deadline: "6 minutes" })

/** … or around any effect: here the client tries once and leaves the rest to `careful`. */
export const ask = ClaudeClient.createMessage({
  model: "claude-haiku-5-5",
  max_tokens: 64,
  messages: [{ role: "user", content: "One word for calm." }]
}, { maxAttempts: 1 })

export const askCarefully = (once: typeof ask) => Effect.retry(once, careful)
