/** What happened when, in bounded memory: buckets of time that are merged two by two when they become too many. */
import type { Cause } from "./data.ts"

/** Buckets at most, and what the first ones last, in milliseconds. */
const mostBuckets = 240
const firstWidth = 250

export interface Levels {
  /** The share of each limit that is left, 0 to 1; undefined while no limit is known. */
  readonly requests: number | undefined
  readonly inputTokens: number | undefined
  readonly outputTokens: number | undefined
  readonly queued: number | undefined
  readonly inFlight: number | undefined
}

export interface Bucket {
  /** Attempts that ended in it, by outcome. */
  readonly outcomes: Record<string, number>
  /** Milliseconds that ended in it, over all lines. */
  readonly waits: Partial<Record<Cause, number>>
  succeeded: number
  errored: number
  tokens: number
  /** The tightest sample of each limit, the fullest of queue and flight. */
  requests: number | undefined
  inputTokens: number | undefined
  outputTokens: number | undefined
  queued: number | undefined
  inFlight: number | undefined
}

const empty = (): Bucket => ({
  outcomes: {},
  waits: {},
  succeeded: 0,
  errored: 0,
  tokens: 0,
  requests: undefined,
  inputTokens: undefined,
  outputTokens: undefined,
  queued: undefined,
  inFlight: undefined
})

const lower = (one: number | undefined, other: number | undefined): number | undefined =>
  one === undefined ? other : other === undefined ? one : Math.min(one, other)

const addAll = (to: Record<string, number>, from: Readonly<Record<string, number>>): void => {
  for (const [name, count] of Object.entries(from)) to[name] = (to[name] ?? 0) + count
}

const higher = (one: number | undefined, other: number | undefined): number | undefined =>
  one === undefined ? other : other === undefined ? one : Math.max(one, other)

const tightest = (bucket: Bucket, levels: Partial<Levels>): void => {
  bucket.requests = lower(bucket.requests, levels.requests)
  bucket.inputTokens = lower(bucket.inputTokens, levels.inputTokens)
  bucket.outputTokens = lower(bucket.outputTokens, levels.outputTokens)
  bucket.queued = higher(bucket.queued, levels.queued)
  bucket.inFlight = higher(bucket.inFlight, levels.inFlight)
}

const merged = (one: Bucket, other: Bucket | undefined): Bucket => {
  if (other === undefined) return one
  addAll(one.outcomes, other.outcomes)
  addAll(one.waits, other.waits)
  one.succeeded += other.succeeded
  one.errored += other.errored
  one.tokens += other.tokens
  tightest(one, other)
  return one
}

export class Series {
  width = firstWidth
  private readonly start: number
  private buckets: Array<Bucket> = []

  constructor(start: number) {
    this.start = start
  }

  /** The bucket of an instant. */
  at(now: number): Bucket {
    const index = (): number => Math.max(0, Math.floor((now - this.start) / this.width))
    while (index() >= mostBuckets) {
      const { buckets } = this
      this.buckets = Array.from(
        { length: Math.ceil(buckets.length / 2) },
        (_, n) => merged(buckets[2 * n]!, buckets[2 * n + 1])
      )
      this.width *= 2
    }
    while (this.buckets.length <= index()) this.buckets.push(empty())
    return this.buckets[index()]!
  }

  sample(now: number, levels: Levels): void {
    tightest(this.at(now), levels)
  }

  get all(): ReadonlyArray<Bucket> {
    return this.buckets
  }
}
