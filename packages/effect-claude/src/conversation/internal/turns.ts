/** A list of messages as it came, read once: nothing is assumed of its shape, nothing throws. */

import { type Fields, isFields } from "../../errors/internal/body.ts"

export { type Fields, isFields } from "../../errors/internal/body.ts"

export interface Block {
  readonly type: string
  readonly fields: Fields
  readonly message: number
  readonly at: number
}

export interface Turn {
  readonly index: number
  readonly role: unknown
  /** A text, or undefined where the content is a list. */
  readonly text: string | undefined
  readonly blocks: ReadonlyArray<Block>
  /** It calls client tools, or answers them. */
  readonly calls: boolean
}

const turnOf = (message: unknown, index: number): Turn => {
  const fields = isFields(message) ? message : {}
  const content = fields["content"]
  const blocks: Array<Block> = []
  let calls = false
  if (Array.isArray(content)) {
    for (let at = 0; at < content.length; at++) {
      const block: unknown = content[at]
      if (!isFields(block)) continue
      const { type } = block
      if (typeof type !== "string") continue
      calls ||= type === "tool_use" || type === "tool_result"
      blocks.push({ type, fields: block, message: index, at })
    }
  }
  return { index, role: fields["role"], text: typeof content === "string" ? content : undefined, blocks, calls }
}

/** Messages whose shape is broken have no blocks; the rule of shapes names them. Holes in a list are such messages. */
export const turnsOf = (messages: ReadonlyArray<unknown>): ReadonlyArray<Turn> => {
  const turns: Array<Turn> = []
  for (let index = 0; index < messages.length; index++) turns.push(turnOf(messages[index], index))
  return turns
}

export const pathOf = (block: Block): string => `messages.${block.message}.content.${block.at}`

export const idOf = (block: Block): string | undefined => {
  const id = block.fields["id"]
  return typeof id === "string" ? id : undefined
}

/** The call that a result answers. */
export const answersOf = (block: Block): string | undefined => {
  const id = block.fields["tool_use_id"]
  return typeof id === "string" ? id : undefined
}

/** Results of tools that run on the server: their names differ, their shape does not. */
export const isServerResult = (block: Block): boolean =>
  block.type !== "tool_result" && block.type.endsWith("_tool_result")

export const isServerCall = (block: Block): boolean => block.type === "server_tool_use" || block.type === "mcp_tool_use"

/** So much of a text is shown. */
const mostShown = 80

/** A value from anywhere as a message tells it: JSON itself fails on what is no JSON. */
export const shown = (value: unknown): string => {
  switch (typeof value) {
    case "string":
      return JSON.stringify(value.slice(0, mostShown))
    case "undefined":
      return "missing"
    case "object":
      return value === null ? "null" : Array.isArray(value) ? "a list" : "an object"
    default:
      return String(value)
  }
}
