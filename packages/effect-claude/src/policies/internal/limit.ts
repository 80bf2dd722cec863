/** One limit: three buckets, a concurrency and a queue, all or nothing. Every change is synchronous. */
import * as Duration from "effect/Duration"
import type * as ClaudeError from "../../errors/ClaudeError.ts"
import type { RateLimitHeaders } from "../../errors/RateLimitHeaders.ts"
import { Account, type Sent } from "./account.ts"
import { Bucket } from "./bucket.ts"
import { Learned } from "./learn.ts"
import { type Need, Sum } from "./sum.ts"
import { type Waiter, Waiters } from "./waiters.ts"
import { Window } from "./window.ts"

export interface LimitSettings {
  readonly requestsPerMinute: number | undefined
  readonly inputTokensPerMinute: number | undefined
  readonly outputTokensPerMinute: number | undefined
  readonly concurrency: number | undefined
  readonly burst: number
  readonly lookahead: number
}

const names = [
  "requestsPerMinute",
  "inputTokensPerMinute",
  "outputTokensPerMinute",
  "concurrency",
  "burst",
  "lookahead"
] as const

/** The first pause after a 429 without a hint; it doubles to the second. */
const pauseStart = 1000
const pauseMost = 30_000

/** Token levels come rounded to thousands: so far off they may be. */
const rounding = { requests: 0, inputTokens: 500, outputTokens: 500 } as const

export const dimensions = ["requests", "inputTokens", "outputTokens"] as const
export type Dimension = typeof dimensions[number]

/** A server that says to wait for longer is not believed, in milliseconds: thirty days. */
const mostPause = 30 * 86_400_000

export class Limit {
  readonly buckets: { readonly [D in Dimension]: Bucket }
  readonly waiters = new Waiters()
  readonly learned = new Learned()
  settings: LimitSettings
  inFlight = 0
  pausedUntil = -Infinity
  protected readonly window: Window
  /** Nothing at all is configured: whoever comes is let in by the window. */
  private blind = true
  private readonly seen = new WeakSet<LimitSettings>()
  private heard = false
  private rejections = 0
  private readonly account = new Account()
  /** Taken, and not yet on its way. */
  private readonly unsent = new Sum()

  constructor(settings: LimitSettings, now: number) {
    this.settings = settings
    this.buckets = {
      requests: new Bucket(now, 1),
      inputTokens: new Bucket(now, 0),
      outputTokens: new Bucket(now, 0)
    }
    this.window = new Window(now)
    this.configure(settings, now)
  }

  /** Where two limiters share a limit and say different numbers the lower ones hold; true if they differ. */
  restrict(settings: LimitSettings, now: number): boolean {
    if (this.seen.has(settings)) return false
    const old = this.settings
    const lower = (one: number | undefined, other: number | undefined): number | undefined =>
      one === undefined || other === undefined ? one ?? other : Math.min(one, other)
    this.configure({
      requestsPerMinute: lower(old.requestsPerMinute, settings.requestsPerMinute),
      inputTokensPerMinute: lower(old.inputTokensPerMinute, settings.inputTokensPerMinute),
      outputTokensPerMinute: lower(old.outputTokensPerMinute, settings.outputTokensPerMinute),
      concurrency: lower(old.concurrency, settings.concurrency),
      burst: Math.min(old.burst, settings.burst),
      lookahead: Math.min(old.lookahead, settings.lookahead)
    }, now)
    this.seen.add(settings)
    return names.some((name) => old[name] !== settings[name])
  }

  private configure(settings: LimitSettings, now: number): void {
    this.seen.add(settings)
    this.settings = settings
    this.buckets.requests.configure(settings.requestsPerMinute, settings.burst, now)
    this.buckets.inputTokens.configure(settings.inputTokensPerMinute, settings.burst, now)
    this.buckets.outputTokens.configure(settings.outputTokensPerMinute, settings.burst, now)
    this.blind = names.slice(0, 4).every((name) => settings[name] === undefined)
  }

  /** Somebody holds a place of it or waits for one. */
  get isUsed(): boolean {
    return this.inFlight > 0 || this.waiters.size > 0
  }

  /** Somebody waits, and not for a place alone. */
  get mayLetIn(): boolean {
    return this.waiters.size > 0 && this.inFlight < (this.settings.concurrency ?? Infinity)
  }

  /** A new one would let in the same. */
  isFresh(now: number): boolean {
    return this.pausedUntil <= now &&
      dimensions.every((dimension) => this.buckets[dimension].read(now) >= this.buckets[dimension].capacity)
  }

  private most(watched: boolean): number {
    const windowed = watched || (this.blind && !this.heard)
    return Math.min(this.settings.concurrency ?? Infinity, windowed ? Math.floor(this.window.size) : Infinity)
  }

  /**
   * Milliseconds until so much could be let in, as far as time alone decides; Infinity while all places are taken.
   * `watched`: its answer's headers will be seen.
   */
  wait(need: Need, watched: boolean, now: number): number {
    this.window.wake(this.inFlight, now)
    if (this.inFlight >= this.most(watched)) return Infinity
    return Math.max(this.refill(need, now), watched ? this.window.wait(now) : 0)
  }

  private refill(need: Need, now: number): number {
    const { inputTokens, outputTokens, requests } = this.buckets
    return Math.max(
      0,
      this.pausedUntil - now,
      requests.wait(need.requests, now),
      outputTokens.wait(need.outputTokens, now),
      inputTokens.wait(need.inputTokens + need.doubt, now)
    )
  }

  /** The wait of a newcomer behind all who wait now, in milliseconds. */
  forecast(need: Need, now: number): number {
    let wait = Math.max(0, this.pausedUntil - now)
    for (const dimension of dimensions) {
      const bucket = this.buckets[dimension]
      if (bucket.limit === undefined) continue
      const missing = this.waiters.total[dimension] + Math.min(need[dimension], bucket.capacity) - bucket.read(now)
      wait = Math.max(wait, missing * 60_000 / bucket.rate)
    }
    return wait
  }

  take(need: Need, now: number): void {
    this.inFlight++
    this.window.admitted(now)
    // Name by name, here and below: going through the names costs more than the rest of a call.
    const { inputTokens, outputTokens, requests } = this.buckets
    requests.take(need.requests, now)
    inputTokens.take(need.inputTokens, now)
    outputTokens.take(need.outputTokens, now)
    this.unsent.add(need, 1)
  }

  /** It is on its way, as the request of this number. */
  send(need: Need): number {
    this.unsent.add(need, -1)
    return this.account.add(need)
  }

  /** Lets in whoever fits, and says how long until the next could; undefined: an event has to come first. */
  drain(now: number): number | undefined {
    let soonest = Infinity
    const fits = (waiter: Waiter): boolean => {
      const wait = this.wait(this.waiters.refresh(waiter), waiter.watched, now)
      soonest = Math.min(soonest, wait)
      return wait <= 0
    }
    while (this.waiters.size > 0 && this.inFlight < this.most(false)) {
      soonest = Infinity
      const next = this.waiters.find(this.settings.lookahead + 1, fits)
      if (next === undefined) return soonest === Infinity ? undefined : soonest
      this.waiters.admit(next)
      this.take(next.need, now)
      next.grant(now)
    }
    return undefined
  }

  /** The headers of an answer to that request. */
  observe(headers: RateLimitHeaders, { at, seq }: Sent, now: number): void {
    this.window.accepted(this.inFlight, now)
    const { account, buckets } = this
    for (const dimension of dimensions) {
      const level = headers[dimension]
      if (level === undefined) continue
      this.heard = true
      if (dimension === "outputTokens") {
        const remaining = level.remaining === undefined ? undefined : level.remaining + rounding.outputTokens
        buckets.outputTokens.lower(level.limit, remaining, now)
        continue
      }
      buckets[dimension].observe({
        limit: level.limit,
        remaining: level.remaining,
        seq,
        at,
        charged: (after, until) => account.between(dimension, after, until),
        since: account.between(dimension, seq, account.last) + this.unsent[dimension],
        doubt: dimension === "requests" ? 0 : account.doubt(seq),
        rounding: rounding[dimension]
      }, now)
    }
    account.forget(Math.max(buckets.requests.done, buckets.inputTokens.done))
  }

  /** Gives back the place, and what was reserved but not used; what the server has told since is in its levels. */
  release({ need, seq }: Sent, refund: Need, now: number): void {
    this.inFlight--
    const isUnsent = seq === 0
    if (isUnsent) this.unsent.add(need, -1)
    else this.account.give(seq, refund)
    const { inputTokens, outputTokens, requests } = this.buckets
    if (isUnsent || seq > requests.anchored) requests.give(refund.requests, now)
    if (isUnsent || seq > inputTokens.anchored) inputTokens.give(refund.inputTokens, now)
    if (isUnsent || seq > outputTokens.anchored) outputTokens.give(refund.outputTokens, now)
  }

  succeeded(now: number): void {
    this.rejections = 0
    if (!this.heard) this.window.accepted(this.inFlight, now)
  }

  /** A 429: the named bucket is empty, and nobody is let in until the server's hint. */
  rejected(reason: ClaudeError.RateLimited, now: number): void {
    const bucket = reason.limit === "ramp" || reason.limit === "unknown" ? undefined : this.buckets[reason.limit]
    if (bucket?.limit !== undefined) bucket.drain(now)
    // The refusals of calls that left together are one refusal.
    else if (now >= this.pausedUntil) {
      if (reason.limit === "ramp") this.window.tooFast()
      else this.window.refused()
    }
    const pause = reason.retryAfter === undefined
      ? Math.min(pauseStart * 2 ** this.rejections, pauseMost)
      : Math.min(Duration.toMillis(reason.retryAfter), mostPause)
    this.rejections++
    this.pausedUntil = Math.max(this.pausedUntil, now + pause)
  }
}
