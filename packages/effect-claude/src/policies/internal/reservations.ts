/** What a reservation takes, and what its settlement gives back. */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as ClaudeError from "../../errors/ClaudeError.ts"
import type {
  ClaudeRateLimiter,
  ModelLimit,
  Options,
  Reservation,
  ReserveRequest,
  Settlement
} from "../ClaudeRateLimiter.ts"
import type { Mark } from "./account.ts"
import { leastInputPerByte } from "./learn.ts"
import { type Dimension, dimensions, type Limit, type LimitSettings } from "./limit.ts"
import { type Entry, Store } from "./limitStore.ts"
import type { Need } from "./waiters.ts"

const nothing: Need = { requests: 0, inputTokens: 0, outputTokens: 0, doubt: 0 }

/** More than anybody can use: a larger number, or one that is none, would poison the sums it enters. */
const mostTokens = 1e12
const tokens = (number: number): number => Math.max(0, Math.min(mostTokens, number)) || 0
/** A setting that is no number lets nothing in; one without end is none. */
const setting = (number: number | undefined): number | undefined =>
  number === undefined || number >= mostTokens ? undefined : tokens(number)
const mostBurst = 1e6

const partialUsage = (reason: ClaudeError.Reason): ClaudeError.Usage | undefined =>
  "partial" in reason ? reason.partial?.usage : undefined

/** What is given back: a request that was refused costs nothing; one that was on its way keeps request and input. */
const refundOf = (need: Need, sent: boolean, settlement: Settlement): Need => {
  const usage = settlement._tag === "Failed" ? partialUsage(settlement.reason) : settlement.usage
  if (usage !== undefined) {
    return {
      ...nothing,
      inputTokens: need.inputTokens - tokens(usage.inputTokens + usage.cacheCreationTokens),
      outputTokens: need.outputTokens - tokens(usage.outputTokens)
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

type Settings = Options & Required<Pick<Options, "burst" | "key" | "lookahead" | "maxQueue">>

/** The service over the runtime's limits. */
export const make = (options: Settings): Effect.Effect<ClaudeRateLimiter["Service"], never, Store> =>
  Effect.gen(function*() {
    const store = yield* Store
    const { key, maxQueue } = options
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
    const entryOf = (model: string): Entry => {
      const name = names.get(model) ?? model
      return store.entry(key, name, listed.get(name) ?? otherwise)
    }
    const reservation = (entry: Entry, request: ReserveRequest, need: Need, waited: number): Reservation => {
      const { limit } = entry
      let mark: Mark | undefined
      let settled = false
      const send = (): Mark => mark ??= limit.send(need, store.now())
      return {
        waited,
        sent: Effect.sync(() => {
          if (!settled) send()
        }),
        observe: (headers) =>
          Effect.sync(() => {
            if (settled) return
            limit.observe(headers, send(), store.now())
            store.drain(entry)
          }),
        settle: (settlement) =>
          Effect.sync(() => {
            if (settled) return
            settled = true
            const now = store.now()
            limit.release(need, refundOf(need, mark !== undefined, settlement), mark, now)
            if (settlement._tag === "Failed") {
              if (settlement.reason._tag === "RateLimited") limit.rejected(settlement.reason, now)
            } else if (settlement._tag === "Used") {
              const { usage } = settlement
              limit.succeeded(now)
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
      const input = tokens(request.inputTokens ?? (request.inputBytes ?? 0) * leastInputPerByte)
      const least: { readonly [D in Dimension]: number } = {
        requests: 1,
        // However long it is, all of it may be read from the cache.
        inputTokens: request.cached === true ? Math.min(1, input) : input,
        outputTokens: tokens(request.outputTokens ?? Math.min(1, request.maxTokens ?? 0))
      }
      for (const dimension of dimensions) {
        const { capacity } = limit.buckets[dimension]
        if (least[dimension] > capacity) {
          return new ClaudeError.RequestExceedsLimit({
            limit: dimension,
            needed: least[dimension],
            available: capacity
          })
        }
      }
      if (limit.settings.concurrency !== 0) return undefined
      return new ClaudeError.RequestExceedsLimit({ limit: "concurrency", needed: 1, available: 0 })
    }
    return {
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
          const watched = request.watched === true
          const estimate = (): Need => {
            const inputTokens = tokens(request.inputTokens ?? limit.learned.inputTokens(request.inputBytes ?? 0))
            return {
              requests: 1,
              inputTokens,
              outputTokens: tokens(request.outputTokens ?? limit.learned.outputTokens(request.maxTokens ?? 0)),
              doubt: request.inputTokens === undefined ? limit.learned.doubt(inputTokens) : 0
            }
          }
          const need = estimate()
          const hold = (waited: number, taken: Need): Reservation => {
            const held = reservation(entry, request, taken, waited)
            request.granted?.(held)
            return held
          }
          if (limit.waiters.size === 0 && limit.wait(need, watched, now) === 0) {
            limit.take(need, now)
            return Effect.succeed(hold(0, need))
          }
          const wait = limit.forecast(need, now)
          const { deadline = Infinity } = request
          const isFull = !(limit.waiters.size < maxQueue)
          if (isFull || now - store.ahead() + wait >= deadline) {
            const why = isFull ? "queueFull" : "deadline"
            return Effect.fail(new ClaudeError.LimiterRejected({ why, wait: Duration.millis(Math.max(0, wait)) }))
          }
          let granted: Reservation | undefined
          const queued = Effect.callback<Reservation, ClaudeError.LimiterRejected>((resume) => {
            const waiter = limit.waiters.add(estimate, watched, request.priority ?? 0, now, () => {
              granted = hold(store.now() - now, waiter.need)
              resume(Effect.succeed(granted))
            }, (why) => resume(Effect.fail(why)))
            store.drain(entry)
            return Effect.sync(() => {
              if (limit.waiters.remove(waiter)) store.drain(entry)
            })
          })
          const bounded = deadline === Infinity ? queued : Effect.timeoutOrElse(queued, {
            duration: Duration.millis(deadline - now),
            // The forecast was wrong.
            orElse: () =>
              Effect.fail(new ClaudeError.LimiterRejected({ why: "deadline", wait: Duration.millis(deadline - now) }))
          })
          return request.granted !== undefined ? bounded : Effect.onInterrupt(
            bounded,
            () => granted === undefined ? Effect.void : granted.settle({ _tag: "Interrupted" })
          )
        }),
      state: Effect.sync(() =>
        store.entries(key).map(({ limit, name }) => ({
          key,
          name,
          requests: limit.buckets.requests.read(store.now()),
          inputTokens: limit.buckets.inputTokens.read(store.now()),
          outputTokens: limit.buckets.outputTokens.read(store.now()),
          inFlight: limit.inFlight,
          queued: limit.waiters.size,
          pausedUntil: Math.max(0, limit.pausedUntil - store.ahead()),
          limits: {
            requests: limit.buckets.requests.limit,
            inputTokens: limit.buckets.inputTokens.limit,
            outputTokens: limit.buckets.outputTokens.limit
          }
        }))
      )
    }
  })
