/** Looks for the batch of a create whose answer never arrived: it may exist, and a second one would be paid for. */
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type * as ClaudeError from "../../../errors/ClaudeError.ts"
import type { Batches, MessageBatch } from "./api.ts"
import * as Decode from "./decode.ts"
import type { Known } from "./known.ts"

/** Of the account's batches so many are looked at, most recent first. */
const mostSeen = 1000
/** Between two looks. */
const every = Duration.seconds(5)

/** The account's batches after the newest before it, as large as it and nobody's of this run, the oldest first. */
const look = (
  api: Batches,
  wanted: Pick<Known, "newest" | "ids">,
  taken: ReadonlySet<string>
): Effect.Effect<ReadonlyArray<MessageBatch>, ClaudeError.ClaudeError> =>
  api.list().pipe(
    Stream.take(mostSeen),
    Stream.takeWhile((batch) => batch.id !== wanted.newest),
    Stream.filter((batch) => Decode.sizeOf(batch) === wanted.ids.length && !taken.has(batch.id)),
    Stream.runCollect,
    Effect.map((found) => found.toReversed())
  )

/** Looks until something is found or `settle` has passed: a request that is on its way may become a batch yet. */
export const search = Effect.fnUntraced(function*(
  api: Batches,
  wanted: Pick<Known, "newest" | "ids">,
  taken: ReadonlySet<string>,
  settle: Duration.Duration
) {
  const clock = yield* Clock.Clock
  const until = clock.currentTimeMillisUnsafe() + Duration.toMillis(settle)
  for (;;) {
    const found = yield* look(api, wanted, taken)
    const left = until - clock.currentTimeMillisUnsafe()
    if (found.length > 0 || left <= 0) return found
    yield* Effect.sleep(Duration.min(every, Duration.millis(left)))
  }
})
