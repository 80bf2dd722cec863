/** One attempt: breaker pre-check > limiter > breaker permit > the work, and all of it given back at its end. */
import * as Effect from "effect/Effect"
import type * as ClaudeError from "../../errors/ClaudeError.ts"
import type { Changed, Permit } from "../ClaudeCircuitBreaker.ts"
import type { Reservation, Settlement } from "../ClaudeRateLimiter.ts"
import type { Call, Run } from "./call.ts"
import type { Watch } from "./hedged.ts"
import { Lease } from "./lease.ts"

type Attempt<A, R> = Effect.Effect<A, ClaudeError.Reason, R>

const unsent: Settlement = { _tag: "Interrupted" }

const changedOf = <A, R>({ request, told }: Call<A, R>): Changed | undefined =>
  told && ((...change) => told.circuit(request.model, ...change))

/** From the moment at which reservation and permit are there. */
const leaseOf = <A, R>(
  run: Run<A, R>,
  reservation: Reservation,
  permit: Permit,
  watch: Watch | undefined
): Lease => {
  const { request, told } = run.call
  if (told !== undefined && reservation.waited > 0) told.waited("limiter", reservation.waited)
  return new Lease(run, reservation, permit, watch, told?.attempt(request.model))
}

const workOf = <A, R>(run: Run<A, R>, lease: Lease): Attempt<A, R> => {
  const work = run.call.attempt(lease, run)
  return lease.told === undefined ? work : lease.told.within(work)
}

/** Where somebody may have to wait, or to be refused; told at once of what it is granted. */
const asked = <A, R>(
  run: Run<A, R>,
  watch: Watch | undefined,
  granted: (reservation: Reservation) => void,
  leased: (lease: Lease) => void
): Attempt<A, R> =>
  Effect.uninterruptibleMask((restore) => {
    const { key, request, services } = run.call
    const reserve = services.limiter.reserve({
      model: request.model,
      inputBytes: request.inputBytes,
      inputTokens: request.inputTokens,
      cached: request.cached,
      maxTokens: request.maxTokens,
      priority: request.priority,
      watched: request.watched,
      deadline: watch?.admitBy ?? run.deadline,
      granted
    })
    return Effect.flatMap(services.breaker.check(key), () =>
      Effect.flatMap(restore(reserve), (reservation) =>
        Effect.flatMap(services.breaker.acquire(key, changedOf(run.call)), (permit) => {
          const lease = leaseOf(run, reservation, permit, watch)
          leased(lease)
          return restore(Effect.suspend(() =>
            workOf(run, lease)
          ))
        })))
  })

/**
 * What it takes it gives back on every way out. Where nobody has to wait, all of it is taken in one step, with its end
 * already in place.
 */
export const once = <A, R>(run: Run<A, R>, watch?: Watch): Attempt<A, R> => {
  let lease: Lease | undefined
  let granted: Reservation | undefined
  const attempt = Effect.suspend(() => {
    const { call } = run
    const { key, request, services } = call
    const enter = services.enter?.(key)
    const reservation = enter === undefined ? undefined : services.reserve?.(request)
    if (enter === undefined || reservation === undefined) {
      return asked(run, watch, (one) => granted = one, (one) => lease = one)
    }
    return workOf(run, lease = leaseOf(run, reservation, enter(changedOf(call)), watch))
  })
  return Effect.onExitPrimitive(
    attempt,
    (exit) => lease === undefined ? granted?.settle(unsent) : lease.over(exit, run.call.used)
  )
}
