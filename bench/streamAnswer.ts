/** What the streaming benchmark reads. */
import { Reply } from "@effect-claude/fault-server"

export type Kind = "text" | "tool"

/** An answer of so many deltas, sixteen characters each. */
export const answer = (kind: Kind, deltas: number): Reply.Reply => {
  const words = "Each delta brings about sixteen characters. "
  const text = words.repeat(Math.ceil(deltas * 16 / words.length)).slice(0, deltas * 16)
  const message = kind === "text"
    ? Reply.message(text)
    : Reply.message({ content: [{ type: "tool_use", id: "toolu_1", name: "write_file", input: { text } }] })
  return Reply.stream(message, { deltaSize: 16 })
}
