/**
 * The lines that are still to be sent, handed out one turn at a time: those that were not sent yet, then those that failed.
 * What has to wait waits here, not with a worker, so that no line and no model can hold up the others.
 */
import type { ClaudeError } from "effect-claude"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Random from "effect/Random"
import * as Semaphore from "effect/Semaphore"
import type { Job } from "../input.ts"
import type { BadInput } from "../problems.ts"
import { Lane, type Past, type Waiting } from "./lane.ts"

export interface Turn {
  readonly job: Job
  readonly lane: string
  /** Undefined for a line that comes straight from the file. */
  readonly past: Past | undefined
}

export interface Source {
  /** The next line of the file; undefined after the last. */
  readonly next: Effect.Effect<Job | undefined, BadInput>
  readonly again: (waiting: Waiting) => Effect.Effect<Job, BadInput>
  readonly laneOf: (job: Job) => string
  readonly now: () => number
  /** Lines that failed come before those that were not sent: where a deadline bounds each of them. */
  readonly failedFirst: boolean
}

/** Where a queue stands, for those who watch. */
export interface Standing {
  /** Every line of the file has been read and had a turn. */
  readonly isRead: boolean
  /** When the next line may be sent again, in Clock milliseconds; Infinity where nothing but an answer is waited for. */
  readonly next: number
  /** Models whose circuit is open, with what opened it. */
  readonly shut: ReadonlyArray<{ readonly model: string; readonly because: ClaudeError.Reason | undefined }>
}

export class Queue {
  private readonly source: Source
  private readonly lanes = new Map<string, Lane>()
  private readonly one = Semaphore.makeUnsafe(1)
  private changed = Deferred.makeUnsafe<void>()
  private isRead = false
  private isClosed = false
  private out = 0

  constructor(source: Source) {
    this.source = source
  }

  private lane(name: string): Lane {
    let lane = this.lanes.get(name)
    if (lane === undefined) this.lanes.set(name, lane = new Lane())
    return lane
  }

  private waiting(random: number, now: number): readonly [string, Waiting] | undefined {
    const open = Array.from(this.lanes).filter(([, lane]) => lane.opensAt() <= now)
    const pick = (from: (lane: Lane) => Waiting | undefined): readonly [string, Waiting] | undefined => {
      for (const [name, lane] of open) {
        const found = from(lane)
        if (found !== undefined) return [name, found]
      }
      return undefined
    }
    const failed = () => pick((lane) => lane.nextFailing(now))
    if (this.source.failedFirst) return failed() ?? pick((lane) => lane.anyUnsent(random))
    return pick((lane) => lane.anyUnsent(random)) ?? (this.isRead ? failed() : undefined)
  }

  private give(name: string, job: Job, past: Past | undefined): Turn {
    this.lanes.get(name)?.leave()
    this.out++
    return { job, lane: name, past }
  }

  private get next(): number {
    let next = Infinity
    for (const lane of this.lanes.values()) {
      const due = lane.hasUnsent ? 0 : lane.failingAt()
      next = Math.min(next, Math.max(due, lane.opensAt()))
    }
    return next
  }

  get standing(): Standing {
    const unsent = Array.from(this.lanes.values()).some((lane) => lane.hasUnsent)
    const shut = Array.from(this.lanes).flatMap(([model, { because, isShut }]) => isShut ? [{ model, because }] : [])
    return { isRead: this.isRead && !unsent, next: this.next, shut }
  }

  /** The next turn; undefined when every line has had its last. Waits while only others can say more. */
  get take(): Effect.Effect<Turn | undefined, BadInput> {
    return this.one.withPermits(1)(this.choose)
  }

  private readonly choose: Effect.Effect<Turn | undefined, BadInput> = Effect.gen({ self: this }, function*() {
    const { again, laneOf, next, now } = this.source
    for (;;) {
      if (this.isClosed) return undefined
      const waiting = this.lanes.size === 0 ? undefined : this.waiting(yield* Random.next, now())
      if (waiting !== undefined) {
        const [name, { past }] = waiting
        return this.give(name, yield* again(waiting[1]), past)
      }
      if (!this.isRead) {
        const job = yield* next
        if (job === undefined) {
          this.isRead = true
          continue
        }
        const name = laneOf(job)
        const lane = this.lanes.get(name)
        if (lane === undefined || lane.opensAt() <= now()) return this.give(name, job, undefined)
        const { customId, place } = job
        lane.addUnsent({ place, customId, past: undefined })
        continue
      }
      if (this.out === 0 && Array.from(this.lanes.values()).every((lane) => lane.isEmpty)) return undefined
      // Fractions of a millisecond would add up to less than they are parts of.
      const wait = Math.max(1, this.next - now())
      const changed = Deferred.await(this.changed)
      yield* wait === Infinity ? changed : Effect.timeoutOption(changed, Duration.millis(wait))
    }
  })

  private wake(): void {
    const { changed } = this
    this.changed = Deferred.makeUnsafe<void>()
    Deferred.doneUnsafe(changed, Effect.void)
  }

  /** Nothing more is handed out. */
  close(): void {
    this.isClosed = true
    this.wake()
  }

  /** Every turn ends with this, after one of the two below where the line has no result. */
  ended({ lane: name }: Turn): void {
    this.out--
    const lane = this.lanes.get(name)
    if (lane?.isEmpty === true && !lane.isShut) this.lanes.delete(name)
    this.wake()
  }

  /** The line has its result, or failed for itself: the circuit let it through. */
  passed({ lane }: Turn): void {
    this.lanes.get(lane)?.open()
  }

  failed({ job: { customId, place }, lane }: Turn, past: Past): void {
    this.lane(lane).addFailing({ place, customId, past })
  }

  /** The circuit is open until then. */
  turnedAway({ lane }: Turn, until: number, because: ClaudeError.Reason | undefined): void {
    this.lane(lane).shut(until, because)
  }

  /** Nothing of the line was sent. */
  unsent({ job: { customId, place }, lane }: Turn, past: Past): void {
    this.lane(lane).addUnsent({ place, customId, past })
  }
}
