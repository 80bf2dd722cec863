/** Limiter and breaker as they are, with all they do counted: what was sent, what was wasted, what was waited for. */
import { ClaudeCircuitBreaker, ClaudeError, ClaudeRateLimiter } from "effect-claude"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { Flight } from "./flight.ts"
import * as Tally from "./tally.ts"

const Limiter = ClaudeRateLimiter.ClaudeRateLimiter
const Breaker = ClaudeCircuitBreaker.ClaudeCircuitBreaker

/** A reservation is handed out twice, by `granted` and as the result: both get the one that counts. */
const seen = new WeakMap<ClaudeRateLimiter.Reservation, ClaudeRateLimiter.Reservation>()

const watched = (
  tally: Tally.Tally,
  model: string,
  flight: Flight | undefined,
  reservation: ClaudeRateLimiter.Reservation
): ClaudeRateLimiter.Reservation => {
  const before = seen.get(reservation)
  if (before !== undefined) return before
  let sent = false
  let began = 0
  let settled = false
  const wrapped: ClaudeRateLimiter.Reservation = {
    waited: reservation.waited,
    observe: reservation.observe,
    sent: Effect.andThen(
      Effect.sync(() => {
        if (!sent) {
          tally.requests++
          began = tally.recorder.now()
        }
        sent = true
        if (flight !== undefined) flight.sending = wrapped
      }),
      reservation.sent
    ),
    settle: (settlement) =>
      Effect.andThen(
        Effect.sync(() => {
          if (settled) return
          settled = true
          if (settlement._tag === "Used") {
            Tally.used(tally, model, settlement.usage)
            tally.recorder.answered(began, settlement.usage)
          } else if (sent) {
            const outcome = settlement._tag === "Failed" ? settlement.reason._tag : "Interrupted"
            Tally.count(tally.wastedBy, outcome)
            tally.recorder.missed(outcome)
          }
          // An answer that was used is still on its way to the worker.
          if (settlement._tag === "Failed" && flight?.sending === wrapped) flight.sending = undefined
        }),
        reservation.settle(settlement)
      )
  }
  seen.set(reservation, wrapped)
  return wrapped
}

/** The limiter. */
export const limiter = (
  tally: Tally.Tally,
  options: ClaudeRateLimiter.Options
): Layer.Layer<ClaudeRateLimiter.ClaudeRateLimiter> =>
  Layer.effect(
    Limiter,
    Effect.map(Limiter, (limiter) =>
      Limiter.of({
        state: limiter.state,
        reserve: (request) =>
          Effect.flatMap(Flight, (flight) =>
            limiter.reserve({
              ...request,
              granted: (reservation) => {
                Tally.waited(tally, "limiter", reservation.waited)
                request.granted?.(watched(tally, request.model, flight, reservation))
              }
            }).pipe(Effect.map((reservation) => watched(tally, request.model, flight, reservation))))
      }))
  ).pipe(Layer.provide(ClaudeRateLimiter.layer(options)))

/** Open for nobody knows how long: the client then fails at once with what it has tried, and does not wait. */
const withoutEnd = ({ key, openedBy }: ClaudeError.CircuitOpen): ClaudeError.CircuitOpen =>
  new ClaudeError.CircuitOpen({ key, openedBy })

/**
 * The breaker, which every attempt passes first: here a wait to try again is over. A line that is turned away waits from
 * then until it is let through, in the queue where it may leave.
 */
export const breaker = (tally: Tally.Tally): Layer.Layer<ClaudeCircuitBreaker.ClaudeCircuitBreaker> =>
  Layer.effect(
    Breaker,
    Effect.gen(function*() {
      const clock = yield* Clock.Clock
      const breaker = yield* Breaker
      const timed = <A>(pass: Effect.Effect<A, ClaudeError.CircuitOpen>): Effect.Effect<A, ClaudeError.CircuitOpen> =>
        Effect.flatMap(Flight, (flight) =>
          flight === undefined ? pass : Effect.mapError(pass, (open) => {
            flight.heldSince ??= clock.currentTimeMillisUnsafe()
            if (!flight.leaves) return open
            flight.turnedAway = open
            return withoutEnd(open)
          }))
      return Breaker.of({
        ...breaker,
        check: (key) =>
          Effect.flatMap(Flight, (flight) => {
            if (flight?.retryingSince !== undefined) {
              Tally.waited(tally, "retry", clock.currentTimeMillisUnsafe() - flight.retryingSince)
              flight.retryingSince = undefined
            }
            return timed(breaker.check(key))
          }),
        acquire: (key) =>
          Effect.tap(timed(breaker.acquire(key)), () =>
            Effect.map(Flight, (flight) => {
              if (flight?.heldSince === undefined) return
              Tally.waited(tally, "circuit", clock.currentTimeMillisUnsafe() - flight.heldSince)
              flight.heldSince = undefined
            }))
      })
    })
  ).pipe(Layer.provide(ClaudeCircuitBreaker.layer()))
