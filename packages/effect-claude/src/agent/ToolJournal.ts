/**
 * The truth about a run that outlives its process: each step is written to the next place of the run's log before
 * anything rests on it. A place is taken once, so whoever opens a run again shuts out the process that had it before.
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import type * as SqlClient from "effect/sql/SqlClient"
import { type Bounds, within } from "./internal/journalBounds.ts"

/** The journal cannot be read or written; no tool runs without it. */
export class JournalFailed extends Schema.TaggedError<JournalFailed>()("JournalFailed", {
  message: Schema.String,
  cause: Schema.optionalKey(Schema.Defect())
}) {}

export class ToolJournal extends Context.Service<ToolJournal, {
  /** Puts an entry at a place of a run's log if it is free; returns the entry that is there, durably, afterwards. */
  readonly put: (run: string, at: number, entry: string) => Effect.Effect<string, JournalFailed>
  /** The entries of a run from its first to the first free place; what a store cannot list is found by `put`. */
  readonly read: (run: string) => Effect.Effect<ReadonlyArray<string>, JournalFailed>
  /** Forgets a run. */
  readonly remove: (run: string) => Effect.Effect<void, JournalFailed>
}>()("effect-claude/agent/ToolJournal") {}

/** What every journal holds: run ids of 1 to 256 characters, 2^31 places a run, entries of 15 MB as UTF-8. */
export const bounds: Bounds = { runLength: 256, place: 2 ** 31 - 1, entryBytes: 15_000_000 }

const make = (store: ToolJournal["Service"]): ToolJournal["Service"] => {
  const guarded = <A>(
    run: string,
    effect: Effect.Effect<A, JournalFailed>,
    at?: number,
    entry?: string
  ): Effect.Effect<A, JournalFailed> => {
    const why = within(bounds, run, at, entry)
    return why === undefined ? effect : Effect.fail(new JournalFailed({ message: why }))
  }
  return {
    put: (run, at, entry) => guarded(run, store.put(run, at, entry), at, entry),
    read: (run) => guarded(run, store.read(run)),
    remove: (run) => guarded(run, store.remove(run))
  }
}

/** Lives as long as the process; for tests, and where a crash may lose the run. */
export const layerMemory: Layer.Layer<ToolJournal> = Layer.sync(ToolJournal, () => {
  const runs = new Map<string, Map<number, string>>()
  return make({
    put: (run, at, entry) =>
      Effect.sync(() => {
        const entries = runs.get(run) ?? new Map<number, string>()
        runs.set(run, entries)
        const there = entries.get(at) ?? entry
        entries.set(at, there)
        return there
      }),
    read: (run) =>
      Effect.sync(() => {
        const entries: Array<string> = []
        for (let at = 0, entry; (entry = runs.get(run)?.get(at)) !== undefined; at++) entries.push(entry)
        return entries
      }),
    remove: (run) => Effect.sync(() => void runs.delete(run))
  })
})

export interface SqlOptions {
  /** Made when it is missing; letters, digits and underscores, after a schema if wanted. Default `effect_claude_journal`. */
  readonly table?: string
}

/**
 * Over SQLite, Postgres or MySQL: what `put` has returned is committed. A busy, deadlocked or lost database is tried
 * again for about five seconds. Fails inside a transaction of the same client, where nothing would be durable yet.
 */
export const layerSql = (options: SqlOptions = {}): Layer.Layer<ToolJournal, JournalFailed, SqlClient.SqlClient> =>
  // Loaded only where it is used, as is the next one: Effect's SQL and workflows bring their own along.
  Layer.unwrap(Effect.map(
    Effect.promise(() => import("./internal/journalSql.ts")),
    ({ makeSql }) =>
      Layer.effect(
        ToolJournal,
        Effect.map(
          makeSql(options.table ?? "effect_claude_journal", (failure) => new JournalFailed(failure)),
          make
        )
      )
  ))

/**
 * For loops that run inside an `effect/workflow` Workflow, as those of `DurableToolLoop` do: each `put` is an activity of
 * the execution, named by run and place, so that a replay, on this machine or another, gets the entry that was recorded.
 * `read` returns nothing, `remove` does nothing, and outside a workflow nothing is put.
 */
export const layerWorkflow: Layer.Layer<ToolJournal> = Layer.unwrap(Effect.map(
  Effect.promise(() => import("./internal/journalWorkflow.ts")),
  ({ makeWorkflow }) => Layer.succeed(ToolJournal, make(makeWorkflow((failure) => new JournalFailed(failure))))
))
