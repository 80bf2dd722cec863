/** One limit: three buckets, a concurrency and a queue, all or nothing. Every change is synchronous. */
import * as Duration from "effect/Duration"
import type * as ClaudeError from "../../errors/ClaudeError.ts"
import type { RateLimitHeaders } from "../../errors/RateLimitHeaders.ts"
import { Bucket } from "./bucket.ts"
import { Learned } from "./learn.ts"
import { type Need, type Waiter, Waiters } from "./waiters.ts"

export interface LimitSettings {
  readonly requestsPerMinute: number | undefined
  readonly inputTokensPerMinute: number | undefined
  readonly outputTokensPerMinute: number | undefined
  readonly concurrency: number | undefined
  readonly burst: number
  readonly lookahead: number
}

/** Calls at once while neither settings nor headers have said anything: from 2, doubling with success. */
const blindStart = 2
const blindMost = 64
/** The first pause after a 429 without a hint; it doubles to the second. */
const pauseStart = 1000
const pauseMost = 30_000

const dimensions = ["requests", "inputTokens", "outputTokens"] as const
export type Dimension = typeof dimensions[number]

export class Limit {
  readonly buckets: { readonly [D in Dimension]: Bucket }
  readonly waiters = new Waiters()
  readonly learned = new Learned()
  readonly settings: LimitSettings
  inFlight = 0
  pausedUntil = 0
  private blind: number
  private rejections = 0

  constructor(settings: LimitSettings, now: number) {
    this.settings = settings
    this.buckets = {
      requests: new Bucket(settings.requestsPerMinute, settings.burst, now),
      inputTokens: new Bucket(settings.inputTokensPerMinute, settings.burst, now),
      outputTokens: new Bucket(settings.outputTokensPerMinute, settings.burst, now)
    }
    const unknown = dimensions.every((dimension) => this.buckets[dimension].limit === undefined)
    this.blind = unknown && settings.concurrency === undefined ? blindStart : Infinity
  }

  private get most(): number {
    return Math.min(this.settings.concurrency ?? Infinity, this.blind)
  }

  /** Milliseconds until so much could be let in, as far as time alone decides; Infinity while all places are taken. */
  wait(need: Need, now: number): number {
    if (this.inFlight >= this.most) return Infinity
    return this.refill(need, now)
  }

  private refill(need: Need, now: number): number {
    let wait = Math.max(0, this.pausedUntil - now)
    for (const dimension of dimensions) wait = Math.max(wait, this.buckets[dimension].wait(need[dimension], now))
    return wait
  }

  /** The wait of a newcomer behind all who wait now, in milliseconds. */
  forecast(need: Need, now: number): number {
    let wait = Math.max(0, this.pausedUntil - now)
    for (const dimension of dimensions) {
      const bucket = this.buckets[dimension]
      if (bucket.limit === undefined) continue
      const missing = this.waiters.total[dimension] + Math.min(need[dimension], bucket.capacity) - bucket.read(now)
      wait = Math.max(wait, missing * 60_000 / bucket.limit)
    }
    return wait
  }

  take(need: Need, now: number): void {
    this.inFlight++
    for (const dimension of dimensions) this.buckets[dimension].take(need[dimension], now)
  }

  /** Lets in whoever fits, and says how long until the next could; undefined: an event has to come first. */
  drain(now: number): number | undefined {
    for (;;) {
      const candidates = this.waiters.candidates(this.settings.lookahead + 1)
      let next: Waiter | undefined
      let soonest = Infinity
      for (const waiter of candidates) {
        const wait = this.wait(this.waiters.refresh(waiter), now)
        soonest = Math.min(soonest, wait)
        if (wait > 0) continue
        next = waiter
        break
      }
      if (next === undefined) return soonest === Infinity ? undefined : soonest
      this.waiters.admit(next)
      this.take(next.need, now)
      next.grant()
    }
  }

  /** An answer's headers. */
  observe(headers: RateLimitHeaders, now: number): void {
    for (const dimension of dimensions) {
      const level = headers[dimension]
      if (level === undefined) continue
      // Token levels are rounded to thousands: half of that is no news.
      const slack = dimension === "requests" ? 0 : 500
      const remaining = level.remaining === undefined ? undefined : level.remaining + slack
      this.buckets[dimension].observe(level.limit, remaining, now)
      if (this.settings.concurrency === undefined) this.blind = Infinity
    }
  }

  /** Gives back the place, and what was reserved but not used. */
  release(refund: Need, now: number): void {
    this.inFlight--
    for (const dimension of dimensions) this.buckets[dimension].give(refund[dimension], now)
  }

  succeeded(): void {
    this.rejections = 0
    if (this.blind !== Infinity) this.blind = Math.min(blindMost, this.blind * 2)
  }

  /** A 429: the named bucket is empty, and nobody is let in until the server's hint. */
  rejected(reason: ClaudeError.RateLimited, now: number): void {
    if (reason.limit !== "ramp" && reason.limit !== "unknown") this.buckets[reason.limit].drain(now)
    const pause = reason.retryAfter === undefined
      ? Math.min(pauseStart * 2 ** this.rejections, pauseMost)
      : Duration.toMillis(reason.retryAfter)
    this.rejections++
    this.pausedUntil = Math.max(this.pausedUntil, now + pause)
    if (this.blind !== Infinity) this.blind = Math.max(1, Math.floor(this.blind / 2))
  }
}
