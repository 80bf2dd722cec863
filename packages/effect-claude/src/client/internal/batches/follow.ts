/** One batch of a run to its results: polled until it has ended, read until every result of it has come. */
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import * as ClaudeError from "../../../errors/ClaudeError.ts"
import type { Batches, MessageBatch, Result } from "./api.ts"
import * as Chunks from "./chunks.ts"
import type { Known } from "./known.ts"
import type { Pace } from "./pace.ts"

/** A batch whose results are awaited; `left`: the requests that have none yet. */
export interface Live {
  readonly known: Known
  readonly left: Set<string>
}

export interface Following {
  readonly api: Batches
  readonly pace: Effect.Effect<Pace<MessageBatch | undefined>>
  readonly onBatch: (batch: MessageBatch) => Effect.Effect<void>
}

/** Failures that say nothing about the batch: it is asked for again. */
const isTemporary = ({ reason }: ClaudeError.ClaudeError): boolean =>
  reason._tag === "CircuitOpen" || reason._tag === "LimiterRejected" || reason._tag === "DeadlineExceeded" ||
  reason.outcome === "transient" || reason.outcome === "overload"

const impatient = (id: string, last: ClaudeError.ClaudeError | undefined): ClaudeError.ClaudeError =>
  last ?? new ClaudeError.ClaudeError({
    method: "getBatch",
    reason: new ClaudeError.ConnectionFailed({
      message: `The batch ${id} had not ended when its schedule of polls did.`
    }),
    attempts: []
  })

/** The batch once it has ended. */
const ended = Effect.fnUntraced(function*({ api, onBatch, pace }: Following, id: string) {
  const wait = yield* pace
  let last: ClaudeError.ClaudeError | undefined
  for (;;) {
    const batch = yield* Effect.catch(api.get(id), (error) => {
      last = error
      return isTemporary(error) ? Effect.undefined : Effect.fail(error)
    })
    if (batch !== undefined) {
      last = undefined
      yield* onBatch(batch)
      if (batch.processing_status === "ended") return batch
    }
    if (!(yield* wait(batch))) return yield* impatient(id, last)
  }
})

/** How often a file is read that ends early and brings nothing new: what it lacks then is not in it. */
const mostShort = 5

/** The file was there and ended before its time. */
const isShort = ({ reason }: ClaudeError.ClaudeError): boolean =>
  reason._tag === "ConnectionFailed" && reason.status !== undefined && reason.code === undefined

/** The results of those that are left, each once; a file that breaks off is read again. */
const read = (following: Following, { known, left }: Live, batch: MessageBatch) =>
  Stream.unwrap(Effect.map(following.pace, (wait) => {
    let short = 0
    let before = left.size
    const again = (error: ClaudeError.ClaudeError): Stream.Stream<Result, ClaudeError.ClaudeError> => {
      short = isShort(error) && left.size === before ? short + 1 : 0
      before = left.size
      if (short >= mostShort) return Stream.empty
      return isTemporary(error)
        ? Stream.unwrap(Effect.map(wait(batch), (goesOn) => goesOn ? once() : Stream.fail(error)))
        : Stream.fail(error)
    }
    const once = (): Stream.Stream<Result, ClaudeError.ClaudeError> =>
      following.api.results(batch.id).pipe(
        Stream.map((result) => {
          const customId = Chunks.unmarked(result.customId, known.mark, known.ids)
          // Deleted here, so that what comes twice is told once.
          return customId !== undefined && left.delete(customId) ? { ...result, customId } : undefined
        }),
        Stream.filter((result) => result !== undefined),
        Stream.catch(again)
      )
    return once()
  }))

/** Of several candidates at most one is ours: the marks of its requests tell. */
export const follow = (following: Following, live: Live): Stream.Stream<Result, ClaudeError.ClaudeError> =>
  Stream.fromIterable(live.known.candidates ?? []).pipe(
    Stream.flatMap((id) =>
      live.left.size === 0
        ? Stream.empty
        : Stream.unwrap(Effect.map(ended(following, id), (batch) => read(following, live, batch)))
    )
  )
