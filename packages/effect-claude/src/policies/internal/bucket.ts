/**
 * A token bucket with fractional, continuous refill. Its level may fall below zero: that is debt. What others take from
 * the same limit is read off the server's levels, and left to them.
 */

/** What an answer says of one limit, as of the instant its request was sent. */
export interface Report {
  /** Per minute. */
  readonly limit: number
  readonly remaining: number | undefined
  /** The order of sending: an older answer says nothing that a newer one has not. */
  readonly seq: number
  readonly at: number
  /** What was charged after one request and until another, both by their order. */
  readonly charged: (after: number, until: number) => number
  /** Charged since then. */
  readonly since: number
  /** How far the charges since then may be off. */
  readonly doubt: number
  /** The server rounds its level: so far off it may be. */
  readonly rounding: number
}

interface Sample {
  readonly seq: number
  readonly at: number
  readonly remaining: number
}

/** Two levels further apart than this tell what others use, in milliseconds; nearer ones tell mostly noise. */
const span = 2000
/** An older sample of the use by others counts a third after so long, in milliseconds. */
const memory = 10_000
/** After less than this, in fading milliseconds, nothing is known of it. */
const least = 1000
/** Fuller than this share a bucket may have overflowed: its level says nothing of use. */
const nearlyFull = 0.9
/** Of what others use so many milliseconds are left to them in advance, and a quarter of an answer's age. */
const guard = 1000
/** However much others use, this share of the limit is counted on. */
const leastShare = 0.05
/** One in three years, so that a limit of nothing makes no infinite wait. */
const leastRate = 6e-7

export class Bucket {
  /** Per minute; undefined while nobody has said. */
  limit: number | undefined
  /** The newest answer that set the level: requests sent until then are in it at their true cost. */
  anchored = -1
  private configured: number | undefined
  private burst = 1
  private readonly least: number
  private level = Infinity
  private at: number
  /** What others used in so many milliseconds, both fading. */
  private used = 0
  private weight = 0
  private last: Sample | undefined
  private next: Sample | undefined

  /** `least`: what is taken from it at once at least, if anything may be. */
  constructor(now: number, least: number) {
    this.at = now
    this.least = least
  }

  /** Says its limit, anew or for the first time; what is in it stays, as far as it has room. */
  configure(configured: number | undefined, burst: number, now: number): void {
    this.read(now)
    this.configured = configured
    this.burst = burst
    this.limit = this.limit === undefined ? configured : Math.min(this.limit, configured ?? Infinity)
    this.level = Math.min(this.level, this.capacity)
  }

  /** The most it holds. */
  get capacity(): number {
    if (this.limit === undefined) return Infinity
    return this.limit === 0 ? 0 : Math.max(this.least, this.limit * this.burst)
  }

  /** What was charged until this request is of no interest any more. */
  get done(): number {
    return Math.min(this.anchored, this.last?.seq ?? -1)
  }

  /** Per minute, used by others. */
  get foreign(): number {
    return this.weight < least ? 0 : Math.max(0, this.used * 60_000 / this.weight)
  }

  /** What is left to us of each minute. */
  get rate(): number {
    if (this.limit === undefined) return Infinity
    return Math.max(leastRate, this.limit * leastShare, this.limit - this.foreign)
  }

  read(now: number): number {
    if (this.limit === undefined) return Infinity
    if (now > this.at) {
      this.level = Math.min(this.capacity, this.level + (now - this.at) * this.rate / 60_000)
      this.at = now
    }
    return this.level
  }

  take(amount: number, now: number): void {
    if (this.limit === undefined) return
    this.read(now)
    this.level -= amount
  }

  give(amount: number, now: number): void {
    if (this.limit === undefined) return
    this.level = Math.min(this.capacity, this.read(now) + amount)
  }

  /** Milliseconds until so much is there. More than the capacity is never there: the full bucket has to do. */
  wait(amount: number, now: number): number {
    if (this.limit === undefined) return 0
    const missing = Math.min(amount, this.capacity) - this.read(now)
    return missing <= 0 ? 0 : missing * 60_000 / this.rate
  }

  /** The level falls to what an answer said; it rises to it, and the limit follows, up to what was configured. */
  observe(report: Report, now: number): void {
    const { limit, remaining } = report
    this.know(limit, now)
    if (remaining === undefined || report.seq <= this.anchored) return
    this.learn(report, remaining)
    const there = Math.min(this.capacity, remaining + (now - report.at) * this.rate / 60_000) - report.since
    const low = there - report.doubt - report.rounding - this.foreign * (guard + (now - report.at) / 4) / 60_000
    this.level = Math.min(this.level, low)
    if (limit > (this.configured ?? Infinity)) return
    this.level = Math.max(this.level, low - 2 * report.rounding)
    this.anchored = report.seq
  }

  /** The same for a level that does not tell what the requests on their way will still take: it only lowers. */
  lower(limit: number, remaining: number | undefined, now: number): void {
    this.know(limit, now)
    this.level = Math.min(this.level, remaining ?? Infinity)
  }

  /** Empties it: the server has said that nothing is left. */
  drain(now: number): void {
    if (this.limit !== undefined) this.level = Math.min(this.read(now), 0)
  }

  private know(limit: number, now: number): void {
    this.read(now)
    const first = this.limit === undefined
    this.limit = Math.min(limit, this.configured ?? Infinity)
    this.level = first ? this.capacity : Math.min(this.level, this.capacity)
    this.at = now
  }

  /** Reads off the last sample but one: whether its own request was refused is known by now. */
  private learn({ at, charged, limit, seq }: Report, remaining: number): void {
    const { last, next } = this
    if (next !== undefined && at - next.at < span) return
    this.last = next
    this.next = { seq, at, remaining }
    if (last === undefined || next === undefined) return
    const full = this.capacity * nearlyFull
    const millis = next.at - last.at
    const keep = Math.exp(-millis / memory)
    this.weight *= keep
    this.used *= keep
    if (next.remaining > full || last.remaining > full) return
    const refilled = limit * millis / 60_000
    this.weight += millis
    this.used += refilled - Math.max(0, next.remaining - last.remaining + charged(last.seq, next.seq))
  }
}
