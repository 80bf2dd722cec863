/** What waits for one model: lines that its open circuit lets nobody send, and lines that failed and are tried again. */
import type { ClaudeError } from "effect-claude"
import type { Place } from "../lines.ts"

/** What a line has been through. */
export interface Past {
  /** Of its first request, in Clock milliseconds. */
  readonly began: number
  /** Turns that ended in a failure of its own, and the requests that were sent in them. */
  readonly turns: number
  readonly tries: number
  /** The attempts, where a limit of them or a deadline will end the line and tell them. */
  readonly attempts: ReadonlyArray<ClaudeError.Attempt>
  /** The tag of what it last failed with. */
  readonly failure: string | undefined
  /** Since when it waits, and when it may be tried again. */
  readonly since: number
  readonly due: number
}

/** By its place: the line itself is read again, so that however many wait, memory does not hold them. */
export interface Waiting {
  readonly place: Place
  readonly customId: string
  /** Undefined for a line that had no turn yet. */
  readonly past: Past | undefined
}

export interface Failing extends Waiting {
  readonly past: Past
}

export class Lane {
  /** In no order: see `anyUnsent`. */
  private readonly unsent: Array<Waiting> = []
  /** The latest first, so that the next is last. */
  private readonly failing: Array<Failing> = []
  private shutUntil = 0
  /** What opened the circuit. */
  because: ClaudeError.Reason | undefined
  /** A line is out to find out whether the circuit has closed. */
  private probing = false

  /** When a line may be sent, if nothing else happens; Infinity while another finds out. */
  opensAt(): number {
    return this.probing ? Infinity : this.shutUntil
  }

  /** Turned away at `now`, until then. */
  shut(until: number, because: ClaudeError.Reason | undefined): void {
    this.shutUntil = until
    this.because = because
    this.probing = false
  }

  /** A line had its turn, and was not turned away. */
  open(): void {
    this.shut(0, undefined)
  }

  /** A line goes out. */
  leave(): void {
    this.probing = this.shutUntil > 0
  }

  addUnsent(waiting: Waiting): void {
    this.unsent.push(waiting)
  }

  addFailing(waiting: Failing): void {
    let low = 0
    let high = this.failing.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (this.failing[middle]!.past.due > waiting.past.due) low = middle + 1
      else high = middle
    }
    this.failing.splice(low, 0, waiting)
  }

  /**
   * Any one of them, for `random` in [0, 1): lines that cannot succeed often stand together, and in their order each would
   * be the one that finds the circuit's door shut.
   */
  anyUnsent(random: number): Waiting | undefined {
    const index = Math.floor(random * this.unsent.length)
    const chosen = this.unsent[index]
    const last = this.unsent.pop()
    if (last !== undefined && last !== chosen) this.unsent[index] = last
    return chosen
  }

  nextFailing(now: number): Waiting | undefined {
    return this.failingAt() <= now ? this.failing.pop() : undefined
  }

  /** When the next of those that failed is due; Infinity where there is none. */
  failingAt(): number {
    return this.failing.at(-1)?.past.due ?? Infinity
  }

  get isEmpty(): boolean {
    return this.unsent.length + this.failing.length === 0
  }
  get isShut(): boolean {
    return this.shutUntil > 0
  }
  get hasUnsent(): boolean {
    return this.unsent.length > 0
  }
}
