/** Rules about the shape of messages and who may say what. */
import type * as ClaudeError from "../../errors/ClaudeError.ts"
import { isFields, pathOf, shown, type Turn } from "./turns.ts"

type Violation = ClaudeError.Violation

const shape = (path: string, message: string, fix: string): Violation => ({ path, rule: "messageShape", message, fix })

export const messageShape = (_: ReadonlyArray<Turn>, messages: ReadonlyArray<unknown>): ReadonlyArray<Violation> => {
  const found: Array<Violation> = []
  for (const [index, message] of messages.entries()) {
    const path = `messages.${index}`
    if (!isFields(message)) {
      found.push(shape(path, "This is no message.", "Write { role, content }."))
      continue
    }
    const { content } = message
    // A system message that only changes settings may come without.
    const optional = message["role"] === "system" && (content === undefined || content === null)
    if (typeof content === "string" || optional) continue
    if (!Array.isArray(content)) {
      found.push(
        shape(`${path}.content`, "The content is neither text nor a list.", "Write a text, or a list of blocks.")
      )
      continue
    }
    for (const [at, block] of content.entries()) {
      if (!isFields(block) || typeof block["type"] !== "string") {
        found.push(
          shape(
            `${path}.content.${at}`,
            "This is no block.",
            "Write an object with a type, such as { type: \"text\", text }."
          )
        )
      }
    }
  }
  return found
}

const known: ReadonlySet<unknown> = new Set(["user", "assistant", "system"])
/** Blocks that only one side may send. */
const owners: ReadonlyMap<string, string> = new Map([
  ["tool_use", "assistant"],
  ["server_tool_use", "assistant"],
  ["tool_result", "user"]
])

export const roles = (turns: ReadonlyArray<Turn>, messages: ReadonlyArray<unknown>): ReadonlyArray<Violation> => {
  const found: Array<Violation> = []
  for (const { blocks, index, role } of turns) {
    if (!isFields(messages[index])) continue
    if (!known.has(role)) {
      const given = shown(role)
      found.push({
        path: `messages.${index}.role`,
        rule: "role",
        message: `The role is ${given}.`,
        fix: "Write \"user\" or \"assistant\"."
      })
      continue
    }
    for (const block of blocks) {
      const owner = owners.get(block.type)
      if (owner === undefined || owner === role) continue
      found.push({
        path: pathOf(block),
        rule: "role",
        message: `A ${block.type} block stands in a message of the role ${shown(role)}.`,
        fix: `Move it into a message of the role "${owner}".`
      })
    }
  }
  return found
}

/** An empty message, but for the last one of the assistant; an empty text block. */
export const content = (turns: ReadonlyArray<Turn>, messages: ReadonlyArray<unknown>): ReadonlyArray<Violation> => {
  const found: Array<Violation> = []
  for (const { blocks, index, role, text } of turns) {
    const message = messages[index]
    const list: unknown = isFields(message) ? message["content"] : undefined
    const empty = text === "" || (Array.isArray(list) && list.length === 0)
    // A system message without text changes settings.
    if (empty && role !== "system" && !(role === "assistant" && index === turns.length - 1)) {
      found.push({
        path: `messages.${index}.content`,
        rule: "content",
        message: "The message is empty.",
        fix: "Leave the message out: an answer without content is not sent back."
      })
    }
    for (const block of blocks) {
      if (block.type !== "text" || block.fields["text"] !== "") continue
      found.push({
        path: `${pathOf(block)}.text`,
        rule: "content",
        message: "The text block is empty.",
        fix: "Leave the block out."
      })
    }
  }
  return found
}
