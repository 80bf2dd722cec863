/** One limit of an organization: a bucket with continuous refill, and answers still being written that draw on it. */

interface Production {
  readonly start: number
  readonly perMilli: number
  readonly total: number
  stopped: number
}

/** What others use is the same for so many milliseconds. */
const step = 1000

export class Supply {
  readonly perMinute: number
  readonly capacity: number
  private readonly foreign: (at: number) => number
  private level: number
  private at: number
  private productions: Array<Production> = []
  /** The lowest share that was ever left. */
  lowest = 1

  /** `foreign`: the share of it that others use, by the time in milliseconds. */
  constructor(perMinute: number, burst: number, now: number, foreign: (at: number) => number = () => 0) {
    this.perMinute = perMinute
    this.foreign = foreign
    this.capacity = perMinute * burst
    this.level = this.capacity
    this.at = now
  }

  private net(at: number): number {
    return this.perMinute * (1 - this.foreign(at)) / 60_000
  }

  /** Between two starts or ends of productions, within a second of what others use, the net rate is constant, so that each such piece is exact. */
  read(now: number): number {
    while (this.at < now) {
      let next = Math.min(now, Math.floor(this.at / step + 1) * step)
      let rate = this.net(this.at)
      for (const one of this.productions) {
        const end = Math.min(one.start + one.total / one.perMilli, one.stopped)
        if (one.start > this.at) next = Math.min(next, one.start)
        else if (end > this.at) {
          rate -= one.perMilli
          next = Math.min(next, end)
        }
      }
      this.level = Math.min(this.capacity, this.level + rate * (next - this.at))
      this.at = next
      this.productions = this.productions.filter((one) =>
        Math.min(one.start + one.total / one.perMilli, one.stopped) > next
      )
    }
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
    const production = { start, perMilli, total, stopped: Infinity }
    this.productions.push(production)
    return (at) => {
      production.stopped = Math.min(production.stopped, at)
    }
  }

  /** Milliseconds until so much is there. */
  wait(amount: number, now: number): number {
    return Math.max(0, (Math.min(amount, this.capacity) - this.read(now)) / this.net(now))
  }
}
