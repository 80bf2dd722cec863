/**
 * Many requests through the Message Batches API, at half the price and within a day: cut into batches, polled, their
 * results in any order. What expired, or failed and may succeed yet, is sent again. Creating a batch is the one call that
 * must not be made twice: the journal knows what was about to be created, and what nobody knows is looked for.
 */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Schedule from "effect/Schedule"
import * as Stream from "effect/Stream"
import type * as ClaudeError from "../errors/ClaudeError.ts"
import { BatchJournal, type BatchJournalFailed } from "./BatchJournal.ts"
import { type CallOptions, ClaudeClient } from "./ClaudeClient.ts"
import type * as Api from "./internal/batches/api.ts"
import * as Known from "./internal/batches/known.ts"
import { Rounds } from "./internal/batches/rounds.ts"

/** A batch as the API tells of it. */
export type MessageBatch = Api.MessageBatch

/** One request; `run` takes any id, `create` those of 1 to 64 letters, digits, underscores and hyphens. */
export type Request = Api.Request

/** What came of one request. */
export type Result = Api.Result

export interface Options {
  /** When to ask whether a batch has ended. Default `poll`. */
  readonly poll?: Schedule.Schedule<unknown, MessageBatch | undefined>
  /** How often a request that expired, or failed and may succeed yet, is sent again. Default 3. */
  readonly rounds?: number
  /** Which results are not final: their requests are sent again. Default `isRetryable`. */
  readonly sendAgain?: (result: Result) => boolean
  /** In one batch at most; default 100,000. */
  readonly requestsPerBatch?: number
  /** In one batch at most; default 256 MB. */
  readonly bytesPerBatch?: number
  /** Batches that are awaited at once; default 20. */
  readonly concurrency?: number
  /** How long a batch is looked for whose creation may have been lost. Default 30 seconds. */
  readonly settle?: Duration.Input
  /** Cancels the batches of a run that is interrupted. Default false: they run on, and the journal knows them. */
  readonly cancelOnInterrupt?: boolean
  /** Told of every batch that was created or polled. */
  readonly onBatch?: (batch: MessageBatch) => Effect.Effect<void>
}

/** After a second, then doubling to a minute, ±20 %, for 26 hours: two more than the API lets a batch live. */
export const poll: Schedule.Schedule<Duration.Duration, unknown> = Schedule.min([
  Schedule.exponential("1 second"),
  Schedule.spaced("1 minute")
]).pipe(Schedule.jittered, Schedule.upTo({ duration: "26 hours" }))

/** True for what expired, and for errors that may be gone the next time: overload, limits, failures of the server. */
export const isRetryable = (result: Result): boolean =>
  result._tag === "Expired" ||
  (result._tag === "Errored" && (result.error.outcome === "transient" || result.error.outcome === "overload"))

/** Three rounds more, batches as large as the API takes them, 20 at once, 30 seconds to look for one that may exist. */
export const standard = {
  rounds: 3,
  requestsPerBatch: 100_000,
  bytesPerBatch: 256_000_000,
  concurrency: 20,
  settle: Duration.seconds(30)
} as const

/**
 * Runs requests, each with an id of its own, through batches to a result each. The stream of requests is run once for each
 * round. After a crash, give the requests that have no result yet and the same journal: what is in a batch is awaited, not
 * sent. A consumer that leaves, and an interruption, leave the batches running.
 */
export const run = <E, R>(
  requests: Stream.Stream<Request, E, R>,
  options: Options = {}
): Stream.Stream<Result, ClaudeError.ClaudeError | BatchJournalFailed | E, ClaudeClient | BatchJournal | R> =>
  Stream.unwrap(Effect.gen(function*() {
    const { batches: api } = yield* ClaudeClient
    const journal = yield* BatchJournal
    const given = { ...standard, ...options }
    const rounds = new Rounds(api, journal, {
      poll: options.poll ?? poll,
      rounds: given.rounds,
      sendAgain: options.sendAgain ?? isRetryable,
      bounds: { requests: given.requestsPerBatch, bytes: given.bytesPerBatch },
      concurrency: given.concurrency,
      settle: Duration.fromInputUnsafe(given.settle),
      onBatch: options.onBatch ?? (() => Effect.void)
    }, Known.read(yield* journal.read))
    const results = rounds.run(requests)
    if (options.cancelOnInterrupt !== true) return results
    const cancel = Effect.suspend(() =>
      Effect.forEach(
        Array.from(rounds.live).flatMap(({ known }) => known.candidates ?? []),
        (id) => Effect.ignore(api.cancel(id, { maxAttempts: 2 })),
        { discard: true }
      )
    )
    return Stream.onExit(results, (exit) => Exit.hasInterrupts(exit) ? cancel : Effect.void)
  }))

/** Asks the API to cancel every batch that the journal knows; what was answered before is still among the results. */
export const cancelAll: Effect.Effect<
  ReadonlyArray<MessageBatch>,
  ClaudeError.ClaudeError | BatchJournalFailed,
  ClaudeClient | BatchJournal
> = Effect.gen(function*() {
  const { batches: api } = yield* ClaudeClient
  const { taken } = Known.read(yield* BatchJournal.use((journal) => journal.read))
  return yield* Effect.forEach(
    taken,
    (id) =>
      Effect.flatMap(
        api.get(id),
        (batch) => batch.processing_status === "in_progress" ? api.cancel(id) : Effect.succeed(batch)
      )
  )
})

/** Creates one batch. One whose answer was lost is not sent again, unless `lost` can tell whether it exists. */
export const create = (
  requests: ReadonlyArray<Request>,
  options?: Api.CreateOptions
): Effect.Effect<MessageBatch, ClaudeError.ClaudeError, ClaudeClient> =>
  ClaudeClient.use((client) => client.batches.create(requests, options))

/** One batch as it stands. */
export const get = (
  id: string,
  options?: CallOptions
): Effect.Effect<MessageBatch, ClaudeError.ClaudeError, ClaudeClient> =>
  ClaudeClient.use((client) => client.batches.get(id, options))

/** The account's batches, most recent first, page by page as they are pulled. */
export const list = (
  options?: CallOptions & { readonly pageSize?: number }
): Stream.Stream<MessageBatch, ClaudeError.ClaudeError, ClaudeClient> =>
  Stream.unwrap(ClaudeClient.useSync((client) => client.batches.list(options)))

/** Asks for a batch to be cancelled; what was answered before is still among its results. */
export const cancel = (
  id: string,
  options?: CallOptions
): Effect.Effect<MessageBatch, ClaudeError.ClaudeError, ClaudeClient> =>
  ClaudeClient.use((client) => client.batches.cancel(id, options))

/** Deletes a batch that has ended, with its results. */
export const remove = (
  id: string,
  options?: CallOptions
): Effect.Effect<void, ClaudeError.ClaudeError, ClaudeClient> =>
  ClaudeClient.use((client) => client.batches.remove(id, options))

/** The results of a batch that has ended, in any order; fails where fewer came than it has requests. */
export const results = (
  id: string,
  options?: CallOptions
): Stream.Stream<Result, ClaudeError.ClaudeError, ClaudeClient> =>
  Stream.unwrap(ClaudeClient.useSync((client) => client.batches.results(id, options)))
