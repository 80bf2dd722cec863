/**
 * Where to go when a model cannot answer: a chain of models for each declared reason, walked in order until one answers.
 * It sits outermost: each hop is a whole call with its own tries and gets what is left of the deadline. Off by default.
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import { dual } from "effect/Function"
import * as Schema from "effect/Schema"
import * as ClaudeError from "../errors/ClaudeError.ts"

/** Reasons that another model may help with. A 400 other than `ContextOverflow` would fail there too. */
export const Cause = Schema.Literals([
  "CircuitOpen",
  "ConnectionFailed",
  "ContextOverflow",
  "LimiterRejected",
  "MalformedResponse",
  "Overloaded",
  "RateLimited",
  "Refused",
  "ServerFailed",
  "StreamInterrupted",
  "TimedOut"
])
export type Cause = typeof Cause.Type

/**
 * Where to go, in order, for each reason; a reason that is not named is not fallen back from. A hop is a model's name, or
 * whatever else a client knows as one.
 */
export type Fallback<Hop = string> = { readonly [C in Cause]?: ReadonlyArray<Hop> }

/** Overload, outages and dead connections lead elsewhere, in order. */
export const whenDown = <Hop>(hops: ReadonlyArray<Hop>): Fallback<Hop> => ({
  CircuitOpen: hops,
  ConnectionFailed: hops,
  Overloaded: hops,
  ServerFailed: hops,
  TimedOut: hops
})

const isCause = Schema.is(Cause)

/** The declared reason of an error; undefined where none is, or events have reached the caller. */
export const causeOf = (fallback: Fallback<unknown>, error: ClaudeError.ClaudeError): Cause | undefined => {
  const { reason } = error
  const delivered = "delivered" in reason && reason.delivered === true
  return !delivered && isCause(reason._tag) && fallback[reason._tag] !== undefined ? reason._tag : undefined
}

/** Within it calls stay where they were answered; each client remembers for itself what that is. */
export class Session {}

/** The session calls run in; none by default. */
export const CurrentSession = Context.Reference<Session | undefined>(
  "effect-claude/policies/Fallback/CurrentSession",
  { defaultValue: () => undefined }
)

/** Calls within stay with the model that answered: a conversation is not thrown to and fro. */
export const session = <A, E, R>(self: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.suspend(() => Effect.provideService(self, CurrentSession, new Session()))

export interface Plan<B, E2, R2> {
  /** Reasons of `ClaudeError` that lead to `to`. */
  readonly on: ReadonlyArray<Cause>
  readonly to: Effect.Effect<B, E2, R2>
}

/** Runs another effect for the declared reasons; if that fails too, the first error is the one that counts. */
export const withFallback: {
  <B, E2, R2>(plan: Plan<B, E2, R2>): <A, E, R>(self: Effect.Effect<A, E, R>) => Effect.Effect<A | B, E, R | R2>
  <A, E, R, B, E2, R2>(self: Effect.Effect<A, E, R>, plan: Plan<B, E2, R2>): Effect.Effect<A | B, E, R | R2>
} = dual(
  2,
  <A, E, R, B, E2, R2>(self: Effect.Effect<A, E, R>, plan: Plan<B, E2, R2>): Effect.Effect<A | B, E, R | R2> => {
    const declared: Fallback = Object.fromEntries(plan.on.map((cause) => [cause, []]))
    return Effect.catch(
      self,
      (error) =>
        error instanceof ClaudeError.ClaudeError && causeOf(declared, error) !== undefined
          ? Effect.mapError(plan.to, () => error)
          : Effect.fail(error)
    )
  }
)
