/** A reservation that has been granted, until it is settled. What it does it does in one step, so that others can too. */
import * as Effect from "effect/Effect"
import type { RateLimitHeaders } from "../../errors/RateLimitHeaders.ts"
import type { Reservation, ReserveRequest, Settlement } from "../ClaudeRateLimiter.ts"
import type { Sent } from "./account.ts"
import type { Entry, Store } from "./limitStore.ts"
import { refundOf } from "./refund.ts"
import type { Need } from "./sum.ts"

export class Held implements Reservation, Sent {
  readonly waited: number
  private readonly store: Store["Service"]
  private readonly entry: Entry
  readonly need: Need
  /** Characters, where its tokens were estimated from them. */
  private readonly bytes: number | undefined
  private readonly maxTokens: number
  seq = 0
  at = 0
  private isSettled = false

  constructor(store: Store["Service"], entry: Entry, request: ReserveRequest, need: Need, waited: number) {
    this.store = store
    this.entry = entry
    this.need = need
    this.waited = waited
    this.bytes = request.inputTokens === undefined ? request.inputBytes : undefined
    this.maxTokens = request.maxTokens ?? 0
  }

  get sent(): Effect.Effect<void> {
    return Effect.sync(() => this.depart())
  }

  get observe(): Reservation["observe"] {
    return (headers) => Effect.sync(() => this.read(headers))
  }

  get settle(): Reservation["settle"] {
    return (settlement) => Effect.sync(() => this.end(settlement))
  }

  depart(): void {
    if (this.isSettled || this.seq > 0) return
    this.at = this.store.now()
    this.seq = this.entry.limit.send(this.need)
  }

  read(headers: RateLimitHeaders): void {
    if (this.isSettled) return
    this.depart()
    const { entry, store } = this
    entry.limit.observe(headers, this, store.now())
    store.drain(entry)
  }

  end(settlement: Settlement): undefined {
    if (this.isSettled) return
    this.isSettled = true
    const { entry, need, store } = this
    const { limit } = entry
    const now = store.now()
    limit.release(this, refundOf(need, this.seq > 0, settlement), now)
    if (settlement._tag === "Failed") {
      if (settlement.reason._tag === "RateLimited") limit.rejected(settlement.reason, now)
    } else if (settlement._tag === "Used") {
      const { usage } = settlement
      limit.succeeded(now)
      limit.learned.learn(this.bytes, usage.inputTokens + usage.cacheCreationTokens, this.maxTokens, usage.outputTokens)
    }
    store.drain(entry)
  }
}
