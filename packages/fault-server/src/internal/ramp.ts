/** An acceleration limit: the requests of a minute may grow, but only so fast. */

/** Quiet for so long, it starts anew. */
const forgets = 60_000
/** So many milliseconds of the allowed rate may come at once. */
const burst = 5000

export class Ramp {
  private readonly perMinute: number
  private readonly doubling: number
  private start = 0
  private level = 0
  private at = -Infinity

  constructor(perMinute: number, doubling: number) {
    this.perMinute = perMinute
    this.doubling = doubling
  }

  private rate(at: number): number {
    return this.perMinute * 2 ** ((at - this.start) / this.doubling) / 60_000
  }

  /** Milliseconds until one more is allowed. */
  wait(now: number): number {
    if (now - this.at >= forgets) {
      this.start = now
      this.at = now
      this.level = this.rate(now) * burst
    }
    const rate = this.rate(now)
    return Math.max(0, 1 - Math.min(rate * burst, this.level + rate * (now - this.at))) / rate
  }

  take(now: number): void {
    const rate = this.rate(now)
    this.level = Math.min(rate * burst, this.level + rate * (now - this.at)) - 1
    this.at = now
  }
}
