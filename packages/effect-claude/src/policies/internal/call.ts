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

export interface Call<A, R = never> {
  readonly method: string
  /** As the limiter is asked for it; what is a getter is read by every attempt. */
  readonly request: Omit<ReserveRequest, "deadline" | "granted">
  /** The breaker's key: endpoint and model. */
  readonly key: string
  readonly maxAttempts: number
  /** From its start to its end, in milliseconds. */
  readonly deadline: number
  /** A server's wait longer than this fails at once. */
  readonly maxServerWait: Duration.Duration
  readonly retry: RetryPolicy
  /** False for a request that must not be sent again once sent. */
  readonly resend: boolean
  /** Where only so many calls may be under way at once. */
  readonly bulkhead?: Bulkhead | undefined
  /** How long answers of this kind take to begin, where a slow one gets a second request. */
  readonly beginnings?: Beginnings | undefined
  /** Told what happens, where somebody listens. */
  readonly told?: CallWatch | undefined
  /** `log`: the tries before this one, for errors that leave by another way than this effect. */
  readonly attempt: (
    lease: Lease,
    deadline: number,
    log: ReadonlyArray<ClaudeError.Attempt>
  ) => Effect.Effect<A, ClaudeError.Reason, R>
  /** What an attempt has used that succeeds without having said so. */
  readonly used?: Settlement | undefined
}

/** What the attempts of one call share. */
export interface Run<A, R> {
  readonly services: Services
  readonly call: Call<A, R>
  readonly clock: Clock.Clock
  /** Instants of that clock, in milliseconds. */
  readonly began: number
  readonly deadline: number
  readonly slot: Slot | undefined
  readonly log: ReadonlyArray<ClaudeError.Attempt>
}
