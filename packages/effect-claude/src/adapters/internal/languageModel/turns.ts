/** Turns of a conversation, each call with its result behind it. */
import { synthetic } from "../../../conversation/internal/synthetic.ts"
import type { Block } from "./promptParts.ts"

export interface Turn {
  readonly role: "user" | "assistant" | "system"
  readonly content: Array<Block>
}

/** What is known of the calls of a prompt. */
export interface Known {
  /** Results by their calls, wherever the prompt has them. */
  readonly answers: ReadonlyMap<string, ReadonlyArray<Block>>
  /** Calls that somebody was asked to approve. */
  readonly asked: ReadonlySet<string>
}

const callsOf = ({ content, role }: Turn): ReadonlyArray<string> =>
  role === "assistant" ? content.flatMap((block) => block.type === "tool_use" ? [block.id] : []) : []

/** A call that the conversation went on without gets a result that says so. */
const answered = (calls: ReadonlyArray<string>, { answers, asked }: Known): Array<Block> =>
  calls.flatMap((id) => answers.get(id) ?? [synthetic(id, asked.has(id) ? "denied" : "interrupted")])

/** Each turn with calls is followed by one with their results, in their order; text stays behind them. */
export const paired = (turns: ReadonlyArray<Turn>, known: Known): ReadonlyArray<Turn> =>
  turns.flatMap((turn, at) => {
    const before = turns[at - 1]
    const given = before === undefined ? [] : callsOf(before)
    if (turn.role === "user" && given.length > 0) {
      return [{ ...turn, content: [...answered(given, known), ...turn.content] }]
    }
    const calls = callsOf(turn)
    const next = turns[at + 1]
    // Calls at the end are still to be answered, and nobody's to guess.
    return calls.length === 0 || next === undefined || next.role === "user"
      ? [turn]
      : [turn, { role: "user", content: answered(calls, known) }]
  })
