/**
 * Spares what a history has shown before: its messages keep the rules of conversations, and what else is asked of messages
 * is asked of each once. Its newest message stands for all, unless one of them needs to be seen with the others.
 */
import type { Measure } from "../../../conversation/internal/log.ts"
import { log, versionOf } from "../../../conversation/internal/version.ts"
import { known } from "./blocks.ts"
import { exactly, measure, mostBytes, mostBytesOfCharacter, mostMessages } from "./request.ts"
import { eachBlock, type Fields, isFields, list, subjectOf } from "./subject.ts"

const bytes: Measure = exactly

/** One for a message that a rule has to see among the others: a system message, an image, a breakpoint, a broken block. */
const unusual: Measure = (message) => {
  if (message.role === "system" || measure({ message }).unwritable !== undefined) return 1
  const subject = subjectOf({ messages: [message] }, {
    facts: undefined,
    direct: true,
    streamed: undefined,
    counting: false
  })
  let found = known.some((rules) => rules.check(subject).length > 0)
  eachBlock(subject, ({ fields, type }) => {
    found ||= type === "image" || type === "document" || isFields(fields["cache_control"]) ||
      list(fields["citations"]).length > 0
  })
  return found ? 1 : 0
}

/** The same request with its newest message alone; undefined where all of them have to be seen. */
export const shortened = (params: Fields): Fields | undefined => {
  const version = versionOf(params["messages"])
  if (version === undefined || version.length > mostMessages) return undefined
  const { length } = version
  if (version[log].sum(unusual, length) > 0) return undefined
  const rest = measure({ ...params, messages: [] }).bytes * mostBytesOfCharacter
  if (version[log].sum(bytes, length) + rest > mostBytes) return undefined
  return { ...params, messages: [version[log].at(length - 1)] }
}
