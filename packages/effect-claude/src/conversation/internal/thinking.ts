/** Thinking is bound to what stood before it, and to the model that thought it: elsewhere none of it may be sent. */
import type Anthropic from "@anthropic-ai/sdk"
import { isFields } from "./turns.ts"

type MessageParam = Anthropic.MessageParam

export const isThinking = (block: unknown): boolean =>
  isFields(block) && (block["type"] === "thinking" || block["type"] === "redacted_thinking")

const thinks = ({ content, role }: MessageParam): boolean =>
  role === "assistant" && typeof content !== "string" && content.some(isThinking)

/** The place of the last message with thinking, -1 where there is none. */
export const lastThinking = (messages: ReadonlyArray<MessageParam>): number => messages.findLastIndex(thinks)

/** The messages without it, the untouched ones as they were; a message that was nothing but thinking goes. */
export const withoutThinking = (messages: ReadonlyArray<MessageParam>): ReadonlyArray<MessageParam> =>
  messages.flatMap((message): ReadonlyArray<MessageParam> => {
    if (message.role !== "assistant" || typeof message.content === "string" || !thinks(message)) return [message]
    const content = message.content.filter((block) => !isThinking(block))
    return content.length === 0 ? [] : [{ ...message, content }]
  })
