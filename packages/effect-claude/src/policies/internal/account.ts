/** What was charged with each request, in the order of sending, with what became known of it later. */
import type { Need } from "./waiters.ts"

/** Where the account stood when a request was sent. */
export interface Mark {
  readonly seq: number
  readonly at: number
}

interface Entry {
  readonly requests: number
  readonly inputTokens: number
  readonly doubt: number
  given: { readonly requests: number; readonly inputTokens: number } | undefined
}

type Dimension = "requests" | "inputTokens"

/** Of no more requests than these is kept what they were charged. */
const most = 8192

export class Account {
  /** Entry `n` is that of request `first + n`. */
  private entries: Array<Entry> = []
  private first = 1

  get last(): number {
    return this.first + this.entries.length - 1
  }

  add(need: Need, at: number): Mark {
    this.entries.push({
      requests: need.requests,
      inputTokens: need.inputTokens,
      doubt: need.doubt,
      given: undefined
    })
    if (this.entries.length >= 2 * most) this.forget(this.first + most)
    return { seq: this.last, at }
  }

  /** Something of it was given back. */
  give(seq: number, refund: Need): void {
    const entry = this.entries[seq - this.first]
    if (entry !== undefined) entry.given = refund
  }

  /** Charged after one request and until another. */
  between(dimension: Dimension, after: number, until: number): number {
    let sum = 0
    for (let seq = Math.max(after + 1, this.first); seq <= until; seq++) {
      const entry = this.entries[seq - this.first]!
      sum += entry[dimension] - (entry.given?.[dimension] ?? 0)
    }
    return sum
  }

  /** How far off all that was charged after a request may be. */
  doubt(after: number): number {
    let squares = 0
    for (let seq = Math.max(after + 1, this.first); seq <= this.last; seq++) {
      const entry = this.entries[seq - this.first]!
      if (entry.given === undefined) squares += entry.doubt ** 2
    }
    return Math.sqrt(squares)
  }

  /** Nobody will ask for this request or those before it. */
  forget(until: number): void {
    // In batches, so that each entry is moved a bounded number of times.
    const gone = Math.min(until - this.first + 1, this.entries.length)
    if (gone < 64 || gone * 2 < this.entries.length) return
    this.entries = this.entries.slice(gone)
    this.first += gone
  }
}
