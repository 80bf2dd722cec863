/** What was charged with each request, in the order of sending, less what was given back of it later. */
import type { Need } from "./sum.ts"

/** A request on its way. */
export interface Sent {
  readonly need: Need
  /** The order of sending, from 1; 0 before it was sent. */
  readonly seq: number
  readonly at: number
}

type Dimension = "requests" | "inputTokens"

/** Of no more requests than these is kept what they were charged. */
const most = 16_384
const atFirst = 64

/** Numbers side by side and no object a request: there may be thousands, each for as long as nobody tells of levels. */
export class Account {
  last = 0
  private first = 1
  private size = atFirst
  private requests: Float64Array = new Float64Array(atFirst)
  private inputTokens: Float64Array = new Float64Array(atFirst)
  private doubts: Float64Array = new Float64Array(atFirst)

  add(need: Need): number {
    const seq = ++this.last
    if (seq - this.first >= this.size) this.makeRoom()
    const at = seq % this.size
    this.requests[at] = need.requests
    this.inputTokens[at] = need.inputTokens
    this.doubts[at] = need.doubt
    return seq
  }

  /** Something of it was given back: what it has cost is known. */
  give(seq: number, refund: Need): void {
    if (seq < this.first) return
    const at = seq % this.size
    this.requests[at]! -= refund.requests
    this.inputTokens[at]! -= refund.inputTokens
    this.doubts[at] = 0
  }

  /** Charged after one request and until another. */
  between(dimension: Dimension, after: number, until: number): number {
    const charged = this[dimension]
    let sum = 0
    for (let seq = Math.max(after + 1, this.first); seq <= until; seq++) sum += charged[seq % this.size]!
    return sum
  }

  /** How far off all that was charged after a request may be. */
  doubt(after: number): number {
    let squares = 0
    for (let seq = Math.max(after + 1, this.first); seq <= this.last; seq++) {
      squares += this.doubts[seq % this.size]! ** 2
    }
    return Math.sqrt(squares)
  }

  /** Hardly anybody will ask for this request or those before it; some of them are kept. */
  forget(until: number): void {
    const gone = Math.min(until, this.last) + 1 - this.first
    if (gone >= atFirst && gone * 2 > this.last - this.first) this.first += gone
  }

  /** For one more, which is the last. */
  private makeRoom(): void {
    if (this.size >= most) {
      this.first++
      return
    }
    const old = this.size
    this.size = old * 2
    const moved = (from: Float64Array): Float64Array => {
      const to = new Float64Array(this.size)
      for (let seq = this.first; seq < this.last; seq++) to[seq % this.size] = from[seq % old]!
      return to
    }
    this.requests = moved(this.requests)
    this.inputTokens = moved(this.inputTokens)
    this.doubts = moved(this.doubts)
  }
}
