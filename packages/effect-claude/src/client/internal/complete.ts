/** What a stop reason means for somebody who needs the whole answer. */
import type * as Messages from "@anthropic-ai/sdk/resources/messages"
import * as Effect from "effect/Effect"
import * as ClaudeError from "../../errors/ClaudeError.ts"

/** The answer is all there, or says itself how it goes on. */
const whole: ReadonlySet<string> = new Set(["end_turn", "stop_sequence", "tool_use", "pause_turn", "compaction"])

const incomplete = (message: Messages.Message): ClaudeError.Reason | undefined => {
  // A stop reason may be newer than the SDK's types.
  const stop: string | null = message.stop_reason
  if (stop !== null && whole.has(stop)) return undefined
  // It came as JSON, or was joined from JSON events.
  const answer = message as unknown as ClaudeError.Partial["content"][number]
  switch (stop) {
    case "refusal": {
      const { category, explanation } = message.stop_details ?? {}
      return new ClaudeError.Refused({
        message: `The model refused${category ? ` (${category})` : ""}.${explanation ? ` ${explanation}` : ""}`,
        answer,
        category: category ?? undefined,
        explanation: explanation ?? undefined
      })
    }
    case "max_tokens":
      return new ClaudeError.Truncated({ message: "The answer reached max_tokens.", answer, limit: "maxTokens" })
    case "model_context_window_exceeded":
      return new ClaudeError.Truncated({ message: "The answer filled the window.", answer, limit: "contextWindow" })
    default:
      return new ClaudeError.UnknownStop({ message: `The answer stopped for "${stop}".`, answer, stopReason: stop })
  }
}

/** The error for an answer that stopped for a reason newer than this library. */
export const unknownStop = (message: Messages.Message, stopReason: string | null): ClaudeError.ClaudeError =>
  new ClaudeError.ClaudeError({
    method: "requireComplete",
    reason: new ClaudeError.UnknownStop({
      message: `The answer stopped for "${stopReason}".`,
      answer: message as unknown as ClaudeError.Partial["content"][number],
      stopReason
    }),
    attempts: []
  })

export const requireComplete = <E, R>(
  self: Effect.Effect<Messages.Message, E, R>
): Effect.Effect<Messages.Message, E | ClaudeError.ClaudeError, R> =>
  Effect.flatMap(self, (message) => {
    const reason = incomplete(message)
    return reason === undefined
      ? Effect.succeed(message)
      : Effect.fail(new ClaudeError.ClaudeError({ method: "requireComplete", reason, attempts: [] }))
  })
