/**
 * What is known of the batches of a run, kept outside the process: what is about to be created, which batch came of it, and
 * what came of none. With it a run that was killed takes its batches up again instead of paying for them twice.
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"

/** A batch is about to be created. */
export const Intent = Schema.Struct({
  _tag: Schema.tag("Intent"),
  /** Its number in the run, from 0. */
  number: Schema.Int,
  /** How often its requests have been sent before. */
  round: Schema.Int,
  /** Marks its requests' ids at the API, so that no other batch is taken for it. */
  mark: Schema.String,
  /** The newest batch of the account before it. */
  newest: Schema.optional(Schema.String),
  ids: Schema.Array(Schema.String)
})
export type Intent = typeof Intent.Type

/** What came of an intent: batches that may be it, of which one or none is, or nothing. */
export const Outcome = Schema.Union([
  Schema.Struct({ _tag: Schema.tag("Created"), number: Schema.Int, batches: Schema.Array(Schema.String) }),
  Schema.Struct({ _tag: Schema.tag("Void"), number: Schema.Int })
])
export type Outcome = typeof Outcome.Type

export const Entry = Schema.Union([Intent, ...Outcome.members])
export type Entry = typeof Entry.Type

/** The journal cannot be read or written; nothing is created without it. */
export class BatchJournalFailed extends Schema.TaggedError<BatchJournalFailed>()("BatchJournalFailed", {
  message: Schema.String,
  cause: Schema.optionalKey(Schema.Defect())
}) {}

export class BatchJournal extends Context.Service<BatchJournal, {
  /** Durable when it returns. */
  readonly append: (entry: Entry) => Effect.Effect<void, BatchJournalFailed>
  readonly read: Effect.Effect<ReadonlyArray<Entry>, BatchJournalFailed>
  /** Forgets all of it, once every result has been taken. */
  readonly clear: Effect.Effect<void, BatchJournalFailed>
}>()("effect-claude/client/BatchJournal") {}

/** Lives as long as the process; for tests, and where a crash may lose the batches. */
export const layerMemory: Layer.Layer<BatchJournal> = Layer.sync(BatchJournal, () => {
  let entries: ReadonlyArray<Entry> = []
  return BatchJournal.of({
    append: (entry) =>
      Effect.sync(() => {
        entries = [...entries, entry]
      }),
    read: Effect.sync(() => entries),
    clear: Effect.sync(() => {
      entries = []
    })
  })
})

const Line = Schema.fromJsonString(Entry)
const encode = Schema.encodeSync(Line)
const decode = Schema.decodeEffect(Line)

/**
 * A file with a line for each entry, synced before anything rests on it; a last line that a crash has torn is left out. It
 * is for one process at a time.
 */
export const layerFile = (path: string): Layer.Layer<BatchJournal, never, FileSystem.FileSystem> =>
  Layer.effect(
    BatchJournal,
    Effect.map(FileSystem.FileSystem, (files) => {
      const failed = (cause: { readonly message: string }) =>
        new BatchJournalFailed({ message: `${path}: ${cause.message}`, cause })
      const text = Effect.flatMap(
        files.exists(path),
        (there) => there ? files.readFileString(path) : Effect.succeed("")
      )
      const encoder = new TextEncoder()
      // Only a crash tears a line: once is enough to look.
      let isWhole = false
      const mended = Effect.flatMap(text, (before) => {
        const whole = before.slice(0, before.lastIndexOf("\n") + 1)
        return whole === before ? Effect.void : files.truncate(path, encoder.encode(whole).length)
      })
      const write = (entry: Entry) =>
        Effect.scoped(Effect.gen(function*() {
          if (!isWhole) yield* mended
          isWhole = true
          const file = yield* files.open(path, { flag: "a" })
          yield* file.writeAll(encoder.encode(`${encode(entry)}\n`)).pipe(
            Effect.tapError(() =>
              Effect.sync(() => {
                isWhole = false
              })
            )
          )
          yield* file.sync
        }))
      return BatchJournal.of({
        append: (entry) => Effect.mapError(Effect.uninterruptible(write(entry)), failed),
        read: Effect.flatMap(
          text,
          (all) =>
            Effect.forEach(all.slice(0, all.lastIndexOf("\n") + 1).split("\n").filter((line) => line !== ""), (line) =>
              decode(line))
        ).pipe(Effect.mapError(failed)),
        clear: Effect.mapError(files.remove(path, { force: true }), failed)
      })
    })
  )
