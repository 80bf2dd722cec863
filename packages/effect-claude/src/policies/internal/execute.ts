/** The order of the policies around one call, in one place; `Resilience` says it in a sentence. */
import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import * as Random from "effect/Random"
import * as Result from "effect/Result"
import * as ClaudeError from "../../errors/ClaudeError.ts"
import type { ClaudeCircuitBreaker } from "../ClaudeCircuitBreaker.ts"
import type { ClaudeRateLimiter, Reservation } from "../ClaudeRateLimiter.ts"
import type { RetryBudget } from "../RetryBudget.ts"
import type { RetryPolicy } from "../RetryPolicy.ts"
import * as Driver from "./driver.ts"
import { type Beginnings, hedged, type Watch } from "./hedged.ts"
import { Lease } from "./lease.ts"

export interface Services {
  readonly limiter: ClaudeRateLimiter["Service"]
  readonly breaker: ClaudeCircuitBreaker["Service"]
  readonly budget: RetryBudget["Service"]
}

export interface Call<A> {
  readonly method: string
  readonly model: string
  /** The breaker's key: endpoint and model. */
  readonly key: string
  readonly inputBytes: number | undefined
  readonly inputTokens: number | undefined
  /** Some of the input may be read from the cache. */
  readonly cached?: boolean | undefined
  readonly maxTokens: number | undefined
  readonly priority: number
  readonly maxAttempts: number
  readonly deadline: Duration.Duration
  /** A server's wait longer than this fails at once. */
  readonly maxServerWait: Duration.Duration
  readonly retry: RetryPolicy
  /** False for a request that must not be sent again once sent. */
  readonly resend: boolean
  /** How long answers of this kind take to begin, where a slow one gets a second request. */
  readonly beginnings?: Beginnings | undefined
  /** `log`: the tries before this one, for errors that leave by another way than this effect. */
  readonly attempt: (
    lease: Lease,
    deadline: number,
    log: ReadonlyArray<ClaudeError.Attempt>
  ) => Effect.Effect<A, ClaudeError.Reason>
}

/** A circuit that is half open says a wait of nothing; this keeps its callers from spinning. */
const shortestBreakerWait = 100

/** Waiting in the limiter's queue beyond the deadline, where its forecast was wrong. */
const bounded = <A>(call: Call<A>, left: number, reserve: Effect.Effect<Reservation, ClaudeError.Reason>) =>
  left === Infinity ? reserve : Effect.timeoutOrElse(reserve, {
    duration: Duration.millis(left),
    orElse: () => Effect.fail(new ClaudeError.DeadlineExceeded({ deadline: call.deadline }))
  })

/** One attempt: what it took is given back on every way out, whenever it is interrupted. */
const once = <A>(
  services: Services,
  call: Call<A>,
  deadline: number,
  left: number,
  log: ReadonlyArray<ClaudeError.Attempt>,
  watch?: Watch,
  admitBy = deadline
): Effect.Effect<A, ClaudeError.Reason> =>
  Effect.uninterruptibleMask((restore) => {
    let held: Reservation | undefined
    let lease: Lease | undefined
    const reserve = services.limiter.reserve({
      model: call.model,
      inputBytes: call.inputBytes,
      inputTokens: call.inputTokens,
      cached: call.cached,
      maxTokens: call.maxTokens,
      priority: call.priority,
      deadline: admitBy,
      watched: true,
      granted: (reservation) => {
        held = reservation
      }
    })
    const attempt = services.breaker.check(call.key).pipe(
      Effect.andThen(restore(bounded(call, left, reserve))),
      Effect.flatMap((reservation) =>
        Effect.flatMap(services.breaker.acquire(call.key), (permit) => {
          lease = new Lease(reservation, permit, services.budget, watch)
          return restore(call.attempt(lease, deadline, log))
        })
      )
    )
    return Effect.onExit(attempt, (exit) => {
      if (Exit.isSuccess(exit) || held === undefined) return Effect.void
      const reason = Option.getOrUndefined(Cause.findErrorOption(exit.cause))
      if (lease === undefined) return held.settle({ _tag: "Interrupted" })
      return reason === undefined ? lease.interrupt() : lease.fail(reason)
    })
  })

/** One attempt, or two where the first is slow to begin; the second never waits. */
const slowOnce = <A>(
  services: Services,
  call: Call<A>,
  deadline: number,
  left: number,
  log: ReadonlyArray<ClaudeError.Attempt>
): Effect.Effect<A, ClaudeError.Reason> =>
  call.beginnings === undefined || !call.resend ? once(services, call, deadline, left, log) : hedged(
    call.beginnings,
    services.budget,
    (watch) => once(services, call, deadline, left, log, watch),
    (watch) =>
      Effect.clockWith((clock) => once(services, call, deadline, 1, log, watch, clock.currentTimeMillisUnsafe()))
  )

type Refusal = NonNullable<ClaudeError.Attempt["refused"]>

/** Runs a call under all policies. Fails with the last real reason and the log of every try. */
export const execute = Effect.fnUntraced(function*<A>(services: Services, call: Call<A>) {
  const clock = yield* Clock.Clock
  const deadline = clock.currentTimeMillisUnsafe() + Duration.toMillis(call.deadline)
  const log: Array<ClaudeError.Attempt> = []
  let driver: Driver.Driver | undefined
  let last: ClaudeError.RealReason | undefined
  const failWith = (reason: ClaudeError.Reason): ClaudeError.ClaudeError =>
    new ClaudeError.ClaudeError({
      method: call.method,
      reason: ClaudeError.mark(reason, { retried: true }),
      attempts: log
    })
  const refuse = (refused: Refusal, wait?: Duration.Duration, waitSource?: ClaudeError.Attempt["waitSource"]): void => {
    const tried = log.at(-1)
    if (tried !== undefined) log[log.length - 1] = { ...tried, wait: wait ?? tried.wait, waitSource, refused }
  }
  for (;;) {
    const began = clock.currentTimeMillisUnsafe()
    const result = yield* Effect.result(slowOnce(services, call, deadline, deadline - began, log))
    if (Result.isSuccess(result)) return result.success
    const reason = result.failure
    const now = clock.currentTimeMillisUnsafe()
    if (reason._tag === "CircuitOpen" && reason.retryAfter !== undefined) {
      // The limiter lets them in one by one afterwards: a second is spread enough.
      const spread = (yield* Random.next) * 1000
      const wait = Math.max(shortestBreakerWait, Duration.toMillis(reason.retryAfter)) + spread
      if (now + wait <= deadline) {
        yield* Effect.sleep(Duration.millis(wait))
        continue
      }
      refuse("deadline", Duration.millis(wait), "breaker")
      return yield* failWith(last ?? reason)
    }
    if (!ClaudeError.isReal(reason)) {
      if (reason._tag === "LimiterRejected" && last !== undefined) {
        refuse("deadline", reason.wait, "schedule")
        return yield* failWith(last)
      }
      if (reason._tag === "DeadlineExceeded" && last !== undefined && reason.last === undefined) {
        const { deadline, partial } = reason
        return yield* failWith(new ClaudeError.DeadlineExceeded({ deadline, last, partial }))
      }
      return yield* failWith(reason)
    }
    const again = Driver.isOnce(reason) && log.some((tried) => tried.reason === reason._tag)
    last = reason
    log.push({
      reason: reason._tag,
      message: reason.message,
      status: "status" in reason ? reason.status : undefined,
      requestId: reason.requestId,
      model: call.model,
      duration: Duration.millis(now - began)
    })
    if (!reason.isRetryable || again || !call.resend) {
      refuse("notRetryable")
      return yield* failWith(reason)
    }
    if (log.length >= call.maxAttempts) {
      refuse("attempts")
      return yield* failWith(reason)
    }
    driver ??= Driver.make(call.retry)
    const next = yield* driver(reason, now)
    if (next === undefined) {
      refuse("schedule")
      return yield* failWith(reason)
    }
    // What the server asks for counts, not what spreading adds to it.
    const asked = ("retryAfter" in reason ? reason.retryAfter : undefined) ?? next.wait
    const tooLong = next.source === "server" && Duration.isGreaterThan(asked, call.maxServerWait)
    if (tooLong || now + Duration.toMillis(next.wait) > deadline) {
      refuse(tooLong ? "hint" : "deadline", next.wait, next.source)
      return yield* failWith(reason)
    }
    if (!(yield* services.budget.withdraw(reason.outcome))) {
      refuse("budget", next.wait, next.source)
      return yield* failWith(reason)
    }
    log[log.length - 1] = { ...log[log.length - 1]!, wait: next.wait, waitSource: next.source }
    yield* Effect.onInterrupt(Effect.sleep(next.wait), () => services.budget.refund(reason.outcome))
  }
})
