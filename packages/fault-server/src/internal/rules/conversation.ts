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

interface Placed {
  /** Its message's place, and its own in it. */
  readonly index: number
  readonly at: number
  readonly block: Fields
}

interface Turn {
  readonly role: unknown
  readonly blocks: ReadonlyArray<Placed>
}

/** "Consecutive `user` or `assistant` turns in your request will be combined into a single turn." */
const turnsOf = (messages: ReadonlyArray<Fields>): ReadonlyArray<Turn> => {
  const turns: Array<{ readonly role: unknown; readonly blocks: Array<Placed> }> = []
  for (const [index, message] of messages.entries()) {
    const text: ReadonlyArray<Fields> = typeof message["content"] === "string" ? [{ type: "text" }] : contentOf(message)
    const placed = text.map((block, at) => ({ index, at, block }))
    const last = turns.at(-1)
    if (last !== undefined && last.role === message["role"]) last.blocks.push(...placed)
    else turns.push({ role: message["role"], blocks: placed })
  }
  return turns
}

/** Results stand first; what stands behind other content is not seen as one. */
const leadingResults = (turn: Turn | undefined): ReadonlyArray<Placed> => {
  const blocks = turn?.role === "user" ? turn.blocks : []
  const end = blocks.findIndex(({ block }) => block["type"] !== "tool_result")
  return end < 0 ? blocks : blocks.slice(0, end)
}

/** After a switch to another model earlier calls count no more. */
const calls = (turn: Turn | undefined): ReadonlyArray<Placed> => {
  const blocks = turn?.role === "assistant" ? turn.blocks : []
  const switched = blocks.findLastIndex(({ block }) => block["type"] === "fallback")
  return blocks.slice(switched + 1).filter(({ block }) => block["type"] === "tool_use")
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
      const turns = turnsOf(messagesOf(received))
      return first(turns, (turn, index) => {
        const results = new Set(leadingResults(turns[index + 1]).map(({ block }) => block["tool_use_id"]))
        const open = calls(turn).filter(({ block }) => !results.has(block["id"]))
        return open.length === 0
          ? undefined
          : `messages.${
            open[0]!.index
          }: \`tool_use\` ids were found without \`tool_result\` blocks immediately after: ` +
            `${open.map(({ block }) => String(block["id"])).join(", ")}. ${must}`
      })
    }
  },
  {
    name: "orphan",
    check: (received) => {
      // The server holds what is answered.
      if (continued(received)) return undefined
      const turns = turnsOf(messagesOf(received))
      return first(turns, (turn, index) => {
        const known = new Set(calls(turns[index - 1]).map(({ block }) => block["id"]))
        const orphan = turn.blocks.find(({ block }) =>
          block["type"] === "tool_result" && !known.has(block["tool_use_id"])
        )
        return orphan === undefined
          ? undefined
          : `messages.${orphan.index}.content.${orphan.at}: unexpected \`tool_use_id\` found in \`tool_result\` blocks: ` +
            `${String(orphan.block["tool_use_id"])}. Each \`tool_result\` block must have a corresponding ` +
            "`tool_use` block in the previous message."
      })
    }
  },
  {
    name: "duplicate result",
    check: (received) =>
      first(turnsOf(messagesOf(received)), ({ blocks }) => {
        const results = blocks.filter(({ block }) => block["type"] === "tool_result")
        const ids = results.map(({ block }) => block["tool_use_id"])
        const twice = results.find((_, at) => ids.indexOf(ids[at]) !== at)
        return twice === undefined
          ? undefined
          : `messages.${twice.index}: each tool_use must have a single result. Found multiple \`tool_result\` blocks ` +
            `with id: ${String(twice.block["tool_use_id"])}`
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
