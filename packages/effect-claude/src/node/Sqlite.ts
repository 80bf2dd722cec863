/// <reference types="node" />
/**
 * An `effect/sql` client on Node's own SQLite: one connection, taken in turns, with write-ahead log and a sync at every
 * commit. Each statement holds the process for as long as it runs; a database that another process holds does not.
 */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import { hasProperty } from "effect/Predicate"
import * as Reactivity from "effect/reactivity/Reactivity"
import * as Schedule from "effect/Schedule"
import type * as Scope from "effect/Scope"
import * as Semaphore from "effect/Semaphore"
import * as SqlClient from "effect/sql/SqlClient"
import type * as SqlConnection from "effect/sql/SqlConnection"
import * as SqlError from "effect/sql/SqlError"
import * as Statement from "effect/sql/Statement"
import * as Stream from "effect/Stream"
import { DatabaseSync, type SQLInputValue, type StatementSync } from "node:sqlite"

export interface Options {
  /** A path, or `:memory:`. */
  readonly filename: string
  /** How long a database that another process holds is waited for; default 5 seconds. */
  readonly busyTimeout?: Duration.Input
  /** Prepared statements that are kept; default 100. */
  readonly statements?: number
}

const standard = { busyTimeout: Duration.seconds(5), statements: 100 }

/** Rows of a stream that are read at a time. */
const page = 128

const failed = (cause: unknown): SqlError.SqlError => {
  // Effect looks for SQLite's number under this name, Node gives it under the other.
  if (hasProperty(cause, "errcode")) Object.assign(Object(cause), { errno: cause.errcode })
  const message = hasProperty(cause, "message") ? String(cause.message) : "SQLite failed"
  return new SqlError.SqlError({ reason: SqlError.classifySqliteError(cause, { message, operation: "execute" }) })
}

/** SQLITE_BUSY, but for the read snapshot that waiting does not renew. */
const isBusy = ({ reason: { cause } }: SqlError.SqlError): boolean =>
  hasProperty(cause, "errcode") && typeof cause.errcode === "number" && (cause.errcode & 0xff) === 5 &&
  cause.errcode !== 517

const waiting = (timeout: Duration.Duration) =>
  Schedule.min([Schedule.exponential("1 millis"), Schedule.spaced("50 millis")]).pipe(
    Schedule.jittered,
    Schedule.while(({ duration, elapsed }) => elapsed + Duration.toMillis(duration) <= Duration.toMillis(timeout))
  )

const open = (options: Required<Options>) => {
  const db = new DatabaseSync(options.filename)
  const kept = new Map<string, StatementSync>()
  return {
    db,
    /** The least recently used statement goes first. */
    prepare: (sql: string): StatementSync => {
      const statement = kept.get(sql) ?? db.prepare(sql)
      kept.delete(sql)
      kept.set(sql, statement)
      for (const oldest of kept.keys()) {
        if (kept.size <= options.statements) break
        kept.delete(oldest)
      }
      return statement
    }
  }
}

/** SQLite has no truth values. What cannot be bound at all is refused by Node, as a typed error. */
const toBindable = (values: ReadonlyArray<unknown>): Array<SQLInputValue> =>
  // A cast, because a statement's parameters are whatever its author gave.
  values.map((value) => (typeof value === "boolean" ? Number(value) : value) as SQLInputValue)

const take = <A>(iterator: Iterator<A>): ReadonlyArray<A> => {
  const rows: Array<A> = []
  for (let next; rows.length < page && !(next = iterator.next()).done;) rows.push(next.value)
  return rows
}

const connect = ({ db, prepare }: ReturnType<typeof open>, timeout: Duration.Duration) => {
  const patiently = <A>(run: (exact: boolean) => A): Effect.Effect<A, SqlError.SqlError> =>
    Effect.flatMap(
      SqlClient.SafeIntegers,
      (exact) =>
        Effect.retry(Effect.try({ try: () => run(exact), catch: failed }), {
          schedule: waiting(timeout),
          while: isBusy
        })
    )
  const set = (statement: StatementSync, exact: boolean, arrays = false): StatementSync => {
    statement.setReadBigInts(exact)
    statement.setReturnArrays(arrays)
    return statement
  }
  const rows = (statement: StatementSync, params: ReadonlyArray<unknown>): ReadonlyArray<object> => {
    if (statement.columns().length > 0) return statement.all(...toBindable(params))
    statement.run(...toBindable(params))
    return []
  }
  const execute: SqlConnection.Connection["execute"] = (sql, params, transform) =>
    Effect.map(
      patiently((exact) => rows(set(prepare(sql), exact), params)),
      (rows) => transform === undefined ? rows : transform(rows)
    )
  const executeValues: SqlConnection.Connection["executeValues"] = (sql, params) =>
    // A cast, because Node's types do not know that the rows are arrays now.
    patiently((exact) => rows(set(prepare(sql), exact, true), params) as ReadonlyArray<ReadonlyArray<unknown>>)
  const connection: SqlConnection.Connection = {
    execute,
    executeUnprepared: execute,
    executeValues,
    executeValuesUnprepared: executeValues,
    executeRaw: (sql, params) =>
      patiently((exact) => {
        const statement = set(prepare(sql), exact)
        return statement.columns().length > 0
          ? statement.all(...toBindable(params))
          : statement.run(...toBindable(params))
      }),
    executeStream: (sql, params, transform) =>
      Stream.unwrap(Effect.map(
        Effect.acquireRelease(
          // Its own statement, which nobody else resets while rows are still read from it.
          patiently((exact) => set(db.prepare(sql), exact).iterate(...toBindable(params))),
          (iterator) => Effect.sync(() => iterator.return?.())
        ),
        (iterator) =>
          Stream.paginate(undefined, () =>
            Effect.map(
              Effect.try({ try: () => take(iterator), catch: failed }),
              (rows) => [
                transform === undefined ? rows : transform(rows),
                rows.length < page ? Option.none() : Option.some(undefined)
              ]
            ))
      ))
  }
  return connection
}

/** Closes the database with the scope, and rolls back what is open then. */
export const make = Effect.fnUntraced(function*(
  given: Options
): Effect.fn.Return<SqlClient.SqlClient, SqlError.SqlError, Scope.Scope | Reactivity.Reactivity> {
  const options = { ...standard, ...given }
  const database = yield* Effect.acquireRelease(
    Effect.try({ try: () => open(options), catch: failed }),
    ({ db }) => Effect.sync(() => db.close())
  )
  const connection = connect(database, Duration.fromInputUnsafe(options.busyTimeout))
  // Waiting is ours: SQLite's own wait would hold the whole process.
  for (const pragma of ["busy_timeout = 0", "journal_mode = WAL", "synchronous = FULL", "fullfsync = 1"]) {
    yield* connection.executeRaw(`PRAGMA ${pragma}`, [])
  }
  return yield* SqlClient.make({
    ...SqlClient.makeSqliteAcquirers({
      connection: Effect.succeed(connection),
      semaphore: yield* Semaphore.make(1),
      isTransaction: () => database.db.isTransaction
    }),
    compiler: Statement.makeCompilerSqlite(),
    driver: "sqlite",
    // A transaction that began by reading could find its snapshot outdated when it writes.
    beginTransaction: "BEGIN IMMEDIATE",
    spanAttributes: [["db.system.name", "sqlite"]]
  })
})

export const layer = (options: Options): Layer.Layer<SqlClient.SqlClient, SqlError.SqlError> =>
  Layer.effect(SqlClient.SqlClient, make(options)).pipe(Layer.provide(Reactivity.layer))
