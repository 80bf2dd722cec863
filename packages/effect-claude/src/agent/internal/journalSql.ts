/** The journal as a table with the primary key (run, at), whose rows are inserted, read and removed, never changed. */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { hasProperty } from "effect/Predicate"
import * as Schedule from "effect/Schedule"
import * as SqlClient from "effect/sql/SqlClient"
import type { SqlError } from "effect/sql/SqlError"

interface Failure {
  readonly message: string
  readonly cause?: unknown
}

interface Row {
  readonly at: number | bigint
  readonly entry: string
}

const name = /^[A-Za-z_]\w{0,62}(\.[A-Za-z_]\w{0,62})?$/

/** How long a database that cannot answer now is asked again, in milliseconds since it first could not. */
const patience = 5000

/** Waits 20 ms to 1 s between tries. */
const again = Schedule.min([Schedule.exponential("20 millis"), Schedule.spaced("1 second")]).pipe(
  Schedule.jittered,
  Schedule.while(({ duration, elapsed }) => elapsed + Duration.toMillis(duration) <= patience)
)

/** A place whose entry is removed between insert and select is asked for again, so often. */
const removals = 10

const field = ({ reason: { cause } }: SqlError, key: string): unknown =>
  hasProperty(cause, key) ? cause[key] : undefined

/** Besides what Effect calls retryable: Postgres going down (57P01, 57P02), coming up (57P03), full (53300). */
const passes = (error: SqlError): boolean =>
  error.isRetryable || /^(57P0[123]|53300)$/.test(String(field(error, "code")))

/** What went wrong without what was being written: drivers put whole rows into their errors' details. */
const describe = (error: SqlError): Failure["cause"] =>
  Object.assign(new Error(String(field(error, "message") ?? error.message)), {
    name: error.reason._tag,
    code: field(error, "errcode") ?? field(error, "code")
  })

/** No text can stand for another or be refused: Postgres takes no NUL, and UTF-8 no half of a surrogate pair. */
const keyOf = (run: string): string => JSON.stringify(run).slice(1, -1)

const statements = (sql: SqlClient.SqlClient, tableName: string) => {
  const [table, run, at, entry] = [sql(tableName), sql("run"), sql("at"), sql("entry")]
  const standard = {
    create: sql`CREATE TABLE IF NOT EXISTS ${table} (
      ${run} TEXT NOT NULL, ${at} INTEGER NOT NULL, ${entry} TEXT NOT NULL, PRIMARY KEY (${run}, ${at}))`,
    insert: (key: string, place: number, text: string) =>
      sql`INSERT INTO ${table} (${run}, ${at}, ${entry}) VALUES (${key}, ${place}, ${text})
        ON CONFLICT (${run}, ${at}) DO NOTHING RETURNING ${at}`
  }
  const mysql = {
    // Bytes, so that no collation takes two ids for one; an id of 256 characters has 6 bytes each at most.
    create: sql`CREATE TABLE IF NOT EXISTS ${table} (
      ${run} VARBINARY(1536) NOT NULL, ${at} INTEGER NOT NULL,
      ${entry} LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL, PRIMARY KEY (${run}, ${at}))`,
    // MySQL's INSERT IGNORE would take a truncated entry, too.
    insert: (key: string, place: number, text: string) =>
      sql`INSERT INTO ${table} (${run}, ${at}, ${entry}) VALUES (${key}, ${place}, ${text})
        ON DUPLICATE KEY UPDATE ${at} = ${at}`
  }
  const dialect = sql.onDialectOrElse({
    sqlite: () => standard,
    pg: () => standard,
    mysql: () => mysql,
    orElse: () => undefined
  })
  return dialect && {
    ...dialect,
    probe: sql`SELECT ${run}, ${at}, ${entry} FROM ${table} WHERE 1 = 0`,
    one: (key: string, place: number) =>
      sql<Row>`SELECT ${at}, ${entry} FROM ${table} WHERE ${run} = ${key} AND ${at} = ${place}`,
    all: (key: string) => sql<Row>`SELECT ${at}, ${entry} FROM ${table} WHERE ${run} = ${key} ORDER BY ${at}`,
    remove: (key: string) => sql`DELETE FROM ${table} WHERE ${run} = ${key}`
  }
}

export const makeSql = Effect.fnUntraced(function*<E>(table: string, failed: (failure: Failure) => E) {
  if (!name.test(table)) return yield* Effect.fail(failed({ message: "The journal's table name is not an identifier" }))
  const sql = (yield* SqlClient.SqlClient).withoutTransforms()
  const log = statements(sql, table)
  if (log === undefined) {
    return yield* Effect.fail(failed({ message: "The journal speaks to SQLite, Postgres and MySQL only" }))
  }

  const alone = Effect.flatMap(
    Effect.serviceOption(sql.transactionService),
    Option.match({
      onNone: () => Effect.void,
      onSome: () => Effect.fail(failed({ message: "The journal was used inside a transaction of its own client" }))
    })
  )
  const steadily = <A>(what: string, effect: Effect.Effect<A, SqlError>): Effect.Effect<A, E> =>
    Effect.andThen(
      alone,
      effect.pipe(
        // Each statement may run twice: a place is taken by the first.
        Effect.retry({ schedule: again, while: passes }),
        Effect.mapError((error) => failed({ message: `The journal cannot ${what}`, cause: describe(error) }))
      )
    )

  // It may be there although it cannot be made: for a role that may only write rows, and for the second of two that make
  // it at once, whom Postgres refuses in several ways.
  const create = Effect.catch(log.create, (refusal) => Effect.mapError(log.probe, () => refusal))
  yield* steadily("open its table", Effect.andThen(create, log.probe))

  return {
    put: Effect.fn("ToolJournal.put")(function*(run: string, at: number, entry: string) {
      const key = keyOf(run)
      for (let times = 0; times < removals; times++) {
        const inserted = yield* steadily("write", log.insert(key, at, entry))
        if (inserted.length > 0) return entry
        const [there] = yield* steadily("read back", log.one(key, at))
        if (there !== undefined) return there.entry
      }
      return yield* Effect.fail(failed({ message: "The run is being removed while it is written" }))
    }),
    read: Effect.fn("ToolJournal.read")(function*(run: string) {
      const rows = yield* steadily("read", log.all(keyOf(run)))
      const end = rows.findIndex(({ at }, index) => Number(at) !== index)
      return rows.slice(0, end < 0 ? rows.length : end).map(({ entry }) => entry)
    }),
    remove: Effect.fn("ToolJournal.remove")(function*(run: string) {
      yield* steadily("remove a run", log.remove(keyOf(run)))
    })
  }
})
