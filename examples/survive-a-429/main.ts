/** A limit is hit: the server's wait is waited out, longer waits fail at once and say how long they would have been. */
import { Console, Duration, Effect } from "effect"
import { ClaudeClient } from "effect-claude"

export const program = ClaudeClient.createMessage({
  model: "claude-haiku-5-5",
  max_tokens: 64,
  messages: [{ role: "user", content: "One word for calm." }]
}).pipe(
  Effect.map((message) => message.content),
  Effect.tap(Console.log),
  Effect.catchReason("ClaudeError", "RateLimited", (reason, error) => {
    const wait = error.attempts.at(-1)?.wait ?? reason.retryAfter
    return Effect.as(Console.log(`Come back in ${wait === undefined ? "a while" : Duration.format(wait)}.`), [])
  })
)
