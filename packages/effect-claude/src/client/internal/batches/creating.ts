/**
 * Creates each batch of a run once. Its intent is in the journal before it is created, and an intent whose outcome nobody
 * knows is looked for at the API before anything else is.
 */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Random from "effect/Random"
import * as Stream from "effect/Stream"
import type * as ClaudeError from "../../../errors/ClaudeError.ts"
import type { BatchJournal, BatchJournalFailed } from "../../BatchJournal.ts"
import type { Batches, MessageBatch } from "./api.ts"
import * as Chunks from "./chunks.ts"
import type { Live } from "./follow.ts"
import type { Knowledge, Known } from "./known.ts"
import { search } from "./orphan.ts"

export type Failure = ClaudeError.ClaudeError | BatchJournalFailed

export interface CreatingSettings {
  /** How long a batch is looked for that may have been created. */
  readonly settle: Duration.Duration
  readonly onBatch: (batch: MessageBatch) => Effect.Effect<void>
}

/** The largest batch may take some minutes to be sent, and may have to be sent again. */
const createDeadline = Duration.minutes(30)

/** Ten letters and digits. */
const newMark: Effect.Effect<string> = Effect.map(
  Effect.all([Random.next, Random.next]),
  (two) => two.map((one) => Math.floor(one * 36 ** 5).toString(36).padStart(5, "0")).join("")
)

/** What says that no batch was made. */
const refusals = new Set(["RateLimited", "Overloaded", "CircuitOpen", "LimiterRejected"])

/** Every try was refused, the last perhaps for good: none of them can have made a batch. */
const isSurelyNone = ({ attempts, outcome, reason }: ClaudeError.ClaudeError): boolean =>
  (outcome === "fatal" || refusals.has(reason._tag)) &&
  attempts.every((attempt, index) =>
    refusals.has(attempt.reason) || (index === attempts.length - 1 && outcome === "fatal")
  )

export class Creating {
  private readonly api: Batches
  private readonly journal: BatchJournal["Service"]
  private readonly settings: CreatingSettings
  private readonly knowledge: Knowledge
  /** The account's newest batch, once it has been looked for. */
  private newest: { readonly id: string | undefined } | undefined

  constructor(api: Batches, journal: BatchJournal["Service"], settings: CreatingSettings, knowledge: Knowledge) {
    this.api = api
    this.journal = journal
    this.settings = settings
    this.knowledge = knowledge
  }

  /** What the journal has no outcome for is looked for; what came to nothing is nobody's. */
  get resolve(): Effect.Effect<void, Failure> {
    const { api, knowledge, settings } = this
    return Effect.suspend(() =>
      Effect.forEach(
        Array.from(knowledge.batches.values()).filter((known) => known.candidates === undefined),
        (known) =>
          Effect.flatMap(
            search(api, known, knowledge.taken, settings.settle),
            (found) => this.settled(known, found)
          ),
        { discard: true }
      )
    )
  }

  /** Writes what a batch has come to be. */
  private settled(known: Known, found: ReadonlyArray<MessageBatch>): Effect.Effect<void, BatchJournalFailed> {
    const { number } = known
    const ids = found.map((batch) => batch.id)
    return Effect.andThen(
      this.journal.append(
        ids.length === 0 ? { _tag: "Void", number } : { _tag: "Created", number, batches: ids }
      ),
      Effect.sync(() => {
        known.candidates = ids
        for (const id of ids) this.knowledge.taken.add(id)
      })
    )
  }

  create(chunk: Chunks.Chunk, round: number): Effect.Effect<Live, Failure> {
    const { api, journal, knowledge, settings } = this
    return Effect.gen({ self: this }, function*() {
      if (this.newest === undefined) {
        const [first] = yield* Stream.runCollect(Stream.take(api.list({ pageSize: 1 }), 1))
        this.newest = { id: first?.id }
      }
      const newest = this.newest.id
      const { ids } = chunk
      const mark = yield* newMark
      const number = knowledge.next++
      const known: Known = { number, round, mark, newest, ids, candidates: undefined }
      yield* journal.append({ _tag: "Intent", number, round, mark, ids, ...(newest === undefined ? {} : { newest }) })
      let found: ReadonlyArray<MessageBatch> = []
      const lost = Effect.map(search(api, known, knowledge.taken, settings.settle), (several) => {
        found = several
        return several[0]
      })
      const created = yield* Effect.tapError(
        api.create(Chunks.bodyOf(chunk, mark), { lost, deadline: createDeadline }),
        // Anything else is found out by the next run.
        (error) => isSurelyNone(error) ? this.settled(known, []) : Effect.void
      )
      yield* this.settled(known, found.length > 0 ? found : [created])
      this.newest = { id: created.id }
      yield* settings.onBatch(created)
      return { known, left: new Set(ids) }
    })
  }
}
