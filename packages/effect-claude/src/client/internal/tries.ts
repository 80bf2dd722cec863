/** The tries of one stream, over all of its requests, and the errors that list them. */
import * as Duration from "effect/Duration"
import * as ClaudeError from "../../errors/ClaudeError.ts"
import type { Verdict } from "../../policies/internal/retrying.ts"
import type { Context } from "./attempts.ts"
import type { StreamReason } from "./reader.ts"
import type { Opened } from "./sdk.ts"

/** The error with what arrived by all requests of its call. */
export const withPartial = (
  error: ClaudeError.ClaudeError,
  partial: ClaudeError.Partial | undefined
): ClaudeError.ClaudeError => {
  const { attempts, method, reason } = error
  if (partial === undefined || !(ClaudeError.isReal(reason) || reason._tag === "DeadlineExceeded")) return error
  return new ClaudeError.ClaudeError({ method, reason: ClaudeError.mark(reason, { partial }), attempts })
}

export class Tries {
  private readonly method: string
  private readonly model: string
  private readonly log: Array<ClaudeError.Attempt> = []

  constructor(method: string, model: string) {
    this.method = method
    this.model = model
  }

  get count(): number {
    return this.log.length
  }

  /** The request that broke after its first event, and those before it that brought none. */
  broke(context: Context, opened: Opened, reason: StreamReason): void {
    this.log.push(...context.log, {
      reason: reason._tag,
      message: reason.message,
      status: opened.status,
      requestId: opened.header("request-id") ?? undefined,
      model: this.model,
      duration: Duration.millis(context.transport.now() - context.began),
      ...ClaudeError.costOf(reason)
    })
  }

  /** What came of the last one. */
  judge(verdict: Verdict): void {
    this.log.push({ ...this.log.pop()!, ...verdict })
  }

  /** For a caller who has seen events. */
  error(reason: StreamReason, partial: ClaudeError.Partial | undefined): ClaudeError.ClaudeError {
    const told = ClaudeError.mark(reason, { delivered: true, retried: true })
    return withPartial(
      new ClaudeError.ClaudeError({ method: this.method, reason: told, attempts: this.log }),
      partial
    )
  }

  /** After a continuation that never came. What a policy of ours refused is not why the answer is not whole. */
  unanswered(
    reason: StreamReason,
    failed: ClaudeError.ClaudeError,
    partial: ClaudeError.Partial | undefined
  ): ClaudeError.ClaudeError {
    this.log.push(...failed.attempts)
    const isTold = ClaudeError.isReal(failed.reason) || failed.reason._tag === "DeadlineExceeded"
    return this.error(isTold ? failed.reason : reason, partial)
  }
}
