/** Rules about system messages among the others. */
import { continued, isFields, list, type Rules, type Subject, type Turn, type Violation } from "./subject.ts"

/** Without text a system message only changes settings, and may stand anywhere. */
const isSetting = (message: unknown): boolean => {
  const content = isFields(message) ? message["content"] : undefined
  return content === undefined || content === null || (Array.isArray(content) && content.length === 0)
}

const endsOnServerTool = (turn: Turn): boolean =>
  /^server_tool_use$|_tool_result$/.test(turn.blocks.at(-1)?.type ?? "text")

const system = (subject: Subject): ReadonlyArray<Violation> => {
  const { facts, messages, turns } = subject
  const found: Array<Violation> = []
  const fault = (turn: Turn, message: string, fix: string): void =>
    void found.push({ path: `messages.${turn.index}.role`, rule: "systemMessage", message, fix })
  for (const turn of turns) {
    if (turn.role !== "system" || isSetting(messages[turn.index])) continue
    if (facts?.systemMessages === false) {
      fault(turn, `${String(subject.params["model"])} takes no system messages.`, "Use the parameter system.")
      continue
    }
    if (continued(subject)) continue
    const before = turns[turn.index - 1]
    if (before === undefined) {
      fault(turn, "The first message is the system's.", "Use the parameter system for what holds from the start.")
    } else if (before.role === "assistant" && !endsOnServerTool(before)) {
      fault(turn, "A system message stands behind one of the assistant.", "Put it behind a message of the user.")
    } else if (turns[turn.index + 1]?.role === "user") {
      fault(turn, "A system message stands before one of the user.", "Put it last, or before one of the assistant.")
    }
  }
  return found
}

/** In the parameter as in a message. */
const texts = ({ params }: Subject): ReadonlyArray<Violation> =>
  list(params["system"]).flatMap((block, at) =>
    isFields(block) && block["text"] === ""
      ? [{ path: `system.${at}.text`, rule: "systemText", message: "The text block is empty.", fix: "Leave it out." }]
      : []
  )

export const systems: ReadonlyArray<Rules> = [
  {
    rules: {
      systemMessage: "A system message follows the user or a server's tool, ends or stands before the assistant, and " +
        "goes to a model that takes it."
    },
    source: "build-with-claude/mid-conversation-system-messages",
    check: system
  },
  { rules: { systemText: "No text block of the system prompt is empty." }, source: "api/messages", check: texts }
]
