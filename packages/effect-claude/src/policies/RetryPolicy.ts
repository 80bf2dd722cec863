/**
 * When to try again, as plain `Schedule`s to compose with Effect's own combinators. They read the error: whatever is no
 * retryable `ClaudeError` or reason of one ends them, and so does an error that another retry owner has given up on.
 */
import * as Cause from "effect/Cause"
import type * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { dual } from "effect/Function"
import type * as Pull from "effect/Pull"
import * as Random from "effect/Random"
import * as Result from "effect/Result"
import * as Schedule from "effect/Schedule"
import * as ClaudeError from "../errors/ClaudeError.ts"
import * as Driver from "./internal/driver.ts"

/** A schedule over any error, so that it fits an effect with other errors too. */
export type RetryPolicy = Schedule.Schedule<unknown, unknown>

const warnOwners = (error: unknown): Effect.Effect<void> =>
  Effect.logWarning(
    `${
      error instanceof ClaudeError.ClaudeError ? error.method : "A call"
    } was already retried by the ClaudeClient that ` +
      "made it; this RetryPolicy does not retry it again. Keep one owner: ClaudeClient.layer({ maxAttempts: 1 }) leaves " +
      "the retries to you."
  )

/** One gate for all policies: `wait` is asked for the n-th retry of a retryable reason, counted from 1. */
const policy = (
  wait: (reason: ClaudeError.Reason, retry: number) => Effect.Effect<Duration.Duration>
): Schedule.Schedule<Duration.Duration, unknown> =>
  Schedule.fromStep(Effect.sync(() => {
    let retry = 0
    const once = new Set<string>()
    return (_: number, error: unknown): Pull.Pull<[Duration.Duration, Duration.Duration], never, Duration.Duration> => {
      const reason = ClaudeError.reasonOf(error)
      if (reason?.retried === true) return Effect.andThen(warnOwners(error), Cause.done(Duration.zero))
      if (reason === undefined || !reason.isRetryable) return Cause.done(Duration.zero)
      if (Driver.isOnce(reason)) {
        if (once.has(reason._tag)) return Cause.done(Duration.zero)
        once.add(reason._tag)
      }
      retry++
      return Effect.map(wait(reason, retry), (delay) => [delay, delay])
    }
  }))

/** The share by which a server's hint is lengthened at most: nobody comes early, and not all come together. */
const hintJitter = 0.25

/** A hint that is shorter would make a tight loop. */
const shortestHint = Duration.millis(100)

const hintOf = (reason: ClaudeError.Reason): Duration.Duration | undefined => {
  const hint = "retryAfter" in reason ? reason.retryAfter : undefined
  return hint === undefined ? undefined : Duration.max(hint, shortestHint)
}

const fullJitter = (base: number, cap: number, retry: number): Effect.Effect<Duration.Duration> =>
  Effect.map(Random.next, (random) => Duration.millis(Math.max(1, Math.min(base * 2 ** (retry - 1), cap) * random)))

/** Full jitter: uniform between 0 and `base` doubled each time to `cap`, never earlier than the server's hint. */
export const exponential = (options: {
  readonly base: Duration.Input
  readonly cap: Duration.Input
}): Schedule.Schedule<Duration.Duration, unknown> => {
  const base = Duration.toMillis(options.base)
  const cap = Duration.toMillis(options.cap)
  return policy((reason, retry) =>
    Effect.map(fullJitter(base, cap, retry), (delay) => Duration.max(delay, hintOf(reason) ?? Duration.zero))
  )
}

/**
 * The server's hint, at least 100 ms, lengthened by up to a quarter; else full jitter from 1 s, doubling to 60 s. It has no
 * end.
 */
export const standard: Schedule.Schedule<Duration.Duration, unknown> = policy((reason, retry) => {
  const hint = hintOf(reason)
  return hint === undefined
    ? fullJitter(1000, 60_000, retry)
    : Effect.map(Random.next, (random) => Duration.times(hint, 1 + random * hintJitter))
})

/** Exactly as long as the server says, at least 100 ms; without a hint like `standard`. */
export const retryAfter: Schedule.Schedule<Duration.Duration, unknown> = policy((reason, retry) => {
  const hint = hintOf(reason)
  return hint === undefined ? fullJitter(1000, 60_000, retry) : Effect.succeed(hint)
})

/** Never tries again. */
export const never: Schedule.Schedule<Duration.Duration, unknown> = Schedule.fromStep(
  Effect.succeed(() => Cause.done(Duration.zero))
)

export type PerReason =
  & { readonly [Tag in ClaudeError.Reason["_tag"]]?: RetryPolicy }
  & { readonly orElse?: RetryPolicy }

/** A policy for each reason, each with its own count; a reason that is not listed follows `orElse`, else `standard`. */
export const perReason = (policies: PerReason): RetryPolicy =>
  Schedule.fromStep(Effect.sync(() => {
    type Step = (now: number, input: unknown) => Pull.Pull<[unknown, Duration.Duration], never, unknown>
    const steps = new Map<RetryPolicy, Step>()
    return (now: number, error: unknown): Pull.Pull<[unknown, Duration.Duration], never, unknown> => {
      const reason = ClaudeError.reasonOf(error)
      const chosen = (reason === undefined ? undefined : policies[reason._tag]) ?? policies.orElse ?? standard
      const step = steps.get(chosen)
      if (step !== undefined) return step(now, error)
      return Effect.flatMap(Schedule.toStep(chosen), (made) => {
        steps.set(chosen, made)
        return made(now, error)
      })
    }
  }))

/** Ends a schedule whose next wait would pass `duration`, counted from the first failure. */
export const within = (duration: Duration.Input) => {
  const limit = Duration.toMillis(duration)
  return <Output, Input, Error, Env>(
    self: Schedule.Schedule<Output, Input, Error, Env>
  ): Schedule.Schedule<Output, Input, Error, Env> =>
    Schedule.while(self, (step) => step.elapsed + Duration.toMillis(step.duration) <= limit)
}

/** What comes after a failed try: a wait and another, or the error with the log of all. */
const again = Effect.fnUntraced(
  function*<A, E, R>(self: Effect.Effect<A, E, R>, retry: RetryPolicy, clock: Clock.Clock, first: E, at: number) {
    const driver = Driver.make(retry)
    const log: Array<ClaudeError.Attempt> = []
    let error = first
    let began = at
    for (;;) {
      const reason = ClaudeError.reasonOf(error)
      if (reason === undefined) return yield* Effect.fail(error)
      const now = clock.currentTimeMillisUnsafe()
      const next = yield* driver(reason, now)
      log.push({
        reason: reason._tag,
        message: reason.message,
        status: "status" in reason ? reason.status : undefined,
        requestId: "requestId" in reason ? reason.requestId : undefined,
        duration: Duration.millis(now - began),
        wait: next?.wait,
        waitSource: next?.source,
        refused: next === undefined ? (reason.isRetryable ? "schedule" : "notRetryable") : undefined
      })
      if (next === undefined) {
        if (!(error instanceof ClaudeError.ClaudeError) || error.retried) return yield* Effect.fail(error)
        return yield* Effect.fail(ClaudeError.withAttempts(error, log))
      }
      yield* Effect.sleep(next.wait)
      began = clock.currentTimeMillisUnsafe()
      const result = yield* Effect.result(self)
      if (Result.isSuccess(result)) return result.success
      error = result.failure
    }
  }
)

/** `Effect.retry` that keeps the log of every try in the `ClaudeError` it ends with. */
export const withRetry: {
  (retry: RetryPolicy): <A, E, R>(self: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>
  <A, E, R>(self: Effect.Effect<A, E, R>, retry: RetryPolicy): Effect.Effect<A, E, R>
} = dual(
  2,
  <A, E, R>(self: Effect.Effect<A, E, R>, retry: RetryPolicy): Effect.Effect<A, E, R> =>
    Effect.clockWith((clock) => {
      const began = clock.currentTimeMillisUnsafe()
      return Effect.catch(self, (error) => again(self, retry, clock, error, began))
    })
)
