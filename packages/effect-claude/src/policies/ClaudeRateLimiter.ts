/**
 * Keeps calls within the account's limits before the API has to refuse: requests, input tokens, output tokens and
 * concurrency per model, taken together or not at all, estimated at the start and settled to the real usage. It sits
 * inside retry, so that every attempt pays. Limits that nobody configured are learned from response headers.
 */
import * as Cause from "effect/Cause"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import { dual } from "effect/Function"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import type * as Redis from "effect/persistence/Redis"
import * as Schedule from "effect/Schedule"
import * as Stream from "effect/Stream"
import * as ClaudeError from "../errors/ClaudeError.ts"
import { noUsage } from "../errors/internal/fields.ts"
import type { RateLimitHeaders } from "../errors/RateLimitHeaders.ts"
import * as Direct from "./internal/direct.ts"
import { Held } from "./internal/held.ts"
import { storeMemory } from "./internal/limitStore.ts"
import { make } from "./internal/reservations.ts"

export interface ReserveRequest {
  readonly model: string
  /** The text's length in characters, where the tokens are not known: they are estimated from it. */
  readonly inputBytes?: number | undefined
  readonly inputTokens?: number | undefined
  /** Some of the input may be read from the cache, which costs nothing: it may be charged less than its length. */
  readonly cached?: boolean | undefined
  readonly maxTokens?: number | undefined
  /** Where it is known beforehand, in place of what is expected under `maxTokens`. */
  readonly outputTokens?: number | undefined
  /** Higher goes first, a whole number from -100 to 100; default 0. */
  readonly priority?: number | undefined
  /** An instant in Clock milliseconds. */
  readonly deadline?: number | undefined
  /** The answer's headers will be observed, so that a slow start can find out what the server thinks; default false. */
  readonly watched?: boolean | undefined
  /** Told at the moment of the grant, for callers that may be interrupted just after. */
  readonly granted?: ((reservation: Reservation) => void) | undefined
}

/** How a call ended. */
export type Settlement =
  | { readonly _tag: "Used"; readonly usage: ClaudeError.Usage }
  | { readonly _tag: "Failed"; readonly reason: ClaudeError.Reason }
  | { readonly _tag: "Interrupted"; readonly usage?: ClaudeError.Usage }

/** What one attempt holds. */
export interface Reservation {
  /** Milliseconds in the queue. */
  readonly waited: number
  /** The rate-limit headers of any answer. */
  readonly observe: (headers: RateLimitHeaders) => Effect.Effect<void>
  /** From now on an interruption keeps request and input charged. */
  readonly sent: Effect.Effect<void>
  /** Gives the place back and settles the estimate; the first call counts. */
  readonly settle: (settlement: Settlement) => Effect.Effect<void>
}

/** One limit as it stands. */
export interface LimitState {
  /** The limiter's key. */
  readonly key: string
  readonly name: string
  readonly requests: number
  readonly inputTokens: number
  readonly outputTokens: number
  readonly inFlight: number
  readonly queued: number
  readonly pausedUntil: number
  /** Per minute, undefined while unknown. */
  readonly limits: {
    readonly requests: number | undefined
    readonly inputTokens: number | undefined
    readonly outputTokens: number | undefined
  }
}

export class ClaudeRateLimiter extends Context.Service<ClaudeRateLimiter, {
  /** Waits until all of it is there. Fails at once when it never can be, or not before the deadline. */
  readonly reserve: (
    request: ReserveRequest
  ) => Effect.Effect<Reservation, ClaudeError.RequestExceedsLimit | ClaudeError.LimiterRejected>
  readonly state: Effect.Effect<ReadonlyArray<LimitState>>
}>()("effect-claude/policies/ClaudeRateLimiter") {}

/** How often `changes` looks, where it is not said; never more often than a hundred times a second. */
const lookEvery = Duration.seconds(1)
const mostOften = Duration.millis(10)

/**
 * The limits as they change, for dashboards: one value at once, then at most one in each `every` (default 1 second), and
 * none while nothing has changed. It is computed when it is pulled: nothing is while nobody listens, and whoever is slow
 * gets the newest.
 */
export const changes = (
  options: { readonly every?: Duration.Input } = {}
): Stream.Stream<ReadonlyArray<LimitState>, never, ClaudeRateLimiter> => {
  const every = Duration.max(Duration.fromInputUnsafe(options.every ?? lookEvery), mostOften)
  return Stream.unwrap(
    ClaudeRateLimiter.useSync(({ state }) => Stream.fromEffectSchedule(state, Schedule.spaced(every)))
  ).pipe(Stream.changes)
}

export interface ModelLimit {
  readonly requestsPerMinute?: number
  readonly inputTokensPerMinute?: number
  readonly outputTokensPerMinute?: number
  readonly concurrency?: number
  /** Other models that share this limit. */
  readonly models?: ReadonlyArray<string>
}

export interface Options {
  /** Limiters with the same key share their limits within one runtime. */
  readonly key?: string
  readonly limits?: { readonly [model: string]: ModelLimit }
  /** For every model that `limits` does not name, each on its own; default: learned from headers. */
  readonly otherwise?: ModelLimit
  /** Callers that may wait; more are rejected. */
  readonly maxQueue?: number
  /** How many behind a blocked request are looked at for one that fits. */
  readonly lookahead?: number
  /** Calls at once per limit, where a limit does not say. */
  readonly concurrency?: number
  /** The share of a minute that may be used at once. */
  readonly burst?: number
}

export const standard = { key: "default", maxQueue: 200_000, lookahead: 16, burst: 1 } as const

/** A limiter in memory; the same key shares one set of limits within one runtime. */
export const layer = (options: Options = {}): Layer.Layer<ClaudeRateLimiter> =>
  Layer.effect(ClaudeRateLimiter, make({ ...standard, ...options })).pipe(Layer.provide(storeMemory))

export interface RedisOptions extends Options {
  /** While Redis is gone: "open" goes on by this process's own view, "closed" rejects. */
  readonly onUnavailable?: "open" | "closed"
  /** A Redis that has not answered for so long is gone. */
  readonly timeout?: Duration.Input
  /** A process that has not been heard of for so long gives its places back. */
  readonly lease?: Duration.Input
}

/** Open when Redis has not answered for a second; the places of a dead process are back after 30 seconds. */
export const standardRedis = { onUnavailable: "open", timeout: "1 second", lease: "30 seconds" } as const

/**
 * A limiter that all processes share which use the same key and the same Redis. What a text's tokens and an answer's
 * length are expected to be each process learns for itself.
 */
export const layerRedis = (options: RedisOptions = {}): Layer.Layer<ClaudeRateLimiter, never, Redis.Redis> =>
  // Loaded only where it is used: Effect's Redis brings its caches and pools along.
  Layer.unwrap(Effect.map(
    Effect.promise(() => import("./internal/redisStore.ts")),
    ({ makeRedis }) => Layer.effect(ClaudeRateLimiter, makeRedis({ ...standard, ...standardRedis, ...options }))
  )).pipe(
    Layer.provide(storeMemory)
  )

export interface Guard {
  readonly model: string
  readonly inputTokens?: number
  readonly outputTokens?: number
  readonly priority?: number
}

const limited = <A, E, R>(
  limiter: ClaudeRateLimiter["Service"],
  { inputTokens = 0, model, outputTokens = 0, priority }: Guard,
  self: Effect.Effect<A, E, R>
): Effect.Effect<A, E | ClaudeError.RequestExceedsLimit | ClaudeError.LimiterRejected, R> => {
  let held: Reservation | undefined
  const granted = (reservation: Reservation): void => {
    held = reservation
  }
  const request = { model, inputTokens, outputTokens, priority }
  const reserved = Effect.uninterruptibleMask((restore) =>
    Effect.flatMap(restore(limiter.reserve({ ...request, granted })), ({ sent }) => Effect.andThen(sent, restore(self)))
  )
  const begun = Effect.suspend(() => {
    const taken = Direct.reserveOf(limiter)?.(request)
    if (taken === undefined) return reserved
    held = taken
    taken.depart()
    return self
  })
  return Effect.onExitPrimitive(begun, (exit) => {
    if (Exit.isFailure(exit)) {
      const reason = ClaudeError.reasonOf(Option.getOrUndefined(Cause.findErrorOption(exit.cause)))
      return held?.settle(reason !== undefined ? { _tag: "Failed", reason } : { _tag: "Interrupted" })
    }
    const usage: ClaudeError.Usage = { ...noUsage, inputTokens, outputTokens, estimated: true }
    const used: Settlement = { _tag: "Used", usage }
    return held instanceof Held ? held.end(used) : held?.settle(used)
  })
}

/** Runs any effect within the limits of a model, charged as given. */
export const withRateLimit: {
  (guard: Guard): <A, E, R>(
    self: Effect.Effect<A, E, R>
  ) => Effect.Effect<
    A,
    E | ClaudeError.RequestExceedsLimit | ClaudeError.LimiterRejected,
    R | ClaudeRateLimiter
  >
  <A, E, R>(self: Effect.Effect<A, E, R>, guard: Guard): Effect.Effect<
    A,
    E | ClaudeError.RequestExceedsLimit | ClaudeError.LimiterRejected,
    R | ClaudeRateLimiter
  >
} = dual(
  2,
  <A, E, R>(self: Effect.Effect<A, E, R>, guard: Guard) =>
    ClaudeRateLimiter.use((limiter) => limited(limiter, guard, self))
)
