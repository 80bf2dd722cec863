/** What comes after a call's first try has failed. */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Random from "effect/Random"
import * as Result from "effect/Result"
import * as ClaudeError from "../../errors/ClaudeError.ts"
import { Run } from "./call.ts"
import * as Driver from "./driver.ts"
import { type Verdict, waited } from "./retrying.ts"

/** Within so long whoever waited for a circuit to close comes back; the limiter lets them in one by one afterwards. */
const spread = 1000

type Refusal = NonNullable<ClaudeError.Attempt["refused"]>

/** Waits, more tries, and the error of the last. */
export const again = Effect.fnUntraced(function*<A, R>(
  first: Run<A, R>,
  failure: ClaudeError.Reason,
  attempt: (run: Run<A, R>) => Effect.Effect<A, ClaudeError.Reason, R>
) {
  const { call, deadline } = first
  const { clock, services } = call
  const log: Array<ClaudeError.Attempt> = []
  const run = new Run(call, first.began, first.waited, first.slot, log)
  let driver: Driver.Driver | undefined
  let last: ClaudeError.RealReason | undefined
  let reason = failure
  let began = first.began
  const failWith = (reason: ClaudeError.Reason): ClaudeError.ClaudeError =>
    new ClaudeError.ClaudeError({
      method: call.method,
      reason: ClaudeError.mark(reason, { retried: true }),
      attempts: log
    })
  const { told } = call
  const refuse = (refused: Refusal, wait?: Duration.Duration, waitSource?: ClaudeError.Attempt["waitSource"]): void => {
    if (told !== undefined && last !== undefined) told.refused(refused, last)
    const tried = log.at(-1)
    if (tried !== undefined) log[log.length - 1] = { ...tried, wait: wait ?? tried.wait, waitSource, refused }
  }
  for (;;) {
    const now = clock.currentTimeMillisUnsafe()
    if (reason._tag === "CircuitOpen" && reason.retryAfter !== undefined) {
      const left = deadline - now
      if (Duration.toMillis(reason.retryAfter) > left) {
        refuse("deadline", reason.retryAfter, "breaker")
        return yield* failWith(last ?? reason)
      }
      const changed = services.breaker.changed(call.key)
      yield* left === Infinity ? changed : Effect.timeoutOption(changed, Duration.millis(left))
      const rest = Math.max(0, deadline - clock.currentTimeMillisUnsafe())
      yield* Effect.sleep(Duration.millis((yield* Random.next) * Math.min(spread, rest)))
      told?.waited("breaker", clock.currentTimeMillisUnsafe() - now)
    } else if (!ClaudeError.isReal(reason)) {
      if (reason._tag === "LimiterRejected" && last !== undefined) {
        refuse("deadline", reason.wait, "schedule")
        return yield* failWith(last)
      }
      if (reason._tag === "LimiterRejected" && now >= deadline) {
        return yield* failWith(new ClaudeError.DeadlineExceeded({ deadline: Duration.millis(call.deadline) }))
      }
      if (reason._tag === "DeadlineExceeded" && last !== undefined && reason.last === undefined) {
        const { deadline, partial } = reason
        return yield* failWith(new ClaudeError.DeadlineExceeded({ deadline, last, partial }))
      }
      return yield* failWith(reason)
    } else {
      const tried = reason
      const repeated = Driver.isOnce(tried) && log.some((one) => one.reason === tried._tag)
      last = reason
      log.push({
        reason: reason._tag,
        message: reason.message,
        status: "status" in reason ? reason.status : undefined,
        requestId: reason.requestId,
        model: call.request.model,
        duration: Duration.millis(now - began),
        ...ClaudeError.costOf(reason)
      })
      if (!reason.isRetryable || repeated || !call.mayResend()) {
        refuse("notRetryable")
        return yield* failWith(reason)
      }
      if (log.length >= call.maxAttempts) {
        refuse("attempts")
        return yield* failWith(reason)
      }
      driver ??= Driver.make(call.retry)
      const { maxServerWait } = call
      const verdict: Verdict = yield* waited(
        { budget: services.budget, driver, maxServerWait, deadline, told },
        tried,
        now
      )
      if (verdict.refused !== undefined) {
        refuse(verdict.refused, verdict.wait, verdict.waitSource)
        return yield* failWith(reason)
      }
      log[log.length - 1] = { ...log[log.length - 1]!, ...verdict }
    }
    began = clock.currentTimeMillisUnsafe()
    const result = yield* Effect.result(attempt(run))
    if (Result.isSuccess(result)) return result.success
    reason = result.failure
  }
})
