/** The queue of one limit: by priority, then by arrival; joining, leaving and cancelling cost the same however long it is. */

import type * as ClaudeError from "../../errors/ClaudeError.ts"

export interface Need {
  readonly requests: number
  readonly inputTokens: number
  readonly outputTokens: number
  /** How far the input may be off, in tokens. */
  readonly doubt: number
}

export interface Waiter {
  /** As last estimated. */
  need: Need
  readonly estimate: () => Need
  /** Its answer's headers will be seen. */
  readonly watched: boolean
  readonly since: number
  readonly grant: () => void
  readonly refuse: (why: ClaudeError.LimiterRejected) => void
  passed: number
  base: number
  list: List | undefined
  before: Waiter | undefined
  after: Waiter | undefined
}

interface List {
  readonly priority: number
  first: Waiter | undefined
  last: Waiter | undefined
  /** Waiters of higher priority let in while this list waited. */
  overtaken: number
}

/** Nobody is overtaken more often than this. */
export const mostOvertaken = 64

/** Priorities are whole numbers, from the negative of this on. */
const mostPriority = 100
const whole = (priority: number): number => Math.max(-mostPriority, Math.min(mostPriority, Math.round(priority))) || 0

export class Waiters {
  size = 0
  /** What all of them need together. */
  readonly total = { requests: 0, inputTokens: 0, outputTokens: 0 }
  /** Highest priority first. */
  private readonly lists: Array<List> = []

  add(
    estimate: () => Need,
    watched: boolean,
    asked: number,
    since: number,
    grant: Waiter["grant"],
    refuse: Waiter["refuse"]
  ): Waiter {
    const need = estimate()
    const priority = whole(asked)
    let at = 0
    while (at < this.lists.length && this.lists[at]!.priority > priority) at++
    let list = this.lists[at]
    if (list === undefined || list.priority !== priority) {
      list = { priority, first: undefined, last: undefined, overtaken: 0 }
      this.lists.splice(at, 0, list)
    }
    const waiter: Waiter = {
      need,
      estimate,
      watched,
      since,
      grant,
      refuse,
      passed: 0,
      base: list.overtaken,
      list,
      before: list.last,
      after: undefined
    }
    if (list.last === undefined) list.first = waiter
    else list.last.after = waiter
    list.last = waiter
    this.count(need, 1)
    return waiter
  }

  /** Estimates again what a waiter needs: answers may have taught more since it came. */
  refresh(waiter: Waiter): Need {
    this.account(waiter.need, -1)
    waiter.need = waiter.estimate()
    this.account(waiter.need, 1)
    return waiter.need
  }

  /** Takes a waiter out, wherever it stands; false if it is out already. */
  remove(waiter: Waiter): boolean {
    const { after, before, list } = waiter
    if (list === undefined) return false
    if (before === undefined) list.first = after
    else before.after = after
    if (after === undefined) list.last = before
    else after.before = before
    waiter.list = undefined
    if (list.first === undefined) this.lists.splice(this.lists.indexOf(list), 1)
    this.count(waiter.need, -1)
    return true
  }

  /** Lets one in: those before it in their lists, or of lower priority, have been overtaken once more. */
  admit(waiter: Waiter): void {
    const { list } = waiter
    if (list === undefined) return
    for (let older = waiter.before; older !== undefined; older = older.before) older.passed++
    for (const lower of this.lists) if (lower.priority < list.priority) lower.overtaken++
    this.remove(waiter)
  }

  /** So many may be let in at once and nobody is overtaken too often. */
  get spare(): number {
    return this.lists.reduce(
      (least, { first, overtaken }) =>
        first === undefined ? least : Math.min(least, mostOvertaken - (first.passed + overtaken - first.base)),
      mostOvertaken
    )
  }

  /** The next `most` in the order they should be let in; only the first, once it has been overtaken often enough. */
  candidates(most: number): ReadonlyArray<Waiter> {
    for (const list of this.lists) {
      const first = list.first
      if (first !== undefined && first.passed + list.overtaken - first.base >= mostOvertaken) return [first]
    }
    const found: Array<Waiter> = []
    for (const list of this.lists) {
      for (let waiter = list.first; waiter !== undefined && found.length < most; waiter = waiter.after) {
        found.push(waiter)
      }
      if (found.length >= most) break
    }
    return found
  }

  private count(need: Need, sign: 1 | -1): void {
    this.size += sign
    this.account(need, sign)
  }

  private account(need: Need, sign: 1 | -1): void {
    this.total.requests += sign * need.requests
    this.total.inputTokens += sign * need.inputTokens
    this.total.outputTokens += sign * need.outputTokens
  }
}
