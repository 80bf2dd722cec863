/**
 * How many calls may be on their way while the server's mind is unknown: few at first, one more for each answer, so
 * that they double in the time of one; after a refusal half, and from there on one more for each round.
 */

/** At the start, and after a pause in which nothing was heard. */
export const windowStart = 4
const windowLeast = 2
const windowMost = 100_000
/** After a refusal for growing too fast: the first pause between two calls, at least, in milliseconds. */
const gapStart = 1000
const gapMost = 60_000
/** A shorter pause is none. */
const gapLeast = 5
/** Each answer shortens the pause to this share: a pause of a second is gone after half a minute of use. */
const gapShrinks = 0.97
/** Nothing was heard for so long: what the server thinks is unknown again, in milliseconds. */
const idle = 10_000

export class Window {
  size = windowStart
  private threshold = Infinity
  private gap = 0
  private next = 0
  private heard: number

  constructor(now: number) {
    this.heard = now
  }

  /** Before a call is let in. */
  wake(inFlight: number, now: number): void {
    if (inFlight > 0 || now - this.heard < idle) return
    this.heard = now
    this.size = Math.min(this.size, windowStart)
    this.threshold = Infinity
  }

  /** Calls leave one by one. */
  get paced(): boolean {
    return this.gap > 0
  }

  /** Milliseconds until the next call may leave, as far as pace decides. */
  wait(now: number): number {
    return this.gap === 0 ? 0 : Math.max(0, this.next - now)
  }

  /** A call is let in. */
  admitted(now: number): void {
    if (this.gap > 0) this.next = now + this.gap
  }

  /** An answer came that is no refusal. It grows only where it is used. */
  accepted(inFlight: number, now: number): void {
    this.heard = now
    this.gap = this.gap * gapShrinks < gapLeast ? 0 : this.gap * gapShrinks
    if (inFlight * 2 < this.size) return
    this.size = Math.min(windowMost, this.size + (this.size < this.threshold ? 1 : 1 / this.size))
  }

  /** A refusal that no known limit explains. */
  refused(): void {
    this.size = Math.max(windowLeast, this.size / 2)
    this.threshold = this.size
  }

  /** A refusal for growing too fast. */
  tooFast(): void {
    this.gap = Math.min(gapMost, Math.max(gapStart, this.gap * 2))
  }
}
