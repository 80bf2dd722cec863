/**
 * Keeps calls within the account's limits before the API has to refuse: requests, input tokens, output tokens and
 * concurrency per model, taken together or not at all, estimated at the start and settled to the real usage. It sits
 * inside retry, so that every attempt pays. Limits that nobody configured are learned from response headers.
 */
import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as Fiber from "effect/Fiber"
import { dual } from "effect/Function"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as ClaudeError from "../errors/ClaudeError.ts"
import type { RateLimitHeaders } from "../errors/RateLimitHeaders.ts"
import { leastInputPerByte } from "./internal/learn.ts"
import { type Dimension, Limit, type LimitSettings } from "./internal/limit.ts"
import type { Need } from "./internal/waiters.ts"

export interface ReserveRequest {
  readonly model: string
  /** The text's length in characters, where the tokens are not known: they are estimated from it. */
  readonly inputBytes?: number | undefined
  readonly inputTokens?: number | undefined
  readonly maxTokens?: number | undefined
  /** Higher goes first; default 0. */
  readonly priority?: number | undefined
  /** An instant in Clock milliseconds. */
  readonly deadline?: number | undefined
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

interface Entry {
  readonly name: string
  readonly limit: Limit
  timer: Fiber.Fiber<void> | undefined
  target: number
  /** A grant may run its caller at once, to its end and back into the limiter: one drain at a time, however deep. */
  draining: boolean
  again: boolean
}

/** The limits of one runtime by key and name. */
class Store extends Context.Service<Store, {
  readonly entry: (key: string, name: string, settings: LimitSettings) => Entry
  readonly entries: (key: string) => ReadonlyArray<Entry>
  /** Lets in whoever fits, and sets the one timer of the limit for the next. */
  readonly drain: (entry: Entry) => void
  readonly now: () => number
}>()("effect-claude/policies/ClaudeRateLimiter/Store") {}

/** A constant, so that it is built once per runtime whoever asks. */
const storeMemory: Layer.Layer<Store> = Layer.effect(
  Store,
  Effect.gen(function*() {
    const clock = yield* Clock.Clock
    const run = Effect.runForkWith(yield* Effect.context<never>())
    const keys = new Map<string, Map<string, Entry>>()
    const now = (): number => clock.currentTimeMillisUnsafe()
    const drain = (entry: Entry): void => {
      entry.again = true
      if (entry.draining) return
      entry.draining = true
      let wait: number | undefined
      while (entry.again) {
        entry.again = false
        wait = entry.limit.drain(now())
      }
      entry.draining = false
      if (wait === undefined) return
      const target = now() + Math.max(1, Math.ceil(wait))
      if (entry.timer !== undefined && entry.target <= target) return
      entry.timer?.interruptUnsafe()
      entry.target = target
      const timer = run(Effect.flatMap(clock.sleep(Duration.millis(target - now())), () =>
        Effect.sync(() => {
          if (entry.timer === timer) entry.timer = undefined
          drain(entry)
        })))
      entry.timer = timer
    }
    yield* Effect.addFinalizer(() =>
      Effect.sync(() => {
        for (const entries of keys.values()) for (const entry of entries.values()) entry.timer?.interruptUnsafe()
      })
    )
    return Store.of({
      now,
      drain,
      entries: (key) => Array.from(keys.get(key)?.values() ?? []),
      entry: (key, name, settings) => {
        let entries = keys.get(key)
        if (entries === undefined) keys.set(key, entries = new Map())
        let entry = entries.get(name)
        if (entry === undefined) {
          entry = {
            name,
            limit: new Limit(settings, now()),
            timer: undefined,
            target: Infinity,
            draining: false,
            again: false
          }
          entries.set(name, entry)
        }
        return entry
      }
    })
  })
)

const nothing: Need = { requests: 0, inputTokens: 0, outputTokens: 0 }

const partialUsage = (reason: ClaudeError.Reason): ClaudeError.Usage | undefined =>
  "partial" in reason ? reason.partial?.usage : undefined

/** What is given back: a request that was refused costs nothing; one that was on its way keeps request and input. */
const refundOf = (need: Need, sent: boolean, settlement: Settlement): Need => {
  const usage = settlement._tag === "Failed" ? partialUsage(settlement.reason) : settlement.usage
  if (usage !== undefined) {
    return {
      requests: 0,
      inputTokens: need.inputTokens - usage.inputTokens - usage.cacheCreationTokens,
      outputTokens: need.outputTokens - usage.outputTokens
    }
  }
  if (settlement._tag === "Failed") {
    const { outcome } = settlement.reason
    return sent && (outcome === "transient" || outcome === "local")
      ? { ...nothing, outputTokens: need.outputTokens }
      : need
  }
  return sent ? { ...nothing, outputTokens: need.outputTokens } : need
}

const make = (options: Options) =>
  Effect.gen(function*() {
    const store = yield* Store
    const { burst, key, lookahead, maxQueue } = { ...standard, ...options }
    const names = new Map<string, string>()
    for (const [name, limit] of Object.entries(options.limits ?? {})) {
      for (const model of [name, ...(limit.models ?? [])]) names.set(model, name)
    }
    const entryOf = (model: string): Entry => {
      const name = names.get(model) ?? model
      const limit = options.limits?.[name] ?? options.otherwise
      return store.entry(key, name, {
        requestsPerMinute: limit?.requestsPerMinute,
        inputTokensPerMinute: limit?.inputTokensPerMinute,
        outputTokensPerMinute: limit?.outputTokensPerMinute,
        concurrency: limit?.concurrency ?? options.concurrency,
        burst,
        lookahead
      })
    }
    const reservation = (entry: Entry, request: ReserveRequest, need: Need, since: number): Reservation => {
      const { limit } = entry
      let sent = false
      let settled = false
      return {
        waited: store.now() - since,
        sent: Effect.sync(() => {
          sent = true
        }),
        observe: (headers) =>
          Effect.sync(() => {
            limit.observe(headers, store.now())
            store.drain(entry)
          }),
        settle: (settlement) =>
          Effect.sync(() => {
            if (settled) return
            settled = true
            const now = store.now()
            limit.release(refundOf(need, sent, settlement), now)
            if (settlement._tag === "Failed") {
              if (settlement.reason._tag === "RateLimited") limit.rejected(settlement.reason, now)
            } else if (settlement._tag === "Used") {
              const { usage } = settlement
              limit.succeeded()
              limit.learned.learn(
                request.inputTokens === undefined ? request.inputBytes : undefined,
                usage.inputTokens + usage.cacheCreationTokens,
                request.maxTokens ?? 0,
                usage.outputTokens
              )
            }
            store.drain(entry)
          })
      }
    }
    const exceeds = (limit: Limit, request: ReserveRequest): ClaudeError.RequestExceedsLimit | undefined => {
      const least: { readonly [D in Dimension]: number } = {
        requests: 1,
        inputTokens: request.inputTokens ?? (request.inputBytes ?? 0) * leastInputPerByte,
        outputTokens: 0
      }
      for (const dimension of ["requests", "inputTokens"] as const) {
        const { capacity } = limit.buckets[dimension]
        if (least[dimension] > capacity) {
          return new ClaudeError.RequestExceedsLimit({
            limit: dimension,
            needed: least[dimension],
            available: capacity
          })
        }
      }
      return undefined
    }
    return ClaudeRateLimiter.of({
      reserve: (request) =>
        Effect.suspend((): Effect.Effect<
          Reservation,
          ClaudeError.RequestExceedsLimit | ClaudeError.LimiterRejected
        > => {
          const entry = entryOf(request.model)
          const { limit } = entry
          const now = store.now()
          const impossible = exceeds(limit, request)
          if (impossible !== undefined) return Effect.fail(impossible)
          const estimate = (): Need => ({
            requests: 1,
            inputTokens: request.inputTokens ?? limit.learned.inputTokens(request.inputBytes ?? 0),
            outputTokens: request.maxTokens === undefined ? 0 : limit.learned.outputTokens(request.maxTokens)
          })
          const need = estimate()
          const hold = (since: number, taken: Need): Reservation => {
            const held = reservation(entry, request, taken, since)
            request.granted?.(held)
            return held
          }
          if (limit.waiters.size === 0 && limit.wait(need, now) === 0) {
            limit.take(need, now)
            return Effect.succeed(hold(now, need))
          }
          const wait = limit.forecast(need, now)
          if (limit.waiters.size >= maxQueue || now + wait > (request.deadline ?? Infinity)) {
            const why = limit.waiters.size >= maxQueue ? "queueFull" : "deadline"
            return Effect.fail(new ClaudeError.LimiterRejected({ why, wait: Duration.millis(Math.max(0, wait)) }))
          }
          let granted: Reservation | undefined
          const queued = Effect.callback<Reservation>((resume) => {
            const waiter = limit.waiters.add(estimate, request.priority ?? 0, now, () => {
              granted = hold(now, waiter.need)
              resume(Effect.succeed(granted))
            })
            store.drain(entry)
            return Effect.sync(() => {
              if (limit.waiters.remove(waiter)) store.drain(entry)
            })
          })
          return request.granted !== undefined ? queued : Effect.onInterrupt(
            queued,
            () => granted === undefined ? Effect.void : granted.settle({ _tag: "Interrupted" })
          )
        }),
      state: Effect.sync(() =>
        store.entries(key).map(({ limit, name }) => ({
          name,
          requests: limit.buckets.requests.read(store.now()),
          inputTokens: limit.buckets.inputTokens.read(store.now()),
          outputTokens: limit.buckets.outputTokens.read(store.now()),
          inFlight: limit.inFlight,
          queued: limit.waiters.size,
          pausedUntil: limit.pausedUntil,
          limits: {
            requests: limit.buckets.requests.limit,
            inputTokens: limit.buckets.inputTokens.limit,
            outputTokens: limit.buckets.outputTokens.limit
          }
        }))
      )
    })
  })

/** A limiter in memory; the same key shares one set of limits within one runtime. */
export const layer = (options: Options = {}): Layer.Layer<ClaudeRateLimiter> =>
  Layer.effect(ClaudeRateLimiter, make(options)).pipe(Layer.provide(storeMemory))

export interface Guard {
  readonly model: string
  readonly inputTokens?: number
  readonly outputTokens?: number
  readonly priority?: number
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
    Effect.uninterruptibleMask((restore) => {
      let held: Reservation | undefined
      const reserve = ClaudeRateLimiter.use((limiter) =>
        limiter.reserve({
          model: guard.model,
          inputTokens: guard.inputTokens ?? 0,
          priority: guard.priority,
          granted: (reservation) => {
            held = reservation
          }
        })
      )
      const usage: ClaudeError.Usage = {
        inputTokens: guard.inputTokens ?? 0,
        cacheCreationTokens: 0,
        cacheReadTokens: 0,
        outputTokens: guard.outputTokens ?? 0,
        estimated: true
      }
      return Effect.onExit(
        Effect.flatMap(restore(reserve), (reservation) => Effect.andThen(reservation.sent, restore(self))),
        (exit) => {
          if (held === undefined) return Effect.void
          if (Exit.isSuccess(exit)) return held.settle({ _tag: "Used", usage })
          const reason = ClaudeError.reasonOf(Option.getOrUndefined(Cause.findErrorOption(exit.cause)))
          return held.settle(
            reason !== undefined ? { _tag: "Failed", reason } : { _tag: "Interrupted", usage }
          )
        }
      )
    })
)
