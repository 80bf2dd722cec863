/**
 * What one process says to Redis of one limit, and what it makes of the answer. An exchange has a number: said again
 * because its answer was lost, it counts once.
 */
import { dimensions } from "./limit.ts"
import type { Event, RedisLimit, Told } from "./redisLimit.ts"
import type { Need } from "./sum.ts"
import type { Waiter } from "./waiters.ts"

/** So many wait for one answer at most; the others are asked for next. */
const mostAsks = 64
const mostEvents = 256
/** A wait is lengthened by up to a tenth, and by no more milliseconds than this: not everybody comes at once. */
const mostSpread = 250
/** What is not urgent is told at the latest after so many milliseconds, with whatever else there is to say. */
const linger = 100
/** For a number that is not configured. */
const none = -1

export interface Exchange {
  readonly text: string
  readonly asked: ReadonlyArray<{ readonly waiter: Waiter; readonly need: Need }>
  readonly held: number
}

const known = (text: string | undefined): number | undefined =>
  text === undefined || text === "" ? undefined : Number(text)

/** The fields of an answer before the levels, and of each level. */
const fixed = 7
const each = 3

/** Whether it is an answer of the script to an exchange: anything may stand between us and Redis. */
export const isReply = (reply: unknown): reply is ReadonlyArray<string> =>
  Array.isArray(reply) && reply.length >= fixed + each * dimensions.length &&
  reply.every((field) => typeof field === "string")

export class RedisSession {
  readonly limit: RedisLimit
  private readonly lease: number
  private id: string | undefined
  private number = 1
  /** Places that Redis believes we hold. */
  private held = 0
  private ramps: number | undefined
  private ownRamps = 0
  /** Asked for and refused: until then nobody asks for them again. */
  private looked = new Set<Waiter>()
  private notBefore = 0
  private heard = 0
  /** The last exchange has been made. */
  left = false

  constructor(limit: RedisLimit, lease: number) {
    this.limit = limit
    this.lease = lease
  }

  /** After a time without Redis: nothing is asked for, and its levels fall to ours. */
  greet(now: number): Exchange {
    return this.make([], [], now, { paused: Math.max(0, this.limit.pausedUntil - now) })
  }

  /** Exchanges that bring what is left to say; with the last of them, or at once, all that we hold goes back. */
  leave(now: number, atOnce: boolean): Exchange | undefined {
    if (this.id === undefined) return undefined
    const events = this.limit.tell(mostEvents)
    if (atOnce || this.limit.events.length === 0) this.left = true
    return this.make(events, [], now, this.left ? { bye: true } : {})
  }

  next(now: number): Exchange {
    const { limit } = this
    // The first one only asks for a name: if its answer is lost, nothing is lost with it.
    if (this.id === undefined) return this.make([], [], now, {})
    const asked = limit.candidates(mostAsks, now).map((waiter) => ({ waiter, need: limit.waiters.refresh(waiter) }))
    return this.make(limit.tell(mostEvents), asked, now, {})
  }

  private make(events: ReadonlyArray<Event>, asked: Exchange["asked"], now: number, more: object): Exchange {
    const { buckets, inFlight, settings } = this.limit
    this.ownRamps = events.filter((event) => "ramp" in event && event.ramp).length
    const view: { [dimension: string]: number } = {}
    for (const dimension of dimensions) {
      if (buckets[dimension].limit !== undefined) view[dimension] = buckets[dimension].read(now)
    }
    const request = {
      session: this.id,
      number: this.number,
      lease: this.lease,
      held: inFlight,
      settings: [
        settings.requestsPerMinute ?? none,
        settings.inputTokensPerMinute ?? none,
        settings.outputTokensPerMinute ?? none,
        settings.concurrency ?? none,
        settings.burst
      ],
      lookahead: Math.min(settings.lookahead, mostAsks),
      view,
      events,
      asks: asked.map(({ need }) => [need.requests, need.inputTokens, need.outputTokens, need.doubt]),
      ...more
    }
    return { text: JSON.stringify(request), asked, held: inFlight }
  }

  /** Lets in whom Redis has granted it. */
  hear(exchange: Exchange, reply: ReadonlyArray<string>, random: number, now: number): void {
    const { limit } = this
    const [id, looked, wait, inFlight, sessions, pause, ramps] = reply
    this.id = id
    this.number++
    this.heard = now
    const levels = dimensions.map((_, at): Told["levels"]["requests"] => {
      const [level, most, rate] = reply.slice(fixed + at * each).map(known)
      return level === undefined || most === undefined || rate === undefined ? undefined : { level, limit: most, rate }
    })
    limit.told = {
      at: now,
      inFlight: known(inFlight) ?? 0,
      sessions: known(sessions) ?? 1,
      levels: { requests: levels[0], inputTokens: levels[1], outputTokens: levels[2] }
    }
    const paused = known(pause) ?? 0
    if (paused > 0) limit.pausedUntil = Math.max(limit.pausedUntil, now + paused)
    const grown = known(ramps) ?? 0
    if (grown - (this.ramps ?? grown) > this.ownRamps) limit.slowDown()
    this.ramps = grown
    this.looked = new Set(exchange.asked.slice(0, known(looked)).map(({ waiter }) => waiter))
    const told = known(wait)
    this.notBefore = told === undefined ? now : now + told + random * Math.min(told / 10, mostSpread)
    const grants = reply.slice(fixed + each * dimensions.length)
    this.held = exchange.held + grants.length / 2
    for (let at = 0; at < grants.length; at += 2) {
      const one = exchange.asked[Number(grants[at])]
      const mark = grants[at + 1]
      if (one === undefined || mark === undefined) continue
      this.looked.delete(one.waiter)
      // Cancelled while it was asked for: what was taken for it goes back.
      if (one.waiter.list === undefined) {
        limit.giveBack(one.need, mark, now)
        continue
      }
      limit.waiters.admit(one.waiter)
      limit.grant(one.need, mark, now)
      one.waiter.grant(now)
    }
  }

  /** Milliseconds until there is something to say; undefined: something has to happen first. */
  wait(now: number): number | undefined {
    const { limit } = this
    if (limit.isUrgent || limit.events.length >= mostEvents) return 0
    if (limit.settings.concurrency !== undefined && limit.inFlight !== this.held) return 0
    const renewed = limit.settings.concurrency !== undefined && limit.inFlight > 0
    let wait = renewed ? this.heard + this.lease / 3 - now : Infinity
    if (limit.events.length > 0) wait = Math.min(wait, limit.since + linger - now)
    if (limit.waiters.size > 0) {
      const asked = limit.candidates(limit.settings.lookahead + 1, now)
      if (asked.some((waiter) => !this.looked.has(waiter))) return 0
      wait = Math.min(wait, asked.length > 0 ? this.notBefore - now : limit.pace(now) || Infinity)
    } else if (this.looked.size > 0) return 0
    return wait === Infinity ? undefined : Math.max(0, wait)
  }
}
