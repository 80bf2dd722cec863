/** The queue of one limit: by priority, then by arrival; joining, leaving and cancelling cost the same however long it is. */

import type * as ClaudeError from "../../errors/ClaudeError.ts"
import { type Need, Sum } from "./sum.ts"

/** Who waits, and where it stands. */
export abstract class Waiter {
  /** As last estimated. */
  need: Need
  passed = 0
  base = 0
  list: List | undefined = undefined
  before: Waiter | undefined = undefined
  after: Waiter | undefined = undefined

  constructor(need: Need) {
    this.need = need
  }

  /** Its answer's headers will be seen. */
  abstract readonly watched: boolean
  abstract estimate(): Need
  abstract grant(now: number): void
  abstract refuse(why: ClaudeError.LimiterRejected): void
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
  readonly total = new Sum()
  /** Highest priority first. */
  private readonly lists: Array<List> = []

  /** Puts it behind its equals; false if it stands behind so many others, in a queue of which that says it all. */
  add(waiter: Waiter, asked: number, near: number): boolean {
    const priority = whole(asked)
    let at = 0
    while (at < this.lists.length && this.lists[at]!.priority > priority) at++
    let list = this.lists[at]
    if (list === undefined || list.priority !== priority) {
      list = { priority, first: undefined, last: undefined, overtaken: 0 }
      this.lists.splice(at, 0, list)
    }
    waiter.base = list.overtaken
    waiter.list = list
    waiter.before = list.last
    if (list.last === undefined) list.first = waiter
    else list.last.after = waiter
    list.last = waiter
    this.count(waiter.need, 1)
    return at < this.lists.length - 1 || this.size <= near + 1
  }

  /** Estimates again what a waiter needs: answers may have taught more since it came. */
  refresh(waiter: Waiter): Need {
    const need = waiter.estimate()
    if (need !== waiter.need) {
      this.total.add(waiter.need, -1)
      waiter.need = need
      this.total.add(need, 1)
    }
    return need
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

  /** The first of the next `most` that fits. */
  find(most: number, fits: (waiter: Waiter) => boolean): Waiter | undefined {
    const due = this.due
    if (due !== undefined) return fits(due) ? due : undefined
    let seen = 0
    for (const list of this.lists) {
      for (let waiter = list.first; waiter !== undefined; waiter = waiter.after) {
        if (seen++ >= most) return undefined
        if (fits(waiter)) return waiter
      }
    }
    return undefined
  }

  /** Overtaken often enough: nobody goes before it. */
  private get due(): Waiter | undefined {
    for (const { first, overtaken } of this.lists) {
      if (first !== undefined && first.passed + overtaken - first.base >= mostOvertaken) return first
    }
    return undefined
  }

  /** The next `most` in the order they should be let in; only the first, once it has been overtaken often enough. */
  candidates(most: number): ReadonlyArray<Waiter> {
    const due = this.due
    if (due !== undefined) return [due]
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
    this.total.add(need, sign)
  }
}
