// @effect-diagnostics strictEffectProvide:off
/** `effect-claude bulk`: runs a file of prompts to its end and loses none. */
import {
  ClaudeCircuitBreaker,
  ClaudeClient,
  type ClaudeError,
  ClaudeRateLimiter,
  RetryBudget,
  RetryPolicy
} from "effect-claude"
import * as Clock from "effect/Clock"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Random from "effect/Random"
import * as Result from "effect/Result"
import * as Schedule from "effect/Schedule"
import * as Stream from "effect/Stream"
import { adviceOf } from "./internal/advice.ts"
import { counted } from "./internal/counted.ts"
import * as Input from "./internal/input.ts"
import { lock } from "./internal/lock.ts"
import * as Output from "./internal/output.ts"
import { BadInput, type OutputFailed } from "./internal/problems.ts"
import * as Progress from "./internal/progress.ts"
import * as Report from "./internal/report.ts"
import * as Results from "./internal/result.ts"
import * as Tally from "./internal/tally.ts"

export { BadInput, OutputFailed } from "./internal/problems.ts"
export type { Report } from "./internal/report.ts"
export { text as reportText } from "./internal/report.ts"

export interface Options {
  readonly prompts: string
  readonly out: string
  /** Fills a line's gap, never overrides. */
  readonly model?: string | undefined
  readonly maxTokens?: number | undefined
  /** Lines in flight; default 64. */
  readonly concurrency?: number | undefined
  readonly requestsPerMinute?: number | undefined
  readonly inputTokensPerMinute?: number | undefined
  readonly outputTokensPerMinute?: number | undefined
  /** For each line; default none. */
  readonly deadline?: Duration.Input | undefined
  /** Requests for each line; default unlimited. */
  readonly maxAttempts?: number | undefined
  readonly retryErrored?: boolean | undefined
  /** Default true. */
  readonly stream?: boolean | undefined
  readonly progress?: boolean | undefined
  /** Given to the client, for tests and for embedding. */
  readonly client?: ClaudeClient.Options | undefined
  /** Completed by the user's first Ctrl-C: nothing new is begun. */
  readonly stop?: Deferred.Deferred<void> | undefined
}

const defaultConcurrency = 64
/** The wait before a line that the client gave back is tried again, in milliseconds; it doubles to the second. */
const requeueStart = 1000
const requeueMost = 60_000

/** What no other line would survive either. */
const stopsRun = (reason: ClaudeError.Reason, modelWorked: boolean): boolean => {
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
const isTemporary = (reason: ClaudeError.Reason): boolean =>
  reason._tag === "CircuitOpen" || reason._tag === "LimiterRejected" ||
  (reason._tag !== "MalformedResponse" && (reason.outcome === "transient" || reason.outcome === "overload"))

type Params = ClaudeClient.MessageParams

const paramsOf = (job: Input.Job, options: Options): Params => {
  const { stream: _, ...given } = job.params
  // The line is the user's own request: the API says what is wrong with it, in a result of its own.
  return {
    ...(options.model === undefined ? {} : { model: options.model }),
    ...(options.maxTokens === undefined ? {} : { max_tokens: options.maxTokens }),
    ...given
  } as unknown as Params
}

interface Run {
  readonly options: Options
  readonly tally: Tally.Tally
  readonly output: Output.Output
  readonly stop: Deferred.Deferred<void>
  readonly worked: Set<string>
  why: string | undefined
}

const halt = (run: Run, why: string): Effect.Effect<void> =>
  Effect.andThen(
    Effect.sync(() => {
      run.why ??= why
    }),
    Deferred.succeed(run.stop, undefined)
  )

/** One line to its result; none is written for a line that the run's stop caught waiting. */
const line = Effect.fnUntraced(function*(run: Run, job: Input.Job) {
  // A line that was read before the stop but not begun is left for the next run.
  if (Deferred.isDoneUnsafe(run.stop)) return
  const { maxAttempts = Infinity } = run.options
  const { tally } = run
  const params = paramsOf(job, run.options)
  let tries = 0
  for (let round = 0;; round++) {
    const result = yield* Effect.result(ClaudeClient.createMessage(params, {
      stream: run.options.stream ?? true,
      maxAttempts: maxAttempts - tries
    }))
    if (Result.isSuccess(result)) {
      yield* run.output.append(Results.succeeded(job.customId, result.success))
      run.worked.add(params.model)
      tally.succeeded++
      if (result.success.stop_reason === "refusal") tally.refused++
      return
    }
    const error = result.failure
    const { reason } = error
    tries += error.attempts.length
    if (stopsRun(reason, run.worked.has(params.model))) {
      return yield* halt(run, `${reason._tag}: ${reason.message} → ${adviceOf(reason._tag)}`)
    }
    if (!isTemporary(reason) || tries >= maxAttempts) {
      yield* run.output.append(Results.errored(job.customId, error))
      tally.errored++
      Tally.count(tally.erroredBy, reason._tag)
      return
    }
    tally.requeued++
    const hint = error.retryAfter === undefined ? 0 : Duration.toMillis(error.retryAfter)
    const wait = Math.max(hint, Math.min(requeueStart * 2 ** round, requeueMost) * (0.5 + (yield* Random.next) / 2))
    Tally.count(tally.waits, "requeue", wait)
    const stopped = yield* Effect.raceFirst(
      Effect.as(Effect.sleep(Duration.millis(wait)), false),
      Effect.as(Deferred.await(run.stop), true)
    )
    if (stopped) return
  }
})

const layers = (options: Options, tally: Tally.Tally) => {
  const limiter = counted(tally, {
    key: "bulk",
    otherwise: {
      ...(options.requestsPerMinute === undefined ? {} : { requestsPerMinute: options.requestsPerMinute }),
      ...(options.inputTokensPerMinute === undefined ? {} : { inputTokensPerMinute: options.inputTokensPerMinute }),
      ...(options.outputTokensPerMinute === undefined ? {} : { outputTokensPerMinute: options.outputTokensPerMinute })
    }
  })
  const retry = RetryPolicy.standard.pipe(
    Schedule.tap(({ duration }) => Effect.sync(() => Tally.count(tally.waits, "retry", Duration.toMillis(duration))))
  )
  const client = ClaudeClient.layer({
    retry,
    maxAttempts: Infinity,
    deadline: options.deadline ?? Duration.infinity,
    ...options.client
  })
  return client.pipe(
    Layer.provideMerge(Layer.mergeAll(limiter, ClaudeCircuitBreaker.layer(), RetryBudget.layer()))
  )
}

/** Runs the file. Fails before anything is sent for bad input or settings; else always ends in a report. */
export const bulk = (
  options: Options
): Effect.Effect<Report.Report, BadInput | OutputFailed | ClaudeClient.BuildError> =>
  Effect.scoped(Effect.gen(function*() {
    const clock = yield* Clock.Clock
    yield* lock(options.out)
    const total = yield* Input.check(options.prompts)
    const found = yield* Output.recover(options.out, options.retryErrored ?? false)
    const output = yield* Output.open(options.out)
    const tally = Tally.make(total, found.succeeded + found.errored)
    const stop = options.stop ?? (yield* Deferred.make<void>())
    const run: Run = { options, tally, output, stop, worked: new Set(), why: undefined }
    const start = clock.currentTimeMillisUnsafe()
    const program = Effect.scoped(Effect.gen(function*() {
      if (options.progress ?? true) yield* Progress.show(tally)
      const failed = yield* Deferred.make<never, OutputFailed>()
      yield* Effect.forkScoped(
        Effect.catch(
          Effect.forever(Effect.andThen(Effect.sleep("1 second"), output.sync)),
          (error) => Deferred.fail(failed, error)
        )
      )
      const all = Input.jobs(options.prompts).pipe(
        Stream.filter((job) => !found.done.has(job.customId)),
        Stream.interruptWhen(Deferred.await(stop)),
        Stream.mapEffect((job) =>
          Effect.suspend(() => {
            tally.inFlight++
            return Effect.ensuring(line(run, job), Effect.sync(() => void tally.inFlight--))
          }), { concurrency: options.concurrency ?? defaultConcurrency, unordered: true }),
        Stream.runDrain
      )
      yield* Effect.raceFirst(all, Deferred.await(failed))
      yield* output.sync
      const limiter = yield* ClaudeRateLimiter.ClaudeRateLimiter
      const why = run.why ?? (Tally.done(tally) < total ? "Stopped by hand" : undefined)
      return Report.make(tally, clock.currentTimeMillisUnsafe() - start, yield* limiter.state, why)
    }))
    return yield* Effect.provide(program, layers(options, tally))
  }))

/** 0: all succeeded; 1: some errored; 3: stopped early. */
export const exitCode = (report: Report.Report): 0 | 1 | 3 =>
  report.outcome === "stopped" ? 3 : Object.keys(report.errored).length > 0 ? 1 : 0

/** A duration as a flag gives it. */
export const duration = (text: string): Effect.Effect<Duration.Duration, BadInput> =>
  Option.match(Duration.fromInput(text as Duration.Input), {
    onNone: () =>
      Effect.fail(new BadInput({ problems: [`"${text}" is no duration; write "90 seconds" or "10 minutes"`] })),
    onSome: Effect.succeed
  })
