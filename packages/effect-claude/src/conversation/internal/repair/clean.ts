/** Drops what can stand nowhere: broken shapes, empty texts, blocks of the wrong side, halves of server tools' pairs. */
import { isThinking } from "../thinking.ts"
import { type Fields, isFields } from "../turns.ts"
import { type Draft, keep, type Noted, textOf } from "./draft.ts"

const isServerCall = (block: Fields): boolean => block["type"] === "server_tool_use" || block["type"] === "mcp_tool_use"

const isServerResult = (block: Fields): boolean =>
  block["type"] !== "tool_result" && String(block["type"]).endsWith("_tool_result")

/** Why a block cannot stay; undefined for one that can. */
const wrong = (block: unknown, role: Draft["role"], strip: boolean): string | undefined => {
  if (!isFields(block) || typeof block["type"] !== "string") return "is no block"
  switch (block["type"]) {
    case "text":
      return block["text"] === "" ? "is empty" : undefined
    case "thinking":
    case "redacted_thinking":
      return role === "assistant" && !strip
        ? undefined
        : role === "assistant"
        ? "is thinking"
        : "is not the assistant's"
    case "tool_use":
      return role !== "assistant"
        ? "is not the assistant's"
        : textOf(block["id"]) === undefined
        ? "has no id"
        : undefined
    case "server_tool_use":
      return role !== "assistant" ? "is not the assistant's" : undefined
    case "tool_result":
      return role !== "user"
        ? "is not the user's"
        : textOf(block["tool_use_id"]) === undefined
        ? "has no id"
        : undefined
    default:
      return undefined
  }
}

const isRole = (role: unknown): role is Draft["role"] => role === "user" || role === "assistant" || role === "system"

/** Messages without what is broken; those that are left empty are left out. */
export const clean = (messages: ReadonlyArray<unknown>, strip: boolean, note: (noted: Noted) => void): Array<Draft> => {
  const drafts: Array<Draft> = []
  const drop = (index: number, path: string, why: string, change: Noted["change"] = "dropped"): void =>
    note({ index, path, change, message: `It ${why}.` })
  const called = new Set<string>()
  for (const [index, message] of messages.entries()) {
    const path = `messages.${index}`
    const role = isFields(message) ? message["role"] : undefined
    const content = isFields(message) ? message["content"] : undefined
    if (!isFields(message) || !isRole(role) || (typeof content !== "string" && !Array.isArray(content))) {
      drop(index, path, "is no message")
      continue
    }
    if (content.length === 0) {
      drop(index, path, "is empty")
      continue
    }
    if (typeof content === "string") {
      drafts.push({ index, role, fields: message, blocks: undefined })
      continue
    }
    const blocks = keep(content, (block, at) => {
      let why = wrong(block, role, strip)
      const id = isFields(block) && isServerCall(block) ? textOf(block["id"]) : undefined
      if (why === undefined && id !== undefined) called.add(id)
      const answers = isFields(block) && isServerResult(block) ? textOf(block["tool_use_id"]) : undefined
      if (why === undefined && answers !== undefined && !called.has(answers)) why = "answers a call that is not there"
      if (why !== undefined) drop(index, `${path}.content.${at}`, why, isThinking(block) ? "stripped" : "dropped")
      return why === undefined
    })
    if (blocks.length > 0) drafts.push({ index, role, fields: message, blocks })
  }
  return drafts
}

/** Server tools' calls that were never answered although the conversation went on, without their message if it was all. */
export const dropLoneCalls = (drafts: ReadonlyArray<Draft>, note: (noted: Noted) => void): Array<Draft> => {
  const answered = new Set<string>()
  const left: Array<Draft> = []
  let last = true
  for (const draft of drafts.toReversed()) {
    const { blocks, index, role } = draft
    if (blocks === undefined) {
      if (role === "assistant") last = false
      left.push(draft)
      continue
    }
    // From behind: a result is seen before its call.
    const lone = new Set<Fields>()
    for (const block of blocks.toReversed()) {
      const answers = isServerResult(block) ? textOf(block["tool_use_id"]) : undefined
      if (answers !== undefined) answered.add(answers)
      const id = isServerCall(block) ? textOf(block["id"]) : undefined
      if (id !== undefined && !answered.has(id) && !(last && role === "assistant")) lone.add(block)
    }
    if (role === "assistant") last = false
    const kept = keep(blocks, (block) => !lone.has(block))
    if (lone.size > 0) {
      note({ index, path: `messages.${index}`, change: "dropped", message: "A server tool's call has no result." })
    }
    if (kept.length > 0) left.push(kept === blocks ? draft : { ...draft, blocks: kept })
  }
  return left.toReversed()
}
