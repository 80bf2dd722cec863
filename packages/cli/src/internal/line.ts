/** One line to its result: tried until it has one, given back when the run stops. */
import { ClaudeClient, type ClaudeError, Diagnosis } from "effect-claude"
import * as Clock from "effect/Clock"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Random from "effect/Random"
import * as Result from "effect/Result"
import * as Flight from "./flight.ts"
import type { Job } from "./input.ts"
import type { Output } from "./output.ts"
import type { OutputFailed } from "./problems.ts"
import * as Results from "./result.ts"
import * as Tally from "./tally.ts"
import { nameOf } from "./who.ts"

export interface Settings {
  readonly model: string | undefined
  readonly maxTokens: number | undefined
  /** Milliseconds for one line; Infinity for none. */
  readonly deadline: number
  readonly maxAttempts: number
  readonly stream: boolean
}

export interface Run {
  readonly settings: Settings
  readonly tally: Tally.Tally
  readonly output: Output
  readonly stop: Deferred.Deferred<void>
  /** Models of which a line has succeeded. */
  readonly worked: Set<string>
  /** Why the run was stopped, if not by hand. */
  why: string | undefined
}

/** The wait before a line that the client gave back is tried again, in milliseconds; it doubles up to the second. */
const requeueStart = 1000
const requeueMost = 60_000

/** How often a line's answer goes on where its stream broke, before it is asked for anew. */
const continuations = 3

/** What no other line would survive either. */
export const stopsRun = (reason: ClaudeError.Reason, modelWorked: boolean): boolean => {
  switch (reason._tag) {
    case "AccountOnHold":
    case "AuthenticationFailed":
    case "BillingBlocked":
      return true
    case "PermissionDenied":
      return !modelWorked
    case "NotFound":
      return reason.resource === "model" && !modelWorked
    default:
      return false
  }
}

/** Failures that say nothing about the line itself: it goes back to the queue. */
export const isTemporary = (reason: ClaudeError.Reason): boolean =>
  reason._tag === "CircuitOpen" || reason._tag === "LimiterRejected" ||
  (reason._tag !== "MalformedResponse" && (reason.outcome === "transient" || reason.outcome === "overload"))

/** The request on a line, its gaps filled. */
export const paramsOf = (job: Job, settings: Settings): ClaudeClient.MessageParams => {
  const { stream: _, ...given } = job.params
  // The line is the user's own request: the API says what is wrong with it, in a result of its own.
  return {
    ...(settings.model === undefined ? {} : { model: settings.model }),
    ...(settings.maxTokens === undefined ? {} : { max_tokens: settings.maxTokens }),
    ...given
  } as unknown as ClaudeClient.MessageParams
}

/** Who has to do what first. */
export const firstStep = (reason: ClaudeError.Reason): string => {
  const { steps, who } = Diagnosis.of(reason)
  return `${nameOf(who)}: ${steps[0] ?? ""}`
}

/** Ends the run for everybody, with why. */
export const halt = (run: Run, why: string): Effect.Effect<void> =>
  Effect.andThen(
    Effect.sync(() => {
      run.why ??= why
    }),
    Deferred.succeed(run.stop, undefined)
  )

/** Undefined when the run stopped while nothing of the line was on its way. */
const ask = (run: Run, params: ClaudeClient.MessageParams, left: { readonly millis: number; readonly tries: number }) =>
  Effect.suspend(() => {
    const flight = Flight.make()
    const answer = ClaudeClient.createMessage(params, {
      stream: run.settings.stream,
      continuations: run.settings.stream ? continuations : 0,
      maxAttempts: left.tries,
      ...(left.millis === Infinity ? {} : { deadline: Duration.millis(left.millis) })
    }).pipe(Effect.result, Effect.provideService(Flight.Flight, flight))
    const grounded = Effect.flatMap(
      Deferred.await(run.stop),
      () => flight.sending === undefined ? Effect.undefined : Effect.never
    )
    return Effect.raceFirst(answer, grounded)
  })

/** Ends with the line's result in the file, or with none for a line that the run's stop caught waiting. */
export const line = (run: Run, job: Job): Effect.Effect<void, OutputFailed, ClaudeClient.ClaudeClient> =>
  Effect.gen(function*() {
    // A line that was read before the stop but not begun is left for the next run.
    if (Deferred.isDoneUnsafe(run.stop)) return
    const clock = yield* Clock.Clock
    const { deadline, maxAttempts } = run.settings
    const { tally } = run
    const until = clock.currentTimeMillisUnsafe() + deadline
    const params = paramsOf(job, run.settings)
    let tries = 0
    for (let round = 0;; round++) {
      const left = { millis: until - clock.currentTimeMillisUnsafe(), tries: maxAttempts - tries }
      const result = yield* ask(run, params, left)
      if (result === undefined) return
      if (Result.isSuccess(result)) {
        yield* run.output.append(Results.succeeded(job.customId, result.success))
        run.worked.add(params.model)
        tally.succeeded++
        tally.recorder.line(true)
        if (result.success.stop_reason === "refusal") tally.refused++
        return
      }
      const error = result.failure
      const { reason } = error
      tries += error.attempts.length
      if (stopsRun(reason, run.worked.has(params.model))) {
        return yield* halt(run, `${reason._tag}: ${reason.message} → ${firstStep(reason)}`)
      }
      // The stop ended the schedule, not the line.
      if (Deferred.isDoneUnsafe(run.stop) && error.attempts.at(-1)?.refused === "schedule") return
      const hint = error.retryAfter === undefined ? 0 : Duration.toMillis(error.retryAfter)
      const wait = Math.max(hint, Math.min(requeueStart * 2 ** round, requeueMost) * (0.5 + (yield* Random.next) / 2))
      const late = clock.currentTimeMillisUnsafe() + wait >= until
      if (!isTemporary(reason) || tries >= maxAttempts || late) {
        yield* run.output.append(Results.errored(job.customId, error))
        tally.errored++
        tally.recorder.line(false)
        tally.recorder.failed(job.customId, error)
        Tally.count(tally.erroredBy, reason._tag)
        if (!tally.advice.has(reason._tag)) tally.advice.set(reason._tag, firstStep(reason))
        return
      }
      tally.requeued++
      Tally.waited(tally, "requeue", wait)
      const stopped = yield* Effect.raceFirst(
        Effect.as(Effect.sleep(Duration.millis(wait)), false),
        Effect.as(Deferred.await(run.stop), true)
      )
      if (stopped) return
    }
  })
