/** The server's hints about retrying, each with one rule. */
import * as Duration from "effect/Duration"

export interface Hints {
  readonly retryAfter: Duration.Duration | undefined
  readonly shouldRetry: boolean | undefined
}

const positive = (millis: number): Duration.Duration | undefined =>
  Number.isFinite(millis) && millis > 0 ? Duration.millis(millis) : undefined

const decimal = /^\s*\d+(\.\d+)?\s*$/

/**
 * `retry-after-ms` before `retry-after`; seconds or an HTTP date, the date relative to the answer's own `date` header.
 * Zero, negative, past and unreadable hints are no hints: the schedule waits as it would without one.
 */
export const read = (header: (name: string) => string | null, now: number): Hints => {
  const millis = header("retry-after-ms") ?? ""
  const after = header("retry-after") ?? ""
  const should = header("x-should-retry")
  const server = Date.parse(header("date") ?? "")
  const date = /[a-z]/i.test(after) ? Date.parse(after) : Number.NaN
  return {
    retryAfter: (decimal.test(millis) ? positive(Number(millis)) : undefined) ??
      (decimal.test(after) ? positive(Number(after) * 1000) : positive(date - (Number.isNaN(server) ? now : server))),
    shouldRetry: should === "true" ? true : should === "false" ? false : undefined
  }
}
