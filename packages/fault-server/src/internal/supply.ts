/** One limit of an organization: a bucket with continuous refill, and answers still being written that draw on it. */

interface Production {
  readonly start: number
  readonly perMilli: number
  readonly total: number
  taken: number
  stopped: number
}

export class Supply {
  readonly perMinute: number
  readonly capacity: number
  private level: number
  private at: number
  private productions: Array<Production> = []
  /** The lowest share that was ever left. */
  lowest = 1

  constructor(perMinute: number, burst: number, now: number) {
    this.perMinute = perMinute
    this.capacity = perMinute * burst
    this.level = this.capacity
    this.at = now
  }

  read(now: number): number {
    if (now <= this.at) return this.level
    this.level = Math.min(this.capacity, this.level + (now - this.at) * this.perMinute / 60_000)
    this.at = now
    this.productions = this.productions.filter((one) => {
      const made = Math.min(one.total, Math.max(0, Math.min(now, one.stopped) - one.start) * one.perMilli)
      this.level -= made - one.taken
      one.taken = made
      return made < one.total && now < one.stopped
    })
    this.lowest = Math.min(this.lowest, this.level / this.capacity)
    return this.level
  }

  take(amount: number, now: number): void {
    this.level = this.read(now) - amount
    this.lowest = Math.min(this.lowest, this.level / this.capacity)
  }

  /** Draws `total` evenly from `start` on; the result stops it. */
  produce(total: number, start: number, perMilli: number, now: number): (at: number) => void {
    this.read(now)
    const production = { start, perMilli, total, taken: 0, stopped: Infinity }
    this.productions.push(production)
    return (at) => {
      production.stopped = Math.min(production.stopped, at)
    }
  }

  /** Milliseconds until so much is there. */
  wait(amount: number, now: number): number {
    return Math.max(0, (Math.min(amount, this.capacity) - this.read(now)) * 60_000 / this.perMinute)
  }
}
