import { FaultServer, Reply, Script } from "@effect-claude/fault-server"
import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Fiber, Layer, Redacted, Schedule, Stream } from "effect"
import { ClaudeClient, ClaudeRateLimiter, MessageStream, Resilience } from "effect-claude"
import { key, params } from "../fixtures/harness.ts"

const deltas = 2000
const piece = "0123456789abcdef".repeat(1024)
const stream = ClaudeClient.streamMessage(params)

/** 32 MB over a real socket, and how many chunks the server has written of them. */
const big = () => {
  const progress = { written: 0, ended: "" }
  const reply = Reply.stream(Reply.message(piece.repeat(deltas)), { deltaSize: piece.length })
  const chunks = Array.from(reply.body)
  return {
    progress,
    reply: {
      ...reply,
      body: (function*() {
        for (const chunk of chunks) {
          progress.written++
          yield chunk
        }
      })(),
      onEnd: (how: string) => {
        progress.ended = how
      }
    }
  }
}

type Services = ClaudeClient.ClaudeClient | ClaudeRateLimiter.ClaudeRateLimiter

const against = <A, E>(reply: Reply.Reply, program: Effect.Effect<A, E, Services>) =>
  Effect.runPromise(Effect.scoped(Effect.gen(function*() {
    const server = yield* FaultServer.make(Script.always(reply))
    const services = Resilience.layer({ limiter: { key: "consumers" } })
    const client = ClaudeClient.layer({ apiKey: Redacted.make(key), baseUrl: server.url })
    return yield* Effect.provide(program, Layer.provideMerge(client, services))
  })))

/** Until the value has not changed for ten looks. */
const settled = (read: () => number) => {
  let last = -1
  let same = 0
  return Effect.sync(() => {
    same = read() === last ? same + 1 : 0
    last = read()
    return same
  }).pipe(Effect.repeat({ until: (looks) => looks >= 10, schedule: Schedule.spaced("2 millis") }))
}

const released = ClaudeRateLimiter.ClaudeRateLimiter.use((limiter) => limiter.state).pipe(
  Effect.repeat({ until: ([one]) => one?.inFlight === 0, schedule: Schedule.spaced("1 millis") }),
  Effect.timeout("50 millis")
)

describe("over real sockets", () => {
  it("a consumer that pauses stops the server; when it goes on, nothing was dropped", () => {
    const { progress, reply } = big()
    return against(
      reply,
      Effect.gen(function*() {
        let characters = 0
        let paused = 0
        yield* Stream.runForEach(MessageStream.text(stream), (text) =>
          Effect.gen(function*() {
            if (characters === 0) {
              yield* settled(() => progress.written)
              paused = progress.written
            }
            characters += text.length
          }))
        assert.isBelow(paused, deltas * 0.75, "the rest waited for the consumer")
        assert.strictEqual(characters, deltas * piece.length)
        assert.strictEqual(progress.ended, "sent")
      })
    )
  })

  it("E6 a consumer that leaves closes the connection, and its place is free", () => {
    const { progress, reply } = big()
    return against(
      reply,
      Effect.gen(function*() {
        const taken = yield* Stream.runCollect(Stream.take(stream, 3))
        assert.strictEqual(taken.length, 3)
        yield* released
        yield* settled(() => progress.ended.length)
        assert.strictEqual(progress.ended, "aborted")
      })
    )
  })

  it("E6 interrupted while it waits or while it works, it ends within 50 ms and so does the connection", () => {
    const whole = Reply.stream(Reply.message("Hello, and then nothing."))
    const quiet: Reply.Reply = { ...whole, body: Array.from(whole.body).slice(0, 4), end: "silence" }
    return Effect.runPromise(Effect.forEach(
      [Effect.void, Effect.never],
      (work) =>
        Effect.promise(() => {
          const ends: Array<string> = []
          return against(
            { ...quiet, onEnd: (how) => void ends.push(how) },
            Effect.gen(function*() {
              const begun = yield* Deferred.make<void>()
              const consumer = Stream.runForEach(
                stream,
                () => Effect.andThen(Deferred.succeed(begun, undefined), work)
              )
              const fiber = yield* Effect.forkChild(consumer, { startImmediately: true })
              yield* Deferred.await(begun)
              const start = performance.now()
              yield* Fiber.interrupt(fiber)
              yield* released
              yield* Effect.repeat(Effect.sync(() => ends.length), {
                until: (n) => n === 1,
                schedule: Schedule.spaced(1)
              })
              assert.isBelow(performance.now() - start, 50)
              assert.deepStrictEqual(ends, ["aborted"])
            })
          )
        })
    ))
  })

  it("E6 a message that is collected, interrupted, ends within 50 ms and so does the connection", () => {
    const ends: Array<string> = []
    let begin = (): void => {}
    const arrived = new Promise<void>((resolve) => {
      begin = resolve
    })
    const reply: Reply.Reply = {
      ...Reply.stream(Reply.message("Hello, and then nothing.")),
      body: (function*() {
        yield* Array.from(Reply.stream(Reply.message("Hello, and then nothing.")).body).slice(0, 4)
        begin()
      })(),
      end: "silence",
      onEnd: (how) => void ends.push(how)
    }
    return against(
      reply,
      Effect.gen(function*() {
        const collecting = ClaudeClient.createMessage(params, { stream: true })
        const fiber = yield* Effect.forkChild(collecting, { startImmediately: true })
        yield* Effect.promise(() => arrived)
        // What was written has also been read.
        yield* settled(() => 0)
        const start = performance.now()
        yield* Fiber.interrupt(fiber)
        yield* released
        yield* Effect.repeat(Effect.sync(() => ends.length), { until: (n) => n === 1, schedule: Schedule.spaced(1) })
        assert.isBelow(performance.now() - start, 50)
        assert.deepStrictEqual(ends, ["aborted"])
      })
    )
  })
})
