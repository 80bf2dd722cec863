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

/** Models to try, in order, for each reason; a reason that is not named is not fallen back from. */
export type Fallback = { readonly [C in Cause]?: ReadonlyArray<string> }

/** Overload, outages and dead connections lead to other models, in order. */
export const whenDown = (models: ReadonlyArray<string>): Fallback => ({
  CircuitOpen: models,
  ConnectionFailed: models,
  Overloaded: models,
  ServerFailed: models,
  TimedOut: models
})

const isCause = Schema.is(Cause)

/** The declared reason of an error; undefined where none is, or events have reached the caller. */
export const causeOf = (fallback: Fallback, error: ClaudeError.ClaudeError): Cause | undefined => {
  const { reason } = error
  const delivered = "delivered" in reason && reason.delivered === true
  return !delivered && isCause(reason._tag) && fallback[reason._tag] !== undefined ? reason._tag : undefined
}

/** What a session remembers: the model that answered in place of another. */
export class Session {
  private readonly models = new Map<string, string>()

  modelFor(model: string): string {
    return this.models.get(model) ?? model
  }

  remember(model: string, instead: string): void {
    this.models.set(model, instead)
  }
}

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
