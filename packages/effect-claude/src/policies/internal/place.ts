/** One request in the queue of a limit. There may be very many that wait: each is one small object. */
import * as Effect from "effect/Effect"
import type * as ClaudeError from "../../errors/ClaudeError.ts"
import type { Reservation, ReserveRequest, Settlement } from "../ClaudeRateLimiter.ts"
import { Held } from "./held.ts"
import type { Entry, Store } from "./limitStore.ts"
import { isExact, needOf } from "./need.ts"
import type { Need } from "./sum.ts"
import { Waiter } from "./waiters.ts"

export type Resume = (
  effect: Effect.Effect<Reservation, ClaudeError.RequestExceedsLimit | ClaudeError.LimiterRejected>
) => void

const interrupted: Settlement = { _tag: "Interrupted" }

export class Place extends Waiter {
  private readonly since: number
  private readonly store: Store["Service"]
  private readonly entry: Entry
  private readonly request: ReserveRequest
  private readonly resume: Resume
  private held: Held | undefined = undefined

  constructor(
    store: Store["Service"],
    entry: Entry,
    request: ReserveRequest,
    need: Need,
    since: number,
    resume: Resume
  ) {
    super(need)
    this.store = store
    this.entry = entry
    this.request = request
    this.since = since
    this.resume = resume
  }

  get watched(): boolean {
    return this.request.watched === true
  }

  estimate(): Need {
    return isExact(this.request) ? this.need : needOf(this.entry.limit, this.request)
  }

  /** It has been taken: the caller goes on at once. */
  grant(now: number): void {
    this.held = new Held(this.store, this.entry, this.request, this.need, now - this.since)
    this.request.granted?.(this.held)
    this.resume(Effect.succeed(this.held))
  }

  refuse(why: ClaudeError.LimiterRejected): void {
    this.resume(Effect.fail(why))
  }

  /** Its caller is gone: before its turn, or after the grant and before it could go on. */
  get left(): Effect.Effect<void> {
    return Effect.sync(() => {
      if (this.entry.limit.waiters.remove(this)) this.store.drain(this.entry)
      else this.held?.end(interrupted)
    })
  }
}
