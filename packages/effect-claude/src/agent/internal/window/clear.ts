/** Puts a placeholder into old results of tools: call and result stay a pair, and what failed stays failed. */
import type Anthropic from "@anthropic-ai/sdk"
import * as Effect from "effect/Effect"
import type { MessageParam, Strategy } from "./strategy.ts"

export const placeholder = "[This result was cleared to save space. Call the tool again if you need it.]"

type Result = Anthropic.ToolResultBlockParam

const cleared = (result: Result): Result => ({
  ...result,
  content: Array.isArray(result.content) ? [{ type: "text", text: placeholder }] : placeholder
})

/** Less than twice the placeholder's length is not worth a change. */
const least = placeholder.length * 2

const isWorth = ({ content }: Result): boolean => {
  if (content === undefined || typeof content === "string") return (content?.length ?? 0) > least
  return content.some((block) => block.type !== "text") ||
    content.reduce((sum, block) => sum + (block.type === "text" ? block.text.length : 0), 0) > least
}

/** What is left of a message when so many of its first results are cleared, and how many that were. */
const clear = (message: MessageParam, most: number): readonly [MessageParam, number] => {
  if (message.role !== "user" || typeof message.content === "string") return [message, 0]
  let seen = 0
  let count = 0
  const content = message.content.map((block) => {
    if (block.type !== "tool_result" || seen++ >= most || !isWorth(block)) return block
    count++
    return cleared(block)
  })
  return count === 0 ? [message, 0] : [{ ...message, content }, count]
}

const resultsIn = ({ content }: MessageParam): number =>
  typeof content === "string" ? 0 : content.reduce((sum, block) => block.type === "tool_result" ? sum + 1 : sum, 0)

/** Oldest first, until enough is free; the newest `keep` results stay. */
export const clearToolResults = (keep: number): Strategy => ({
  name: "clearToolResults",
  apply: ({ excess, messages, tokensOf }) =>
    Effect.sync(() => {
      let left = messages.reduce((sum, message) => sum + resultsIn(message), 0) - Math.max(0, keep)
      let freed = 0
      let count = 0
      const next = messages.map((message) => {
        if (left <= 0 || freed >= excess) return message
        const [changed, done] = clear(message, left)
        left -= resultsIn(message)
        count += done
        if (done > 0) freed += tokensOf(message) - tokensOf(changed)
        return changed
      })
      return count === 0 ? { messages } : { messages: next, cleared: count }
    })
})
