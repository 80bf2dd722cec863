/** Places for whole calls, their waits and tries included; whoever finds none waits by priority, then by arrival. */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { LimiterRejected } from "../../errors/ClaudeError.ts"

export interface BulkheadSettings {
  readonly concurrent: number
  readonly maxQueue: number
}

/** A place, given back when all who share it have left: the call, and whatever of it goes on when it has returned. */
export class Slot {
  private shared = 1
  private readonly free: () => void

  constructor(free: () => void) {
    this.free = free
  }

  stay(): void {
    this.shared++
  }

  leave(): void {
    if (--this.shared === 0) this.free()
  }
}

interface Waiting {
  readonly enter: () => void
  readonly line: Line
  before: Waiting | undefined
  after: Waiting | undefined
}

interface Line {
  readonly priority: number
  first: Waiting | undefined
  last: Waiting | undefined
  /** Let in from lines of higher priority since the last one of this. */
  overtaken: number
}

/** After so many of higher priority one of lower is let in. */
const mostOvertaken = 64

/** Joining, leaving and being let in cost the same however many wait. */
class Queue {
  size = 0
  /** Highest priority first. */
  private readonly lines: Array<Line> = []

  join(priority: number, enter: () => void): Waiting {
    let at = 0
    while (at < this.lines.length && this.lines[at]!.priority > priority) at++
    let line = this.lines[at]
    if (line?.priority !== priority) {
      line = { priority, first: undefined, last: undefined, overtaken: 0 }
      this.lines.splice(at, 0, line)
    }
    const waiting: Waiting = { enter, line, before: line.last, after: undefined }
    if (line.last === undefined) line.first = waiting
    else line.last.after = waiting
    line.last = waiting
    this.size++
    return waiting
  }

  leave(waiting: Waiting): void {
    const { after, before, line } = waiting
    if (before === undefined) line.first = after
    else before.after = after
    if (after === undefined) line.last = before
    else after.before = before
    if (line.first === undefined) this.lines.splice(this.lines.indexOf(line), 1)
    this.size--
  }

  next(): Waiting | undefined {
    const line = this.lines.find(({ overtaken }) => overtaken >= mostOvertaken) ?? this.lines[0]
    const first = line?.first
    if (line === undefined || first === undefined) return undefined
    line.overtaken = 0
    for (const lower of this.lines) if (lower.priority < line.priority) lower.overtaken++
    this.leave(first)
    return first
  }
}

export class Bulkhead {
  running = 0
  private freed = 0
  private readonly queue = new Queue()
  private readonly settings: BulkheadSettings

  constructor(settings: BulkheadSettings) {
    this.settings = settings
  }

  get queued(): number {
    return this.queue.size
  }

  /** Whoever enters now has to wait. */
  get isFull(): boolean {
    return this.running >= this.settings.concurrent
  }

  /** `granted` is told at the moment of the grant: its caller may be interrupted just after. */
  enter(priority: number, granted: (slot: Slot) => void): Effect.Effect<void, LimiterRejected> {
    return Effect.suspend(() => {
      if (!this.isFull) {
        this.running++
        granted(new Slot(this.free))
        return Effect.void
      }
      if (this.queue.size >= this.settings.maxQueue) {
        return Effect.fail(new LimiterRejected({ why: "queueFull", wait: Duration.zero }))
      }
      return Effect.callback<void>((resume) => {
        const waiting = this.queue.join(priority, () => {
          granted(new Slot(this.free))
          resume(Effect.void)
        })
        return Effect.sync(() => this.queue.leave(waiting))
      })
    })
  }

  /**
   * The place goes on to whoever is next, so that no newcomer comes between. Letting one in may run it at once, to its end
   * and back in here: one at a time, however many follow.
   */
  private readonly free = (): void => {
    this.freed++
    if (this.freed > 1) return
    for (; this.freed > 0; this.freed--) {
      const next = this.queue.next()
      if (next === undefined) this.running--
      else next.enter()
    }
  }
}
