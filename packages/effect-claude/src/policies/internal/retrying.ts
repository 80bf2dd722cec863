/** Whether a failure is followed by another request, and after which wait: schedule, hint, deadline and budget. */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as ClaudeError from "../../errors/ClaudeError.ts"
import type { CallWatch } from "../../telemetry/internal/hook.ts"
import type { RetryBudget } from "../RetryBudget.ts"
import type { Driver } from "./driver.ts"

export interface Bounds {
  readonly budget: RetryBudget["Service"]
  readonly driver: Driver
  /** A server's wait longer than this is not waited for. */
  readonly maxServerWait: Duration.Duration
  /** An instant. */
  readonly deadline: number
  readonly told: CallWatch | undefined
}

/** The part of an attempt's log that tells what came of it. */
export type Verdict = Pick<ClaudeError.Attempt, "wait" | "waitSource" | "refused">

/** Pays for a retry and waits for it; who is interrupted meanwhile gets it back. False: it cannot be paid. */
const paidWait = (
  budget: RetryBudget["Service"],
  outcome: ClaudeError.Outcome,
  wait: Duration.Duration,
  begun: () => void
): Effect.Effect<boolean> =>
  Effect.uninterruptibleMask((restore) =>
    Effect.flatMap(budget.withdraw(outcome), (paid) => {
      if (!paid) return Effect.succeed(false)
      begun()
      return Effect.as(Effect.onInterrupt(restore(Effect.sleep(wait)), () => budget.refund(outcome)), true)
    })
  )

/** Waits, or says why not. */
export const waited = Effect.fnUntraced(function*(bounds: Bounds, reason: ClaudeError.RealReason, now: number) {
  const next = yield* bounds.driver(reason, now)
  if (next === undefined) return { refused: "schedule" } satisfies Verdict
  const { source: waitSource, wait } = next
  const refused = (refused: NonNullable<Verdict["refused"]>): Verdict => ({ wait, waitSource, refused })
  // What the server asks for counts, not what spreading adds to it.
  const asked = ("retryAfter" in reason ? reason.retryAfter : undefined) ?? wait
  if (waitSource === "server" && Duration.isGreaterThan(asked, bounds.maxServerWait)) return refused("hint")
  if (now + Duration.toMillis(wait) > bounds.deadline) return refused("deadline")
  const begun = (): void => bounds.told?.retrying(reason, Duration.toMillis(wait), waitSource)
  if (!(yield* paidWait(bounds.budget, reason.outcome, wait, begun))) return refused("budget")
  bounds.told?.waited(waitSource, Duration.toMillis(wait))
  return { wait, waitSource } satisfies Verdict
})
