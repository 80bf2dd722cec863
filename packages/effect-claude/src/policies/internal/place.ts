/**
 * One request in a limit, from its place in the queue to its settlement. There may be very many that wait: each is one
 * small object.
 */
import * as Effect from "effect/Effect"
import type * as ClaudeError from "../../errors/ClaudeError.ts"
import type { Reservation, ReserveRequest, Settlement } from "../ClaudeRateLimiter.ts"
import type { Mark } from "./account.ts"
import type { Entry, Store } from "./limitStore.ts"
import { isExact, needOf } from "./need.ts"
import { refundOf } from "./refund.ts"
import { type Need, Waiter } from "./waiters.ts"

export type Resume = (
  effect: Effect.Effect<Reservation, ClaudeError.RequestExceedsLimit | ClaudeError.LimiterRejected>
) => void

const interrupted: Settlement = { _tag: "Interrupted" }

export class Place extends Waiter implements Reservation {
  /** Since when it waits, until it is granted; from then on for how long it has. */
  waited: number
  private readonly store: Store["Service"]
  private readonly entry: Entry
  private readonly request: ReserveRequest
  private readonly resume: Resume
  private mark: Mark | undefined = undefined
  private state: "waiting" | "held" | "settled" = "waiting"

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
    this.waited = since
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
    this.waited = now - this.waited
    this.state = "held"
    this.request.granted?.(this)
    this.resume(Effect.succeed(this))
  }

  refuse(why: ClaudeError.LimiterRejected): void {
    this.resume(Effect.fail(why))
  }

  /** Its caller is gone: before its turn, or after the grant and before it could go on. */
  get left(): Effect.Effect<void> {
    return Effect.sync(() => {
      if (this.entry.limit.waiters.remove(this)) this.store.drain(this.entry)
      else this.end(interrupted)
    })
  }

  get sent(): Effect.Effect<void> {
    return Effect.sync(() => {
      if (this.state === "held") this.send()
    })
  }

  // Functions that know their place, made when they are asked for: who waits needs none.
  get observe(): Reservation["observe"] {
    return (headers) =>
      Effect.sync(() => {
        if (this.state !== "held") return
        this.entry.limit.observe(headers, this.send(), this.store.now())
        this.store.drain(this.entry)
      })
  }

  get settle(): Reservation["settle"] {
    return (settlement) => Effect.sync(() => this.end(settlement))
  }

  private send(): Mark {
    return this.mark ??= this.entry.limit.send(this.need, this.store.now())
  }

  private end(settlement: Settlement): void {
    if (this.state !== "held") return
    this.state = "settled"
    const { entry, mark, need, request, store } = this
    const { limit } = entry
    const now = store.now()
    limit.release(need, refundOf(need, mark !== undefined, settlement), mark, now)
    if (settlement._tag === "Failed") {
      if (settlement.reason._tag === "RateLimited") limit.rejected(settlement.reason, now)
    } else if (settlement._tag === "Used") {
      const { usage } = settlement
      limit.succeeded(now)
      limit.learned.learn(
        request.inputTokens === undefined ? request.inputBytes : undefined,
        usage.inputTokens + usage.cacheCreationTokens,
        request.maxTokens ?? 0,
        usage.outputTokens
      )
    }
    store.drain(entry)
  }
}
