// @effect-diagnostics strictEffectProvide:off
/** `effect-claude bulk`: runs a file of prompts to its end and loses none. */
import { ClaudeClient, ClaudeRateLimiter, RetryBudget, RetryPolicy } from "effect-claude"
import * as Clock from "effect/Clock"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Schedule from "effect/Schedule"
import * as Stream from "effect/Stream"
import * as Journal from "./internal/batch/journal.ts"
import * as Batch from "./internal/batch/work.ts"
import * as Counted from "./internal/counted.ts"
import { Flight } from "./internal/flight.ts"
import * as Input from "./internal/input.ts"
import { halt, longestWait, type Run, type Settings } from "./internal/line.ts"
import { lock } from "./internal/lock.ts"
import * as Output from "./internal/output.ts"
import { BadInput, type OutputFailed } from "./internal/problems.ts"
import * as Progress from "./internal/progress.ts"
import * as Queued from "./internal/queue/work.ts"
import type * as Report from "./internal/report.ts"
import { Account } from "./internal/report/account.ts"
import { Recorder } from "./internal/report/recorder.ts"
import * as Written from "./internal/report/write.ts"
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
  /** For each line, from its first request to its result; default none. */
  readonly deadline?: Duration.Input | undefined
  /** Requests for each line; default unlimited. */
  readonly maxAttempts?: number | undefined
  readonly retryErrored?: boolean | undefined
  /** Default true. */
  readonly stream?: boolean | undefined
  readonly progress?: boolean | undefined
  /** Through Message Batches; `cancel` ends what runs of an earlier run and collects what was answered. */
  readonly batch?: boolean | (Batch.Bounds & { readonly cancel?: boolean }) | undefined
  /** Files to write a report of the run to: `.html` is a page, `.json` its data. */
  readonly report?: ReadonlyArray<string> | undefined
  /** Shows the report while the run goes on, at a loopback address that is told on standard error. */
  readonly watch?: boolean | undefined
  /** Given to the client, for tests and for embedding. */
  readonly client?: ClaudeClient.Options | undefined
  /** Completed by the user's first Ctrl-C: nothing new is begun. */
  readonly stop?: Deferred.Deferred<void> | undefined
}

const defaultConcurrency = 64

const batchOf = ({ batch }: Options): Exclude<Options["batch"], boolean> => batch === true ? {} : batch || undefined

const layers = (options: Options, tally: Tally.Tally, stop: Deferred.Deferred<void>) => {
  // Calls about batches are no requests of lines.
  const limited = batchOf(options) === undefined
    ? (given: ClaudeRateLimiter.Options) => Counted.limiter(tally, given)
    : ClaudeRateLimiter.layer
  const limiter = limited({
    key: "bulk",
    otherwise: {
      ...(options.requestsPerMinute === undefined ? {} : { requestsPerMinute: options.requestsPerMinute }),
      ...(options.inputTokensPerMinute === undefined ? {} : { inputTokensPerMinute: options.inputTokensPerMinute }),
      ...(options.outputTokensPerMinute === undefined ? {} : { outputTokensPerMinute: options.outputTokensPerMinute })
    }
  })
  // A line with a deadline waits with its worker, which it holds no longer than that.
  const isBounded = options.deadline !== undefined
  const retry = RetryPolicy.standard.pipe(
    Schedule.while((step) =>
      !Deferred.isDoneUnsafe(stop) && (isBounded || Duration.toMillis(step.duration) <= longestWait)
    ),
    Schedule.tap(() =>
      Effect.gen(function*() {
        const flight = yield* Flight
        if (flight === undefined) return
        // The last request may still be on its way out; what is waited for now is the next.
        flight.sending = undefined
        flight.retryingSince = yield* Clock.currentTimeMillis
      })
    )
  )
  const client = ClaudeClient.layer({
    retry,
    maxAttempts: Infinity,
    deadline: options.deadline ?? Duration.infinity,
    ...options.client
  })
  return client.pipe(Layer.provideMerge(Layer.mergeAll(limiter, Counted.breaker(tally), RetryBudget.layer())))
}

/** What there is to do, and what an earlier run has done of it. */
const found = (options: Options, out: string) =>
  Effect.flatMap(
    Input.check(options.prompts),
    (ids) =>
      Effect.map(Output.recover(out, options.retryErrored ?? false, ids), (found) => ({ ...found, total: ids.size }))
  )

/** Runs the file. Fails before anything is sent for bad input or settings; else always ends in a report. */
export const bulk = (
  options: Options
): Effect.Effect<Report.Report, BadInput | OutputFailed | ClaudeClient.BuildError> =>
  Effect.scoped(Effect.gen(function*() {
    const clock = yield* Clock.Clock
    const out = yield* Output.locate(options.out, options.prompts)
    const sign = yield* lock(out)
    const batch = batchOf(options)
    if (batch === undefined) yield* Journal.mustBeNone(out)
    else if (batch.cancel === true) yield* Journal.mustBeSome(out)
    yield* Written.mustBeWritable(options.report ?? [], { prompts: options.prompts, results: out })
    const { done, errored, retried, succeeded, total } = yield* found(options, out)
    const output = yield* Output.open(out)
    const recorder = new Recorder(() => clock.currentTimeMillisUnsafe())
    const tally = Tally.make(recorder, total, succeeded, errored)
    const stop = options.stop ?? (yield* Deferred.make<void>())
    const settings: Settings = {
      model: options.model,
      maxTokens: options.maxTokens,
      deadline: options.deadline === undefined ? Infinity : Duration.toMillis(options.deadline),
      maxAttempts: options.maxAttempts ?? Infinity,
      stream: options.stream ?? true
    }
    const run: Run = { settings, tally, output, stop, worked: new Set(), why: undefined }
    const account = new Account(run, options)
    const program = Effect.scoped(Effect.gen(function*() {
      const limiter = yield* ClaudeRateLimiter.ClaudeRateLimiter
      yield* account.keep(limiter)
      const failed = yield* Deferred.make<never, OutputFailed>()
      yield* Effect.forkScoped(
        Effect.catch(
          Effect.forever(Effect.sleep("1 second").pipe(Effect.andThen(output.sync), Effect.andThen(sign))),
          (error) => Deferred.fail(failed, error)
        )
      )
      // What was added since the check is for the next run.
      const jobs = Stream.take(Input.jobs(options.prompts), total)
      const queue = batch === undefined ? yield* Queued.queueOf(run, options.prompts, jobs, done) : undefined
      if (options.progress ?? true) yield* Progress.show(tally, () => queue?.standing)
      const work = queue === undefined
        ? Batch.work(run, { out, jobs, done, retried, cancel: batch?.cancel ?? false, bounds: batch })
        : Queued.work(run, queue, options.concurrency ?? defaultConcurrency)
      // The file was good when it was checked.
      const all = Effect.catchTag(work, "BadInput", (error) => halt(run, error.message))
      yield* Effect.raceFirst(all, Deferred.await(failed))
      yield* output.sync
      yield* account.sample(limiter)
      const early = Deferred.isDoneUnsafe(stop) ? "Stopped by hand" : "The prompt file changed while it was sent"
      run.why ??= Tally.done(tally) < total ? early : undefined
      return account.report()
    }))
    return yield* Effect.provide(program, layers(options, tally, stop)).pipe(
      Effect.tapError((error) => Effect.sync(() => void (run.why ??= error.message))),
      Effect.ensuring(Effect.suspend(() => Written.reports(options.report ?? [], () => account.data(false))))
    )
  }))

/** 0: every line has succeeded, in this run or before; 1: some are errored; 3: stopped early. */
export const exitCode = (report: Report.Report): 0 | 1 | 3 => {
  if (report.outcome === "stopped") return 3
  return report.lines.erroredBefore > 0 || Object.keys(report.errored).length > 0 ? 1 : 0
}

/** A duration as a flag gives it. */
export const duration = (text: string): Effect.Effect<Duration.Duration, BadInput> =>
  Option.match(Duration.fromInput(text as Duration.Input), {
    onNone: () =>
      Effect.fail(new BadInput({ problems: [`"${text}" is no duration; write "90 seconds" or "10 minutes"`] })),
    onSome: Effect.succeed
  })
