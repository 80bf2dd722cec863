/** When one model is overloaded another answers, and the conversation stays with it. */
import { Console, Effect } from "effect"
import { ClaudeClient, Fallback } from "effect-claude"

const ask = (question: string) =>
  ClaudeClient.createMessage({
    model: "claude-sonnet-5-5",
    max_tokens: 256,
    messages: [{ role: "user", content: question }]
  }).pipe(Effect.map((message) => message.model))

export const program = Fallback.session(Effect.gen(function*() {
  const models = [yield* ask("Where were we?"), yield* ask("And then?")]
  yield* Console.log(`Answered by ${models.join(", then ")}.`)
  return models
}))

export const fallback = Fallback.whenDown(["claude-opus-5-5", "claude-haiku-5-5"])
