/** The order of the policies around one call, in one place; `Resilience` says it in a sentence. */
import * as Cause from "effect/Cause"
import type * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import * as Random from "effect/Random"
import * as Result from "effect/Result"
import * as ClaudeError from "../../errors/ClaudeError.ts"
import type { CallWatch } from "../../telemetry/internal/hook.ts"
import type { Changed, ClaudeCircuitBreaker } from "../ClaudeCircuitBreaker.ts"
import type { ClaudeRateLimiter, Reservation } from "../ClaudeRateLimiter.ts"
import type { RetryBudget } from "../RetryBudget.ts"
import type { RetryPolicy } from "../RetryPolicy.ts"
import type { Bulkhead, Slot } from "./bulkhead.ts"
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
  /** Where only so many calls may be under way at once. */
  readonly bulkhead?: Bulkhead | undefined
  /** How long answers of this kind take to begin, where a slow one gets a second request. */
  readonly beginnings?: Beginnings | undefined
  /** Told what happens, where somebody listens. */
  readonly told?: CallWatch | undefined
  /** `log`: the tries before this one, for errors that leave by another way than this effect. */
  readonly attempt: (
    lease: Lease,
    deadline: number,
    log: ReadonlyArray<ClaudeError.Attempt>
  ) => Effect.Effect<A, ClaudeError.Reason>
}

/** What the attempts of one call share. */
interface Run<A> {
  readonly services: Services
  readonly call: Call<A>
  /** An instant in Clock milliseconds. */
  readonly deadline: number
  readonly slot: Slot | undefined
  readonly log: Array<ClaudeError.Attempt>
}

/** Within so long whoever waited for a circuit to close comes back; the limiter lets them in one by one afterwards. */
const spread = 1000

/** One attempt: what it took is given back on every way out, whenever it is interrupted. */
const once = <A>(
  { call, deadline, log, services, slot }: Run<A>,
  admitBy: number,
  watch?: Watch
): Effect.Effect<A, ClaudeError.Reason> =>
  Effect.uninterruptibleMask((restore) => {
    let held: Reservation | undefined
    let lease: Lease | undefined
    const { told } = call
    const changed: Changed | undefined = told && ((...change) => told.circuit(call.model, ...change))
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
    const attempt = Effect.flatMap(services.breaker.check(call.key), () =>
      Effect.flatMap(restore(reserve), (reservation) =>
        Effect.flatMap(services.breaker.acquire(call.key, changed), (permit) => {
          if (told !== undefined && reservation.waited > 0) {
            told.waited("limiter", reservation.waited)
          }
          const attempt = told?.attempt(call.model)
          lease = new Lease(reservation, permit, services.budget, watch, slot, attempt)
          const work = call.attempt(lease, deadline, log)
          return restore(attempt === undefined ? work : attempt.within(work))
        })))
    return Effect.onExitPrimitive(attempt, (exit) => {
      if (Exit.isSuccess(exit) || held === undefined) {
        return undefined
      }
      const reason = Option.getOrUndefined(Cause.findErrorOption(exit.cause))
      if (lease === undefined) {
        return held.settle({ _tag: "Interrupted" })
      }
      return reason === undefined ? lease.interrupt() : lease.fail(reason)
    })
  })

/** One attempt, or two where the first is slow to begin; the second never waits. */
const slowOnce = <A>(run: Run<A>): Effect.Effect<A, ClaudeError.Reason> => {
  const { call, deadline, services } = run
  return call.beginnings === undefined || !call.resend ? once(run, deadline) : hedged(
    call.beginnings,
    services.budget,
    (watch) => once(run, deadline, watch),
    (watch) => Effect.clockWith((clock) => once(run, clock.currentTimeMillisUnsafe(), watch)),
    call.told && ((what) => call.told?.hedged(what))
  )
}

type Refusal = NonNullable<ClaudeError.Attempt["refused"]>

/** What comes after a failed try: waits, more tries, and the error of the last. */
const again = Effect.fnUntraced(function*<A>(
  run: Run<A>,
  clock: Clock.Clock,
  first: ClaudeError.Reason,
  at: number
) {
  const { call, deadline, log, services } = run
  let driver: Driver.Driver | undefined
  let last: ClaudeError.RealReason | undefined
  let reason = first
  let began = at
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
        return yield* failWith(new ClaudeError.DeadlineExceeded({ deadline: call.deadline }))
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
        model: call.model,
        duration: Duration.millis(now - began),
        ...ClaudeError.costOf(reason)
      })
      if (!reason.isRetryable || repeated || !call.resend) {
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
      const begun = (): void => {
        log[log.length - 1] = { ...log[log.length - 1]!, wait: next.wait, waitSource: next.source }
        told?.retrying(tried, Duration.toMillis(next.wait), next.source)
      }
      if (!(yield* Driver.paidWait(services.budget, tried.outcome, next.wait, begun))) {
        refuse("budget", next.wait, next.source)
        return yield* failWith(reason)
      }
      told?.waited(next.source, Duration.toMillis(next.wait))
    }
    began = clock.currentTimeMillisUnsafe()
    const result = yield* Effect.result(slowOnce(run))
    if (Result.isSuccess(result)) return result.success
    reason = result.failure
  }
})

/** The tries of a call that has its place; one that succeeds at once pays for nothing else. */
const tries = <A>(
  services: Services,
  call: Call<A>,
  clock: Clock.Clock,
  began: number,
  deadline: number,
  slot: Slot | undefined
): Effect.Effect<A, ClaudeError.ClaudeError> => {
  const run: Run<A> = { services, call, deadline, slot, log: [] }
  return Effect.catch(slowOnce(run), (reason) => again(run, clock, reason, began))
}

/** Runs a call under all policies. Fails with the last real reason and the log of every try. */
export const execute = <A>(
  services: Services,
  call: Call<A>
): Effect.Effect<A, ClaudeError.ClaudeError> =>
  Effect.clockWith((clock) => {
    const began = clock.currentTimeMillisUnsafe()
    const deadline = began + Duration.toMillis(call.deadline)
    const { bulkhead } = call
    if (bulkhead === undefined) return tries(services, call, clock, began, deadline, undefined)
    const refused = (reason: ClaudeError.Reason) =>
      Effect.fail(
        new ClaudeError.ClaudeError({
          method: call.method,
          reason: ClaudeError.mark(reason, { retried: true }),
          attempts: []
        })
      )
    let slot: Slot | undefined
    const enter = bulkhead.enter(call.priority, (given) => {
      slot = given
    })
    return Effect.matchEffect(
      // Only who has to wait needs a clock.
      !bulkhead.isFull ? enter : Effect.timeoutOrElse(enter, {
        duration: call.deadline,
        orElse: () => Effect.fail(new ClaudeError.DeadlineExceeded({ deadline: call.deadline }))
      }),
      {
        onSuccess: () => {
          const entered = clock.currentTimeMillisUnsafe()
          if (entered > began) call.told?.waited("bulkhead", entered - began)
          return tries(services, call, clock, entered, deadline, slot)
        },
        onFailure: refused
      }
    ).pipe(Effect.ensuring(Effect.sync(() => slot?.leave())))
  })
