/** The service over the runtime's limits: which limit a request belongs to, and whether it is let in, waits or fails. */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as ClaudeError from "../../errors/ClaudeError.ts"
import type { ClaudeRateLimiter, LimitState, ModelLimit, Options, ReserveRequest } from "../ClaudeRateLimiter.ts"
import * as Direct from "./direct.ts"
import { Held } from "./held.ts"
import type { LimitSettings } from "./limit.ts"
import { type Entry, Store } from "./limitStore.ts"
import { impossible, needOf } from "./need.ts"
import { Place, type Resume } from "./place.ts"
import { setting, tokens } from "./refund.ts"
import type { Need } from "./sum.ts"

type Settings = Options & Required<Pick<Options, "burst" | "key" | "lookahead" | "maxQueue">>

/** The most minutes' worth that a bucket holds. */
const mostBurst = 1e6

/** Finds the limit of a model. */
const finder = (options: Settings, store: Store["Service"]): (model: string) => Entry => {
  const settingsOf = (limit: ModelLimit | undefined): LimitSettings => ({
    requestsPerMinute: setting(limit?.requestsPerMinute),
    inputTokensPerMinute: setting(limit?.inputTokensPerMinute),
    outputTokensPerMinute: setting(limit?.outputTokensPerMinute),
    concurrency: setting(limit?.concurrency ?? options.concurrency),
    burst: Math.min(mostBurst, tokens(options.burst)),
    lookahead: tokens(options.lookahead)
  })
  const names = new Map<string, string>()
  const listed = new Map<string, LimitSettings>()
  const otherwise = settingsOf(options.otherwise)
  for (const [name, limit] of Object.entries(options.limits ?? {})) {
    listed.set(name, settingsOf(limit))
    for (const model of [name, ...(limit.models ?? [])]) names.set(model, name)
  }
  return (model) => {
    const name = names.get(model) ?? model
    return store.entry(options.key, name, listed.get(name) ?? otherwise)
  }
}

const stateOf = (key: string, { limit, name }: Entry, now: number, ahead: number): LimitState => ({
  key,
  name,
  requests: limit.buckets.requests.read(now),
  inputTokens: limit.buckets.inputTokens.read(now),
  outputTokens: limit.buckets.outputTokens.read(now),
  inFlight: limit.inFlight,
  queued: limit.waiters.size,
  pausedUntil: Math.max(0, limit.pausedUntil - ahead),
  limits: {
    requests: limit.buckets.requests.limit,
    inputTokens: limit.buckets.inputTokens.limit,
    outputTokens: limit.buckets.outputTokens.limit
  }
})

export const make = (options: Settings): Effect.Effect<ClaudeRateLimiter["Service"], never, Store> =>
  Effect.map(Store, (store) => {
    const { key, maxQueue } = options
    const entryOf = finder(options, store)
    /** What is there, and nobody waits for. */
    const take = (entry: Entry, request: ReserveRequest, need: Need, now: number): Held | undefined => {
      const { limit } = entry
      if (limit.waiters.size > 0 || limit.wait(need, request.watched === true, now) !== 0) return undefined
      limit.take(need, now)
      return new Held(store, entry, request, need, 0)
    }
    const reserve = (request: ReserveRequest, resume: Resume, bounded: boolean): Effect.Effect<void> | void => {
      const entry = entryOf(request.model)
      const { limit } = entry
      const never = impossible(limit, request)
      if (never !== undefined) return resume(Effect.fail(never))
      const now = store.now()
      const need = needOf(limit, request)
      const held = take(entry, request, need, now)
      if (held !== undefined) {
        request.granted?.(held)
        return resume(Effect.succeed(held))
      }
      const { deadline = Infinity } = request
      const left = deadline - now + store.ahead()
      const isFull = !(limit.waiters.size < maxQueue)
      if (isFull || left < Infinity) {
        const wait = Math.max(0, limit.forecast(need, now))
        if (isFull || wait >= left) {
          const why = isFull ? "queueFull" : "deadline"
          return resume(Effect.fail(new ClaudeError.LimiterRejected({ why, wait: Duration.millis(wait) })))
        }
      }
      // Only who has to wait needs a clock; the forecast may be wrong.
      if (left < Infinity && !bounded) return resume(within(request, Duration.millis(left)))
      const place = new Place(store, entry, request, need, now, resume)
      const isNear = limit.waiters.add(place, request.priority ?? 0, limit.settings.lookahead)
      if (isNear) store.drain(entry)
      return place.left
    }
    const within = (
      request: ReserveRequest,
      duration: Duration.Duration
    ): ReturnType<ClaudeRateLimiter["Service"]["reserve"]> =>
      Effect.timeoutOrElse(Effect.callback((resume) => reserve(request, resume, true)), {
        duration,
        orElse: () => Effect.fail(new ClaudeError.LimiterRejected({ why: "deadline", wait: duration }))
      })
    const service: ClaudeRateLimiter["Service"] = {
      reserve: (request) => Effect.callback((resume) => reserve(request, resume, false)),
      state: Effect.sync(() => store.entries(key).map((entry) => stateOf(key, entry, store.now(), store.ahead())))
    }
    Direct.reserving.set(service.reserve, (request) => {
      const entry = entryOf(request.model)
      if (impossible(entry.limit, request) !== undefined) return undefined
      return take(entry, request, needOf(entry.limit, request), store.now())
    })
    return service
  })
