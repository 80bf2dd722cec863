import { NodeRuntime } from "@effect/platform-node"
import { Console, Effect } from "effect"
import { ClaudeClient } from "effect-claude"

const program = Effect.gen(function*() {
  const message = yield* ClaudeClient.createMessage({
    model: "claude-sonnet-5-5",
    max_tokens: 1024,
    messages: [{ role: "user", content: "Hello, Claude" }]
  })
  yield* Console.log(message.content)
}).pipe(
  Effect.catchReason("ClaudeError", "BillingBlocked", (reason) => Console.error(`Ask whoever pays: ${reason.message}`))
)

program.pipe(Effect.provide(ClaudeClient.layerStandard()), NodeRuntime.runMain)
export {}
