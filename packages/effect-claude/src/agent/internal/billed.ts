/** What the API bills of a call that failed: what arrived of its answers, and what nobody knows. */
import * as ClaudeError from "../../errors/ClaudeError.ts"

/** What is known of the tries' costs, each by its model; and the tries that were sent and of which nothing is known. */
export interface Billed {
  readonly known: ReadonlyArray<{ readonly usage: ClaudeError.Usage; readonly model: string | undefined }>
  readonly unknown: number
}

/** Ends of a request after which the API may have worked for it, and billed it. */
const silent: ReadonlySet<string> = new Set([
  "ConnectionFailed",
  "TimedOut",
  "StreamInterrupted",
  "MalformedResponse",
  "DeadlineExceeded"
])

/** What gateways say that have waited for the API in vain; a refusal by the API itself costs nothing. */
const waited: ReadonlySet<number> = new Set([408, 502, 504, 520, 524])

const isUnknown = (tag: string, status: number | undefined): boolean =>
  silent.has(tag) || tag === "ServerFailed" && status !== undefined && waited.has(status)

type Try = Pick<ClaudeError.Attempt, "reason" | "status" | "usage" | "model">

const triesOf = ({ attempts, reason }: ClaudeError.ClaudeError): ReadonlyArray<Try> => {
  const own: Try = {
    reason: reason._tag,
    status: "status" in reason ? reason.status : undefined,
    ...ClaudeError.costOf(reason)
  }
  const last = attempts.at(-1)
  // A deadline ends a try without listing it; where nothing is listed, the reason is all there is.
  if (last === undefined || reason._tag === "DeadlineExceeded") return [...attempts, own]
  return own.usage === undefined || last.usage !== undefined
    ? attempts
    : [...attempts.slice(0, -1), { ...last, usage: own.usage }]
}

export const billed = (error: ClaudeError.ClaudeError): Billed => {
  const tries = triesOf(error)
  return {
    known: tries.flatMap(({ model, usage }) => usage === undefined ? [] : [{ model, usage }]),
    unknown: tries.filter(({ reason, status, usage }) => usage === undefined && isUnknown(reason, status)).length
  }
}
