/** Thinking that is bound to what stood before it: after a change there none of it may be sent. */
import type { MessageParam } from "./strategy.ts"

const isThinking = ({ type }: { readonly type: string }): boolean => type === "thinking" || type === "redacted_thinking"

const thinks = (message: MessageParam): boolean =>
  message.role === "assistant" && typeof message.content !== "string" && message.content.some(isThinking)

/** The place of the last message with thinking, -1 where there is none. */
export const lastThinking = (messages: ReadonlyArray<MessageParam>): number => messages.findLastIndex(thinks)

/** A message that was nothing but thinking goes. */
export const withoutThinking = (messages: ReadonlyArray<MessageParam>): ReadonlyArray<MessageParam> =>
  messages.flatMap((message): ReadonlyArray<MessageParam> => {
    if (!thinks(message) || message.role !== "assistant" || typeof message.content === "string") return [message]
    const content = message.content.filter((block) => !isThinking(block))
    return content.length === 0 ? [] : [{ ...message, content }]
  })
