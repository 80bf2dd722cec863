/**
 * Bounds on one attempt, innermost of all policies: connect, headers, idle and the whole attempt. They are values; the
 * client enforces them, `withTimeouts` bounds any effect by `attempt`.
 */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { dual } from "effect/Function"
import { TimedOut } from "../errors/ClaudeError.ts"

export interface Timeouts {
  /** Until the connection stands (where our own `fetch` is used; elsewhere part of `headers`). */
  readonly connect: Duration.Duration
  /** Until the headers of a streamed answer. */
  readonly headers: Duration.Duration
  /** Until the headers of a JSON answer, which come when it is finished. */
  readonly headersJson: Duration.Duration
  /** Between two events of a stream. */
  readonly idle: Duration.Duration
  /** How long pings alone count as life. */
  readonly pingsOnly: Duration.Duration
  /** The whole attempt, the reading of its stream included. */
  readonly attempt: Duration.Duration
}

export type Options = { readonly [K in keyof Timeouts]?: Duration.Input }

/** 10 s to connect, 60 s to the headers of a stream and 10 minutes to those of JSON, 60 s idle, 5 minutes of pings. */
export const standard: Timeouts = {
  connect: Duration.seconds(10),
  headers: Duration.seconds(60),
  headersJson: Duration.minutes(10),
  idle: Duration.seconds(60),
  pingsOnly: Duration.minutes(5),
  attempt: Duration.infinity
}

/** The standard bounds, with those given in their place. */
export const make = (options: Options = {}): Timeouts => {
  const bound = (name: keyof Timeouts): Duration.Duration => {
    const given = options[name]
    return given === undefined ? standard[name] : Duration.fromInputUnsafe(given)
  }
  return {
    connect: bound("connect"),
    headers: bound("headers"),
    headersJson: bound("headersJson"),
    idle: bound("idle"),
    pingsOnly: bound("pingsOnly"),
    attempt: bound("attempt")
  }
}

/** Bounds any effect: interrupted and failed with `TimedOut` in the phase `attempt` when it takes longer. */
export const withTimeouts: {
  (options: { readonly attempt: Duration.Input }): <A, E, R>(
    self: Effect.Effect<A, E, R>
  ) => Effect.Effect<A, E | TimedOut, R>
  <A, E, R>(
    self: Effect.Effect<A, E, R>,
    options: { readonly attempt: Duration.Input }
  ): Effect.Effect<A, E | TimedOut, R>
} = dual(
  2,
  <A, E, R>(
    self: Effect.Effect<A, E, R>,
    options: { readonly attempt: Duration.Input }
  ): Effect.Effect<A, E | TimedOut, R> =>
    Effect.timeoutOrElse(self, {
      duration: options.attempt,
      orElse: () => Effect.fail(new TimedOut({ phase: "attempt", after: Duration.fromInputUnsafe(options.attempt) }))
    })
)
