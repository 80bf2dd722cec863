// @effect-diagnostics strictEffectProvide:off
/** The lines of a run through Message Batches: the same results in the same file, at half the price and within a day. */
import { BatchJournal, type ClaudeClient, type ClaudeError, MessageBatches } from "effect-claude"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Random from "effect/Random"
import * as Result from "effect/Result"
import * as Stream from "effect/Stream"
import { Ids } from "../ids.ts"
import type { Job } from "../input.ts"
import { firstStep, halt, isTemporary, paramsOf, type Run, stopsRun } from "../line.ts"
import type { BadInput, OutputFailed } from "../problems.ts"
import * as Results from "../result.ts"
import * as Tally from "../tally.ts"
import { Counts } from "./counts.ts"
import * as Journal from "./journal.ts"

export interface Batching {
  readonly out: string
  /** Every line of the input, again each time it is run. */
  readonly jobs: Stream.Stream<Job, BadInput>
  /** Lines that have a result; those that get one are added. */
  readonly done: Ids
  /** Lines that an earlier run had errored, for one more try each. */
  readonly retried: Ids
  /** Nothing new is sent: what runs is cancelled, and what was answered until then collected. */
  readonly cancel: boolean
  /** Bounds of a batch and of looking for one, in place of those below. */
  readonly bounds?: Bounds | undefined
}

export interface Bounds {
  readonly requestsPerBatch?: number
  readonly bytesPerBatch?: number
  readonly settle?: Duration.Input
}

/** Smaller than the API's: results come sooner, a batch that expires costs less, and memory holds one and its ids. */
const standard: Bounds = { requestsPerBatch: 10_000, bytesPerBatch: 32_000_000 }

/** The waits before an API that cannot be reached is tried again, in milliseconds: doubled up to the second. */
const againStart = 1000
const againMost = 60_000

type Failure = OutputFailed | BadInput

const errored = (run: Run, tag: string, advice: string): void => {
  run.tally.errored++
  run.tally.recorder.line(false)
  Tally.count(run.tally.erroredBy, tag)
  if (!run.tally.advice.has(tag)) run.tally.advice.set(tag, advice)
}

const write = (run: Run, done: Ids, result: MessageBatches.Result): Effect.Effect<void, OutputFailed> => {
  const { output, tally } = run
  const { customId } = result
  const append = (line: object, counted: () => void): Effect.Effect<void, OutputFailed> =>
    Effect.andThen(
      output.append(line),
      Effect.sync(() => {
        done.add(customId)
        counted()
      })
    )
  switch (result._tag) {
    case "Succeeded": {
      const { message } = result
      const { usage } = message
      return append(Results.succeeded(customId, message), () => {
        run.worked.add(message.model)
        tally.succeeded++
        tally.recorder.line(true)
        if (message.stop_reason === "refusal") tally.refused++
        const used = {
          inputTokens: usage.input_tokens,
          outputTokens: usage.output_tokens,
          cacheCreationTokens: usage.cache_creation_input_tokens ?? 0,
          cacheReadTokens: usage.cache_read_input_tokens ?? 0,
          estimated: false
        }
        Tally.used(tally, message.model, used)
        tally.recorder.answered(undefined, used)
      })
    }
    case "Errored": {
      const { error } = result
      if (stopsRun(error.reason, run.worked.size > 0)) return stop(run, error.reason)
      return append(Results.errored(customId, error), () => {
        errored(run, error.reason._tag, firstStep(error.reason))
        tally.recorder.failed(customId, error)
      })
    }
    case "Canceled":
      return append(
        Results.unanswered(customId, "canceled"),
        () => {
          errored(run, "Canceled", "somebody cancelled the batch: --retry-errored sends these lines again")
        }
      )
    case "Expired":
      return append(
        Results.unanswered(customId, "expired"),
        () => {
          errored(run, "Expired", "the API did not get to them within a day: --retry-errored sends them again")
        }
      )
  }
}

const stop = (run: Run, reason: ClaudeError.Reason): Effect.Effect<void> =>
  halt(run, `${reason._tag}: ${reason.message} → ${firstStep(reason)}`)

/** A batch of the journal that the API does not know: sent anew its lines might be paid for twice. */
const lost = (out: string, error: ClaudeError.ClaudeError): string =>
  `${error.message} Is this another key or workspace than it was created with? If it was deleted, or ended more than ` +
  `29 days ago, delete ${Journal.pathOf(out)} to send its lines anew`

/** Notes what a request was sent for in vain. */
const note = ({ tally }: Run, result: MessageBatches.Result): void => {
  if (result._tag === "Succeeded") return
  const outcome = result._tag === "Errored" ? result.error.reason._tag : result._tag
  Tally.count(tally.wastedBy, outcome)
  tally.recorder.missed(outcome)
}

/** Results that are not final: also those that no other line would have survived, for what stood in their way may be gone. */
const isNotFinal = (run: Run, result: MessageBatches.Result): boolean =>
  MessageBatches.isRetryable(result) ||
  (result._tag === "Errored" && stopsRun(result.error.reason, run.worked.size > 0))

/** Cancels what the journal knows; the jobs that were in it. */
const cancelled = (jobs: Batching["jobs"]) =>
  Effect.gen(function*() {
    yield* MessageBatches.cancelAll
    const ids = new Set<string>()
    for (const entry of yield* BatchJournal.BatchJournal.use((journal) => journal.read)) {
      if (entry._tag === "Intent") { for (const id of entry.ids) ids.add(id) }
    }
    return Stream.filter(jobs, (job) => ids.has(job.customId))
  })

/** Ends when every line has its result, or the run stops: then the batches run on, and the journal knows them. */
export const work = (run: Run, batching: Batching): Effect.Effect<void, Failure, ClaudeClient.ClaudeClient> => {
  const { cancel, done, out, retried } = batching
  const counts = new Counts(run.tally)
  const triedAgain = new Ids()
  const once = Effect.gen(function*() {
    const jobs = cancel ? yield* cancelled(batching.jobs) : batching.jobs
    const requests = jobs.pipe(
      Stream.filter((job) => !done.has(job.customId)),
      Stream.map((job): MessageBatches.Request => ({ custom_id: job.customId, params: paramsOf(job, run.settings) }))
    )
    yield* MessageBatches.run(requests, {
      ...standard,
      ...batching.bounds,
      ...(cancel ? { rounds: 0 } : run.settings.maxAttempts < Infinity ? { rounds: run.settings.maxAttempts - 1 } : {}),
      // Asked once for each result of a request that was sent.
      sendAgain: (result) => {
        note(run, result)
        if (isNotFinal(run, result)) return true
        return result._tag !== "Succeeded" && retried.has(result.customId) && triedAgain.add(result.customId)
      },
      onBatch: (batch) =>
        Effect.sync(() => {
          counts.see(batch)
          run.tally.recorder.batch(batch)
        })
    }).pipe(
      Stream.filter((result) => !cancel || result._tag === "Succeeded" || result._tag === "Errored"),
      Stream.runForEach((result) => write(run, done, result))
    )
  })
  const all = Effect.gen(function*() {
    for (let round = 0;; round++) {
      const before = Tally.done(run.tally)
      const result = yield* Effect.result(
        Effect.catchTag(once, "BatchJournalFailed", (error) => Effect.fail(Journal.failed(out)(error)))
      )
      if (Result.isSuccess(result)) return cancel ? yield* halt(run, "Cancelled by hand") : undefined
      const error = result.failure
      if (error._tag !== "ClaudeError") return yield* Effect.fail(error)
      if (error.reason._tag === "NotFound") return yield* halt(run, lost(out, error))
      if (!isTemporary(error.reason) && error.reason._tag !== "DeadlineExceeded") return yield* stop(run, error.reason)
      if (Tally.done(run.tally) > before) round = 0
      const spread = Math.min(againStart * 2 ** round, againMost) * (0.5 + (yield* Random.next) / 2)
      const wait = Math.max(spread, error.retryAfter === undefined ? 0 : Duration.toMillis(error.retryAfter))
      Tally.waited(run.tally, "requeue", wait)
      yield* Effect.sleep(wait)
    }
  })
  const stopped = Effect.andThen(
    Deferred.await(run.stop),
    Effect.sync(() => {
      const { batches, requests } = counts.running
      if (batches > 0) {
        run.why ??= `Stopped by hand; ${
          batches === 1 ? "a batch" : `${batches} batches`
        } with ${requests} lines run on at the API`
      }
    })
  )
  return Effect.provide(Effect.raceFirst(all, stopped), Journal.layer(out))
}
