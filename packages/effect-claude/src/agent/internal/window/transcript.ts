/** A conversation as text for a model that sums it up. */
import { isFields } from "../../../conversation/internal/turns.ts"
import type { MessageParam } from "./strategy.ts"

const inner = (content: unknown): string => {
  if (typeof content === "string") return content
  return Array.isArray(content) ? content.map(blockText).filter((text) => text !== "").join("\n") : ""
}

const blockText = (block: unknown): string => {
  if (!isFields(block)) return ""
  const type = String(block["type"])
  switch (type) {
    case "text":
      return String(block["text"])
    case "thinking":
    case "redacted_thinking":
      return ""
    case "tool_use":
    case "server_tool_use":
    case "mcp_tool_use":
      return `[calls ${String(block["name"])} with ${JSON.stringify(block["input"])}]`
    case "tool_result":
      return `[${block["is_error"] === true ? "error" : "result"}: ${inner(block["content"])}]`
    case "image":
    case "document":
      return `[${type}]`
    default:
      return type.endsWith("_tool_result") ? `[result: ${JSON.stringify(block["content"])}]` : `[${type}]`
  }
}

const textOf = ({ content, role }: MessageParam): string => {
  const text = inner(content)
  return text === "" ? "" : `${role}: ${text}`
}

/** In parts of at most so many characters; what is longer than a part is split, not between the halves of a character. */
export const parts = (messages: ReadonlyArray<MessageParam>, most: number): ReadonlyArray<string> => {
  const all: Array<string> = []
  let part = ""
  const add = (text: string): void => {
    if (part !== "" && part.length + text.length + 2 > most) {
      all.push(part)
      part = ""
    }
    part = part === "" ? text : `${part}\n\n${text}`
  }
  for (const message of messages) {
    let rest = textOf(message)
    while (rest.length > most) {
      const code = rest.charCodeAt(most - 1)
      const end = code >= 0xd800 && code <= 0xdbff && most > 1 ? most - 1 : most
      add(rest.slice(0, end))
      rest = rest.slice(end)
    }
    if (rest !== "") add(rest)
  }
  if (part !== "") all.push(part)
  return all
}
