/**
 * What a step of a run costs to write down: µs per `put` of 1 kB, one after the other and by eight runs at once, on disk
 * and synced, in each journal; and for workflows what reading a run back costs when it is started again.
 */
import { PgClient } from "@effect/sql-pg"
import { Context, Effect, Layer } from "effect"
import { ToolJournal } from "effect-claude"
import * as Sqlite from "effect-claude/node/Sqlite"
import { ClusterWorkflowEngine, SingleRunner } from "effect/cluster"
import { Digest } from "effect/crypto"
import * as Schema from "effect/Schema"
import type { SqlClient } from "effect/sql"
import { Workflow, WorkflowEngine } from "effect/workflow"
import { closeSync, fsyncSync, mkdtempSync, openSync, rmSync, writeSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { postgres } from "./postgres.ts"
import { median, print } from "./table.ts"

type Journal = ToolJournal.ToolJournal["Service"]

const entry = JSON.stringify({ text: "x".repeat(1000) })
const puts = Number(process.env["PUTS"] ?? 100)
const rounds = Number(process.env["ROUNDS"] ?? 3)

const run = (journal: Journal, name: string, count: number) =>
  Effect.forEach(Array.from({ length: count }, (_, at) => at), (at) => journal.put(name, at, entry), { discard: true })

/** µs of an effect, divided by a number. */
const timed = <A, E, R>(count: number, effect: Effect.Effect<A, E, R>) =>
  Effect.suspend(() => {
    const start = performance.now()
    return Effect.map(effect, () => (performance.now() - start) * 1000 / count)
  })

const times = <E, R>(effect: (round: number) => Effect.Effect<number, E, R>) =>
  Effect.map(
    Effect.forEach(Array.from({ length: rounds + 1 }, (_, round) => round), effect),
    // The first warms up.
    (all) => median(all.slice(1)).toFixed(0)
  )

const rowOf = (name: string, journal: Journal) =>
  Effect.gen(function*() {
    return [
      name,
      yield* times((round) => timed(puts, run(journal, `alone ${round}`, puts))),
      yield* times((round) =>
        timed(
          puts,
          Effect.forEach(
            Array.from({ length: 8 }, (_, one) => one),
            (one) => run(journal, `${round} ${one}`, Math.ceil(puts / 8)),
            { concurrency: 8 }
          )
        )
      ),
      yield* times((round) => timed(puts, journal.read(`alone ${round}`)))
    ]
  })

const built = <A, E>(layer: Layer.Layer<A, E>) =>
  Effect.flatMap(Effect.scope, (scope) => Layer.buildWithScope(Layer.fresh(layer), scope))

const plain = (name: string, layer: Layer.Layer<ToolJournal.ToolJournal, unknown>) =>
  Effect.flatMap(built(layer), (context) => rowOf(name, Context.get(context, ToolJournal.ToolJournal)))

const Puts = Workflow.make("Puts", {
  payload: { name: Schema.String, count: Schema.Int },
  idempotencyKey: ({ name }) => name,
  error: ToolJournal.JournalFailed
})

const inWorkflow = (name: string, engine: Layer.Layer<WorkflowEngine.WorkflowEngine, unknown>) => {
  const body = Puts.toLayer(({ count, name }) =>
    ToolJournal.ToolJournal.use((journal) => run(journal, name, count)).pipe(Effect.provide(ToolJournal.layerWorkflow))
  )
  return Effect.flatMap(built(body.pipe(Layer.provideMerge(engine))), (context) =>
    Effect.gen(function*() {
      const alone = yield* times((round) => timed(puts, Puts.execute({ name: `alone ${round}`, count: puts })))
      const eight = yield* times((round) =>
        timed(
          puts,
          Effect.forEach(
            Array.from({ length: 8 }, (_, one) => `${round} ${one}`),
            (name) => Puts.execute({ name, count: Math.ceil(puts / 8) }),
            { concurrency: 8 }
          )
        )
      )
      return [name, alone, eight, "-"]
    }).pipe(Effect.provide(context)))
}

const engineOn = (client: Layer.Layer<SqlClient.SqlClient, unknown>) =>
  ClusterWorkflowEngine.layer.pipe(
    Layer.provideMerge(SingleRunner.layer({ runnerStorage: "memory" })),
    Layer.provide([client, Digest.layerWebCrypto])
  )

/** What the disk itself takes to write and sync as much. */
const disk = (dir: string) =>
  Effect.gen(function*() {
    const file = openSync(join(dir, "disk"), "a")
    const append = Effect.sync(() => {
      writeSync(file, entry)
      fsyncSync(file)
    })
    const row = [
      "write and fsync a file",
      yield* times(() => timed(puts, Effect.replicateEffect(append, puts))),
      "-",
      "-"
    ]
    closeSync(file)
    return row
  })

export const journal = (): Promise<void> =>
  Effect.runPromise(Effect.scoped(Effect.gen(function*() {
    const dir = yield* Effect.acquireRelease(
      Effect.sync(() => mkdtempSync(join(tmpdir(), "effect-claude-bench-"))),
      (dir) => Effect.sync(() => rmSync(dir, { recursive: true }))
    )
    const server = yield* Effect.acquireRelease(
      Effect.promise(postgres),
      (server) => Effect.promise(async () => server?.close())
    )
    const sqlite = (name: string) => Sqlite.layer({ filename: join(dir, name) })
    const rows = [
      yield* disk(dir),
      yield* plain("memory", ToolJournal.layerMemory),
      yield* plain("node:sqlite", ToolJournal.layerSql().pipe(Layer.provide(sqlite("journal.db")))),
      yield* inWorkflow("workflow in memory", WorkflowEngine.layerMemory),
      yield* inWorkflow("workflow on node:sqlite", engineOn(sqlite("workflow.db")))
    ]
    if (server === undefined) console.log("\nPostgres is not installed: skipped")
    else {
      const { path, username } = server
      const client = PgClient.layer({ path, username, database: "postgres" })
      rows.push(
        yield* plain("Postgres", ToolJournal.layerSql().pipe(Layer.provide(client))),
        yield* inWorkflow("workflow on Postgres", engineOn(client))
      )
    }
    print(`µs per put of ${entry.length} bytes, medians of ${rounds} times ${puts}`, [
      "",
      "one after the other",
      "eight runs at once",
      "read back, per entry"
    ], rows)
  })))

if (import.meta.main) await journal()
