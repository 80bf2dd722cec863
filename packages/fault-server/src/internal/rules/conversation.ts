/** What is rejected of a conversation. */
import type { Rule } from "../../RequestRules.ts"
import { blocksOf, bodyOf, contentOf, continued, type Fields, first, invalid, messagesOf, modelOf } from "./parts.ts"

const owners: Readonly<Record<string, string>> = {
  tool_use: "assistant",
  server_tool_use: "assistant",
  thinking: "assistant",
  redacted_thinking: "assistant",
  tool_result: "user"
}

/** Results stand first; what stands behind other content is not seen as one. */
const leadingResults = (message: Fields | undefined): ReadonlyArray<Fields> => {
  const content = contentOf(message)
  const end = content.findIndex((block) => block["type"] !== "tool_result")
  return end < 0 ? content : content.slice(0, end)
}

/** After a switch to another model earlier calls count no more. */
const calls = (message: Fields | undefined): ReadonlyArray<Fields> => {
  const content = contentOf(message)
  const switched = content.findLastIndex((block) => block["type"] === "fallback")
  return content.slice(switched + 1).filter((block) => block["type"] === "tool_use")
}

const must = "Each `tool_use` block must have a corresponding `tool_result` block in the next message."

export const conversation: ReadonlyArray<Rule> = [
  {
    name: "roles",
    check: (received) =>
      first(messagesOf(received), (message, index) => {
        const { role } = message
        if (role !== "user" && role !== "assistant" && role !== "system") {
          return `messages.${index}.role: Input should be 'user' or 'assistant'`
        }
        const at = contentOf(message).findIndex((block) => (owners[String(block["type"])] ?? role) !== role)
        if (at < 0) return undefined
        const type = String(contentOf(message)[at]?.["type"])
        return `messages.${index}.content.${at}: \`${type}\` blocks can only be in \`${owners[type]}\` messages`
      })
  },
  {
    name: "empty",
    check: (received) => {
      const messages = messagesOf(received)
      return first(messages, (message, index) => {
        const { content, role } = message
        const empty = content === "" || (Array.isArray(content) && content.length === 0)
        if (empty && role !== "system" && !(role === "assistant" && index === messages.length - 1)) {
          return `messages.${index}: all messages must have non-empty content except for the optional final assistant message`
        }
        return blocksOf(message, "text").some((block) => block["text"] === "")
          ? "messages: text content blocks must be non-empty"
          : undefined
      })
    }
  },
  {
    name: "signature",
    check: (received) =>
      first(messagesOf(received), (message, index) => {
        const at = contentOf(message).findIndex((block) =>
          block["type"] === "thinking" && block["signature"] === undefined
        )
        return at < 0 ? undefined : `messages.${index}.content.${at}.thinking.signature: Field required`
      })
  },
  {
    name: "dangling",
    check: (received) => {
      const messages = messagesOf(received)
      return first(messages, (message, index) => {
        const results = new Set(leadingResults(messages[index + 1]).map((block) => block["tool_use_id"]))
        const open = calls(message).map((block) => block["id"]).filter((id) => !results.has(id))
        return open.length === 0
          ? undefined
          : `messages.${index}: \`tool_use\` ids were found without \`tool_result\` blocks immediately after: ` +
            `${open.join(", ")}. ${must}`
      })
    }
  },
  {
    name: "orphan",
    check: (received) => {
      // The server holds what is answered.
      if (continued(received)) return undefined
      const messages = messagesOf(received)
      return first(messages, (message, index) => {
        const known = new Set(calls(messages[index - 1]).map((block) => block["id"]))
        const at = contentOf(message).findIndex((block) =>
          block["type"] === "tool_result" && !known.has(block["tool_use_id"])
        )
        return at < 0
          ? undefined
          : `messages.${index}.content.${at}: unexpected \`tool_use_id\` found in \`tool_result\` blocks: ` +
            `${
              String(contentOf(message)[at]?.["tool_use_id"])
            }. Each \`tool_result\` block must have a corresponding ` +
            "`tool_use` block in the previous message."
      })
    }
  },
  {
    name: "duplicate result",
    check: (received) =>
      first(messagesOf(received), (message, index) => {
        const ids = blocksOf(message, "tool_result").map((block) => block["tool_use_id"])
        const twice = ids.find((id, at) => ids.indexOf(id) !== at)
        return twice === undefined
          ? undefined
          : `messages.${index}: each tool_use must have a single result. Found multiple \`tool_result\` blocks with id: ` +
            String(twice)
      })
  },
  {
    name: "duplicate use",
    check: (received) => {
      const seen = new Set<unknown>()
      return first(messagesOf(received), (message, index) => {
        const at = contentOf(message).findIndex((block) => {
          if (block["type"] !== "tool_use") return false
          const known = seen.has(block["id"])
          seen.add(block["id"])
          return known
        })
        return at < 0 ? undefined : `messages.${index}.content.${at}: \`tool_use\` ids must be unique`
      })
    }
  },
  {
    name: "server tool",
    check: (received) => {
      if (continued(received)) return undefined
      const messages = messagesOf(received)
      const last = messages.findLastIndex((message) => message["role"] === "assistant")
      const all = messages.flatMap((message, index) => contentOf(message).map((block) => ({ block, index })))
      const results = new Set(all.map(({ block }) => block["tool_use_id"]))
      const open = all.find(({ block, index }) =>
        block["type"] === "server_tool_use" && index !== last && !results.has(block["id"])
      )
      if (open !== undefined) {
        const name = String(open.block["name"])
        return invalid(
          `messages.${open.index}: \`${name}\` tool use with id \`${String(open.block["id"])}\` was found without a ` +
            `corresponding \`${name}_tool_result\` block`
        )
      }
      const ids = new Set(all.map(({ block }) => block["id"]))
      const orphan = all.find(({ block }) =>
        block["type"] !== "tool_result" && String(block["type"]).endsWith("_tool_result") &&
        !ids.has(block["tool_use_id"])
      )
      return orphan === undefined ? undefined : invalid(
        `messages.${orphan.index}: unexpected \`tool_use_id\` found in \`${String(orphan.block["type"])}\` blocks: ` +
          String(orphan.block["tool_use_id"])
      )
    }
  },
  {
    name: "prefill",
    generating: true,
    check: (received) => {
      const body = bodyOf(received)
      const resumes = continued(received) || body["max_tokens"] === 0 ||
        ["fallback_credit_token", "compaction"].some((name) => body[name] !== undefined)
      const last = messagesOf(received).at(-1)
      const paused = contentOf(last).some((block) => block["type"] !== "text")
      return last?.["role"] === "assistant" && !paused && modelOf(received)?.prefill === false && !resumes
        ? invalid(
          "This model does not support assistant message prefill. The conversation must end with a user message."
        )
        : undefined
    }
  }
]
