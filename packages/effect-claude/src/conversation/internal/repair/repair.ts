/**
 * Mends a list of messages. Thinking is bound to everything before it: where a change lies before the last of it, or in
 * its message, all thinking goes; else none does.
 */
import { violations } from "../rules.ts"
import { isThinking } from "../thinking.ts"
import { isFields } from "../turns.ts"
import { clean, dropLoneCalls } from "./clean.ts"
import { type Change, messageOf, type Noted } from "./draft.ts"
import { pair } from "./pair.ts"

export interface Mended {
  readonly messages: ReadonlyArray<unknown>
  readonly changes: ReadonlyArray<Change>
}

const thinkingIn = (message: unknown): ReadonlyArray<unknown> => {
  const content = isFields(message) ? message["content"] : undefined
  return Array.isArray(content) ? content.filter(isThinking) : []
}

const isUnsigned = (block: unknown): boolean =>
  isFields(block) && block["type"] === "thinking" && typeof block["signature"] !== "string"

const once = (messages: ReadonlyArray<unknown>, strip: boolean) => {
  const noted: Array<Noted> = []
  const note = (one: Noted): void => void noted.push(one)
  const drafts = pair(dropLoneCalls(clean(messages, strip, note), note), note)
  return { messages: drafts.map(messageOf), noted }
}

/** The same list and no changes where nothing is wrong. */
export const repair = (messages: ReadonlyArray<unknown>): Mended => {
  if (violations(messages).length === 0) return { messages, changes: [] }
  const last = messages.findLastIndex((message) => thinkingIn(message).length > 0)
  const unsigned = messages.some((message) => thinkingIn(message).some(isUnsigned))
  const first = once(messages, unsigned)
  const cut = !unsigned && first.noted.some(({ index }) => index <= last)
  const { messages: mended, noted } = cut ? once(messages, true) : first
  return { messages: mended, changes: noted.map(({ change, message, path }) => ({ path, change, message })) }
}
