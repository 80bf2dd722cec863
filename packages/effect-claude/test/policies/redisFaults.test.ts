import { assert, describe, it } from "@effect/vitest"
import { Clock, Duration, Effect, Exit, Fiber, Layer, Result, Schema, Scope } from "effect"
import { ClaudeError, RateLimitHeaders } from "effect-claude"
import { Redis } from "effect/persistence"
import * as RedisServer from "../fixtures/redis.ts"
import { direct, overheard, process, reserve, stateOf, until } from "../fixtures/sharing.ts"

const elapsed = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.map(Effect.timed(effect), ([time]) => Duration.toMillis(time))

const limits = (name: string, limit: number, remaining: number) =>
  RateLimitHeaders.fromHeaders((header) =>
    header.endsWith(`${name}-limit`) ? String(limit) : header.endsWith(`${name}-remaining`) ? String(remaining) : null
  )

/** A client that answers as told instead of the real one, until it is told otherwise. */
const speaking = (real: Redis.Redis["Service"], instead: { answer: Effect.Effect<unknown> | undefined }) =>
  Layer.succeed(Redis.Redis, {
    ...real,
    // The answer is whatever the test says: that is what it is about.
    eval: (script) => (...params) =>
      (instead.answer ?? real.eval(script)(...params)) as ReturnType<ReturnType<Redis.Redis["Service"]["eval"]>>
  })

/** The state in Redis as JSON, and written back. */
const rewrite = (redis: Redis.Redis["Service"], change: (text: string) => string) =>
  Effect.gen(function*() {
    const [key = ""] = yield* redis.send<ReadonlyArray<string>>("KEYS", "*")
    const text = yield* redis.send<string>("GET", key)
    yield* redis.send("SET", key, change(text))
  })

const decode = Schema.decodeEffect(
  Schema.fromJsonString(Schema.Struct({ asks: Schema.Array(Schema.Unknown), events: Schema.Array(Schema.Unknown) }))
)

describe.skipIf(!RedisServer.installed)("ClaudeRateLimiter.layerRedis under faults (needs redis-server)", {
  timeout: 30_000
}, () => {
  it.live("numbers that are none poison nothing: neither settings nor requests", () =>
    Effect.gen(function*() {
      const { path } = yield* RedisServer.make
      const { layer, said } = overheard()
      const limit = { requestsPerMinute: 0.1, inputTokensPerMinute: Infinity, concurrency: Infinity }
      const options = { burst: 100, lookahead: Infinity, maxQueue: Infinity, lease: Duration.infinity }
      const limiter = yield* Effect.provide(process(path, limit, options), layer)
      for (const odd of [NaN, Infinity, -Infinity, -5, 1e300]) {
        yield* reserve(limiter, { inputTokens: odd, inputBytes: odd, maxTokens: odd, priority: odd })
      }
      assert.closeTo((yield* stateOf(limiter)).requests, 5, 0.01)
      assert.deepStrictEqual(said, [])
    }))

  it.live("a limit of nothing blocks its own calls, not the exchange", () =>
    Effect.gen(function*() {
      const { path } = yield* RedisServer.make
      const { layer, said } = overheard()
      const limiter = yield* Effect.provide(process(path, { outputTokensPerMinute: 0 }), layer)
      const why = yield* Effect.flip(reserve(limiter, { maxTokens: 100 }))
      assert.deepInclude(why, { _tag: "RequestExceedsLimit", limit: "outputTokens", available: 0 })
      const one = yield* limiter.reserve({ model: "told", inputTokens: 10, maxTokens: 10 })
      yield* one.sent
      yield* one.observe(limits("output-tokens", 0, 0))
      yield* one.observe(limits("input-tokens", 0, 0))
      yield* limiter.state
      const blocked = yield* Effect.forkChild(limiter.reserve({ model: "told", inputTokens: 0 }), {
        startImmediately: true
      })
      yield* limiter.state
      yield* Fiber.interrupt(blocked)
      yield* limiter.reserve({ model: "another", inputTokens: 10 })
      assert.deepStrictEqual(said, [])
    }))

  for (
    const [name, answer] of Object.entries({
      dies: Effect.die(new Error("a bug")),
      "says nothing": Effect.succeed(null),
      "says something else": Effect.succeed({ ok: true }),
      "says too little": Effect.succeed(["1-1"])
    })
  ) {
    it.live(`a client that ${name} is a Redis that is gone, until it is not`, () =>
      Effect.gen(function*() {
        const { path } = yield* RedisServer.make
        const { layer, said } = overheard()
        const instead: { answer: Effect.Effect<unknown> | undefined } = { answer: undefined }
        const connection = speaking(yield* direct(path), instead)
        const options = { onUnavailable: "closed", timeout: "500 millis" } as const
        const limiter = yield* Effect.provide(process(path, { requestsPerMinute: 100 }, options, connection), layer)
        yield* reserve(limiter)
        instead.answer = answer
        assert.deepInclude(yield* Effect.flip(reserve(limiter)), { _tag: "LimiterRejected", why: "unavailable" })
        instead.answer = undefined
        yield* until(Effect.result(reserve(limiter)), Result.isSuccess)
        assert.match(said[0]!, /^Warn Redis does not answer/)
      }))
  }

  it.live("a limiter is left in bounded time while Redis does not answer, and leaves nothing behind once it does", () =>
    Effect.gen(function*() {
      const server = yield* RedisServer.make
      const connection = Layer.succeed(Redis.Redis, yield* direct(server.path))
      const limit = { concurrency: 5 }
      const scope = yield* Scope.make()
      const limiter = yield* Scope.provide(process(server.path, limit, { timeout: "100 millis" }, connection), scope)
      yield* reserve(limiter)
      yield* server.freeze
      yield* Effect.forkChild(reserve(limiter), { startImmediately: true })
      yield* Effect.sleep("5 millis")
      assert.isBelow(yield* elapsed(Scope.close(scope, Exit.void)), 2000)
      yield* server.thaw
      const other = yield* process(server.path, limit)
      assert.strictEqual((yield* Effect.andThen(reserve(other), stateOf(other))).inFlight, 1)
    }))

  it.live("a server whose clock is ten minutes behind the last one's goes on where that one was", () =>
    Effect.gen(function*() {
      const { path } = yield* RedisServer.make
      const redis = yield* direct(path)
      const limit = { requestsPerMinute: 60_000, concurrency: 2 }
      const options = { burst: 10 / 60_000, lease: "300 millis" } as const
      const scope = yield* Scope.make()
      const dead = yield* Scope.provide(process(path, limit, options), scope)
      const held = yield* Effect.all([reserve(dead), reserve(dead)])
      const reason = new ClaudeError.RateLimited({
        message: "slow",
        limit: "unknown",
        retryAfter: Duration.millis(200)
      })
      yield* held[0].settle({ _tag: "Failed", reason })
      yield* dead.state
      yield* rewrite(redis, (text) => text.replace(/\b1\d{12}\b/g, (instant) => String(Number(instant) + 600_000)))
      // Its name has changed too: nobody gives back what it holds.
      yield* Scope.close(scope, Exit.void)
      const limiter = yield* process(path, limit, options)
      assert.isBelow(yield* elapsed(Effect.all([reserve(limiter), reserve(limiter)])), 10_000)
    }))

  it.live("of two limiters with different settings the lower numbers hold, for as long as both are there", () =>
    Effect.gen(function*() {
      const { path } = yield* RedisServer.make
      const high = yield* process(path, { requestsPerMinute: 60_000, concurrency: 9 }, { burst: 1 / 60 })
      assert.closeTo((yield* Effect.andThen(reserve(high), stateOf(high))).limits.requests!, 60_000, 1)
      const scope = yield* Scope.make()
      const low = yield* Scope.provide(
        process(path, { requestsPerMinute: 60, concurrency: 3 }, { burst: 1 / 60 }),
        scope
      )
      yield* Effect.flatMap(reserve(low), (one) => one.settle({ _tag: "Interrupted" }))
      yield* low.state
      const now = yield* stateOf(high)
      assert.strictEqual(now.limits.requests, 60)
      assert.isAtMost(now.requests, 1)
      yield* reserve(high)
      const waits = yield* Effect.forkChild(Effect.all([reserve(high), reserve(high)]), { startImmediately: true })
      yield* Effect.sleep("100 millis")
      assert.isUndefined(waits.pollUnsafe())
      yield* Scope.close(scope, Exit.void)
      assert.isBelow(yield* elapsed(Fiber.join(waits)), 10_000)
      assert.strictEqual((yield* stateOf(high)).limits.requests, 60_000)
    }))

  it.live("a debt does not expire with its key", () =>
    Effect.gen(function*() {
      const { path } = yield* RedisServer.make
      const redis = yield* direct(path)
      const limiter = yield* process(path, { outputTokensPerMinute: 1000 })
      const one = yield* reserve(limiter, { maxTokens: 100 })
      yield* one.sent
      const used = {
        inputTokens: 0,
        cacheCreationTokens: 0,
        cacheReadTokens: 0,
        outputTokens: 64_000,
        estimated: false
      }
      yield* one.settle({ _tag: "Used", usage: used })
      yield* limiter.state
      const [key = ""] = yield* redis.send<ReadonlyArray<string>>("KEYS", "*")
      assert.isAtLeast(yield* redis.send<number>("PTTL", key), 64 * 60_000)
    }))

  it.live("C11 of 3,000 waiters and 3,000 ends one exchange carries 64 and 256: its size has a bound", () =>
    Effect.gen(function*() {
      const { path } = yield* RedisServer.make
      const real = yield* direct(path)
      const said: Array<string> = []
      const listening = Layer.succeed(Redis.Redis, {
        ...real,
        eval: (script) => (...params) =>
          Effect.andThen(Effect.sync(() => said.push(String(params[1]))), real.eval(script)(...params))
      })
      const scope = yield* Scope.make()
      const limiter = yield* Scope.provide(process(path, { requestsPerMinute: 1e9 }, {}, listening), scope)
      const join = Effect.flatMap(reserve(limiter, { inputTokens: Math.PI * 1e5 }), (one) => Effect.as(one.sent, one))
      const held = yield* Effect.forEach(Array.from({ length: 3000 }), () => join, { concurrency: "unbounded" })
      assert.isBelow(Math.max(...said.map((text) => text.length)), 8000)
      for (const one of held) yield* one.settle({ _tag: "Interrupted" })
      yield* Scope.close(scope, Exit.void)
      assert.isBelow(Math.max(...said.map((text) => text.length)), 128_000)
      const told = yield* Effect.forEach(said, (text) => decode(text))
      assert.isAtMost(Math.max(...told.map(({ asks }) => asks.length)), 64)
      assert.isAtMost(Math.max(...told.map(({ events }) => events.length)), 256)
      assert.strictEqual(told.reduce((sum, { events }) => sum + events.length, 0), 3000, "all of it is told")
    }))

  it.live("what ends a little later is told with it; a 429 and a free place are told at once", () =>
    Effect.gen(function*() {
      const { path } = yield* RedisServer.make
      const real = yield* direct(path)
      let exchanges = 0
      const counting = Layer.succeed(Redis.Redis, {
        ...real,
        eval: (script) => (...params) => Effect.andThen(Effect.sync(() => exchanges++), real.eval(script)(...params))
      })
      const limiter = yield* process(path, { requestsPerMinute: 1e6 }, {}, counting)
      const held = yield* Effect.forEach(Array.from({ length: 40 }), () => reserve(limiter), {
        concurrency: "unbounded"
      })
      const before = exchanges
      const took = yield* elapsed(
        Effect.forEach(
          held.slice(10),
          (one) => Effect.andThen(one.settle({ _tag: "Interrupted" }), Effect.sleep("1 millis"))
        )
      )
      assert.isAtMost(exchanges - before, took / 100 + 1)
      const reason = new ClaudeError.RateLimited({
        message: "slow",
        limit: "requests",
        retryAfter: Duration.seconds(9)
      })
      const told = yield* Effect.forEach(held.slice(0, 10), (one) =>
        Effect.gen(function*() {
          yield* Effect.sleep("150 millis")
          const quiet = exchanges
          yield* one.settle({ _tag: "Failed", reason })
          return yield* elapsed(until(Effect.sync(() => exchanges), (now) => now > quiet))
        }))
      assert.isBelow(Math.min(...told), 90)
    }))

  it.live("C8 a level that one process hears does not hide what another was granted and has yet to send", () =>
    Effect.gen(function*() {
      const { path } = yield* RedisServer.make
      const limit = { requestsPerMinute: 60 }
      const [slow, fast] = [yield* process(path, limit), yield* process(path, limit)]
      yield* Effect.forEach(Array.from({ length: 40 }), () => reserve(slow), { concurrency: "unbounded" })
      const one = yield* reserve(fast)
      yield* one.sent
      yield* one.observe(limits("requests", 60, 59))
      assert.closeTo((yield* stateOf(fast)).requests, 19, 1.5)
      // Later all of them have been sent: what is left then is what the server says.
      yield* Effect.sleep("400 millis")
      const later = yield* reserve(fast)
      yield* later.sent
      yield* later.observe(limits("requests", 60, 30))
      assert.closeTo((yield* stateOf(fast)).requests, 30, 1.5)
    }))

  it.live("instants of a process whose clock is minutes off mean nothing to the others", () =>
    Effect.gen(function*() {
      const { path } = yield* RedisServer.make
      const clock = yield* Clock.Clock
      const off = (millis: number): Clock.Clock => ({
        ...clock,
        currentTimeMillisUnsafe: () => clock.currentTimeMillisUnsafe() + millis,
        currentTimeMillis: Effect.map(clock.currentTimeMillis, (now) => now + millis),
        sleep: (duration) => clock.sleep(duration)
      })
      const limit = { requestsPerMinute: 60_000, concurrency: 50 }
      const options = { burst: 10 / 60_000 }
      const [ahead, behind] = [
        yield* Effect.provideService(process(path, limit, options), Clock.Clock, off(300_000)),
        yield* Effect.provideService(process(path, limit, options), Clock.Clock, off(-300_000))
      ]
      const start = clock.currentTimeMillisUnsafe()
      const take = (limiter: typeof ahead) =>
        Effect.forEach(
          Array.from({ length: 100 }),
          () =>
            Effect.flatMap(reserve(limiter), (one) => Effect.andThen(one.sent, one.settle({ _tag: "Interrupted" }))),
          { concurrency: "unbounded" }
        )
      yield* Effect.all([take(ahead), take(behind)], { concurrency: "unbounded" })
      const took = clock.currentTimeMillisUnsafe() - start
      assert.isAtLeast(took, 190 - 2)
      assert.isBelow(took, 10_000)
    }))

  it.live("names that users chose stay within their bound, here and in Redis", () =>
    Effect.gen(function*() {
      const { path } = yield* RedisServer.make
      const limiter = yield* process(path, { requestsPerMinute: 10 }, { otherwise: { requestsPerMinute: 1 } })
      for (const name of ["constructor", "__proto__", "toString"]) {
        const one = yield* limiter.reserve({ model: name, inputTokens: 0 })
        yield* one.settle({ _tag: "Interrupted" })
        const found = (yield* limiter.state).find((state) => state.name === name)
        assert.strictEqual(found?.limits.requests, 1, name)
      }
      yield* Effect.forEach(
        Array.from({ length: 1100 }, (_, n) => n),
        (n) =>
          Effect.flatMap(limiter.reserve({ model: `${n}`, inputTokens: 0 }), (one) =>
            one.settle({ _tag: "Interrupted" })),
        { concurrency: 64, discard: true }
      )
      assert.isAtMost((yield* limiter.state).length, 1000)
    }))
})
