import { Effect } from "effect"
import { Resilience } from "effect-claude"
const layer = Resilience.layer({
  limiter: {
    key: "bench",
    limits: { m: { requestsPerMinute: 1e9, inputTokensPerMinute: 1e12, outputTokensPerMinute: 1e12 } }
  }
})
const all = Resilience.withResilience({ method: "bench", model: "m", inputTokens: 10 })(Effect.succeed(1))
await Effect.runPromise(
  Effect.gen(function*() {
    for (let n = 0; n < 1_000_000; n++) yield* all
  }).pipe(Effect.provide(layer))
)
