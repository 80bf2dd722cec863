/**
 * What a conversation must be for the API to accept it. One pass over any value; a rule rejects only what the API surely
 * rejects, so that a new kind of block or role passes.
 */
import type * as ClaudeError from "../../errors/ClaudeError.ts"
import { duplicateCall, duplicateResult, order, orphan, unanswered } from "./pairing.ts"
import { serverPairs, thinking } from "./server.ts"
import { content, messageShape, roles } from "./shapes.ts"
import { type Turn, turnsOf } from "./turns.ts"

export type Violation = ClaudeError.Violation

export interface Rule {
  readonly name: string
  readonly says: string
  readonly check: (turns: ReadonlyArray<Turn>, messages: ReadonlyArray<unknown>) => ReadonlyArray<Violation>
}

/** In the order in which their violations are listed. */
export const rules: ReadonlyArray<Rule> = [
  {
    name: "messageShape",
    says: "A message is an object with a role and a content of text or blocks.",
    check: messageShape
  },
  {
    name: "role",
    says: "Roles are user, assistant and system; calls are the assistant's, results the user's.",
    check: roles
  },
  { name: "content", says: "No message and no text block is empty.", check: content },
  { name: "unanswered", says: "Every tool_use has its tool_result in the next message.", check: unanswered },
  { name: "orphan", says: "Every tool_result has its tool_use in the message before.", check: orphan },
  { name: "resultsFirst", says: "Results stand before everything else in their message.", check: order },
  { name: "duplicateResult", says: "A call has one result.", check: duplicateResult },
  { name: "duplicateCall", says: "Ids of calls are unique in the whole conversation.", check: duplicateCall },
  { name: "serverTool", says: "Calls of server tools and their results come and go together.", check: serverPairs },
  { name: "thinking", says: "Thinking blocks are the assistant's, and signed.", check: thinking }
]

/** Every violation of a list of messages, by rule and then by place. */
export const violations = (
  messages: ReadonlyArray<unknown>,
  waived: ReadonlySet<string> = new Set()
): ReadonlyArray<Violation> => {
  const turns = turnsOf(messages)
  return rules.flatMap((rule) => waived.has(rule.name) ? [] : rule.check(turns, messages))
}
