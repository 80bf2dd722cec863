/** `effect-claude explain`: what a failure means, from whatever of it is at hand. */
import { ClaudeError, Diagnosis } from "effect-claude"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { recognise } from "./internal/explain/recognise.ts"
import type { Paint } from "./internal/paint.ts"
import { nameOf } from "./internal/who.ts"

export { wordOf } from "./internal/explain/words.ts"

/** More of a paste is not read, in characters. */
export const most = 1_000_000

/** What was found out, and nothing that could be a key. */
export interface Explanation {
  readonly reason: ClaudeError.Reason
  readonly diagnosis: Diagnosis.Diagnosis
}

/** Undefined when the paste does not tell. */
export const explain = (pasted: string): Effect.Effect<Explanation | undefined> =>
  Effect.map(
    recognise(ClaudeError.redact(pasted.slice(0, most))),
    (reason) => reason === undefined ? undefined : { reason, diagnosis: Diagnosis.of(reason) }
  )

/** What is missing where nothing could be told. */
export const needed = "This does not say which failure it is. Paste the status (\"529\"), the error's type or code, " +
  "the whole body of the answer, the output of `curl -i`, or a log line that holds one of them."

const encode = Schema.encodeSync(Schema.toCodecJson(ClaudeError.Reason))

/** `{"reason": {"_tag": …}, "diagnosis": …}` */
export const json = ({ diagnosis, reason }: Explanation): string =>
  JSON.stringify({ reason: encode(reason), diagnosis })

/** As a person reads it. */
export const text = ({ diagnosis, reason }: Explanation, paint: Paint): string => {
  const fact = (name: string, value: unknown): ReadonlyArray<string> =>
    value === undefined ? [] : [`${name} ${String(value)}`]
  const facts = [
    ...("status" in reason ? fact("status", reason.status) : []),
    ...("errorType" in reason ? fact("type", reason.errorType) : []),
    ...("errorCode" in reason ? fact("code", reason.errorCode) : []),
    ...("requestId" in reason ? fact("request", reason.requestId) : [])
  ]
  const colour = diagnosis.retry.helps === "no" ? paint.red : paint.yellow
  const row = (name: string, value: string): string => `${paint.dim(name.padEnd(7))} ${value}`
  return [
    `${paint.bold(colour(reason._tag))}${facts.length > 0 ? `  ${paint.dim(facts.join(", "))}` : ""}`,
    reason.message,
    "",
    row("cause", diagnosis.cause),
    row("who", nameOf(diagnosis.who)),
    row("retry", `${diagnosis.retry.helps}: ${diagnosis.retry.when}`),
    row("fix", ""),
    ...diagnosis.steps.map((step, index) => `  ${index + 1}. ${step}`),
    row("see", diagnosis.docs),
    ""
  ].join("\n")
}
