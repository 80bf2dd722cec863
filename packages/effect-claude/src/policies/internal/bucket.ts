/** A token bucket with fractional, continuous refill. Its level may fall below zero: that is debt. */
export class Bucket {
  /** Per minute; undefined while nobody has said. */
  limit: number | undefined
  private readonly configured: number | undefined
  private readonly burst: number
  private level = 0
  private at: number

  constructor(configured: number | undefined, burst: number, now: number) {
    this.configured = configured
    this.limit = configured
    this.burst = burst
    this.at = now
    this.level = this.capacity
  }

  /** The most it holds. */
  get capacity(): number {
    return this.limit === undefined ? Infinity : this.limit * this.burst
  }

  read(now: number): number {
    if (this.limit === undefined) return Infinity
    if (now > this.at) {
      this.level = Math.min(this.capacity, this.level + (now - this.at) * this.limit / 60_000)
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
    return missing <= 0 ? 0 : missing * 60_000 / this.limit
  }

  /** What an answer said: the level falls to it at once, the limit follows it up to what was configured. */
  observe(limit: number, remaining: number | undefined, now: number): void {
    const next = Math.min(limit, this.configured ?? Infinity)
    if (this.limit === undefined) {
      this.limit = next
      this.level = Math.min(remaining ?? this.capacity, this.capacity)
      this.at = now
      return
    }
    this.read(now)
    this.limit = next
    this.level = Math.min(this.level, this.capacity, remaining ?? Infinity)
  }

  /** Empties it: the server has said that nothing is left. */
  drain(now: number): void {
    if (this.limit !== undefined) this.level = Math.min(this.read(now), 0)
  }
}
