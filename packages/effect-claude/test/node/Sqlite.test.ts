import { assert, describe, it, vi } from "@effect/vitest"
import { Context, Deferred, Effect, Exit, Fiber, Layer, Stream } from "effect"
import * as Sqlite from "effect-claude/node/Sqlite"
import { SqlClient, type SqlError } from "effect/sql"
import { TestClock } from "effect/testing"
import { existsSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { directory } from "../fixtures/journals.ts"

// Databases sync to disks, and disks may be busy.
vi.setConfig({ testTimeout: 30_000 })

const open = (options: Sqlite.Options) =>
  Effect.flatMap(Effect.scope, (scope) => Layer.buildWithScope(Layer.fresh(Sqlite.layer(options)), scope)).pipe(
    Effect.map((context) => Context.get(context, SqlClient.SqlClient))
  )
const file = Effect.map(directory, (dir) => join(dir, "a.db"))
const memory = Effect.tap(open({ filename: ":memory:" }), (sql) => sql`CREATE TABLE t (id INTEGER PRIMARY KEY, v)`)

/** Rows as plain objects: Node's have no prototype. */
const rows = <A extends object>(found: ReadonlyArray<A>) => found.map((row) => ({ ...row }))
const ids = (sql: SqlClient.SqlClient) =>
  Effect.map(sql<{ readonly id: number }>`SELECT id FROM t ORDER BY id`, (found) => found.map(({ id }) => id))

/** Another process's hold on a database, for as long as the scope lives. */
const holder = (filename: string) =>
  Effect.acquireRelease(
    Effect.sync(() => new DatabaseSync(filename)),
    (db) => Effect.sync(() => db.close())
  )

/** How often a statement is prepared anew while an effect runs. */
const prepares = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.acquireUseRelease(
    Effect.sync(() => {
      const real = DatabaseSync.prototype.prepare
      const seen: Array<string> = []
      DatabaseSync.prototype.prepare = function(sql) {
        seen.push(sql)
        return real.call(this, sql)
      }
      return { real, seen }
    }),
    ({ seen }) => Effect.as(effect, seen),
    ({ real }) => Effect.sync(() => void (DatabaseSync.prototype.prepare = real))
  )

const reasonOf = <A, R>(effect: Effect.Effect<A, SqlError.SqlError, R>) =>
  Effect.map(Effect.flip(effect), ({ reason }) => reason._tag)

describe("Sqlite", () => {
  it.effect("F8 syncs the write-ahead log at every commit", () =>
    Effect.gen(function*() {
      const sql = yield* open({ filename: yield* file })
      const pragma = (name: string) => Effect.map(sql.unsafe(`PRAGMA ${name}`).values, ([row]) => row?.[0])
      assert.strictEqual(yield* pragma("journal_mode"), "wal")
      assert.strictEqual(yield* pragma("synchronous"), 2)
      assert.strictEqual(yield* pragma("fullfsync"), 1)
      // SQLite's own wait would hold the whole process.
      assert.strictEqual(yield* pragma("busy_timeout"), 0)
    }))

  it.effect("closes with its scope, and rolls back what is open then", () =>
    Effect.gen(function*() {
      const filename = yield* file
      const sql = yield* Effect.scoped(Effect.gen(function*() {
        const sql = yield* open({ filename })
        yield* sql`CREATE TABLE t (id INTEGER PRIMARY KEY)`
        yield* sql`INSERT INTO t VALUES (1)`
        assert.isTrue(existsSync(`${filename}-wal`))
        return sql
      }))
      assert.isFalse(existsSync(`${filename}-wal`))
      assert.strictEqual(yield* reasonOf(sql`SELECT 1`), "UnknownError")
      assert.deepStrictEqual(yield* ids(yield* open({ filename })), [1])
    }))

  it.effect("a transaction is kept as a whole or not at all: committed, failed, died, interrupted", () =>
    Effect.gen(function*() {
      const sql = yield* memory
      const inserting = (id: number, then: Effect.Effect<unknown, string>) =>
        sql.withTransaction(Effect.andThen(sql`INSERT INTO t (id) VALUES (${id})`, then))
      yield* inserting(1, Effect.void)
      assert.isTrue(Exit.isFailure(yield* Effect.exit(inserting(2, Effect.fail("no")))))
      assert.isTrue(Exit.isFailure(yield* Effect.exit(inserting(3, Effect.die("no")))))
      const inside = yield* Deferred.make<void>()
      const hanging = yield* Effect.forkChild(
        inserting(4, Effect.andThen(Deferred.succeed(inside, undefined), Effect.never))
      )
      yield* Deferred.await(inside)
      yield* Fiber.interrupt(hanging)
      assert.deepStrictEqual(yield* ids(sql), [1])
      yield* sql.withTransaction(Effect.gen(function*() {
        yield* sql`INSERT INTO t (id) VALUES (5)`
        yield* Effect.exit(inserting(6, Effect.fail("no")))
        yield* inserting(7, Effect.void)
      }))
      assert.deepStrictEqual(yield* ids(sql), [1, 5, 7])
    }))

  it.effect("the connection is taken in turns: what comes during a transaction waits, in order, and may leave", () =>
    Effect.gen(function*() {
      const sql = yield* memory
      const [inside, go] = [yield* Deferred.make<void>(), yield* Deferred.make<void>()]
      const holding = yield* Effect.forkChild(
        sql.withTransaction(Effect.gen(function*() {
          yield* sql`INSERT INTO t (id) VALUES (1)`
          yield* Deferred.succeed(inside, undefined)
          yield* Deferred.await(go)
          return yield* Effect.fail("rolled back")
        })),
        { startImmediately: true }
      )
      yield* Deferred.await(inside)
      const order: Array<string> = []
      const next = (name: string) =>
        Effect.forkChild(Effect.map(ids(sql), (found) => order.push(`${name} ${found.length}`)), {
          startImmediately: true
        })
      const [first, second, third] = [yield* next("first"), yield* next("second"), yield* next("third")]
      for (let n = 0; n < 10; n++) yield* Effect.yieldNow
      assert.deepStrictEqual(order, [])
      yield* Fiber.interrupt(second)
      yield* Deferred.succeed(go, undefined)
      yield* Effect.exit(Fiber.join(holding))
      yield* Fiber.join(first)
      yield* Fiber.join(third)
      assert.deepStrictEqual(order, ["first 0", "third 0"])
    }))

  it.effect("statements are prepared once, and as many are kept as are allowed", () =>
    Effect.gen(function*() {
      const sql = yield* open({ filename: ":memory:", statements: 2 })
      const ask = (letters: string) =>
        Effect.forEach([...letters], (letter) => sql.unsafe(`SELECT '${letter}' AS ${letter}`), { discard: true })
      assert.lengthOf(yield* prepares(ask("ababab")), 2)
      // The one that was not used for longest has gone.
      assert.deepStrictEqual(yield* prepares(ask("acab")), ["SELECT 'c' AS c", "SELECT 'b' AS b"])
    }))

  it.effect("a statement that is kept sees the table as it is now", () =>
    Effect.gen(function*() {
      const sql = yield* memory
      yield* sql`INSERT INTO t (id, v) VALUES (1, 'a')`
      const all = sql`SELECT * FROM t`
      assert.deepStrictEqual(rows(yield* all), [{ id: 1, v: "a" }])
      yield* sql`ALTER TABLE t ADD COLUMN w DEFAULT 'b'`
      assert.deepStrictEqual(rows(yield* all), [{ id: 1, v: "a", w: "b" }])
    }))

  it.effect("values come back as they were: texts, numbers, bytes, nothing, truth as 1 and 0", () =>
    Effect.gen(function*() {
      const sql = yield* memory
      const values = ["", "\u{1F600}", 1.5, -0, null, new Uint8Array([0, 255]), new Uint8Array(0), true, false]
      yield* Effect.forEach(values, (value, id) => sql`INSERT INTO t VALUES (${id}, ${value})`)
      const found = yield* sql<{ readonly v: unknown }>`SELECT v FROM t ORDER BY id`
      assert.deepStrictEqual(
        found.map(({ v }) => v),
        ["", "\u{1F600}", 1.5, -0, null, new Uint8Array([0, 255]), new Uint8Array(0), 1, 0]
      )
      for (const value of [undefined, {}, Symbol.iterator, new Date(0), 2n ** 64n]) {
        assert.strictEqual(yield* reasonOf(sql`INSERT INTO t (v) VALUES (${value})`), "UnknownError")
      }
    }))

  it.effect("an integer that a number cannot hold is an error, or a bigint where that was asked for", () =>
    Effect.gen(function*() {
      const sql = yield* memory
      const big = 2n ** 62n + 1n
      yield* sql`INSERT INTO t VALUES (1, ${big})`
      const value = Effect.map(sql<{ readonly v: unknown }>`SELECT v FROM t`, ([row]) => row?.v)
      assert.strictEqual(yield* reasonOf(value), "UnknownError")
      assert.strictEqual(yield* Effect.provideService(value, SqlClient.SafeIntegers, true), big)
      assert.strictEqual(yield* reasonOf(value), "UnknownError")
    }))

  it.effect("rows come as objects, as arrays, as a stream, and writes raw", () =>
    Effect.gen(function*() {
      const sql = yield* memory
      yield* sql.withTransaction(Effect.forEach(
        Array.from({ length: 1000 }, (_, id) => id),
        (id) => sql`INSERT INTO t VALUES (${id}, ${id * 2})`
      ))
      assert.deepStrictEqual(rows(yield* sql`SELECT * FROM t WHERE id = 7`), [{ id: 7, v: 14 }])
      assert.deepStrictEqual(yield* sql`SELECT id, v, id FROM t WHERE id = 7`.values, [[7, 14, 7]])
      assert.deepStrictEqual(rows(yield* sql`SELECT * FROM t WHERE id = 7`), [{ id: 7, v: 14 }])
      const streamed = yield* Stream.runCollect(sql<{ readonly id: number }>`SELECT id FROM t ORDER BY id`.stream)
      assert.deepStrictEqual(streamed.map(({ id }) => id), Array.from({ length: 1000 }, (_, id) => id))
      const few = yield* Stream.runCollect(Stream.take(sql`SELECT id FROM t`.stream, 3))
      assert.lengthOf(few, 3)
      assert.deepInclude(yield* sql`DELETE FROM t WHERE id < 10`.raw, { changes: 10 })
      const broken = Stream.runCollect(sql`SELECT * FROM nowhere`.stream)
      assert.strictEqual(yield* reasonOf(broken), "UnknownError")
      assert.lengthOf(yield* ids(sql), 990)
      // Refused while any statement still reads from it.
      yield* sql`DROP TABLE t`
    }))

  it.effect("what SQLite refuses has a reason", () =>
    Effect.gen(function*() {
      const sql = yield* memory
      yield* sql`CREATE TABLE u (a TEXT UNIQUE NOT NULL)`
      yield* sql`INSERT INTO u VALUES ('x')`
      const again = yield* Effect.flip(sql`INSERT INTO u VALUES ('x')`)
      assert.strictEqual(again.reason._tag === "UniqueViolation" && again.reason.constraint, "u.a")
      assert.strictEqual(yield* reasonOf(sql`INSERT INTO u VALUES (NULL)`), "ConstraintError")
      assert.strictEqual(yield* reasonOf(sql`SELEC`), "UnknownError")
      const nowhere = open({ filename: join(yield* directory, "not", "there.db") })
      assert.strictEqual(yield* reasonOf(nowhere), "ConnectionError")
      const garbage = yield* file
      writeFileSync(garbage, "no database".repeat(1000))
      const notOne = yield* Effect.flip(open({ filename: garbage }))
      assert.match(notOne.message, /not a database/)
    }))

  it.effect("a transaction that reads before it writes is not overtaken by another process", () =>
    Effect.gen(function*() {
      const filename = yield* file
      const sql = yield* open({ filename })
      yield* sql`CREATE TABLE t (id INTEGER PRIMARY KEY)`
      const other = yield* holder(filename)
      yield* sql.withTransaction(Effect.gen(function*() {
        assert.deepStrictEqual(yield* ids(sql), [])
        assert.throws(() => other.exec("INSERT INTO t VALUES (1)"), /locked/)
        yield* sql`INSERT INTO t VALUES (2)`
      }))
      assert.deepStrictEqual(yield* ids(sql), [2])
    }))

  it.effect("a database that another process holds is waited for, to the bound, and the process goes on meanwhile", () =>
    Effect.gen(function*() {
      const filename = yield* file
      const sql = yield* open({ filename, busyTimeout: "3 seconds" })
      yield* sql`CREATE TABLE t (id INTEGER PRIMARY KEY)`
      const other = yield* holder(filename)
      for (
        const insert of [
          sql`INSERT INTO t (id) VALUES (NULL)`,
          sql.withTransaction(sql`INSERT INTO t (id) VALUES (NULL)`)
        ]
      ) {
        const before = (yield* ids(sql)).length
        other.exec("BEGIN IMMEDIATE")
        const tooLate = yield* Effect.forkChild(reasonOf(insert), { startImmediately: true })
        yield* TestClock.adjust("2900 millis")
        assert.isUndefined(tooLate.pollUnsafe())
        yield* TestClock.adjust("200 millis")
        assert.strictEqual(yield* Fiber.join(tooLate), "LockTimeoutError")

        const inTime = yield* Effect.forkChild(insert, { startImmediately: true })
        yield* TestClock.adjust("1 second")
        other.exec("COMMIT")
        yield* TestClock.adjust("100 millis")
        yield* Fiber.join(inTime)
        assert.lengthOf(yield* ids(sql), before + 1)

        other.exec("BEGIN IMMEDIATE")
        const leaving = yield* Effect.forkChild(insert, { startImmediately: true })
        yield* TestClock.adjust("1 second")
        yield* Fiber.interrupt(leaving)
        other.exec("COMMIT")
        assert.lengthOf(yield* ids(sql), before + 1)
      }
    }))
})
