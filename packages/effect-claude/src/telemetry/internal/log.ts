/** The lines of failed calls and of alerts. No text from a request or an answer is in them. */
import * as Effect from "effect/Effect"
import type * as ClaudeError from "../../errors/ClaudeError.ts"
import * as Diagnosis from "../../errors/Diagnosis.ts"
import type { Alert, Result } from "./event.ts"

type Facts = Readonly<Record<string, unknown>>

const known = (facts: Facts): Record<string, unknown> =>
  Object.fromEntries(Object.entries(facts).filter(([, value]) => value !== undefined))

/** One line for a call that failed. */
export const failure = (result: Result, reason: ClaudeError.Reason | undefined, facts: Facts): Effect.Effect<void> => {
  const diagnosis = reason === undefined ? undefined : Diagnosis.of(reason)
  return Effect.annotateLogs(
    Effect.logWarning("A call to Claude failed."),
    known({ reason: result, ...facts, cause: diagnosis?.cause, who: diagnosis?.who })
  )
}

/** One line for somebody who has to act. */
export const alert = ({ cause, reason, requestId, status, who }: Alert, facts: Facts): Effect.Effect<void> =>
  Effect.annotateLogs(
    Effect.logError("Claude will answer no call until somebody acts."),
    known({ alert: true, reason, status, requestId, ...facts, cause, who })
  )
