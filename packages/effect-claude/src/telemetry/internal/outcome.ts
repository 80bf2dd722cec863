/** How something ended, for labels, spans and logs: without any text that came from the wire or from a request. */
import * as Cause from "effect/Cause"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import * as ClaudeError from "../../errors/ClaudeError.ts"
import * as Diagnosis from "../../errors/Diagnosis.ts"
import type { Result } from "./event.ts"

/** Of a call or an effect of any kind; an error that is no reason of ours is a defect here. */
export const resultOf = (exit: Exit.Exit<unknown, unknown>): Result => {
  if (Exit.isSuccess(exit)) return "none"
  const reason = reasonOf(exit)
  if (reason !== undefined) return reason._tag
  return Cause.hasInterruptsOnly(exit.cause) ? "interrupted" : "defect"
}

/** The reason a call failed with, if it did. */
export const reasonOf = (exit: Exit.Exit<unknown, unknown>): ClaudeError.Reason | undefined =>
  Exit.isSuccess(exit) ? undefined : ClaudeError.reasonOf(Option.getOrUndefined(Cause.findErrorOption(exit.cause)))

/** What exporters may show: the tag, and the sentence that `Diagnosis` has for it. */
export const shown = (result: Result, reason: ClaudeError.Reason | undefined): Exit.Exit<void, unknown> => {
  if (result === "none") return Exit.void
  if (result === "interrupted") return Exit.interrupt()
  return Exit.fail({ name: result, message: reason === undefined ? "It failed." : Diagnosis.of(reason).cause })
}

export const statusOf = (reason: ClaudeError.Reason | undefined): number | undefined =>
  reason !== undefined && "status" in reason ? reason.status : undefined

export const requestIdOf = (reason: ClaudeError.Reason | undefined): string | undefined =>
  reason !== undefined && "requestId" in reason ? reason.requestId : undefined
