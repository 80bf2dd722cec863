/**
 * The truth about a run that outlives its process: each step is written to the next place of the run's log before
 * anything rests on it. A place is taken once, so whoever opens a run again shuts out the process that had it before.
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"

/** The journal cannot be read or written; no tool runs without it. */
export class JournalFailed extends Schema.TaggedError<JournalFailed>()("JournalFailed", {
  message: Schema.String,
  cause: Schema.optionalKey(Schema.Defect())
}) {}

export class ToolJournal extends Context.Service<ToolJournal, {
  /** Puts an entry at a place of a run's log if it is free; returns the entry that is there, durably, afterwards. */
  readonly put: (run: string, at: number, entry: string) => Effect.Effect<string, JournalFailed>
  /** The entries of a run from its first on; what a store cannot list is found by `put`. */
  readonly read: (run: string) => Effect.Effect<ReadonlyArray<string>, JournalFailed>
  /** Forgets a run. */
  readonly remove: (run: string) => Effect.Effect<void, JournalFailed>
}>()("effect-claude/agent/ToolJournal") {}

/** Lives as long as the process; for tests, and where a crash may lose the run. */
export const layerMemory: Layer.Layer<ToolJournal> = Layer.sync(ToolJournal, () => {
  const runs = new Map<string, Array<string>>()
  return {
    put: (run, at, entry) =>
      Effect.sync(() => {
        const entries = runs.get(run) ?? []
        runs.set(run, entries)
        return entries[at] ??= entry
      }),
    read: (run) => Effect.sync(() => [...runs.get(run) ?? []]),
    remove: (run) => Effect.sync(() => void runs.delete(run))
  }
})
