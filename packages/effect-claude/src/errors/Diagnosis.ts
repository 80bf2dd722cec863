/**
 * What a failure means for people: its cause in a sentence, who has to act, what to do in order, whether trying again
 * helps, and where it is documented. For every reason, and for every error code the SDK knows.
 */
import type { Reason } from "./ClaudeError.ts"
import { administration } from "./internal/advice/administration.ts"
import * as Advice from "./internal/advice/advice.ts"
import { inference } from "./internal/advice/codes.ts"
import { reasons } from "./internal/advice/reasons.ts"
import * as Codes from "./internal/codes.ts"

/** A diagnosis, as a Schema. */
export const Diagnosis = Advice.Diagnosis
export type Diagnosis = typeof Diagnosis.Type

/** Who has to act. */
export type Who = Advice.Who

// A code that the SDK adds without a diagnosis is a type error here.
const codes: { readonly [C in Codes.Code]: Diagnosis } = { ...inference, ...administration }
const byCode: ReadonlyMap<string, Diagnosis> = new Map(Object.entries(codes))

/** The diagnosis of an error code; undefined for one that is newer than the SDK. */
export const ofCode = (code: string): Diagnosis | undefined => byCode.get(code)

/** The status an error code comes with; undefined for one that is newer than the SDK. */
export const statusOf = (code: string): number | undefined => Codes.isCode(code) ? Codes.statusOf(code) : undefined

/** Every error code with its diagnosis. */
export const all: ReadonlyMap<string, Diagnosis> = byCode

const ofReason = <R extends Reason>(reason: R): Diagnosis => {
  // The table has one entry a tag, for the reason with that tag; TypeScript does not relate the two.
  const of = reasons[reason._tag] as (reason: R) => Diagnosis
  return of(reason)
}

/** The diagnosis of a reason: that of its error code where it has a known one. */
export const of = (reason: Reason): Diagnosis => {
  const code = "errorCode" in reason ? reason.errorCode : undefined
  const known = code === undefined ? undefined : byCode.get(code)
  if (known === undefined || reason._tag === "AccountOnHold") return ofReason(reason)
  return known
}

/** What to find out about a failure that no diagnosis knows, in this order. */
export const checklist: ReadonlyArray<{ readonly question: string; readonly how: string }> = [
  {
    question: "Did the API answer at all?",
    how:
      "A status and a `request-id` mean yes. Without them it is the network: name, proxy, TLS (`effect-claude doctor`)."
  },
  {
    question: "Who wrote the answer?",
    how: "JSON with `type: \"error\"` is the API's. HTML, `{ message }` or another shape is a proxy's or a cloud's."
  },
  {
    question: "What does the body say?",
    how: "`error.details.error_code` before `error.type` before the status; the message last, its wording changes."
  },
  {
    question: "Is it money?",
    how: "402, `billing_error`, \"credit balance\", \"usage limits\", and 429 with a spend-limit code: no retry helps."
  },
  {
    question: "Does it pass by itself?",
    how:
      "`x-should-retry` decides, then the status: 408, 429, 5xx and 529 pass, other 4xx do not. `retry-after` says when."
  },
  {
    question: "Is it this request, or every request?",
    how:
      "Send \"Hello\" with the same key and model. If that works, take things away from the failing one: tools, then history, then images."
  },
  {
    question: "Is it known?",
    how: "Look at status.claude.com and the API's release notes; then give support the request id and the time."
  }
]
