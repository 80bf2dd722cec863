/** Places for whole calls, their waits and tries included; whoever finds none waits by priority, then by arrival. */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { LimiterRejected } from "../../errors/ClaudeError.ts"
import { type Need, Waiters } from "./waiters.ts"

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

const place: Need = { requests: 0, inputTokens: 0, outputTokens: 0, doubt: 0 }

export class Bulkhead {
  running = 0
  private readonly waiters = new Waiters()
  private readonly settings: BulkheadSettings

  constructor(settings: BulkheadSettings) {
    this.settings = settings
  }

  get queued(): number {
    return this.waiters.size
  }

  /** `granted` is told at the moment of the grant: its caller may be interrupted just after. */
  enter(priority: number, granted: (slot: Slot) => void): Effect.Effect<void, LimiterRejected> {
    return Effect.suspend(() => {
      if (this.running < this.settings.concurrent) {
        this.running++
        granted(new Slot(this.free))
        return Effect.void
      }
      if (this.waiters.size >= this.settings.maxQueue) {
        return Effect.fail(new LimiterRejected({ why: "queueFull", wait: Duration.zero }))
      }
      return Effect.callback<void>((resume) => {
        const waiter = this.waiters.add(() => place, false, priority, 0, () => {
          granted(new Slot(this.free))
          resume(Effect.void)
        }, () => {})
        return Effect.sync(() => void this.waiters.remove(waiter))
      })
    })
  }

  /** The place goes on to whoever is next, so that no newcomer comes between. */
  private readonly free = (): void => {
    const [next] = this.waiters.candidates(1)
    if (next === undefined) {
      this.running--
      return
    }
    this.waiters.admit(next)
    next.grant()
  }
}
