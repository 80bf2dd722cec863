/** The limiter as it is, with every reservation counted: what was sent, what was wasted, what was waited for. */
import { ClaudeRateLimiter } from "effect-claude"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Tally from "./tally.ts"

const Service = ClaudeRateLimiter.ClaudeRateLimiter

export const counted = (
  tally: Tally.Tally,
  options: ClaudeRateLimiter.Options
): Layer.Layer<ClaudeRateLimiter.ClaudeRateLimiter> =>
  Layer.effect(
    Service,
    Effect.map(Service, (limiter) =>
      Service.of({
        state: limiter.state,
        reserve: (request) =>
          limiter.reserve({
            ...request,
            granted: (reservation) => {
              Tally.count(tally.waits, "limiter", reservation.waited)
              request.granted?.(watched(tally, request.model, reservation))
            }
          }).pipe(Effect.map((reservation) => watched(tally, request.model, reservation)))
      }))
  ).pipe(Layer.provide(ClaudeRateLimiter.layer(options)))

/** `sent` and `settle` count once however often the reservation is wrapped: it is told apart by what it wraps. */
const seen = new WeakMap<ClaudeRateLimiter.Reservation, ClaudeRateLimiter.Reservation>()

const watched = (
  tally: Tally.Tally,
  model: string,
  reservation: ClaudeRateLimiter.Reservation
): ClaudeRateLimiter.Reservation => {
  const before = seen.get(reservation)
  if (before !== undefined) return before
  let sent = false
  let settled = false
  const wrapped: ClaudeRateLimiter.Reservation = {
    waited: reservation.waited,
    observe: reservation.observe,
    sent: Effect.andThen(
      Effect.sync(() => {
        if (!sent) tally.requests++
        sent = true
      }),
      reservation.sent
    ),
    settle: (settlement) =>
      Effect.andThen(
        Effect.sync(() => {
          if (settled) return
          settled = true
          if (settlement._tag === "Used") Tally.used(tally, model, settlement.usage)
          else if (sent) {
            Tally.count(tally.wastedBy, settlement._tag === "Failed" ? settlement.reason._tag : "Interrupted")
          }
        }),
        reservation.settle(settlement)
      )
  }
  seen.set(reservation, wrapped)
  return wrapped
}
