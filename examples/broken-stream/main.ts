/** Shows an answer while it is written. A stream that breaks goes on where it broke, and the seam is told. */
import { Console, Effect, Stream } from "effect"
import { ClaudeClient, MessageStream } from "effect-claude"

export const params: ClaudeClient.MessageParams = {
  model: "claude-sonnet-5-5",
  max_tokens: 1024,
  messages: [{ role: "user", content: "Tell me about rivers." }]
}

/** Writes each piece of text as it comes. */
export const program = (write: (text: string) => void) =>
  ClaudeClient.streamMessage(params, { continuations: 3 }).pipe(
    Stream.tap((event) =>
      Effect.sync(() => {
        if (event.type === "content_block_delta" && event.delta.type === "text_delta") write(event.delta.text)
      })
    ),
    MessageStream.message,
    ClaudeClient.requireComplete,
    Effect.tap((message) =>
      Effect.forEach(MessageStream.continuations(message), ({ offset, overlap, reason }) =>
        Console.log(`\n(${reason} after ${offset} characters; went on there, ${overlap} repeated characters cut)`))
    ),
    Effect.catchReason("ClaudeError", "StreamInterrupted", ({ message, partial }) =>
      Console.error(`\n${message} ${partial?.usage.outputTokens ?? 0} output tokens had come.`))
  )
