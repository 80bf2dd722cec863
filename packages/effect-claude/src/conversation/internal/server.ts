/** Rules about what the server writes and gets back unchanged: its own tools' calls, and thinking. */
import type * as ClaudeError from "../../errors/ClaudeError.ts"
import { answersOf, type Block, idOf, isServerCall, isServerResult, pathOf, type Turn } from "./turns.ts"

type Violation = ClaudeError.Violation

/**
 * A call's result may follow in a later message, and a turn that paused ends with an open call: only a call that is never
 * answered although the conversation went on, and a result that was never called, are surely wrong.
 */
export const serverPairs = (turns: ReadonlyArray<Turn>): ReadonlyArray<Violation> => {
  const found: Array<Violation> = []
  const open = new Map<string, Block>()
  const called = new Set<string>()
  const last = turns.findLastIndex((turn) => turn.role === "assistant")
  for (const turn of turns) {
    for (const block of turn.blocks) {
      const id = isServerCall(block) ? idOf(block) : undefined
      if (id !== undefined) {
        called.add(id)
        if (turn.index !== last) open.set(id, block)
        continue
      }
      const answers = isServerResult(block) ? answersOf(block) : undefined
      if (answers === undefined) continue
      open.delete(answers)
      if (called.has(answers)) continue
      found.push({
        path: `${pathOf(block)}.tool_use_id`,
        rule: "serverTool",
        message: `The ${block.type} answers ${answers}, which no server tool was called with.`,
        fix: "Send assistant messages back exactly as they came, both halves or none."
      })
    }
  }
  for (const [id, block] of open) {
    found.push({
      path: pathOf(block),
      rule: "serverTool",
      message: `The server tool's call ${id} has no result.`,
      fix: "Send assistant messages back exactly as they came, both halves or none."
    })
  }
  return found
}

export const thinking = (turns: ReadonlyArray<Turn>): ReadonlyArray<Violation> => {
  const found: Array<Violation> = []
  for (const turn of turns) {
    for (const block of turn.blocks) {
      if (block.type !== "thinking" && block.type !== "redacted_thinking") continue
      if (turn.role === "user") {
        found.push({
          path: pathOf(block),
          rule: "thinking",
          message: `A ${block.type} block stands in a message of the user.`,
          fix: "Leave it out: thinking is the assistant's."
        })
      } else if (block.type === "thinking" && typeof block.fields["signature"] !== "string") {
        found.push({
          path: `${pathOf(block)}.signature`,
          rule: "thinking",
          message: "The thinking block has no signature.",
          fix: "Send it back as it came, or drop all thinking blocks of the conversation."
        })
      }
    }
  }
  return found
}
