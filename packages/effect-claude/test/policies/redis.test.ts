import { assert, describe, it } from "@effect/vitest"
import { Arbitrary, Clock, Duration, Effect, Fiber, Layer, Schema } from "effect"
import { ClaudeError, type ClaudeRateLimiter, RateLimitHeaders } from "effect-claude"
import { Redis } from "effect/persistence"
import { spawn } from "node:child_process"
import { join } from "node:path"
import { execPath } from "node:process"
import * as RedisServer from "../fixtures/redis.ts"
import {
  direct,
  type Limiter,
  model,
  overheard,
  process,
  reserve,
  type Server,
  stateOf,
  until,
  usage
} from "../fixtures/sharing.ts"

/** The instants at which so many requests of one process are let in. */
const take = (limiter: Limiter, count: number) =>
  Effect.forEach(
    Array.from({ length: count }),
    () => Effect.andThen(reserve(limiter), Clock.currentTimeMillis),
    { concurrency: "unbounded" }
  )

/** C3 from the start on: of what is let in by a sum of rates and a burst, the n-th cannot come earlier. */
const assertWithin = (at: ReadonlyArray<number>, start: number, burst: number, perMilli: number) => {
  for (const [index, time] of at.toSorted((a, b) => a - b).entries()) {
    // The server's clock is read in whole milliseconds.
    assert.isAtLeast(time - start + 2, (index + 1 - burst) / perMilli, `the ${index + 1}th of ${at.length}`)
  }
}

const decode = Schema.decodeEffect(
  Schema.fromJsonString(Schema.Struct({ start: Schema.Number, at: Schema.Array(Schema.Number) }))
)

const child = (path: string, options: ClaudeRateLimiter.RedisOptions, verb: "take" | "hold", count: number) => {
  const file = join(import.meta.dirname, "..", "fixtures", "redisChild.ts")
  const started = spawn(execPath, [file, path, JSON.stringify(options), verb, String(count)], {
    stdio: ["ignore", "pipe", "inherit"]
  })
  const line = new Promise<string>((resolve, reject) => {
    let text = ""
    started.stdout.on("data", (piece) => {
      text += piece
      if (text.includes("\n")) resolve(text)
    })
    started.on("exit", () => reject(new Error(`The child said nothing but ${text}`)))
  })
  return { line: Effect.promise(() => line), kill: Effect.sync(() => started.kill("SIGKILL")) }
}

describe.skipIf(!RedisServer.installed)(
  "ClaudeRateLimiter.layerRedis (needs redis-server)",
  { timeout: 30_000 },
  () => {
    it.live("C8 C3 two runtimes on one Redis respect the sum, and use it up", () =>
      Effect.gen(function*() {
        const { path } = yield* RedisServer.make
        // One a millisecond, of which 50 at once.
        const limit = { requestsPerMinute: 60_000 }
        const one = yield* process(path, limit, { burst: 50 / 60_000 })
        const two = yield* process(path, limit, { burst: 50 / 60_000 })
        const start = yield* Clock.currentTimeMillis
        const at = (yield* Effect.all([take(one, 300), take(two, 300)], { concurrency: "unbounded" })).flat()
        assertWithin(at, start, 50, 1)
        // Twice and more on a machine that is busy.
        assert.isBelow(Math.max(...at) - start, 550 * 4)
      }))

    it.live("C8 two processes of their own respect the sum", () =>
      Effect.gen(function*() {
        const { path } = yield* RedisServer.make
        const options = { key: "children", limits: { m: { requestsPerMinute: 60_000 } }, burst: 50 / 60_000 }
        const both = [child(path, options, "take", 200), child(path, options, "take", 200)]
        const said = yield* Effect.forEach(both, ({ line }) => Effect.flatMap(line, decode), {
          concurrency: "unbounded"
        })
        const at = said.flatMap(({ at }) => at)
        assert.lengthOf(at, 400)
        assertWithin(at, Math.min(...said.map(({ start }) => start)), 50, 1)
      }))

    it.live("nobody starves: of a skewed share of the jobs the small one is done first, and a big request gets its turn", () =>
      Effect.gen(function*() {
        const { path } = yield* RedisServer.make
        const limit = { inputTokensPerMinute: 60_000_000 }
        const many = yield* process(path, limit, { burst: 1 / 1000 })
        const few = yield* process(path, limit, { burst: 1 / 1000 })
        const order: Array<string> = []
        const join = (limiter: Limiter, name: string, inputTokens: number) =>
          Effect.forkChild(
            Effect.tap(reserve(limiter, { inputTokens }), () => Effect.sync(() => order.push(name))),
            { startImmediately: true }
          )
        // A full bucket is 60,000, which takes 60 ms to fill.
        for (let n = 0; n < 200; n++) yield* join(many, "many", 2000)
        yield* until(stateOf(many), ({ queued }) => queued < 190)
        const big = yield* join(few, "big", 60_000)
        const small = []
        for (let n = 0; n < 5; n++) small.push(yield* join(few, "few", 2000))
        yield* Effect.forEach([big, ...small], Fiber.join)
        assert.isAbove((yield* stateOf(many)).queued, 50)
        assert.isBelow(order.indexOf("big"), 120)
        yield* until(stateOf(many), ({ queued }) => queued === 0)
      }))

    it.live(
      "C1 all dimensions or none over Redis, whatever the order of admissions, settlements and interruptions of two processes",
      () =>
        Effect.gen(function*() {
          const { path } = yield* RedisServer.make
          let keys = 0
          const step = Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 999 }))
          const property = (steps: ReadonlyArray<number>) =>
            Effect.gen(function*() {
              // An hour to fill what is used here in milliseconds.
              const limit = { requestsPerMinute: 0.1, inputTokensPerMinute: 0.3, concurrency: 3 }
              const options = { key: `C1 ${keys++}`, burst: 100 }
              const limiters = [yield* process(path, limit, options), yield* process(path, limit, options)]
              const held: Array<ClaudeRateLimiter.Reservation> = []
              const waiting: Array<Fiber.Fiber<unknown, unknown>> = []
              for (const step of steps) {
                const limiter = limiters[step % 2]!
                if (step % 3 === 0) {
                  const join = reserve(limiter, { inputTokens: step / 50 }).pipe(
                    Effect.tap((one) => Effect.sync(() => held.push(one)))
                  )
                  waiting.push(yield* Effect.forkChild(join, { startImmediately: true }))
                } else if (step % 3 === 1) yield* held.pop()?.settle({ _tag: "Interrupted" }) ?? Effect.void
                else if (waiting.length > 0) yield* Fiber.interrupt(waiting[step % waiting.length]!)
                const now = yield* stateOf(limiter)
                if (now === undefined) continue
                assert.isAtMost(now.inFlight, 3)
                assert.isAtLeast(now.requests, 0)
                assert.isAtLeast(now.inputTokens, 0)
              }
              yield* Effect.forEach(waiting, Fiber.interrupt)
              yield* Effect.forEach(held, (one) => one.settle({ _tag: "Interrupted" }))
              yield* Effect.forEach(limiters, (limiter) => limiter.state)
              for (const limiter of limiters) {
                const now = yield* stateOf(limiter)
                if (now === undefined) continue
                assert.deepInclude(now, { inFlight: 0, queued: 0 })
                assert.closeTo(now.requests, 10, 0.01)
                assert.closeTo(now.inputTokens, 30, 0.01)
              }
              return true
            }).pipe(Effect.scoped)
          const checked = yield* Arbitrary.checkEffect(Arbitrary.array(Arbitrary.schema(step)), property, {
            runs: 40,
            seed: 1
          })
          assert.isUndefined(Arbitrary.formatCheckFailure(checked))
        })
    )

    it.live("C6 cancelled while queued or while it is asked for: given back once, order kept", () =>
      Effect.gen(function*() {
        const server = yield* RedisServer.make
        const limiter = yield* process(server.path, { requestsPerMinute: 0.1, concurrency: 1 }, {
          burst: 100,
          timeout: "10 seconds"
        })
        const first = yield* reserve(limiter)
        const order: Array<number> = []
        const join = (n: number) =>
          Effect.forkChild(Effect.tap(reserve(limiter), () => Effect.sync(() => order.push(n))), {
            startImmediately: true
          })
        const fibers = yield* Effect.forEach([0, 1, 2, 3], join)
        yield* Fiber.interrupt(fibers[0]!)
        yield* Fiber.interrupt(fibers[2]!)
        assert.deepInclude(yield* stateOf(limiter), { inFlight: 1, queued: 2 })
        yield* server.freeze
        yield* first.settle({ _tag: "Interrupted" })
        // On its way to a server that does not read: it will be granted to somebody who has left.
        yield* Effect.yieldNow
        yield* Effect.sleep("1 millis")
        yield* Fiber.interrupt(fibers[1]!)
        yield* server.thaw
        yield* Fiber.join(fibers[3]!)
        assert.deepStrictEqual(order, [3])
        const now = yield* until(stateOf(limiter), ({ inFlight }) => inFlight === 1)
        assert.closeTo(now.requests, 9, 0.01)
      }))

    it.live("C6 interrupted before it was sent it costs nothing; after, request and input stay charged; usage settles", () =>
      Effect.gen(function*() {
        const { path } = yield* RedisServer.make
        const limit = { requestsPerMinute: 0.1, inputTokensPerMinute: 50, outputTokensPerMinute: 8 }
        const [one, two] = [yield* process(path, limit, { burst: 100 }), yield* process(path, limit, { burst: 100 })]
        const level = Effect.map(
          stateOf(two),
          ({ inputTokens, outputTokens, requests }) => [requests, inputTokens, outputTokens].map(Math.round)
        )
        yield* Effect.flatMap(reserve(two), (held) => held.settle({ _tag: "Interrupted" }))
        const before = yield* reserve(one, { inputTokens: 1000, maxTokens: 100 })
        assert.deepStrictEqual(yield* level, [9, 4000, 700])
        yield* before.settle({ _tag: "Interrupted" })
        yield* before.settle({ _tag: "Interrupted" })
        yield* one.state
        assert.deepStrictEqual(yield* level, [10, 5000, 800])
        const after = yield* reserve(one, { inputTokens: 1000, maxTokens: 100 })
        yield* after.sent
        yield* after.settle({ _tag: "Interrupted" })
        yield* one.state
        assert.deepStrictEqual(yield* level, [9, 4000, 800])
        const used = yield* reserve(one, { inputTokens: 1000, maxTokens: 100 })
        yield* used.settle({ _tag: "Used", usage: usage(1500, 20) })
        yield* one.state
        assert.deepStrictEqual(yield* level, [8, 2500, 780])
      }))

    it.live("an answer that is lost counts once", () =>
      Effect.gen(function*() {
        const { path } = yield* RedisServer.make
        let lost = 0
        const real = yield* direct(path)
        const losing = Layer.succeed(Redis.Redis, {
          ...real,
          eval: (script) => (...params) =>
            Effect.flatMap(
              real.eval(script)(...params),
              (result) =>
                lost++ % 2 === 0 ? Effect.fail(new Redis.RedisError({ cause: "lost" })) : Effect.succeed(result)
            )
        })
        const limiter = yield* process(path, { requestsPerMinute: 0.1, concurrency: 9 }, { burst: 100 }, losing)
        const held = yield* reserve(limiter)
        yield* reserve(limiter)
        yield* held.settle({ _tag: "Interrupted" })
        yield* reserve(limiter)
        const now = yield* stateOf(limiter)
        assert.strictEqual(now.inFlight, 2)
        assert.closeTo(now.requests, 8, 0.01)
        assert.isAbove(lost, 4)
      }))

    it.live("a dead process gives its places back, one that is at work keeps them as long as it likes", () =>
      Effect.gen(function*() {
        const { path } = yield* RedisServer.make
        const options = { key: "test", lease: "300 millis", limits: { m: { concurrency: 3 } } } as const
        const one = yield* process(path, { concurrency: 3 }, options)
        const other = yield* process(path, { concurrency: 3 }, options)
        yield* reserve(one)
        const dying = child(path, options, "hold", 2)
        yield* dying.line
        assert.strictEqual((yield* stateOf(one)).inFlight, 3)
        yield* dying.kill
        const killed = yield* Clock.currentTimeMillis
        yield* reserve(other)
        assert.isAtMost((yield* Clock.currentTimeMillis) - killed, 300 + 3000)
        yield* reserve(other)
        const third = yield* Effect.forkChild(reserve(other), { startImmediately: true })
        yield* until(Clock.currentTimeMillis, (now) => now > killed + 1000)
        assert.isUndefined(third.pollUnsafe(), "the first is at work and keeps its place")
        assert.strictEqual((yield* stateOf(other)).inFlight, 3)
      }))

    it.live("a process that ends gives everything back at once", () =>
      Effect.gen(function*() {
        const { path } = yield* RedisServer.make
        const other = yield* process(path, { concurrency: 1 })
        yield* Effect.scoped(Effect.gen(function*() {
          yield* reserve(yield* process(path, { concurrency: 1 }))
          const waits = yield* Effect.forkChild(reserve(other), { startImmediately: true })
          assert.strictEqual((yield* stateOf(other)).inFlight, 1)
          yield* Fiber.interrupt(waits)
        }))
        yield* reserve(other)
      }))

    it.live("C4 headers and 429s of one process hold for the others", () =>
      Effect.gen(function*() {
        const { path } = yield* RedisServer.make
        const limit = { requestsPerMinute: 1000 }
        const [one, two] = [yield* process(path, limit), yield* process(path, limit)]
        const level = (most: number, remaining: number) =>
          RateLimitHeaders.fromHeaders((name) =>
            name.endsWith("requests-limit")
              ? String(most)
              : name.endsWith("requests-remaining")
              ? String(remaining)
              : null
          )
        const held = yield* reserve(one)
        yield* held.sent
        yield* held.observe(level(400, 12))
        yield* one.state
        const later = yield* reserve(two)
        const lowered = yield* stateOf(two)
        assert.strictEqual(lowered.limits.requests, 400)
        assert.closeTo(lowered.requests, 11, 2)
        yield* held.observe(level(9000, 8999))
        yield* one.state
        assert.strictEqual((yield* stateOf(two)).limits.requests, 1000, "never above what is configured")
        assert.isBelow((yield* stateOf(two)).requests, 20)
        const start = yield* Clock.currentTimeMillis
        const limited = new ClaudeError.RateLimited({
          message: "slow",
          limit: "requests",
          retryAfter: Duration.millis(200)
        })
        yield* held.settle({ _tag: "Failed", reason: limited })
        yield* one.state
        yield* later.settle({ _tag: "Interrupted" })
        assert.isBelow((yield* stateOf(two)).requests, 5, "the server said that nothing is left")
        yield* reserve(two)
        assert.isAtLeast((yield* Clock.currentTimeMillis) - start, 200)
      }))

    it.live("whatever a key is called, it is one key of its own, which expires", () =>
      Effect.gen(function*() {
        const { path } = yield* RedisServer.make
        const redis = yield* direct(path)
        const names = ["}{", "a:b", "\"')\n\\0 return 1", "🚀", "x".repeat(2000)]
        for (const key of [...names, "a"]) {
          const limiter = yield* process(path, { requestsPerMinute: 10 }, { key })
          yield* limiter.reserve({ model: key === "a" ? "b:m" : model, inputTokens: 0 })
        }
        const keys = yield* redis.send<ReadonlyArray<string>>("KEYS", "*")
        assert.lengthOf(keys, names.length + 1)
        for (const key of keys) {
          assert.match(key, /^effect-claude:1:\{[\w.:;%-]+\}$/)
          assert.isAbove(yield* redis.send<number>("PTTL", key), 60_000)
        }
      }))

    it.live("a script cache that is flushed is not noticed", () =>
      Effect.gen(function*() {
        const { path } = yield* RedisServer.make
        const { layer, said } = overheard()
        const redis = yield* direct(path)
        const limiter = yield* Effect.provide(process(path, { requestsPerMinute: 0.1 }, { burst: 100 }), layer)
        yield* reserve(limiter)
        yield* redis.send("SCRIPT", "FLUSH")
        yield* reserve(limiter)
        assert.closeTo((yield* stateOf(limiter)).requests, 8, 0.01)
        assert.deepStrictEqual(said, [])
      }))

    for (const onUnavailable of ["open", "closed"] as const) {
      const faults = {
        "too slow": (server: Server) => [server.freeze, server.thaw] as const,
        "gone and started anew": (server: Server) => [server.kill, server.start] as const,
        "failed over to what cannot be written": (_: Server, redis: Redis.Redis["Service"]) =>
          [redis.send("REPLICAOF", "127.0.0.1", "1"), redis.send("REPLICAOF", "NO", "ONE")] as const
      }
      for (const [name, fault] of Object.entries(faults)) {
        it.live(`C8 Redis ${name}, ${onUnavailable}: as configured, said once, back by itself`, () =>
          Effect.gen(function*() {
            const server = yield* RedisServer.make
            const { layer, said } = overheard()
            const [breaks, heals] = fault(server, yield* direct(server.path))
            const limit = { requestsPerMinute: 0.4, concurrency: 3 }
            const options = { burst: 10, onUnavailable, timeout: "200 millis" } as const
            const limiter = yield* Effect.provide(process(server.path, limit, options), layer)
            yield* reserve(limiter)
            yield* breaks
            if (onUnavailable === "open") {
              yield* reserve(limiter)
              const third = yield* reserve(limiter)
              const more = yield* Effect.forkChild(reserve(limiter), { startImmediately: true })
              assert.isUndefined(more.pollUnsafe(), "its own view still knows the limit")
              yield* Fiber.interrupt(more)
              yield* third.settle({ _tag: "Interrupted" })
            } else {
              const why = yield* Effect.flip(reserve(limiter))
              assert.deepInclude(why, { _tag: "LimiterRejected", why: "unavailable" })
              yield* Effect.flip(reserve(limiter))
            }
            yield* heals
            yield* until(Effect.sync(() => said.length), (lines) => lines === 2)
            assert.match(said[0]!, /^Warn Redis does not answer/)
            assert.match(said[1]!, /^Info Redis answers again/)
            const fresh = yield* process(server.path, limit, { ...options, timeout: "5 seconds" })
            const now = yield* Effect.andThen(reserve(fresh), stateOf(fresh))
            const taken = onUnavailable === "open" ? 3 : 2
            assert.strictEqual(now.inFlight, taken)
            assert.closeTo(now.requests, 4 - taken, 0.05, "what was taken without Redis is taken from it")
            assert.lengthOf(said, 2)
          }))
      }
    }

    it.live("a connection that breaks and is there again within the timeout is not noticed", () =>
      Effect.gen(function*() {
        const server = yield* RedisServer.make
        const { layer, said } = overheard()
        const redis = yield* direct(server.path)
        const limit = { requestsPerMinute: 0.1 }
        const options = { burst: 100, onUnavailable: "closed", timeout: "5 seconds" } as const
        const limiter = yield* Effect.provide(process(server.path, limit, options), layer)
        yield* reserve(limiter)
        yield* redis.send("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
        yield* reserve(limiter)
        assert.closeTo((yield* stateOf(limiter)).requests, 8, 0.01)
        assert.deepStrictEqual(said, [])
      }))
  }
)
