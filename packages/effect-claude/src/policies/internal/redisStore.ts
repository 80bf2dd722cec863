/** The limits of one process that are shared through Redis, and what is said when Redis goes and comes. */
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Redis from "effect/persistence/Redis"
import * as Schedule from "effect/Schedule"
import type * as Scope from "effect/Scope"
import type { ClaudeRateLimiter, LimitState, RedisOptions } from "../ClaudeRateLimiter.ts"
import { dimensions } from "./limit.ts"
import { type Entry, entryOf, Store } from "./limitStore.ts"
import { Names } from "./names.ts"
import { type Gate, makeGate } from "./redisGate.ts"
import { RedisLimit } from "./redisLimit.ts"
import { script } from "./redisScript.ts"
import { isReply } from "./redisSession.ts"
import { make } from "./reservations.ts"

type Settings =
  & RedisOptions
  & Required<Pick<RedisOptions, "burst" | "key" | "lookahead" | "maxQueue" | "lease" | "onUnavailable" | "timeout">>

interface Shared {
  readonly entry: Entry
  readonly limit: RedisLimit
  readonly gate: Gate
}

/** Nothing that a user wrote can end the name or stand for another. */
const escape = (text: string): string => text.replace(/[^\w.-]/gu, (char) => `%${char.codePointAt(0)?.toString(16)};`)

/** Changes when the script does, so that two versions of it never read each other's state. */
const version = 1

/** No lease is longer, in milliseconds: a day. */
const mostLease = 86_400_000

const stateOf = (key: string, { entry: { name }, limit }: Shared, now: number, ahead: number): LimitState => {
  const [requests, inputTokens, outputTokens] = dimensions.map((dimension) =>
    limit.gate === "redis" ? limit.told?.levels[dimension] : undefined
  )
  const { buckets } = limit
  const level = (dimension: typeof dimensions[number]): number =>
    (limit.gate === "redis" ? limit.level(dimension, now) : undefined) ?? buckets[dimension].read(now)
  return {
    key,
    name,
    requests: level("requests"),
    inputTokens: level("inputTokens"),
    outputTokens: level("outputTokens"),
    inFlight: limit.gate === "redis" ? limit.told?.inFlight ?? limit.inFlight : limit.inFlight,
    queued: limit.waiters.size,
    pausedUntil: Math.max(0, limit.pausedUntil - ahead),
    limits: {
      requests: requests?.limit ?? buckets.requests.limit,
      inputTokens: inputTokens?.limit ?? buckets.inputTokens.limit,
      outputTokens: outputTokens?.limit ?? buckets.outputTokens.limit
    }
  }
}

export const makeRedis = (
  options: Settings
): Effect.Effect<ClaudeRateLimiter["Service"], never, Redis.Redis | Store | Scope.Scope> =>
  Effect.gen(function*() {
    const local = yield* Store
    const clock = yield* Clock.Clock
    const evaluate = (yield* Redis.Redis).eval(script)
    const run = Effect.runForkWith(yield* Effect.context<never>())
    const open = options.onUnavailable === "open"
    const gone = new Set<string>()
    const all = new Names<Shared>({
      isUsed: ({ limit }) => limit.isUsed,
      isFresh: ({ limit }) => limit.isFresh(local.now()),
      forget: ({ entry, gate }) => {
        gone.delete(entry.name)
        entry.timer?.interruptUnsafe()
        run(gate.close)
      }
    })

    const said = open
      ? "Redis does not answer: this process keeps to the limits by its own view until it does."
      : "Redis does not answer: no call is let in until it does."
    const share = (name: string, limit: RedisLimit): Shared => {
      const key = `effect-claude:${version}:{${escape(options.key)}:${escape(name)}}`
      const entry = entryOf(name, limit)
      const gate = makeGate({
        limit,
        clock,
        run,
        now: local.now,
        timeout: Duration.toMillis(options.timeout),
        lease: Math.min(Duration.toMillis(options.lease), mostLease),
        fallTo: open ? "local" : "closed",
        // Said again it counts once: a connection that was lost and is there again within the timeout is not noticed.
        call: (request) =>
          evaluate(key, request).pipe(
            Effect.catchDefect((cause) => Effect.fail(new Redis.RedisError({ cause }))),
            Effect.filterOrFail(
              isReply,
              () => new Redis.RedisError({ cause: "The answer is not one of the script's." })
            ),
            Effect.retry(Schedule.spaced("50 millis")),
            Effect.timeout(options.timeout)
          ),
        drain: () => local.drain(entry),
        gone: (cause) => Effect.suspend(() => gone.add(name).size === 1 ? Effect.logWarning(said, cause) : Effect.void),
        back: Effect.suspend(() =>
          gone.delete(name) && gone.size === 0 ? Effect.logInfo("Redis answers again: limits are shared.") : Effect.void
        )
      })
      return all.add(name, { entry, limit, gate })
    }
    const store = Store.of({
      now: local.now,
      ahead: local.ahead,
      entries: () => all.values().map(({ entry }) => entry),
      entry: (_, name, settings) => (all.get(name) ?? share(name, new RedisLimit(settings, local.now()))).entry,
      drain: (entry) => all.get(entry.name)?.gate.kick()
    })
    yield* Effect.addFinalizer(() =>
      Effect.forEach(all.values(), ({ entry, gate }) => {
        entry.timer?.interruptUnsafe()
        return gate.close
      }, { concurrency: "unbounded", discard: true })
    )
    const service = yield* Effect.provideService(make(options), Store, store)
    return {
      reserve: service.reserve,
      state: Effect.suspend(() =>
        Effect.forEach(
          all.values(),
          (shared) => Effect.map(shared.gate.refresh, () => stateOf(options.key, shared, local.now(), local.ahead())),
          { concurrency: "unbounded" }
        )
      )
    }
  })
