/// <reference types="node" />
/**
 * An `effect/sql` client on Node's own SQLite: one connection, taken in turns, with write-ahead log and a sync at every
 * commit. Each statement holds the process for as long as it runs; a database that another process holds does not.
 */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { identity } from "effect/Function"
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

type Mask = <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>

const open = (options: Required<Options>) => {
  const db = new DatabaseSync(options.filename)
  const kept = new Map<string, StatementSync>()
  const begin: { mask: Mask } = { mask: identity }
  return {
    db,
    /** Whoever begins a transaction may leave while it waits, if it could when it came. */
    begin,
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

const isBegin = /^\s*BEGIN\b/i

/** SQLite has no truth values; and what it cannot hold Node would take for named parameters, and bind nothing. */
const toBindable = (value: unknown): SQLInputValue | undefined => {
  if (typeof value === "boolean") return Number(value)
  return value === null || typeof value === "string" || typeof value === "number" || typeof value === "bigint" ||
      value instanceof Uint8Array
    ? value
    : undefined
}

const take = <A>(iterator: Iterator<A>): ReadonlyArray<A> => {
  const rows: Array<A> = []
  for (let next; rows.length < page && !(next = iterator.next()).done;) rows.push(next.value)
  return rows
}

const connect = ({ begin, db, prepare }: ReturnType<typeof open>, timeout: Duration.Duration) => {
  /** Only the waiting may be left: a statement that has run must be known to have run. */
  const patiently = <A>(
    params: ReadonlyArray<unknown>,
    run: (exact: boolean, bound: ReadonlyArray<SQLInputValue>) => A,
    mask: Mask = identity
  ): Effect.Effect<A, SqlError.SqlError> =>
    Effect.flatMap(SqlClient.SafeIntegers, (exact) => {
      const bound = params.map(toBindable).filter((value) => value !== undefined)
      if (bound.length < params.length) {
        return Effect.fail(failed({ message: "A parameter is nothing SQLite can hold" }))
      }
      const attempt = Effect.try({ try: () => run(exact, bound), catch: failed })
      return Effect.catchIf(attempt, isBusy, (busy) =>
        Effect.flatMap(Schedule.toStepWithSleep(waiting(timeout)), (sleep) => {
          const again: Effect.Effect<A, SqlError.SqlError> = Effect.andThen(
            Effect.catch(mask(sleep(undefined)), () =>
              Effect.fail(busy)),
            Effect.catchIf(attempt, isBusy, () =>
              again)
          )
          return again
        }))
    })
  const set = (statement: StatementSync, exact: boolean, arrays = false): StatementSync => {
    statement.setReadBigInts(exact)
    statement.setReturnArrays(arrays)
    return statement
  }
  const rows = (statement: StatementSync, bound: ReadonlyArray<SQLInputValue>): ReadonlyArray<object> => {
    if (statement.columns().length > 0) return statement.all(...bound)
    statement.run(...bound)
    return []
  }
  const execute: SqlConnection.Connection["execute"] = (sql, params, transform) =>
    Effect.map(
      patiently(
        params,
        (exact, bound) => rows(set(prepare(sql), exact), bound),
        isBegin.test(sql) ? begin.mask : identity
      ),
      (rows) => transform === undefined ? rows : transform(rows)
    )
  const executeValues: SqlConnection.Connection["executeValues"] = (sql, params) =>
    patiently(
      params,
      // A cast, because Node's types do not know that the rows are arrays now.
      (exact, bound) => rows(set(prepare(sql), exact, true), bound) as ReadonlyArray<ReadonlyArray<unknown>>
    )
  const connection: SqlConnection.Connection = {
    execute,
    executeUnprepared: execute,
    executeValues,
    executeValuesUnprepared: executeValues,
    executeRaw: (sql, params) =>
      patiently(params, (exact, bound) => {
        const statement = set(prepare(sql), exact)
        return statement.columns().length > 0 ? statement.all(...bound) : statement.run(...bound)
      }),
    executeStream: (sql, params, transform) =>
      Stream.unwrap(Effect.map(
        Effect.acquireRelease(
          // Its own statement, which nobody else resets while rows are still read from it.
          patiently(params, (exact, bound) => set(db.prepare(sql), exact).iterate(...bound)),
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
  const acquirers = SqlClient.makeSqliteAcquirers({
    connection: Effect.succeed(connection),
    semaphore: yield* Semaphore.make(1),
    isTransaction: () => database.db.isTransaction
  })
  return yield* SqlClient.make({
    ...acquirers,
    transactionAcquirer: Effect.uninterruptibleMask((mask) =>
      Effect.tap(mask(acquirers.transactionAcquirer), () => Effect.sync(() => void (database.begin.mask = mask)))
    ),
    compiler: Statement.makeCompilerSqlite(),
    driver: "sqlite",
    // A transaction that began by reading could find its snapshot outdated when it writes.
    beginTransaction: "BEGIN IMMEDIATE",
    spanAttributes: [["db.system.name", "sqlite"]]
  })
})

export const layer = (options: Options): Layer.Layer<SqlClient.SqlClient, SqlError.SqlError> =>
  Layer.effect(SqlClient.SqlClient, make(options)).pipe(Layer.provide(Reactivity.layer))
