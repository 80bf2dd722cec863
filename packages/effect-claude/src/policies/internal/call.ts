/** A call as it is to be run, and what its attempts share while it is. */
import type * as Clock from "effect/Clock"
import type * as Duration from "effect/Duration"
import type * as Effect from "effect/Effect"
import type * as ClaudeError from "../../errors/ClaudeError.ts"
import type { CallWatch } from "../../telemetry/internal/hook.ts"
import type { ReserveRequest, Settlement } from "../ClaudeRateLimiter.ts"
import type { RetryPolicy } from "../RetryPolicy.ts"
import type { Bulkhead, Slot } from "./bulkhead.ts"
import type { Services } from "./direct.ts"
import type { Beginnings } from "./hedged.ts"
import type { Lease } from "./lease.ts"

/** What the limiter is asked for; what is a getter is read by every attempt. */
export type LimiterRequest = Omit<ReserveRequest, "deadline" | "granted">

export interface Call<A, R = never> {
  readonly services: Services
  readonly clock: Clock.Clock
  readonly method: string
  readonly request: LimiterRequest
  /** The breaker's key: endpoint and model. */
  readonly key: string
  readonly maxAttempts: number
  /** From its start to its end, in milliseconds. */
  readonly deadline: number
  /** A server's wait longer than this fails at once. */
  readonly maxServerWait: Duration.Duration
  readonly retry: RetryPolicy
  /** False for a request that must not be sent again once sent. */
  readonly mayResend: () => boolean
  /** Where only so many calls may be under way at once. */
  readonly bulkhead?: Bulkhead | undefined
  /** How long answers of this kind take to begin, where a slow one gets a second request. */
  readonly beginnings?: Beginnings | undefined
  /** Told what happens, where somebody listens. */
  readonly told?: CallWatch | undefined
  /** `run` tells what an attempt may have to know of the call: its deadline, and the tries before it. */
  readonly attempt: (
    lease: Lease,
    run: { readonly deadline: number; readonly log: ReadonlyArray<ClaudeError.Attempt> }
  ) => Effect.Effect<A, ClaudeError.Reason, R>
  /** What an attempt has used that succeeds without having said so. */
  readonly used?: Settlement | undefined
}

/** What the attempts of one call share. */
export class Run<A, R> {
  readonly call: Call<A, R>
  /** When its first try began, an instant of its clock in milliseconds. */
  readonly began: number
  /** For how long it had waited for its place by then. */
  readonly waited: number
  readonly slot: Slot | undefined
  /** The tries before this one. */
  readonly log: ReadonlyArray<ClaudeError.Attempt>

  constructor(
    call: Call<A, R>,
    began: number,
    waited: number,
    slot: Slot | undefined,
    log: ReadonlyArray<ClaudeError.Attempt>
  ) {
    this.call = call
    this.began = began
    this.waited = waited
    this.slot = slot
    this.log = log
  }

  /** An instant too. */
  get deadline(): number {
    return this.began - this.waited + this.call.deadline
  }
}
