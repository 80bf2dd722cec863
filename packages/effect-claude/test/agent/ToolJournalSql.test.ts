import { PgClient } from "@effect/sql-pg"
import { assert, describe, layer, vi } from "@effect/vitest"
import { Cause, Context, Deferred, Effect, Fiber, Layer, Redacted } from "effect"
import { ToolJournal } from "effect-claude"
import * as Sqlite from "effect-claude/node/Sqlite"
import { Reactivity } from "effect/reactivity"
import { SqlClient, type SqlConnection, Statement } from "effect/sql"
import { TestClock } from "effect/testing"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { inspect } from "node:util"
import * as Journals from "../fixtures/journals.ts"
import { connect, installed, Postgres } from "../fixtures/postgres.ts"

// Databases sync to disks, and disks may be busy.
vi.setConfig({ testTimeout: 30_000 })

const journalOn = (client: SqlClient.SqlClient, options: ToolJournal.SqlOptions = {}) =>
  Effect.flatMap(Effect.scope, (scope) =>
    Layer.buildWithScope(
      ToolJournal.layerSql(options).pipe(Layer.provide(Layer.succeed(SqlClient.SqlClient, client))),
      scope
    )).pipe(Effect.map((context) => Context.get(context, ToolJournal.ToolJournal)))

const clientOf = <E>(layer: Layer.Layer<SqlClient.SqlClient, E>) =>
  Effect.flatMap(Effect.scope, (scope) => Layer.buildWithScope(layer, scope)).pipe(
    Effect.map((context) => Context.get(context, SqlClient.SqlClient))
  )
const postgres = Effect.flatMap(Postgres, ({ path }) => clientOf(connect(path)))
const sqlite = Effect.flatMap(Journals.directory, (dir) => clientOf(Sqlite.layer({ filename: join(dir, "j.db") })))

/** All that a log, a report or a store of errors could show of it. */
const allOf = (error: ToolJournal.JournalFailed) =>
  [inspect(error, { depth: 20, showHidden: true }), JSON.stringify(error), Cause.pretty(Cause.fail(error))].join("\n")

/** Waits of the clock pass at once, while the world takes the time it takes. */
const hurried = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.gen(function*() {
    const fiber = yield* Effect.forkChild(effect, { startImmediately: true })
    while (fiber.pollUnsafe() === undefined) {
      yield* TestClock.adjust("100 millis")
      yield* Effect.promise(() => new Promise((resolve) => setImmediate(resolve)))
    }
    return yield* Fiber.join(fiber)
  }).pipe(Effect.provide(TestClock.layer()))

/** A client that says what it is told and answers nothing. */
const recorder = (compiler: Statement.Compiler, said: Array<readonly [string, ReadonlyArray<unknown>]>) =>
  Effect.gen(function*() {
    const run = (sql: string, params: ReadonlyArray<unknown>) =>
      Effect.sync(() => {
        said.push([sql.replaceAll(/\s+/g, " "), params])
        return /^SELECT.*= \?/.test(sql) ? [{ at: 0, entry: "there" }] : []
      })
    const connection: SqlConnection.Connection = {
      execute: run,
      executeRaw: run,
      executeValues: () => Effect.die("unused"),
      executeValuesUnprepared: () => Effect.die("unused"),
      executeUnprepared: run,
      executeStream: () => Effect.die("unused").pipe(Effect.orDie) as never
    }
    return yield* SqlClient.make({
      acquirer: Effect.succeed(connection),
      compiler,
      driver: "recorder",
      spanAttributes: []
    })
  }).pipe(Effect.provide(Reactivity.layer))

const dialect = (name: "mysql" | "mssql") =>
  Statement.makeCompiler({
    dialect: name,
    placeholder: () => "?",
    onIdentifier: Statement.defaultEscape("`"),
    onCustom: () => ["", []],
    onRecordUpdate: () => ["", []]
  })

describe.skipIf(!installed)("ToolJournal.layerSql (needs postgres)", () => {
  layer(Postgres.layer, { excludeTestServices: true, timeout: 60_000 })((it) => {
    it.effect("twenty connections that make one table at once all get it", () =>
      Effect.gen(function*() {
        const { path } = yield* Postgres
        for (let round = 0; round < 5; round++) {
          yield* Effect.scoped(Effect.gen(function*() {
            const journals = yield* Effect.forEach(
              Array.from({ length: 20 }),
              () => Journals.open(`postgres ${path} at_once_${round}`),
              { concurrency: "unbounded" }
            )
            const told = yield* Effect.forEach(journals, (journal, at) => journal.put("r", 0, `${at}`))
            assert.deepStrictEqual(new Set(told), new Set(["0"]))
          }))
        }
      }), 30_000)

    it.effect("a role that may only write rows finds the table that another made", () =>
      Effect.gen(function*() {
        const { path } = yield* Postgres
        const owner = yield* postgres
        yield* journalOn(owner, { table: "granted" })
        yield* owner`CREATE ROLE writer LOGIN`
        yield* owner`REVOKE CREATE ON SCHEMA public FROM PUBLIC`
        yield* owner`GRANT SELECT, INSERT, DELETE ON granted TO writer`
        const writer = yield* clientOf(connect(path, { username: "writer" }))
        const journal = yield* journalOn(writer, { table: "granted" })
        assert.strictEqual(yield* journal.put("r", 0, "1"), "1")
        const refused = yield* Effect.flip(journalOn(writer, { table: "not_there" }))
        assert.match(refused.message, /cannot open its table/)
      }))

    it.effect("a table of another schema is used as named, and a table of another shape is refused", () =>
      Effect.gen(function*() {
        const sql = yield* postgres
        yield* sql`CREATE SCHEMA claude`
        const journal = yield* journalOn(sql, { table: "claude.journal" })
        yield* journal.put("r", 0, "1")
        assert.deepStrictEqual(yield* sql`SELECT run, at, entry FROM claude.journal`.values, [["r", 0, "1"]])
        yield* sql`CREATE TABLE other (id INTEGER)`
        assert.match((yield* Effect.flip(journalOn(sql, { table: "other" }))).message, /cannot open its table/)
      }))

    it.effect("a name that is no identifier is refused before the database hears of it", () =>
      Effect.gen(function*() {
        const said: Array<readonly [string, ReadonlyArray<unknown>]> = []
        const client = yield* recorder(dialect("mysql"), said)
        for (const table of ["", "a b", "a;drop table b", "a\"", "a.b.c", "1a", "a.", `a${"b".repeat(63)}`]) {
          const { message } = yield* Effect.flip(journalOn(client, { table }))
          assert.match(message, /not an identifier/)
        }
        assert.deepStrictEqual(said, [])
      }))

    it.effect("MySQL is asked without upserting, and other dialects are refused", () =>
      Effect.gen(function*() {
        const said: Array<readonly [string, ReadonlyArray<unknown>]> = []
        const journal = yield* journalOn(yield* recorder(dialect("mysql"), said))
        assert.strictEqual(yield* journal.put("r\u0000", 0, "mine"), "there")
        assert.deepStrictEqual(said.slice(2), [
          [
            "INSERT INTO `effect_claude_journal` (`run`, `at`, `entry`) VALUES (?, ?, ?) ON DUPLICATE KEY UPDATE `at` = `at`",
            ["r\\u0000", 0, "mine"]
          ],
          ["SELECT `at`, `entry` FROM `effect_claude_journal` WHERE `run` = ? AND `at` = ?", ["r\\u0000", 0]]
        ])
        const other = yield* Effect.flip(Effect.flatMap(recorder(dialect("mssql"), said), journalOn))
        assert.match(other.message, /SQLite, Postgres and MySQL only/)
      }))

    for (const [name, client] of Object.entries({ SQLite: sqlite, Postgres: postgres })) {
      it.effect(`F8 ${name}: inside a transaction of the same client nothing would be durable, so it is refused`, () =>
        Effect.gen(function*() {
          const sql = yield* client
          const journal = yield* journalOn(sql, { table: "in_transaction" })
          const refused = yield* Effect.flip(sql.withTransaction(journal.put("r", 0, "1")))
          assert.match(refused.message, /inside a transaction/)
          assert.deepStrictEqual(yield* journal.read("r"), [])
          assert.strictEqual(yield* journal.put("r", 0, "2"), "2")
        }))

      it.effect(`${name}: a failure says what failed and keeps the entry, the run and the parameters to itself`, () =>
        Effect.gen(function*() {
          const sql = yield* client
          const journal = yield* journalOn(sql, { table: "secrets" })
          yield* sql`DROP TABLE secrets`
          yield* sql`CREATE TABLE secrets (run TEXT, at INTEGER, entry TEXT CHECK (length(entry) <> 7), PRIMARY KEY (run, at))`
          const failed = yield* Effect.flip(journal.put("run-of-hunter2", 0, "hunter2"))
          assert.strictEqual(failed._tag, "JournalFailed")
          assert.match(failed.message, /cannot write/)
          assert.match(allOf(failed), /ConstraintError/)
          assert.notInclude(allOf(failed), "hunter2")
          yield* sql`DROP TABLE secrets`
          assert.match(allOf(yield* Effect.flip(journal.read("r"))), /cannot read.*secrets/s)
        }))
    }

    it.effect("a password is in no error, whether the server refuses it or is not there", () =>
      Effect.gen(function*() {
        const { path } = yield* Postgres
        const password = Redacted.make("hunter2")
        const url = Redacted.make(`postgres://somebody:hunter2@127.0.0.1:${yield* Journals.port}/postgres`)
        for (
          const [client, why] of [
            [connect(path, { username: "somebody", password }), /role "somebody" does not exist/],
            [Layer.fresh(PgClient.layer({ url })), /ConnectionError/]
          ] as const
        ) {
          const opening = Effect.scoped(Effect.flip(Effect.flatMap(clientOf(client), journalOn)))
          const failed = yield* why.source === "ConnectionError" ? hurried(opening) : opening
          assert.strictEqual(failed._tag, "JournalFailed")
          if (failed._tag !== "JournalFailed") return
          assert.match(allOf(failed), why)
          assert.notInclude(allOf(failed), "hunter2")
        }
      }))

    it.effect("SQLite: a database that another process holds is waited for without holding this one, and may be left", () =>
      Effect.gen(function*() {
        const dir = yield* Journals.directory
        const filename = join(dir, "j.db")
        const sql = yield* clientOf(Sqlite.layer({ filename, busyTimeout: "200 millis" }))
        const journal = yield* journalOn(sql)
        const other = yield* Effect.acquireRelease(
          Effect.sync(() => new DatabaseSync(filename)),
          (db) => Effect.sync(() => db.close())
        )
        other.exec("BEGIN IMMEDIATE")
        const putting = yield* Effect.forkChild(journal.put("r", 0, "1"), { startImmediately: true })
        // The one that waits does not hold the process: this fiber goes on.
        for (let n = 0; n < 100; n++) yield* Effect.yieldNow
        assert.isUndefined(putting.pollUnsafe())
        other.exec("COMMIT")
        assert.strictEqual(yield* Fiber.join(putting), "1")
        other.exec("BEGIN IMMEDIATE")
        const waiting = yield* Effect.forkChild(journal.put("r", 1, "1"), { startImmediately: true })
        yield* Effect.yieldNow
        yield* Fiber.interrupt(waiting)
        other.exec("COMMIT")
        assert.deepStrictEqual(yield* journal.read("r"), ["1"])
      }))

    it.effect(
      "Postgres: a connection that the server ends in the middle of a put is replaced",
      () =>
        Effect.gen(function*() {
          const [sql, other] = [yield* postgres, yield* postgres]
          const journal = yield* journalOn(sql, { table: "terminated" })
          const inserting = yield* Deferred.make<void>()
          const held = yield* Effect.forkChild(
            other.withTransaction(Effect.andThen(
              other`INSERT INTO terminated (run, at, entry) VALUES ('r', 0, 'other')`,
              Effect.andThen(Deferred.succeed(inserting, undefined), Effect.never)
            ))
          )
          yield* Deferred.await(inserting)
          const putting = yield* Effect.forkChild(journal.put("r", 0, "mine"), { startImmediately: true })
          const terminate = other`
        SELECT pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE wait_event_type = 'Lock' AND query LIKE 'INSERT INTO "terminated"%'`
          while ((yield* terminate).length === 0) yield* Effect.yieldNow
          yield* Fiber.interrupt(held)
          assert.strictEqual(yield* Fiber.join(putting), "mine")
          assert.deepStrictEqual(yield* journal.read("r"), ["mine"])
        }),
      30_000
    )

    it.effect(
      "SQLite: a database that another process keeps is given up after ten seconds, Postgres that is gone after six",
      () =>
        Effect.gen(function*() {
          const dir = yield* Journals.directory
          const filename = join(dir, "j.db")
          const kept = yield* journalOn(yield* clientOf(Sqlite.layer({ filename })))
          const other = yield* Effect.acquireRelease(
            Effect.sync(() => new DatabaseSync(filename)),
            (db) => Effect.sync(() => db.close())
          )
          other.exec("BEGIN IMMEDIATE")
          const server = yield* Postgres
          const gone = yield* journalOn(yield* postgres, { table: "gone" })
          yield* server.stop
          for (
            const [journal, least, most, why] of [[kept, 9, 11, /LockTimeout/], [
              gone,
              4,
              6,
              /ConnectionError/
            ]] as const
          ) {
            yield* Effect.gen(function*() {
              const putting = yield* Effect.forkChild(Effect.flip(journal.put("r", 0, "1")), { startImmediately: true })
              let millis = 0
              while (putting.pollUnsafe() === undefined) {
                yield* TestClock.adjust(50)
                millis += 50
                // A refused connection takes a few turns of the event loop.
                for (let n = 0; n < 5; n++) yield* Effect.promise(() => new Promise((resolve) => setImmediate(resolve)))
              }
              assert.match(allOf(yield* Fiber.join(putting)), why)
              assert.isAtLeast(millis, least * 1000)
              assert.isAtMost(millis, most * 1000)
            }).pipe(Effect.provide(TestClock.layer()))
          }
          yield* server.start
        }),
      30_000
    )

    it.effect("F8 SQLite: a disk that is full fails the put, keeps what is there, and goes on when there is room", () =>
      Effect.gen(function*() {
        const sql = yield* sqlite
        const journal = yield* journalOn(sql)
        yield* journal.put("r", 0, "1")
        const [[pages]] = (yield* sql`PRAGMA page_count`.values) as [[number]]
        yield* sql.unsafe(`PRAGMA max_page_count = ${pages + 2}`)
        const failed = yield* Effect.flip(journal.put("r", 1, "x".repeat(100_000)))
        assert.match(allOf(failed), /database or disk is full/)
        assert.deepStrictEqual(yield* journal.read("r"), ["1"])
        yield* sql.unsafe("PRAGMA max_page_count = 1000000")
        assert.strictEqual(yield* journal.put("r", 1, "2"), "2")
      }))

    it.effect(
      "F8 Postgres: where each statement is serializable, of 50 fibers exactly one wins each place",
      () =>
        Effect.gen(function*() {
          const { path } = yield* Postgres
          const sql = yield* clientOf(
            connect(path, { startupOptions: "-c default_transaction_isolation=serializable" })
          )
          const [[isolation]] = (yield* sql`SHOW default_transaction_isolation`.values) as [[string]]
          assert.strictEqual(isolation, "serializable")
          const journal = yield* journalOn(sql, { table: "serializable" })
          const told = yield* Effect.forEach(
            Array.from({ length: 50 }, (_, fiber) => `${fiber}`),
            (fiber) => Effect.forEach([0, 1, 2, 3, 4], (at) => journal.put("r", at, fiber)),
            { concurrency: "unbounded" }
          )
          const log = yield* journal.read("r")
          assert.lengthOf(log, 5)
          for (const one of told) assert.deepStrictEqual(one, log)
        }),
      30_000
    )

    it.effect("Postgres: a server that is full for this role is waited for", () =>
      Effect.gen(function*() {
        const { path } = yield* Postgres
        const owner = yield* postgres
        yield* owner`CREATE ROLE one_at_a_time LOGIN CONNECTION LIMIT 1`
        const one = connect(path, { username: "one_at_a_time" })
        yield* journalOn(owner, { table: "crowded" })
        yield* owner`GRANT ALL ON crowded TO one_at_a_time`
        const asked = yield* Deferred.make<void>()
        const first = yield* Effect.forkChild(Effect.scoped(Effect.gen(function*() {
          const sql = yield* clientOf(one)
          yield* sql`SELECT 1`
          yield* Deferred.succeed(asked, undefined)
          return yield* Effect.never
        })))
        yield* Deferred.await(asked)
        const journal = yield* Effect.forkChild(
          Effect.flatMap(clientOf(one), (sql) => journalOn(sql, { table: "crowded" }))
        )
        const refused =
          owner`SELECT 1 FROM pg_stat_activity WHERE usename = 'one_at_a_time' AND backend_type = 'client backend'`
        for (let n = 0; n < 20; n++) yield* refused
        assert.isUndefined(journal.pollUnsafe())
        yield* Fiber.interrupt(first)
        assert.strictEqual(yield* (yield* Fiber.join(journal)).put("r", 0, "1"), "1")
      }), 30_000)

    it.effect("Postgres: a server that goes down and comes up again is waited for", () =>
      Effect.gen(function*() {
        const server = yield* Postgres
        const [sql, other] = [yield* postgres, yield* postgres]
        const journal = yield* journalOn(sql, { table: "restarted" })
        yield* journal.put("r", 0, "1")
        yield* other`SELECT 1`
        // It still serves the other, and takes no new connection.
        yield* server.closing
        yield* other`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()`
        const putting = yield* Effect.forkChild(journal.put("r", 1, "2"), { startImmediately: true })
        for (let n = 0; n < 20; n++) yield* other`SELECT 1`
        assert.isUndefined(putting.pollUnsafe())
        yield* server.stop
        yield* server.start
        assert.strictEqual(yield* Fiber.join(putting), "2")
        assert.deepStrictEqual(yield* journal.read("r"), ["1", "2"])
      }), 30_000)
  })
})
