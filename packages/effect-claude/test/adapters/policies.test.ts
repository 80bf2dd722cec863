import Anthropic, { type Middleware } from "@anthropic-ai/sdk"
import { Fault, Organization, Reply, Script } from "@effect-claude/fault-server"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { Chaos, type ClaudeError, ClaudeMiddleware, ResilientFetch } from "effect-claude"
import { params, thrownBy, tried, ways } from "./ways.ts"

const message = Reply.message("one two three four five six seven eight nine ten")
const ok: Script.Answer = (request) => Reply.forRequest(request, message)
const repeat = <A>(count: number, value: A): ReadonlyArray<A> => Array.from({ length: count }, () => value)

/** The SDK's error as data. */
const shown = (thrown: unknown) => {
  if (!(thrown instanceof Anthropic.APIError)) throw thrown
  return {
    name: thrown.constructor.name,
    status: thrown.status,
    type: thrown.type,
    code: thrown.errorCode,
    details: thrown.details as { readonly attempts?: ReadonlyArray<ClaudeError.Attempt> } | undefined,
    headers: thrown.headers,
    message: thrown.message,
    requestId: thrown.requestID
  }
}

describe.each(ways)("%s", (way) => {
  it("survives a reset, an overload and a limit, and waits as long as the server says", () =>
    tried(way, [
      Fault.resetBeforeHeaders(Reply.json(200, {})),
      Fault.overloaded(),
      Fault.rateLimited("requests", 171),
      ok
    ], async ({ inFlight, sdk, times }) => {
      const answer = await sdk.messages.create(params)
      assert.strictEqual(answer.type, "message")
      assert.strictEqual(times.length, 4)
      assert.isTrue(times[3]! - times[2]! >= 171_000)
      assert.strictEqual(await inFlight(), 0)
    }))

  it("an episode of overload: as many requests as attempts, then the API's own answer, and the SDK adds none", () =>
    tried(way, Script.always(Fault.overloaded()), async ({ sdk, times }) => {
      const error = shown(await thrownBy(sdk.messages.create(params)))
      assert.deepInclude(error, { name: "OverloadedError", status: 529, type: "overloaded_error" })
      assert.strictEqual(error.headers?.get("x-should-retry"), "false")
      assert.match(error.requestId ?? "", /^req_/)
      assert.notInclude(error.message, "attempts", "the body is the API's own")
      assert.strictEqual(times.length, 6)
    }))

  it("B1 the status and hints of a failure count, even if its body breaks off", () =>
    tried(way, [Fault.resetAfterBytes(10)(Fault.rateLimited("requests", 171)), ok], async ({ clock, sdk, times }) => {
      assert.strictEqual((await sdk.messages.create(params)).type, "message")
      assert.isTrue(clock.now >= 171_000)
      assert.strictEqual(times.length, 2)
    }))

  it("C4 limits are learned from the headers of failures too", () =>
    tried(way, [Fault.rateLimited("requests", 1), ok], async ({ limits, sdk }) => {
      await sdk.messages.create(params)
      assert.strictEqual((await limits())[0]?.limits.requests, 50)
    }))

  it("A1 money that is gone is not asked for again", () =>
    tried(way, Script.always(Fault.enforcedSpendLimit()), async ({ sdk, times }) => {
      const error = shown(await thrownBy(sdk.messages.create(params)))
      assert.deepInclude(error, { name: "EnforcedSpendLimitReachedError", status: 429 })
      assert.strictEqual(times.length, 1)
    }))

  it("A7 no connection: a response of ours with our tag and every try", () =>
    tried(way, Script.always(Fault.resetBeforeHeaders(Reply.json(200, {}))), async ({ sdk, times }) => {
      const error = shown(await thrownBy(sdk.messages.create(params)))
      assert.deepInclude(error, { status: 502, type: "api_error", code: "ConnectionFailed", requestId: null })
      assert.deepStrictEqual(error.details?.attempts?.map(({ reason }) => reason), repeat(6, "ConnectionFailed"))
      assert.strictEqual(error.details?.attempts?.at(-1)?.refused, "attempts")
      assert.strictEqual(times.length, 6)
    }))

  it("A7 the request id of the last answer there was, where the last try had none", () =>
    tried(way, [Fault.overloaded(), ...repeat(5, Fault.resetBeforeHeaders(Reply.json(200, {})))], async ({ sdk }) => {
      const error = shown(await thrownBy(sdk.messages.create(params)))
      assert.deepInclude(error, { status: 502, code: "ConnectionFailed" })
      assert.match(error.requestId ?? "", /^req_/)
    }))

  it("B1 a server's wait beyond the deadline ends the call now, with the server's own answer", () =>
    tried(way, Script.always(Fault.rateLimited("requests", 171)), async ({ clock, sdk, times }) => {
      const error = shown(await thrownBy(sdk.messages.create(params)))
      assert.deepInclude(error, { name: "RateLimitError", status: 429 })
      assert.strictEqual(error.headers?.get("retry-after"), "171")
      assert.deepStrictEqual([times.length, clock.now], [1, 0])
    }, { deadline: "60 seconds" }))

  it("the deadline passes in silence: 504 with our tag", () =>
    tried(way, Script.always(Fault.silenceBeforeHeaders(Reply.json(200, {}))), async ({ clock, inFlight, sdk }) => {
      const error = shown(await thrownBy(sdk.messages.create(params)))
      assert.deepInclude(error, { name: "GatewayTimeoutError", status: 504, code: "DeadlineExceeded" })
      assert.strictEqual(clock.now, 60_000)
      assert.strictEqual(await inFlight(), 0)
    }, { deadline: "60 seconds" }))

  it("no headers within the bound: tried again, then 504 with our tag and the tries", () =>
    tried(way, Script.always(Fault.silenceBeforeHeaders(Reply.json(200, {}))), async ({ sdk, times }) => {
      const error = shown(await thrownBy(sdk.messages.create(params)))
      assert.deepInclude(error, { status: 504, type: "timeout_error", code: "TimedOut" })
      assert.strictEqual(times.length, 2)
    }, { maxAttempts: 2, timeouts: { headersJson: "30 seconds" } }))

  it("D2 the open circuit answers by itself, with the time it stays open", () =>
    tried(way, Script.always(Fault.internal()), async ({ sdk, times }) => {
      for (let n = 0; n < 10; n++) await thrownBy(sdk.messages.create(params))
      assert.strictEqual(times.length, 10)
      const error = shown(await thrownBy(sdk.messages.create(params)))
      assert.deepInclude(error, { name: "ServiceUnavailableError", status: 503, code: "CircuitOpen" })
      assert.isTrue(Number(error.headers?.get("retry-after")) > 5)
      assert.strictEqual(times.length, 10)
    }, { maxAttempts: 1, deadline: "5 seconds", timeouts: { attempt: "4 seconds" } }))

  it("C5 the limiter's refusals are answers with our tag: the deadline, and what is larger than the limit", () =>
    tried(way, Script.always(ok), async ({ sdk, times }) => {
      await sdk.messages.create(params)
      const late = shown(await thrownBy(sdk.messages.create(params)))
      assert.deepInclude(late, { name: "RateLimitError", status: 429, code: "LimiterRejected" })
      assert.isTrue(Number(late.headers?.get("retry-after")) >= 60)
      const huge = [{ role: "user" as const, content: "x".repeat(1_000_000) }]
      const large = shown(await thrownBy(sdk.messages.create({ ...params, messages: huge })))
      assert.deepInclude(large, { status: 413, code: "RequestExceedsLimit" })
      // What may be in the cache may cost nothing.
      const cached = { ...params, messages: huge, cache_control: { type: "ephemeral" as const } }
      assert.deepInclude(shown(await thrownBy(sdk.messages.create(cached))), { code: "LimiterRejected" })
      assert.strictEqual(times.length, 1)
    }, {
      deadline: "30 seconds",
      limiter: { limits: { "claude-sonnet-5-5": { requestsPerMinute: 1, inputTokensPerMinute: 1000 } } }
    }))

  it("B9 a thread that goes on is sent once", () =>
    tried(way, Script.always(Fault.overloaded()), async ({ sdk, times }) => {
      const thread = { thread: { type: "continue", previous_message_id: "msg_1" } }
      await thrownBy(sdk.messages.create({ ...params, ...thread }))
      assert.strictEqual(times.length, 1)
    }))

  it("A3 a 200 that is no message is tried once more, and never a success", () =>
    Promise.all([Fault.okHtml(), Fault.okEmpty(), Fault.okBroken()].flatMap((reply) => [
      tried(way, [reply, ok], async ({ sdk, times }) => {
        assert.strictEqual((await sdk.messages.create(params)).type, "message")
        assert.strictEqual(times.length, 2)
      }),
      tried(way, Script.always(reply), async ({ sdk, times }) => {
        const error = shown(await thrownBy(sdk.messages.create(params)))
        assert.deepInclude(error, { status: 502, code: "MalformedResponse" })
        assert.strictEqual(times.length, 2)
      }),
      tried(way, [reply, ok], async ({ sdk, times }) => {
        const stream = await sdk.messages.create({ ...params, stream: true })
        const types: Array<string> = []
        for await (const event of stream) types.push(event.type)
        assert.strictEqual(types.at(-1), "message_stop")
        assert.strictEqual(times.length, 2)
      })
    ])))

  it("A3 a message where events were asked for is no answer", () =>
    tried(way, [Reply.json(200, message), Reply.stream(message)], async ({ sdk, times }) => {
      const stream = await sdk.messages.create({ ...params, stream: true })
      const types: Array<string> = []
      for await (const event of stream) types.push(event.type)
      assert.strictEqual(types.at(-1), "message_stop")
      assert.strictEqual(times.length, 2)
    }))

  it("A3 a 200 with an error in it is that error", () =>
    tried(way, Script.always(Fault.okWithError("overloaded_error", "Overloaded")), async ({ sdk, times }) => {
      const error = shown(await thrownBy(sdk.messages.create(params)))
      assert.deepInclude(error, { name: "OverloadedError", status: 529, code: "Overloaded", type: "overloaded_error" })
      assert.strictEqual(times.length, 6)
    }))

  it("a body that breaks off, or stands still, is tried again", async () => {
    const whole = Reply.json(200, { ...message, padding: "x".repeat(1000) })
    const cuts = [Fault.resetAfterBytes(100), Fault.silenceAfterEvents(0)]
    for (const cut of cuts) {
      await tried(way, [cut(whole), ok], async ({ inFlight, sdk, times }) => {
        assert.strictEqual((await sdk.messages.create(params)).type, "message")
        assert.strictEqual(times.length, 2)
        assert.strictEqual(await inFlight(), 0)
      })
    }
  })

  it("counting has limits of its own and is tried again", () =>
    tried(way, [Fault.overloaded(), Reply.json(200, { input_tokens: 7 })], async ({ limits, sdk, times }) => {
      const { max_tokens: _, ...counted } = params
      assert.strictEqual((await sdk.messages.countTokens(counted)).input_tokens, 7)
      assert.strictEqual(times.length, 2)
      assert.deepStrictEqual((await limits()).map(({ name }) => name), ["countTokens"])
    }))

  it("C2 what was used is what is charged, for JSON and for a stream, settled at its end", () =>
    tried(
      way,
      Script.always((request) =>
        Reply.forRequest(request, Reply.message({ text: "word", usage: { input_tokens: 3000, output_tokens: 500 } }))
      ),
      async ({ clock, inFlight, limits, sdk }) => {
        const left = async () => (await limits()).map(({ inputTokens, outputTokens }) => [inputTokens, outputTokens])
        await sdk.messages.create(params)
        assert.deepStrictEqual(await left(), [[97_000, 9500]])
        const stream = await sdk.messages.create({ ...params, stream: true })
        assert.strictEqual(await inFlight(), 1)
        for await (const _ of stream);
        assert.strictEqual(await inFlight(), 0)
        const minutes = clock.now / 60_000
        const full = [Math.min(100_000, 97_000 + 100_000 * minutes), Math.min(10_000, 9500 + 10_000 * minutes)]
        assert.deepStrictEqual(await left(), [[full[0]! - 3000, full[1]! - 500]])
      },
      {
        limiter: { limits: { "claude-sonnet-5-5": { inputTokensPerMinute: 100_000, outputTokensPerMinute: 10_000 } } }
      }
    ))

  it("D4 a slow one gets a second request, and the first is given up", () => {
    let slow = false
    const handler: Reply.Handler = (request) =>
      Effect.sync(() => {
        const reply = Reply.forRequest(request, message, { firstByte: slow ? 50_000 : 100 })
        slow = false
        return reply
      })
    return tried(way, handler, async ({ clock, inFlight, outcomes, sdk, times }) => {
      for (let n = 0; n < 20; n++) await sdk.messages.create(params)
      slow = true
      const answer = await sdk.messages.create({ ...params, stream: true })
      const types: Array<string> = []
      for await (const event of answer) types.push(event.type)
      assert.strictEqual(types.at(-1), "message_stop")
      slow = true
      const before = clock.now
      await sdk.messages.create(params)
      assert.isTrue(clock.now - before < 5000)
      assert.strictEqual(times.length, 23)
      assert.isTrue((await outcomes()).includes("aborted"))
      assert.strictEqual(await inFlight(), 0)
    }, { hedge: true })
  })

  it("chaos beneath it is survived", () =>
    tried(
      way,
      Script.always(ok),
      async ({ clock, sdk, times }) => {
        for (let n = 0; n < 50; n++) await sdk.messages.create(params)
        assert.isTrue(times.length === 50, "what befalls never gets there")
        assert.isTrue(clock.now > 20_000)
      },
      { maxAttempts: 20, deadline: "Infinity", budget: { cap: 1000 } },
      Chaos.layer({
        rate: 0.3,
        faults: ["overloaded", "rateLimited", "serverFailed", "reset"],
        latency: { rate: 0.5, wait: "1 second" }
      })
    ))

  it("C10 many at once against an organization's limit and an episode of overload: all answered, none refused", {
    timeout: 60_000
  }, () => {
    const organization = Organization.make({
      limits: { requestsPerMinute: 50, inputTokensPerMinute: 50_000, outputTokensPerMinute: 10_000 },
      output: () => 20
    })
    let stats: Effect.Effect<Organization.Stats> | undefined
    const handler = Effect.map(organization, (made) => {
      stats = made.stats
      return made.handler
    })
    return tried(way, handler, async ({ clock, inFlight, sdk }) => {
      const answers = await Promise.all(
        repeat(200, params).map((each, n) =>
          n % 2 === 0 ? sdk.messages.create(each) : sdk.messages.stream(each).finalMessage()
        )
      )
      assert.isTrue(answers.every(({ stop_reason }) => stop_reason === "end_turn"))
      const { accepted, limited } = await Effect.runPromise(stats!)
      assert.deepStrictEqual({ accepted, limited }, { accepted: 200, limited: 0 })
      assert.isTrue(clock.now < 1.05 * 180_000 + 5000)
      assert.strictEqual(await inFlight(), 0)
    }, { limiter: { limits: { "claude-sonnet-5-5": { requestsPerMinute: 50, outputTokensPerMinute: 10_000 } } } })
  })
})

it("each attempt begins with the headers as they were, whatever a middleware within does to them", async () => {
  const seen: Array<string | null> = []
  const inner: typeof globalThis.fetch = (_, init) => {
    seen.push(new Headers(init?.headers).get("x-added"))
    return Promise.resolve(
      seen.length === 1
        ? new Response("", { status: 529, headers: { "retry-after-ms": "1" } })
        : Response.json({ ...message })
    )
  }
  await using middleware = ClaudeMiddleware.make()
  const adding: Middleware = (request, next) => {
    request.headers.append("x-added", "1")
    return next(request)
  }
  const sdk = new Anthropic({
    apiKey: "sk-ant-x",
    baseURL: "http://claude.test",
    fetch: inner,
    middleware: [middleware, adding]
  })
  await sdk.messages.create(params)
  assert.deepStrictEqual(seen, ["1", "1"])
})

it("B8 one adapter within the other: the outer tries nothing again that the inner gave up", async () => {
  let sent = 0
  const overloaded = { type: "error", error: { type: "overloaded_error", message: "Overloaded" } }
  const inner = () => {
    sent++
    return Promise.resolve(Response.json(overloaded, { status: 529, headers: { "retry-after-ms": "1" } }))
  }
  await using fetch = ResilientFetch.make({ fetch: inner })
  await using middleware = ClaudeMiddleware.make()
  const sdk = new Anthropic({ apiKey: "sk-ant-x", baseURL: "http://claude.test", fetch, middleware: [middleware] })
  assert.deepInclude(shown(await thrownBy(sdk.messages.create(params))), { status: 529 })
  assert.strictEqual(sent, 6)
})

describe("secrets", () => {
  it("A9 no credential of a request is in the answer of a call that failed", async () => {
    const credentials = {
      "x-api-key": "gateway-key-0123456789",
      authorization: "Bearer gateway-token-0123456789",
      "x-amz-security-token": "session-0123456789"
    }
    const leaked = Object.values(credentials).join(" ")
    const inner = () =>
      Promise.reject(
        new TypeError("fetch failed", {
          cause: new Error(`no route for ${leaked}`, {
            cause: Object.assign(new Error(leaked), { code: "ECONNREFUSED" })
          })
        })
      )
    await using fetch = ResilientFetch.make({ fetch: inner, maxAttempts: 1 })
    const response = await fetch("http://claude.test/v1/messages", {
      method: "POST",
      headers: credentials,
      body: JSON.stringify(params)
    })
    const body = await response.text()
    assert.strictEqual(response.status, 502)
    assert.include(body, "redacted")
    assert.notMatch(body, /0123456789/)
  })
})
