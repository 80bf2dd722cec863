import Anthropic from "@anthropic-ai/sdk"
import { Fault, FaultServer, Reply, Routes, Script } from "@effect-claude/fault-server"
import { assert, describe, it } from "@effect/vitest"
import {
  Cause,
  Deferred,
  Duration,
  Effect,
  Exit,
  Fiber,
  Layer,
  Random,
  Redacted,
  Result,
  Schedule,
  Stream
} from "effect"
import {
  ClaudeCircuitBreaker,
  ClaudeClient,
  ClaudeError,
  ClaudeRateLimiter,
  Resilience,
  RetryBudget,
  RetryPolicy
} from "effect-claude"
import { key, params, reason, run } from "../fixtures/harness.ts"

const create = ClaudeClient.createMessage(params)
const collect = ClaudeClient.createMessage(params, { stream: true })
const hello: Script.Answer = (request) => Reply.forRequest(request, Reply.message("Hello!"))
const text = "This answer is long enough to come in several deltas, so that it can be cut anywhere."
const long = Reply.message(text)
const times = <A>(n: number, value: A) => Array.from({ length: n }, () => value)

describe("createMessage", () => {
  it("returns the message, streamed or not", () =>
    run([hello, hello], () =>
      Effect.gen(function*() {
        for (const call of [create, collect]) {
          const message = yield* call
          assert.deepInclude(message.content[0], { type: "text", text: "Hello!" })
          assert.strictEqual(message.stop_reason, "end_turn")
        }
      })))

  it("streams by itself from max_tokens 21,334, where the SDK insists on it", () =>
    run([hello, hello], ({ seen }) =>
      Effect.gen(function*() {
        yield* ClaudeClient.createMessage({ ...params, max_tokens: 21_333 })
        yield* ClaudeClient.createMessage({ ...params, max_tokens: 21_334 })
        assert.deepStrictEqual((yield* seen).map(({ request }) => Reply.wantsStream(request)), [false, true])
      })))

  it("A1 a spent budget is never retried", () =>
    Effect.runPromise(Effect.forEach(
      [
        Fault.enforcedSpendLimit(),
        Fault.contractSpendLimit(),
        Fault.billing(),
        Fault.billingForbidden(),
        Fault.selfSetLimit(),
        Fault.creditBalance()
      ],
      (answer) =>
        Effect.promise(() =>
          run([answer, hello], ({ seen }) =>
            Effect.gen(function*() {
              assert.strictEqual((yield* reason(create))._tag, "BillingBlocked")
              assert.strictEqual((yield* seen).length, 1)
            }))
        )
    )))

  it("A2 an error inside a stream carries what arrived and its usage", () =>
    run([Fault.errorAfterEvents(5)(Reply.stream(long))], () =>
      Effect.gen(function*() {
        const found = yield* reason(ClaudeClient.createMessage(params, { stream: true, maxAttempts: 1 }))
        assert.strictEqual(found._tag, "Overloaded")
        const partial = "partial" in found ? found.partial : undefined
        assert.deepInclude(partial?.content[0], { type: "text", text: text.slice(0, 48) })
        assert.deepInclude(partial?.usage, { inputTokens: 10, outputTokens: 12, estimated: true })
      })))

  it("A3 a 200 that is no message is never a success, and worth exactly one more try", () =>
    Effect.runPromise(Effect.forEach(
      [Fault.okHtml(), Fault.okEmpty(), Fault.okBroken(), Reply.json(200, { a: 1 })],
      (answer) =>
        Effect.promise(() =>
          run(times(6, answer), ({ seen }) =>
            Effect.gen(function*() {
              assert.strictEqual((yield* reason(create))._tag, "MalformedResponse")
              assert.strictEqual((yield* reason(collect))._tag, "MalformedResponse")
              assert.strictEqual((yield* seen).length, 4)
            }))
        )
    )))

  it("A3 a 200 with an error body is the error it names", () =>
    run([Fault.okWithError("authentication_error"), Fault.okWithError(), hello], () =>
      Effect.gen(function*() {
        assert.strictEqual((yield* reason(create))._tag, "AuthenticationFailed")
        yield* create
      })))

  it("A7 exhausted, the error is the last real cause and lists every attempt", () =>
    run(
      [Fault.rateLimited("requests", 2), Fault.resetBeforeHeaders(Reply.json(200, {})), Fault.overloaded()],
      () =>
        Effect.gen(function*() {
          const error = yield* Effect.flip(ClaudeClient.createMessage(params, { maxAttempts: 3 }))
          assert.strictEqual(error.reason._tag, "Overloaded")
          assert.deepStrictEqual(
            error.attempts.map((
              { model, reason, refused, status, waitSource }
            ) => [reason, status, model, waitSource, refused]),
            [
              ["RateLimited", 429, params.model, "server", undefined],
              ["ConnectionFailed", undefined, params.model, "schedule", undefined],
              ["Overloaded", 529, params.model, undefined, "attempts"]
            ]
          )
          assert.match(error.attempts[0]?.requestId ?? "", /^req_/)
          assert.isAtLeast(Duration.toMillis(error.attempts[0]!.wait!), 2000)
        })
    ))

  it("A9 the key never shows, even when a proxy echoes the request's headers", () => {
    const echo: Script.Answer = (request) =>
      Reply.text(502, `<html>x-api-key: ${request.headers["x-api-key"]} and raw ${key}</html>`)
    const secret = "gateway-key-without-a-known-prefix"
    const plain: Script.Answer = () => Reply.text(400, `you sent ${secret}`)
    return run([echo], () =>
      Effect.gen(function*() {
        const error = yield* Effect.flip(ClaudeClient.createMessage(params, { maxAttempts: 1 }))
        for (const shown of [String(error), JSON.stringify(error), Cause.pretty(Cause.fail(error))]) {
          assert.notInclude(shown, key)
        }
      })).then(() =>
        run(
          [plain],
          () => Effect.map(Effect.flip(create), (error) => assert.notInclude(JSON.stringify(error), secret)),
          {
            apiKey: Redacted.make(secret)
          }
        )
      )
  })
})

describe("retry", () => {
  it("B1 a hint of 171 s within the deadline: one wait of at least 171 s, no earlier request", () =>
    run([Fault.rateLimited("requests", 171), hello], ({ seen }) =>
      Effect.gen(function*() {
        yield* create
        const [first, second, third] = yield* seen
        assert.isAtLeast(second!.at - first!.at, 171_000)
        assert.isUndefined(third)
      })))

  it("B1 a hint of 171 s with 60 s left: fails now, marked refused for the deadline", () =>
    run([Fault.rateLimited("requests", 171), hello], ({ clock, seen }) =>
      Effect.gen(function*() {
        const error = yield* Effect.flip(ClaudeClient.createMessage(params, { deadline: "60 seconds" }))
        assert.strictEqual(error.reason._tag, "RateLimited")
        const last = error.attempts.at(-1)!
        assert.strictEqual(last.refused, "deadline")
        assert.isAtLeast(Duration.toSeconds(last.wait!), 171)
        assert.strictEqual((yield* seen).length, 1)
        assert.isBelow(clock.now, 1000)
      })))

  it("B2 a server's wait beyond the bound fails at once; x-should-retry is obeyed", () =>
    run([
      Fault.rateLimited("requests", 3600),
      Reply.error(529, "overloaded_error", "x", { headers: { "x-should-retry": "false" } })
    ], ({ seen }) =>
      Effect.gen(function*() {
        const limited = yield* Effect.flip(ClaudeClient.createMessage(params, { deadline: "2 hours" }))
        assert.strictEqual(limited.attempts.at(-1)?.refused, "hint")
        assert.strictEqual(
          (yield* reason(ClaudeClient.createMessage({ ...params, model: "other" })))._tag,
          "Overloaded"
        )
        assert.strictEqual((yield* seen).length, 2)
      })))

  it("B3 a deadline and a hint beyond 2^31 ms really wait", () =>
    run(
      [Fault.rateLimited("requests", 2_600_000), hello],
      ({ clock }) => Effect.map(create, () => assert.isAtLeast(clock.now, 2_600_000_000)),
      {
        deadline: "90 days",
        maxServerWait: "60 days"
      }
    ))

  it("B5 maxAttempts n is exactly n requests; what is not retryable is one and spends no budget", () =>
    run([...times(4, Fault.internal()), Fault.forbidden()], ({ seen }) =>
      Effect.gen(function*() {
        const level = RetryBudget.RetryBudget.use((budget) => budget.level)
        yield* Effect.flip(ClaudeClient.createMessage(params, { maxAttempts: 4 }))
        assert.strictEqual((yield* seen).length, 4)
        const before = yield* level
        assert.strictEqual((yield* reason(create))._tag, "PermissionDenied")
        assert.strictEqual((yield* seen).length, 5)
        assert.isAtLeast(yield* level, before)
      })))

  it("B7 a refused retry returns the real error, marked refused by the budget", () =>
    run(times(9, Fault.internal()), ({ seen }) =>
      Effect.gen(function*() {
        const error = yield* Effect.flip(create)
        assert.strictEqual(error.reason._tag, "ServerFailed")
        assert.strictEqual(error.attempts.at(-1)?.refused, "budget")
        assert.strictEqual((yield* seen).length, 3)
      }), { budget: { cap: 2, perMinute: 0 } }))

  it("B1 the longest wait allowed is the server's own: what spreading adds to it fails nothing", async () => {
    for (let seed = 0; seed < 8; seed++) {
      await run(
        [Fault.rateLimited("requests", 170), Reply.json(200, Reply.message("hi"))],
        ({ clock }) =>
          Effect.gen(function*() {
            for (let n = 0; n < seed; n++) yield* Random.next
            yield* create
            assert.isAtLeast(clock.now, 170_000)
          }),
        { maxServerWait: "170 seconds" }
      )
    }
  })

  it("B8 the client is the one owner: an outer policy does not retry what it gave up on", () =>
    run(times(9, Fault.internal()), ({ seen }) =>
      Effect.gen(function*() {
        yield* Effect.flip(Effect.retry(ClaudeClient.createMessage(params, { maxAttempts: 2 }), RetryPolicy.standard))
        assert.strictEqual((yield* seen).length, 2)
      })))

  it("B8 an SDK instance of the user's own does not retry either", () =>
    Effect.runPromise(Effect.scoped(Effect.gen(function*() {
      const server = yield* FaultServer.make(Script.always(Fault.internal()))
      const sdk = new Anthropic({ apiKey: key, baseURL: server.url, maxRetries: 5 })
      const client = ClaudeClient.layerSdk(sdk, { maxAttempts: 1 }).pipe(Layer.provide(Resilience.layer()))
      yield* Effect.flip(Effect.provide(create, client))
      assert.strictEqual((yield* server.requests).length, 1)
    }))))

  it("B9 a request that continues a thread is never sent again", () =>
    run(times(3, Fault.overloaded()), ({ seen }) =>
      Effect.gen(function*() {
        const thread = { type: "continue", previous_message_id: "msg_1" }
        yield* Effect.flip(ClaudeClient.createMessage({ ...params, thread } as ClaudeClient.MessageParams))
        assert.strictEqual((yield* seen).length, 1)
      })))
})

describe("interruption over real sockets", () => {
  const bounded = Effect.fnUntraced(function*(fiber: Fiber.Fiber<unknown, unknown>) {
    const start = performance.now()
    yield* Fiber.interrupt(fiber)
    assert.isBelow(performance.now() - start, 50)
  })
  /** All places and permits are back as soon as the broken connection has told its promise. */
  const idle = ClaudeRateLimiter.ClaudeRateLimiter.use((limiter) => limiter.state).pipe(
    Effect.map((states) => states.map((state) => [state.inFlight, state.queued])),
    Effect.repeat({ until: (states) => states.every(([inFlight]) => inFlight === 0), schedule: Schedule.spaced(1) }),
    Effect.timeout("50 millis"),
    Effect.map((states) => assert.deepStrictEqual(states, [[0, 0]]))
  )
  const withServer = <A, E>(
    answers: (arrived: Deferred.Deferred<void>) => Reply.Handler,
    program: (server: FaultServer.FaultServer["Service"], arrived: Deferred.Deferred<void>) => Effect.Effect<
      A,
      E,
      ClaudeClient.ClaudeClient | ClaudeRateLimiter.ClaudeRateLimiter
    >
  ) =>
    Effect.runPromise(Effect.scoped(Effect.gen(function*() {
      const arrived = yield* Deferred.make<void>()
      const server = yield* FaultServer.make(answers(arrived))
      const services = Resilience.layer({ limiter: { key: "sockets" } })
      const client = ClaudeClient.layer({ apiKey: Redacted.make(key), baseUrl: server.url })
      return yield* Effect.provide(program(server, arrived), client.pipe(Layer.provideMerge(services)))
    })))
  const told = (reply: Reply.Reply) => (arrived: Deferred.Deferred<void>): Reply.Handler => () =>
    Effect.as(Deferred.succeed(arrived, undefined), reply)

  it("B6 during a request: ends within 50 ms, the socket closes, permits are back, nothing more is sent", () =>
    withServer(told(Fault.silenceBeforeHeaders(Reply.json(200, {}))), (server, arrived) =>
      Effect.gen(function*() {
        const fiber = yield* Effect.forkChild(create, { startImmediately: true })
        yield* Deferred.await(arrived)
        yield* bounded(fiber)
        yield* Effect.yieldNow
        let [seen] = yield* server.requests
        while (seen?.outcome === "pending") [seen] = yield* Effect.delay(server.requests, "1 millis")
        assert.strictEqual(seen?.outcome, "aborted")
        yield* idle
        assert.strictEqual((yield* server.requests).length, 1)
      })))

  it("B6 during a wait: ends within 50 ms with no further request", () =>
    withServer(told(Fault.rateLimited("requests", 100)), (server, arrived) =>
      Effect.gen(function*() {
        const fiber = yield* Effect.forkChild(create, { startImmediately: true })
        yield* Deferred.await(arrived)
        yield* bounded(fiber)
        yield* idle
        assert.strictEqual((yield* server.requests).length, 1)
      })))

  it("B6 before: nothing is sent", () =>
    withServer(told(Reply.json(200, Reply.message())), (server) =>
      Effect.gen(function*() {
        const fiber = yield* Effect.forkChild(create)
        yield* bounded(fiber)
        assert.strictEqual((yield* server.requests).length, 0)
      })))

  it("leaving a stream closes its socket and gives the permit back", () =>
    withServer(told(Fault.silenceAfterEvents(5)(Reply.stream(long))), (server) =>
      Effect.gen(function*() {
        const taken = yield* Stream.runCollect(Stream.take(ClaudeClient.streamMessage(params), 2))
        assert.strictEqual(taken.length, 2)
        let [seen] = yield* server.requests
        while (seen?.outcome === "pending") [seen] = yield* Effect.delay(server.requests, "1 millis")
        assert.strictEqual(seen?.outcome, "aborted")
        yield* idle
      })))

  it("a refused connection is ConnectionFailed with the system's code, and found again when the server is back", () =>
    withServer(() => Routes.make(), (server) =>
      Effect.gen(function*() {
        yield* server.down
        const refused = yield* reason(ClaudeClient.createMessage(params, { maxAttempts: 1 }))
        assert.deepInclude(refused, { _tag: "ConnectionFailed", code: "ECONNREFUSED" })
        yield* server.up
        yield* create
      })))

  it("a connection lost inside a JSON body is ConnectionFailed with status and request id", () =>
    withServer(
      told(Fault.resetAfterBytes(40)(Reply.json(200, Reply.message("cut")))),
      () =>
        Effect.map(reason(ClaudeClient.createMessage(params, { maxAttempts: 1 })), (lost) => {
          assert.deepInclude(lost, { _tag: "ConnectionFailed", status: 200 })
          assert.match("requestId" in lost ? lost.requestId ?? "" : "", /^req_/)
        })
    ))

  it("a slow reader pauses the socket and loses nothing", () => {
    const big = Reply.message("0123456789".repeat(200_000))
    return withServer(told(Reply.stream(big, { deltaSize: 20_000 })), () =>
      Effect.gen(function*() {
        let size = 0
        yield* Stream.runForEach(ClaudeClient.streamMessage(params), (event) =>
          Effect.andThen(
            Effect.sleep("1 millis"),
            Effect.sync(() => {
              if (event.type === "content_block_delta" && event.delta.type === "text_delta") {
                size += event.delta.text.length
              }
            })
          ))
        assert.strictEqual(size, 2_000_000)
      }))
  })

  it("the pool of our own leaves the process's global dispatchers alone", () =>
    withServer(() => Routes.make(), (server) =>
      Effect.gen(function*() {
        yield* Effect.promise(() => fetch(`${server.url}/v1/models`))
        const symbols = [Symbol.for("undici.globalDispatcher.1"), Symbol.for("undici.globalDispatcher.2")]
        const before = symbols.map((symbol) => Reflect.get(globalThis, symbol))
        yield* create
        assert.deepStrictEqual(
          symbols.map((symbol) => Reflect.get(globalThis, symbol) === before[symbols.indexOf(symbol)]),
          [true, true]
        )
      })))
})

describe("streams", () => {
  const stream = ClaudeClient.streamMessage(params)

  it("E1 no message_stop is StreamInterrupted, wherever it is cut, and what arrived is in it", () => {
    const reply = Reply.stream(long)
    const count = Array.from(reply.body).length
    const cuts = Array.from({ length: count }, (_, events) => events)
    return Effect.runPromise(
      Effect.forEach(
        cuts,
        (events) =>
          Effect.promise(() =>
            run(
              [Fault.cutAfterEvents(events)(reply), Fault.resetAfterEvents(events)(reply)],
              ({ seen }) =>
                Effect.gen(function*() {
                  for (let n = 0; n < 2; n++) {
                    const received: Array<string> = []
                    const once = Stream.runForEach(stream, (event) => Effect.sync(() => received.push(event.type)))
                    if (events === 0) continue
                    const found = yield* reason(once)
                    assert.strictEqual(found._tag, "StreamInterrupted")
                    assert.isTrue(found._tag === "StreamInterrupted" && found.delivered)
                    assert.isFalse(found.isRetryable, "B9: events reached the caller")
                    assert.strictEqual(received.length, events === 1 ? 1 : events - 1, "all but the ping")
                  }
                  assert.strictEqual((yield* seen).length, events === 0 ? 0 : 2)
                })
            )
          )
      )
    )
  })

  it("E1 a stream that was cut at any byte is never a success when it is collected", () => {
    const reply = Reply.stream(Reply.message("Grüße, 世界 🙂"))
    const bytes = Array.from(reply.body).reduce(
      (sum, chunk) => sum + new TextEncoder().encode(String(chunk.bytes)).length,
      0
    )
    const stop = new TextEncoder().encode(String(Array.from(reply.body).at(-1)?.bytes)).length
    const cuts = Array.from({ length: bytes - stop }, (_, n) => n)
    return run(
      cuts.map((at) => Fault.cutAfterBytes(at)(reply)),
      () =>
        Effect.forEach(
          cuts,
          (at) =>
            Effect.map(reason(ClaudeClient.createMessage(params, { stream: true, maxAttempts: 1 })), (found) =>
              assert.strictEqual(found._tag, "StreamInterrupted", `cut at ${at}`))
        ),
      { breaker: { window: 10_000, minimumCalls: 10_000 } }
    )
  })

  it("a stream that comes byte by byte, with CRLF, a BOM and comments, is the same message", () => {
    const text = "Grüße, 世界 🙂 in three scripts"
    const given = Reply.message({
      content: [{ type: "text", text }, { type: "tool_use", id: "toolu_1", name: "a", input: { ü: "🙂" } }]
    })
    const wire = `\ufeff: a comment\r\nretry: 5\r\n\r\n${
      Array.from(Reply.stream(given).body, (chunk) => String(chunk.bytes)).join("").replaceAll("\n", "\r\n")
    }`
    const bytes = new TextEncoder().encode(wire)
    const reply = {
      ...Reply.stream(given),
      body: Array.from(bytes, (byte) => ({ delay: 0, bytes: Uint8Array.of(byte) }))
    }
    return run([reply], () =>
      Effect.map(collect, (message) => {
        assert.deepInclude(message.content[0], { text })
        assert.deepInclude(message.content[1], { input: { ü: "🙂" } })
      }))
  })

  it("B9 before the first event it is tried again, after it never", () =>
    run([
      Fault.cutAfterEvents(0)(Reply.stream(long)),
      Fault.overloaded(),
      Fault.cutAfterEvents(3)(Reply.stream(long)),
      hello
    ], ({ seen }) =>
      Effect.gen(function*() {
        const error = yield* Effect.flip(Stream.runDrain(stream))
        assert.strictEqual(error.reason._tag, "StreamInterrupted")
        assert.strictEqual((yield* seen).length, 3)
        assert.deepStrictEqual(error.attempts.map((tried) => [tried.reason, tried.refused]), [
          ["StreamInterrupted", undefined],
          ["Overloaded", undefined],
          ["StreamInterrupted", "notRetryable"]
        ])
      })))

  it("a collected stream that breaks is tried again from the start", () =>
    run(
      [Fault.resetAfterEvents(4)(Reply.stream(long)), hello],
      () => Effect.map(collect, (message) => assert.strictEqual(message.stop_reason, "end_turn"))
    ))

  it("tool input is joined and parsed once, thinking and signature are kept", () => {
    const content = [
      { type: "thinking", thinking: "Let me see. ".repeat(5), signature: "sig" },
      { type: "text", text: "Looking." },
      { type: "tool_use", id: "toolu_1", name: "a", input: { deep: [1, { ü: "ß" }], long: "x".repeat(100) } },
      { type: "tool_use", id: "toolu_2", name: "b", input: {} }
    ]
    return run([Reply.stream(Reply.message({ content }))], () =>
      Effect.map(collect, (message) => {
        assert.deepStrictEqual(message.content, content as never)
        assert.strictEqual(message.stop_reason, "tool_use")
      }))
  })

  it("D7 silence, silence after headers, a stalled stream and dripping pings all end within their bound", () =>
    run([
      Fault.silenceBeforeHeaders(Reply.stream(long)),
      Fault.silenceAfterEvents(0)(Reply.stream(long)),
      Fault.silenceAfterEvents(5)(Reply.stream(long)),
      Fault.dripPings(5, 20_000)(Reply.stream(long))
    ], ({ clock }) =>
      Effect.gen(function*() {
        const once = ClaudeClient.createMessage(params, { stream: true, maxAttempts: 1 })
        const bounds = [["headers", 60_000], ["idle", 60_000], ["idle", 60_000], ["idle", 320_000]] as const
        for (const [phase, bound] of bounds) {
          const start = clock.now
          const found = yield* reason(once)
          assert.deepInclude(found, { _tag: "TimedOut", phase })
          assert.isAtMost(clock.now - start, bound)
        }
      })))

  it("D7 the attempt's bound holds for the whole of it, the reading of its stream included", () => {
    const slow = Reply.stream(long, { deltaDelay: 25_000 })
    return run([slow, Fault.silenceBeforeHeaders(Reply.json(200, {}))], ({ clock }) =>
      Effect.gen(function*() {
        const streamed = yield* reason(ClaudeClient.createMessage(params, { stream: true, maxAttempts: 1 }))
        assert.deepInclude(streamed, { _tag: "TimedOut", phase: "attempt" })
        assert.strictEqual(clock.now, 60_000)
        const whole = yield* reason(ClaudeClient.createMessage(params, { maxAttempts: 1 }))
        assert.deepInclude(whole, { _tag: "TimedOut", phase: "attempt" })
        assert.strictEqual(clock.now, 120_000)
      }), { timeouts: { attempt: "1 minute" } })
  })

  it("the deadline holds inside an attempt, and names the last real reason", () =>
    run([Fault.internal(), Fault.silenceBeforeHeaders(Reply.json(200, {}))], ({ clock }) =>
      Effect.gen(function*() {
        const found = yield* reason(ClaudeClient.createMessage(params, { deadline: "30 seconds" }))
        assert.isTrue(found._tag === "DeadlineExceeded" && found.last?._tag === "ServerFailed")
        assert.strictEqual(clock.now, 30_000)
      })))
})

describe("limits and breaker in the client", () => {
  it("C9 a timed-out call keeps its place until its work has really ended", () => {
    let end = (): void => {}
    const deaf: typeof fetch = () =>
      new Promise((_, reject) => {
        end = () => reject(new TypeError("fetch failed"))
      })
    return run([], () =>
      Effect.gen(function*() {
        const state = Effect.map(ClaudeRateLimiter.ClaudeRateLimiter.use((limiter) => limiter.state), ([one]) =>
          one?.inFlight)
        assert.strictEqual((yield* reason(ClaudeClient.createMessage(params, { maxAttempts: 1 })))._tag, "TimedOut")
        assert.strictEqual(yield* state, 1)
        end()
        yield* Effect.sleep("1 second")
        assert.strictEqual(yield* state, 0)
      }), { fetch: deaf, timeouts: { headersJson: "5 seconds" } })
  })

  it("D1 529s open the circuit; D2 the waiting call spends no attempt on it and gets through after the break", () =>
    run([...times(10, Fault.overloaded()), hello], ({ clock, seen }) =>
      Effect.gen(function*() {
        for (let n = 0; n < 10; n++) yield* Effect.flip(ClaudeClient.createMessage(params, { maxAttempts: 1 }))
        const start = clock.now
        yield* ClaudeClient.createMessage(params, { maxAttempts: 1 })
        assert.isAtLeast(clock.now - start, 11_000)
        assert.strictEqual((yield* seen).length, 11)
      })))

  it("D2 a circuit that opens while a call waits in the queue gives its place back", () =>
    run([Fault.slowFirstByte(1000)(Fault.overloaded()), hello, hello], ({ seen }) =>
      Effect.gen(function*() {
        const first = yield* Effect.forkChild(Effect.flip(ClaudeClient.createMessage(params, { maxAttempts: 1 })), {
          startImmediately: true
        })
        const second = yield* Effect.forkChild(create, { startImmediately: true })
        yield* Fiber.join(first)
        yield* Fiber.join(second)
        yield* create
        assert.strictEqual((yield* seen).length, 3)
      }), { breaker: { minimumCalls: 1 }, limiter: { key: "queue", concurrency: 1 } }))

  it("D1 429s never open it", () =>
    run([...times(30, Fault.rateLimited("requests", 1)), hello], ({ seen }) =>
      Effect.gen(function*() {
        for (let n = 0; n < 30; n++) yield* Effect.flip(ClaudeClient.createMessage(params, { maxAttempts: 1 }))
        yield* create
        assert.strictEqual((yield* seen).length, 31)
        const states = ClaudeCircuitBreaker.ClaudeCircuitBreaker.use((b) => b.state(`claude.test ${params.model}`))
        assert.strictEqual(yield* states, "closed")
      })))
})

describe("layers", () => {
  const build = (options: ClaudeClient.Options) =>
    Effect.runPromiseExit(Effect.scoped(Layer.build(ClaudeClient.layerStandard(options))))

  it("a key that is empty or damaged fails when the layer is built, and is not shown", async () => {
    const bad = ["", "\"sk-ant-quoted\"", " sk-ant-blank", "sk-ant-\nline", "sk-ant-\u0007bell", "sk-ant-ünicode"]
    for (const apiKey of bad) {
      const exit = await build({ apiKey: Redacted.make(apiKey) })
      const error = Exit.isFailure(exit) ? Cause.squash(exit.cause) : undefined
      assert.instanceOf(error, ClaudeClient.InvalidKey)
      if (apiKey !== "") assert.notInclude(String(error), apiKey.trim())
    }
    assert.isTrue(Exit.isSuccess(await build({ apiKey: Redacted.make("gateway-key") })), "an unknown prefix only warns")
  })

  it("impossible settings fail the layer, all of them listed", async () => {
    const exit = await build({
      apiKey: Redacted.make(key),
      maxAttempts: 0,
      deadline: "1 minute",
      timeouts: { attempt: "2 minutes", idle: 0 }
    })
    const error = Exit.isFailure(exit) ? Cause.squash(exit.cause) : undefined
    assert.instanceOf(error, Resilience.ImpossiblePolicy)
    assert.strictEqual((error as Resilience.ImpossiblePolicy).problems.length, 3)
  })

  it("a forgotten limiter is a type error", () => {
    const forgotten = create.pipe(Effect.provide(ClaudeClient.layer()))
    type Missing = Effect.Services<typeof forgotten>
    type State =
      | ClaudeRateLimiter.ClaudeRateLimiter
      | ClaudeCircuitBreaker.ClaudeCircuitBreaker
      | RetryBudget.RetryBudget
    const required: [State] extends [Missing] ? true : false = true
    // @ts-expect-error nothing but these three is missing
    const nothing: [Missing] extends [never] ? true : false = true
    assert.deepStrictEqual([required, nothing], [true, true])
  })

  it("two clients with limiters of their own do not share them; the same key does", () =>
    Effect.runPromise(Effect.scoped(Effect.gen(function*() {
      const policies = (name: string) =>
        Layer.mergeAll(ClaudeRateLimiter.layer({ key: name }), ClaudeCircuitBreaker.layer(), RetryBudget.layer())
      const levels = (name: string) =>
        Effect.provide(
          Effect.gen(function*() {
            const limiter = yield* ClaudeRateLimiter.ClaudeRateLimiter
            yield* limiter.reserve({ model: "m", inputTokens: 1 })
            return (yield* limiter.state)[0]?.inFlight
          }),
          policies(name)
        )
      const program = Effect.gen(function*() {
        return [yield* levels("a"), yield* levels("b"), yield* levels("a")]
      })
      assert.deepStrictEqual(yield* Effect.provide(program, policies("outer")), [1, 1, 2])
    }))))

  it("counts tokens and lists models", () =>
    Effect.runPromise(Effect.scoped(Effect.gen(function*() {
      const server = yield* FaultServer.make(Routes.make())
      const client = ClaudeClient.layerStandard({ apiKey: Redacted.make(key), baseUrl: server.url })
      yield* Effect.provide(
        Effect.gen(function*() {
          const { model, messages } = params
          assert.isAbove((yield* ClaudeClient.countTokens({ model, messages })).input_tokens, 0)
          assert.strictEqual((yield* ClaudeClient.getModel("claude-opus-5-5")).id, "claude-opus-5-5")
          assert.isAbove((yield* ClaudeClient.listModels()).length, 10)
          assert.strictEqual((yield* reason(ClaudeClient.getModel("claude-none")))._tag, "NotFound")
        }),
        client
      )
    }))))
})

describe("requireComplete", () => {
  const stopping = (stopReason: string, stopDetails?: object) =>
    run(
      [Reply.json(200, Reply.message({ text: "so far", stopReason, stopDetails }))],
      () =>
        Effect.map(Effect.result(ClaudeClient.requireComplete(create)), (result) =>
          Result.isSuccess(result) ? result.success.stop_reason : result.failure.reason)
    )

  it("lets pass what is whole or says itself how it goes on", async () => {
    for (const stop of ["end_turn", "stop_sequence", "tool_use", "pause_turn"]) {
      assert.strictEqual(await stopping(stop), stop as never)
    }
  })

  it("names refusal, truncation and what is new, and carries the message", async () => {
    const refused = await stopping("refusal", { type: "refusal", category: "cyber", explanation: "No." })
    assert.deepInclude(refused, { _tag: "Refused", category: "cyber", explanation: "No.", isRetryable: false })
    assert.deepInclude(await stopping("max_tokens"), { _tag: "Truncated", limit: "maxTokens", outcome: "success" })
    assert.deepInclude(await stopping("model_context_window_exceeded"), { _tag: "Truncated", limit: "contextWindow" })
    const unknown = await stopping("tired")
    assert.deepInclude(unknown, { _tag: "UnknownStop", stopReason: "tired" })
    const answer = typeof unknown === "object" && unknown !== null && "answer" in unknown ? unknown.answer : undefined
    assert.include(JSON.stringify(answer), "so far")
  })
})

it("reasons narrow by catchReason", () =>
  run([Fault.creditBalance()], () =>
    Effect.map(
      create.pipe(
        Effect.as("answer"),
        Effect.catchReason("ClaudeError", "BillingBlocked", (blocked) => Effect.succeed(blocked.kind))
      ),
      (kind) => assert.strictEqual(kind, "creditBalance")
    )))

void ClaudeError
