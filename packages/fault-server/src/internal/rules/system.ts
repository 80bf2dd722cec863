/** What is rejected of system prompts and system messages. */
import type { Rule } from "../../RequestRules.ts"
import * as Tokens from "../tokens.ts"
import { bodyOf, contentOf, continued, type Fields, first, listOf, messagesOf, modelOf } from "./parts.ts"

/** Without text it only changes settings. */
const isDirective = ({ content }: Fields): boolean =>
  content === undefined || (Array.isArray(content) && content.length === 0)

const endsOnServerTool = (message: Fields): boolean =>
  /^server_tool_use$|_tool_result$/.test(String(contentOf(message).at(-1)?.["type"]))

const form = "the directive-only form (content: [] with output_config) is accepted at any position"

export const system: ReadonlyArray<Rule> = [
  {
    name: "system message",
    check: (received) => {
      const messages = messagesOf(received)
      return first(messages, (message, index) => {
        if (message["role"] !== "system" || isDirective(message)) return undefined
        if (modelOf(received)?.systemMessages === false) return "role 'system' is not supported on this model"
        if (continued(received)) return undefined
        const before = messages[index - 1]
        if (before === undefined) {
          return `messages.0: use the top-level 'system' parameter for the initial system prompt; ${form}`
        }
        if (before["role"] === "assistant" && !endsOnServerTool(before)) {
          return `messages.${index}: role 'system' must follow a 'user' message or an 'assistant' message ending in a ` +
            "server tool result"
        }
        return messages[index + 1]?.["role"] === "user"
          ? `messages.${index}: role 'system' must precede an 'assistant' message or end the array`
          : undefined
      })
    }
  },
  {
    name: "system text",
    check: (received) =>
      first(
        listOf(bodyOf(received)["system"]).map(Tokens.fields),
        (block, index) => block["text"] === "" ? `system.${index}: text content blocks must be non-empty` : undefined
      )
  }
]
