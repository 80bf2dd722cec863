/** One circuit as a state machine over time. A permit counts only in the epoch it was given in. */
import * as Duration from "effect/Duration"
import { CircuitOpen, type Outcome, type RealReason } from "../../errors/ClaudeError.ts"

export type State = "closed" | "open" | "halfOpen" | "isolated"

export interface Settings {
  readonly window: number
  readonly minimumCalls: number
  readonly failureRate: number
  readonly openFor: number
  readonly openForMax: number
  readonly jitter: number
  readonly probes: number
  readonly probeTimeout: number
}

/** A call that enters, in the epoch as it is then. */
export interface Ticket {
  readonly epoch: number
  readonly began: number
  readonly changed: Changed | undefined
  done: boolean
}

/** Told of a change of state by whose call it came about. */
export type Changed = (from: State, to: State, reason: RealReason | undefined) => void

/** How long a caller that meets a running probe is told to wait, in milliseconds; those who can wait for its end do. */
const whileProbing = 1000

export class Circuit {
  private readonly key: string
  private readonly settings: Settings
  private readonly ring: Uint8Array
  private at = 0
  private calls = 0
  private failures = 0
  epoch = 0
  private opened: { readonly until: number; readonly by: RealReason | undefined } | undefined
  private halfOpen = false
  private readonly probes = new Set<Ticket>()
  /** Times opened since it was last closed: the exponent of the open time. */
  private streak = 0
  private isolations = 0
  /** Told when a call that was blocked may have a chance, or none at all; time passing it does not tell. */
  changed: () => void = () => {}

  constructor(key: string, settings: Settings) {
    this.key = key
    this.settings = settings
    this.ring = new Uint8Array(settings.window)
  }

  /** Closed, so that time says nothing. */
  get isClosed(): boolean {
    return this.opened === undefined && this.isolations === 0
  }

  /** A new one would be just the same. */
  get isFresh(): boolean {
    return this.isClosed && this.calls === 0
  }

  state(now: number): State {
    if (this.isolations > 0) return "isolated"
    if (this.opened === undefined) return "closed"
    return this.halfOpen || now >= this.opened.until ? "halfOpen" : "open"
  }

  /** Why a call may not pass now, undefined if it may. */
  blocked(now: number): CircuitOpen | undefined {
    if (this.isolations > 0) return new CircuitOpen({ key: this.key, openedBy: this.opened?.by })
    if (this.opened === undefined) return undefined
    const wait = now < this.opened.until ? this.opened.until - now : this.free(now) ? 0 : whileProbing
    if (wait === 0) return undefined
    return new CircuitOpen({ key: this.key, retryAfter: Duration.millis(wait), openedBy: this.opened.by })
  }

  isolate(by: 1 | -1): void {
    this.isolations += by
    this.changed()
  }

  /** Milliseconds until time alone lets a blocked call have a chance. */
  changesIn(now: number): number {
    if (this.opened === undefined) return Infinity
    if (now < this.opened.until) return this.opened.until - now
    let first = Infinity
    for (const { began } of this.probes) first = Math.min(first, began + this.settings.probeTimeout - now)
    return Math.max(0, first)
  }

  /** To be called only when not blocked. */
  enter(ticket: Ticket): void {
    if (this.opened !== undefined && !this.halfOpen) {
      this.halfOpen = true
      ticket.changed?.("open", "halfOpen", undefined)
    }
    if (this.halfOpen) this.probes.add(ticket)
  }

  /** `random` in [0, 1) spreads the open time. The first word of a ticket counts. */
  leave(
    ticket: Ticket,
    outcome: Outcome | "ignored",
    reason: RealReason | undefined,
    now: number,
    random: number
  ): void {
    if (ticket.done) return
    ticket.done = true
    const freed = this.probes.delete(ticket)
    if (ticket.epoch !== this.epoch) return
    if (outcome === "ignored" || outcome === "local") {
      if (freed) this.changed()
      return
    }
    // A 429 is the limiter's business: it says nothing about health while closed, and is an answer while half open.
    const limited = outcome === "overload" && reason?._tag === "RateLimited"
    if (limited && !this.halfOpen) return
    const failed = outcome === "transient" || (outcome === "overload" && !limited)
    if (this.halfOpen) {
      if (failed) this.open(reason, now, random)
      else this.close()
      ticket.changed?.("halfOpen", failed ? "open" : "closed", reason)
      return
    }
    if (this.calls === this.settings.window) this.failures -= this.ring[this.at]!
    else this.calls++
    this.ring[this.at] = failed ? 1 : 0
    this.failures += failed ? 1 : 0
    this.at = (this.at + 1) % this.settings.window
    if (
      failed && this.calls >= this.settings.minimumCalls && this.failures >= this.calls * this.settings.failureRate
    ) {
      this.open(reason, now, random)
      ticket.changed?.("closed", "open", reason)
    }
  }

  private free(now: number): boolean {
    for (const probe of this.probes) {
      if (now - probe.began >= this.settings.probeTimeout) {
        probe.done = true
        this.probes.delete(probe)
      }
    }
    return this.probes.size < this.settings.probes
  }

  private open(reason: RealReason | undefined, now: number, random: number): void {
    this.streak++
    const grown = Math.min(this.settings.openFor * 2 ** (this.streak - 1), this.settings.openForMax)
    const hint = reason !== undefined && "retryAfter" in reason ? reason.retryAfter : undefined
    const { jitter, openForMax } = this.settings
    const spread = 1 + jitter * (2 * random - 1)
    // What the server asks for is only ever lengthened.
    const asked = hint === undefined ? 0 : Duration.toMillis(hint) * (1 + jitter * random)
    const lasted = Math.min(Math.max(grown * spread, asked), openForMax * (1 + jitter))
    this.opened = { until: now + lasted, by: reason }
    this.halfOpen = false
    this.turn()
  }

  private close(): void {
    this.opened = undefined
    this.halfOpen = false
    this.streak = 0
    this.turn()
  }

  private turn(): void {
    this.epoch++
    this.probes.clear()
    this.ring.fill(0)
    this.at = 0
    this.calls = 0
    this.failures = 0
    this.changed()
  }
}
