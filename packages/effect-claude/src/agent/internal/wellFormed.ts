/** Text that the API can read: it takes no JSON with half of a surrogate pair, as where a text was cut within an emoji. */
import type * as Messages from "@anthropic-ai/sdk/resources/messages"
import * as Result from "effect/Result"

export const wellFormed = (text: string): string => text.replace(/\p{Surrogate}/gu, "\ufffd")

/** How JSON writes such a half, and text that only looks like it. */
const half = /\\ud[89a-f]/

const inputOf = (input: unknown): unknown =>
  // What is nested too deeply to be written is refused where it is to be sent.
  Result.getOrElse(
    Result.try((): unknown => {
      if (!half.test(JSON.stringify(input) ?? "")) return input
      return JSON.parse(
        JSON.stringify(input, (_, value: unknown) => typeof value === "string" ? wellFormed(value) : value)
      )
    }),
    () => input
  )

/** The same answer with calls that may be sent back. */
export const readable = (message: Messages.Message): Messages.Message => {
  const content = message.content.map((block) => {
    if (block.type !== "tool_use") return block
    const input = inputOf(block.input)
    return input === block.input ? block : { ...block, input }
  })
  return content.every((block, index) => block === message.content[index]) ? message : { ...message, content }
}
