/** The order of the policies around one call, in one place; `Resilience` says it in a sentence. */
import * as Cause from "effect/Cause"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as ClaudeError from "../../errors/ClaudeError.ts"
import { again } from "./again.ts"
import type { Bulkhead, Slot } from "./bulkhead.ts"
import { type Call, Run } from "./call.ts"
import { type Beginnings, hedged } from "./hedged.ts"
import { once } from "./once.ts"

const noTries: ReadonlyArray<ClaudeError.Attempt> = []

/** Two attempts where the first is slow to begin; the second never waits. */
const slow = <A, R>(beginnings: Beginnings, run: Run<A, R>): Effect.Effect<A, ClaudeError.Reason, R> => {
  const { clock, services, told } = run.call
  return hedged(
    beginnings,
    services.budget,
    (watch) => once(run, watch),
    (watch) => Effect.suspend(() => once(run, { ...watch, admitBy: clock.currentTimeMillisUnsafe() })),
    told && ((what) => told.hedged(what))
  )
}

const tried = <A, R>(run: Run<A, R>): Effect.Effect<A, ClaudeError.Reason, R> => {
  const { beginnings, mayResend } = run.call
  return beginnings === undefined || !mayResend() ? once(run) : slow(beginnings, run)
}

/** One that succeeds at once pays for nothing else. */
const tries = <A, R>(run: Run<A, R>): Effect.Effect<A, ClaudeError.ClaudeError, R> =>
  Effect.catchCause(tried(run), (cause) => {
    const failure = Cause.findError(cause)
    return Result.isFailure(failure) ? Effect.failCause(failure.failure) : again(run, failure.success, tried)
  })

/** The same in a place of the bulkhead; only who has to wait for one needs a clock. */
const inBulkhead = <A, R>(bulkhead: Bulkhead, run: Run<A, R>): Effect.Effect<A, ClaudeError.ClaudeError, R> => {
  const { began, call } = run
  const refused = (reason: ClaudeError.Reason) =>
    Effect.fail(
      new ClaudeError.ClaudeError({
        method: call.method,
        reason: ClaudeError.mark(reason, { retried: true }),
        attempts: []
      })
    )
  let slot: Slot | undefined
  const enter = bulkhead.enter(call.request.priority ?? 0, (given) => {
    slot = given
  })
  const duration = Duration.millis(call.deadline)
  return Effect.matchEffect(
    !bulkhead.isFull ? enter : Effect.timeoutOrElse(enter, {
      duration,
      orElse: () => Effect.fail(new ClaudeError.DeadlineExceeded({ deadline: duration }))
    }),
    {
      onSuccess: () => {
        const entered = call.clock.currentTimeMillisUnsafe()
        if (entered > began) call.told?.waited("bulkhead", entered - began)
        return tries(new Run(call, entered, entered - began, slot, noTries))
      },
      onFailure: refused
    }
  ).pipe(Effect.ensuring(Effect.sync(() => slot?.leave())))
}

/** Begins a call under all policies, now. Fails with the last real reason and the log of every try. */
export const begin = <A, R>(call: Call<A, R>): Effect.Effect<A, ClaudeError.ClaudeError, R> => {
  const began = call.clock.currentTimeMillisUnsafe()
  const run = new Run(call, began, 0, undefined, noTries)
  return call.bulkhead === undefined ? tries(run) : inBulkhead(call.bulkhead, run)
}

/** The same, begun by whoever runs it. */
export const execute = <A, R>(call: Call<A, R>): Effect.Effect<A, ClaudeError.ClaudeError, R> =>
  Effect.suspend(() => begin(call))
