/** Survives 429, 529 and a dead connection with nothing configured but the key. */
import { Console, Effect } from "effect"
import { ClaudeClient } from "effect-claude"

export const program = Effect.gen(function*() {
  const message = yield* ClaudeClient.createMessage({
    model: "claude-sonnet-5-5",
    max_tokens: 1024,
    messages: [{ role: "user", content: "Hello, Claude" }]
  })
  yield* Console.log(message.content)
}).pipe(
  Effect.catchReason("ClaudeError", "BillingBlocked", (reason) => Console.error(`Ask whoever pays: ${reason.message}`))
)
