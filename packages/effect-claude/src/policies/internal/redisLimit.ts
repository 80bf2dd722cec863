/**
 * A limit whose grants come from Redis, over the local one: that is kept up as if it were alone, for the time in which
 * Redis is not there. What has to be told to Redis is collected until the next exchange.
 */
import type * as ClaudeError from "../../errors/ClaudeError.ts"
import type { RateLimitHeaders } from "../../errors/RateLimitHeaders.ts"
import type { Sent } from "./account.ts"
import { type Dimension, dimensions, Limit } from "./limit.ts"
import type { Need } from "./sum.ts"
import type { Waiter } from "./waiters.ts"

/** A server that says more is not believed: such numbers would end all sums in Redis. */
const mostLevel = 1e12

/** What happened here, as the script reads it. Marks are what it gave with a grant, and mean something to it only. */
export type Event =
  | { readonly mark: string; readonly give: ReadonlyArray<number> }
  | { readonly mark: string; readonly headers: { readonly [D in Dimension]?: ReadonlyArray<number> } }
  | { readonly pause: number; readonly ramp: boolean; readonly drain: Dimension | undefined }

/** The limit as Redis told it last. */
export interface Told {
  readonly at: number
  readonly inFlight: number
  /** Processes that share it. */
  readonly sessions: number
  readonly levels: {
    readonly [D in Dimension]:
      | { readonly level: number; readonly limit: number; /** Left to us, per minute. */ readonly rate: number }
      | undefined
  }
}

export class RedisLimit extends Limit {
  /** Who lets callers in: Redis, this process by its own view, or nobody. */
  gate: "redis" | "local" | "closed" = "redis"
  told: Told | undefined
  /** Ends as calls do: never more than are on their way, twice. */
  events: Array<Event> = []
  /** When the first of them happened, and whether one of them is not to wait. */
  since = 0
  isUrgent = false
  /** By what was taken. */
  private readonly marks = new WeakMap<Need, string>()

  /** What Redis has granted; the waiter is let in by the caller. */
  grant(need: Need, mark: string, now: number): void {
    this.marks.set(need, mark)
    this.take(need, now)
  }

  /** What Redis has granted to somebody who has left meanwhile. */
  giveBack(need: Need, mark: string, now: number): void {
    this.happened({ mark, give: dimensions.map((dimension) => need[dimension]) }, now)
  }

  /** The next events to be told, at most so many. */
  tell(most: number): ReadonlyArray<Event> {
    this.isUrgent = false
    return this.events.splice(0, most)
  }

  private happened(event: Event, now: number): void {
    if (this.events.length === 0) this.since = now
    this.events.push(event)
  }

  /** A level as last told, with what has been refilled since. */
  level(dimension: Dimension, now: number): number | undefined {
    const told = this.told?.levels[dimension]
    if (told === undefined || this.told === undefined) return undefined
    const refilled = told.level + (now - this.told.at) * told.rate / 60_000
    return Math.min(told.limit * this.settings.burst, refilled)
  }

  override wait(need: Need, watched: boolean, now: number): number {
    return this.gate === "local" ? super.wait(need, watched, now) : Infinity
  }

  /** At least so long, by our own queue: what others wait for is not counted. */
  override forecast(need: Need, now: number): number {
    if (this.gate === "local" || this.told === undefined) return super.forecast(need, now)
    let wait = Math.max(0, this.pausedUntil - now)
    for (const dimension of dimensions) {
      const told = this.told.levels[dimension]
      if (told === undefined) continue
      const most = Math.min(need[dimension], told.limit * this.settings.burst)
      const missing = this.waiters.total[dimension] + most - (this.level(dimension, now) ?? 0)
      wait = Math.max(wait, missing * 60_000 / told.rate)
    }
    return wait
  }

  override observe(headers: RateLimitHeaders, sent: Sent, now: number): void {
    super.observe(headers, sent, now)
    const mark = this.marks.get(sent.need)
    if (mark === undefined || this.gate !== "redis") return
    const said: { [D in Dimension]?: ReadonlyArray<number> } = {}
    for (const dimension of dimensions) {
      const level = headers[dimension]
      if (level === undefined) continue
      const numbers = level.remaining === undefined ? [level.limit] : [level.limit, level.remaining]
      said[dimension] = numbers.map((number) => Math.min(number, mostLevel))
    }
    if (Object.keys(said).length > 0) this.happened({ mark, headers: said }, now)
  }

  override release(sent: Sent, refund: Need, now: number): void {
    super.release(sent, refund, now)
    const mark = this.marks.get(sent.need)
    if (mark !== undefined && this.gate === "redis") this.giveBack(refund, mark, now)
  }

  override rejected(reason: ClaudeError.RateLimited, now: number): void {
    super.rejected(reason, now)
    if (this.gate !== "redis") return
    const named = reason.limit === "ramp" || reason.limit === "unknown" ? undefined : reason.limit
    this.happened({ pause: this.pausedUntil - now, ramp: reason.limit === "ramp", drain: named }, now)
    this.isUrgent = true
  }

  /** Who may be asked for now, in order: of those whom the slow start holds back, only as many as it lets in. */
  candidates(most: number, now: number): ReadonlyArray<Waiter> {
    const { inFlight, settings, waiters, window } = this
    window.wake(inFlight, now)
    const unknown = settings.concurrency === undefined && this.told !== undefined &&
      dimensions.every((dimension) => this.told?.levels[dimension] === undefined)
    const asked: Array<Waiter> = []
    let paced = window.wait(now) > 0
    for (const waiter of waiters.candidates(Math.max(1, Math.min(most, waiters.spare)))) {
      if (waiter.watched || unknown) {
        if (paced || inFlight + asked.length >= Math.floor(window.size)) continue
        paced = window.paced
      }
      asked.push(waiter)
    }
    return asked
  }

  /** Another process was refused for growing too fast. */
  slowDown(): void {
    this.window.tooFast()
  }

  /** When the pace of the slow start lets the next one in. */
  pace(now: number): number {
    return this.window.wait(now)
  }

  /** Redis is gone: of what it told last an equal share is ours. */
  fall(to: "local" | "closed", now: number): void {
    this.gate = to
    this.events = []
    this.isUrgent = false
    for (const dimension of dimensions) {
      const told = this.told?.levels[dimension]
      const level = this.level(dimension, now)
      if (told === undefined || level === undefined || this.told === undefined) continue
      this.buckets[dimension].lower(told.limit, level / this.told.sessions, now)
    }
  }
}
