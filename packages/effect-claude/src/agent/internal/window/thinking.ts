/** Thinking that is bound to what stood before it: after a change none of it may be sent. */
import type { MessageParam } from "./strategy.ts"

const isThinking = ({ type }: { readonly type: string }): boolean => type === "thinking" || type === "redacted_thinking"

/** The list itself where there is no thinking; a message that was nothing else goes. */
export const withoutThinking = (messages: ReadonlyArray<MessageParam>): ReadonlyArray<MessageParam> => {
  let changed = false
  const left = messages.flatMap((message): ReadonlyArray<MessageParam> => {
    if (message.role !== "assistant" || typeof message.content === "string" || !message.content.some(isThinking)) {
      return [message]
    }
    changed = true
    const content = message.content.filter((block) => !isThinking(block))
    return content.length === 0 ? [] : [{ ...message, content }]
  })
  return changed ? left : messages
}
