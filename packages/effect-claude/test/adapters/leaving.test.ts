import Anthropic from "@anthropic-ai/sdk"
import { Fault, FaultServer, Reply, Script, VirtualClock } from "@effect-claude/fault-server"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Fiber, Layer, Scope } from "effect"
import { ClaudeMiddleware, Resilience, ResilientFetch } from "effect-claude"
import { params, thrownBy, tried, ways } from "./ways.ts"

const message = Reply.message("one two three four five six seven eight nine ten")
const ok: Script.Answer = (request) => Reply.forRequest(request, message)
const request = { ...params, stream: true as const }

describe.each(ways)("%s", (way) => {
  const aborted = (
    phase: string,
    answers: ReadonlyArray<Script.Answer>,
    after: number,
    requests: number,
    options: Parameters<typeof tried>[3] = {}
  ) =>
    it(`B6 the caller's signal ${phase}: the SDK's own abort, nothing is sent any more, nothing is held`, () =>
      tried(way, answers, async ({ clock, inFlight, limits, outcomes, sdk, sleep, times }) => {
        const controller = new AbortController()
        const call = thrownBy(sdk.messages.create(params, { signal: controller.signal }))
        await sleep(after)
        controller.abort()
        const thrown = await call
        assert.instanceOf(thrown, Anthropic.APIUserAbortError)
        assert.strictEqual(clock.now, after, "at once")
        await sleep(600_000)
        assert.strictEqual(times.length, requests)
        assert.notInclude(await outcomes(), "pending")
        assert.strictEqual(await inFlight(), 0)
        assert.isTrue((await limits()).every(({ queued }) => queued === 0))
      }, options))

  aborted("before the headers", [Fault.silenceBeforeHeaders(Reply.json(200, {}))], 1000, 1)
  aborted("inside a JSON body", [Fault.silenceAfterEvents(0)(Reply.json(200, message))], 1000, 1)
  aborted("while a retry is waited for", [Fault.rateLimited("requests", 100), ok], 1000, 1)
  aborted("while a stranger's answer is slow", [Fault.slowFirstByte(50_000)(Reply.json(200, message))], 1000, 1)

  it("B6 the caller's signal in the limiter's queue", () =>
    tried(way, Script.always(ok), async ({ inFlight, limits, sdk, sleep, times }) => {
      await sdk.messages.create(params)
      const controller = new AbortController()
      const call = thrownBy(sdk.messages.create(params, { signal: controller.signal }))
      await sleep(1000)
      assert.strictEqual((await limits())[0]?.queued, 1)
      controller.abort()
      assert.instanceOf(await call, Anthropic.APIUserAbortError)
      assert.strictEqual((await limits())[0]?.queued, 0)
      assert.deepStrictEqual([times.length, await inFlight()], [1, 0])
    }, { limiter: { limits: { "claude-sonnet-5-5": { requestsPerMinute: 1 } } } }))

  it("a signal that has fired already: nothing is sent", () =>
    tried(way, Script.always(ok), async ({ sdk, times }) => {
      const call = sdk.messages.create(params, { signal: AbortSignal.abort() })
      assert.instanceOf(await thrownBy(call), Anthropic.APIUserAbortError)
      assert.strictEqual(times.length, 0)
    }))

  it("B6 the caller's signal, and the stream's own, inside a stream", async () => {
    const slow = Reply.stream(message, { deltaDelay: 1000, deltaSize: 2 })
    await tried(way, [slow, slow, slow], async ({ inFlight, outcomes, sdk, sleep }) => {
      const controller = new AbortController()
      const first = await sdk.messages.create(request, { signal: controller.signal })
      const read = async () => {
        for await (const event of first) if (event.type === "message_stop") throw new Error("it went on")
      }
      const reading = read()
      await sleep(2500)
      controller.abort()
      await reading
      await sleep(1)
      assert.deepStrictEqual(await outcomes(), ["aborted"])
      assert.strictEqual(await inFlight(), 0)

      const second = await sdk.messages.create(request)
      const iterator = second[Symbol.asyncIterator]()
      await iterator.next()
      second.controller.abort()
      // What the SDK had decoded before is still given.
      for (let next = await iterator.next(); next.done !== true; next = await iterator.next()) {
        assert.notStrictEqual(next.value.type, "message_stop")
      }
      await sleep(1)
      assert.deepStrictEqual(await outcomes(), ["aborted", "aborted"])
      assert.strictEqual(await inFlight(), 0)

      const helper = sdk.messages.stream(params)
      helper.on("text", () => helper.abort())
      assert.instanceOf(await thrownBy(helper.finalMessage()), Anthropic.APIUserAbortError)
      await sleep(1)
      assert.deepStrictEqual(await outcomes(), ["aborted", "aborted", "aborted"])
      assert.strictEqual(await inFlight(), 0)
    })
  })

  it("D3 a probe that is aborted frees its place", () =>
    tried(
      way,
      Script.sequence([...Array.from({ length: 10 }, () => Fault.internal()), (received) =>
        Fault.silenceBeforeHeaders(Reply.forRequest(received, message))], ok),
      async ({ sdk, sleep, times }) => {
        for (let n = 0; n < 10; n++) {
          await thrownBy(sdk.messages.create(params))
        }
        await sleep(20_000)
        const controller = new AbortController()
        const probe = thrownBy(sdk.messages.create(params, { signal: controller.signal }))
        await sleep(1000)
        controller.abort()
        await probe
        assert.strictEqual((await sdk.messages.create(params)).type, "message")
        assert.strictEqual(times.length, 12)
      },
      { maxAttempts: 1, deadline: "5 seconds" }
    ))
})

it("the SDK's own timer ends an attempt of the middleware, not the call", () =>
  tried(
    "middleware",
    [Fault.silenceBeforeHeaders(Reply.stream(message)), ok],
    async ({ clock, inFlight, sdk, times }) => {
      const restore = clock.takeTimers()
      try {
        const stream = await sdk.messages.create(request, { timeout: 5000, maxRetries: 0 })
        const types: Array<string> = []
        for await (const event of stream) types.push(event.type)
        assert.strictEqual(types.at(-1), "message_stop")
        assert.strictEqual(times.length, 2)
        assert.isTrue(clock.now >= 5000 && clock.now < 10_000)
        assert.strictEqual(await inFlight(), 0)
      } finally {
        restore()
      }
    }
  ))

it("the SDK's own timer ends the whole call of the fetch, waits included", () =>
  tried("fetch", [Fault.rateLimited("requests", 100), ok], async ({ clock, inFlight, sdk, times }) => {
    const restore = clock.takeTimers()
    try {
      const thrown = await thrownBy(sdk.messages.create(params, { timeout: 5000, maxRetries: 0 }))
      assert.instanceOf(thrown, Anthropic.APIConnectionTimeoutError)
      assert.deepStrictEqual([clock.now, times.length, await inFlight()], [5000, 1, 0])
    } finally {
      restore()
    }
  }))

describe("ends", () => {
  const slow = Reply.stream(message, { deltaDelay: 1000, deltaSize: 2 })

  it("the layer's scope ends what runs and waits for it: calls, waits and streams", () => {
    const program = Effect.gen(function*() {
      const server = yield* FaultServer.inProcess(
        Script.sequence([slow, Fault.silenceBeforeHeaders(slow), Fault.rateLimited("requests", 60)])
      )
      const scope = yield* Scope.make()
      const context = yield* Layer.buildWithScope(ResilientFetch.layerStandard({ fetch: server.fetch }), scope)
      const { fetch } = yield* Effect.provide(ResilientFetch.ResilientFetch, context)
      const call = () =>
        fetch("http://claude.test/v1/messages", { method: "POST", body: JSON.stringify({ ...request, model: "a" }) })
      const response = yield* Effect.promise(call)
      const reading = yield* Effect.forkChild(Effect.promise(() => thrownBy(response.text())), {
        startImmediately: true
      })
      const silent = yield* Effect.forkChild(Effect.promise(() => thrownBy(call())), { startImmediately: true })
      const limited = yield* Effect.forkChild(Effect.promise(() => thrownBy(call())), { startImmediately: true })
      yield* Effect.sleep(2500)
      yield* Scope.close(scope, Exit.void)
      for (const fiber of [reading, silent, limited]) {
        const thrown = yield* Fiber.join(fiber)
        assert.deepInclude(thrown, { name: "AbortError" })
      }
      const outcomes = (yield* server.requests).map(({ outcome }) => outcome)
      assert.deepStrictEqual(outcomes, ["aborted", "aborted", "sent"])
      const after = yield* Effect.promise(call)
      assert.strictEqual(after.status, 503)
      assert.deepInclude(yield* Effect.promise(() => after.json()), { type: "error" })
      assert.strictEqual((yield* server.requests).length, 3)
    })
    return VirtualClock.make().run(program)
  })

  it("await using: disposal ends what runs, and a process has nothing left to wait for", () =>
    Effect.runPromise(Effect.scoped(Effect.gen(function*() {
      const server = yield* FaultServer.make(Script.always(Fault.silenceBeforeHeaders(slow)))
      for (const [index, way] of ways.entries()) {
        const call = yield* Effect.promise(async () => {
          await using fetch = ResilientFetch.make()
          await using middleware = ClaudeMiddleware.make()
          const options = { apiKey: "sk-ant-x", baseURL: server.url, maxRetries: 0 }
          const sdk = way === "fetch" ? new Anthropic({ ...options, fetch }) : new Anthropic({
            ...options,
            middleware: [middleware]
          })
          const running = thrownBy(sdk.messages.create(params))
          while ((await Effect.runPromise(server.requests)).length === index) {
            await new Promise((resolve) => setImmediate(resolve))
          }
          return { running }
        })
        assert.instanceOf(yield* Effect.promise(() => call.running), Anthropic.APIConnectionError)
      }
    }))))

  it("disposing ends also what ignores its signal, and may be asked for twice", async () => {
    const fetch = ResilientFetch.make({ fetch: () => new Promise(() => {}) })
    const call = thrownBy(fetch("http://claude.test/v1/messages", { method: "POST", body: JSON.stringify(params) }))
    await Promise.all([fetch[Symbol.asyncDispose](), fetch[Symbol.asyncDispose]()])
    assert.deepInclude(await call, { name: "AbortError" })
    await fetch[Symbol.asyncDispose]()
  })

  it("settings that cannot work are named at once", () => {
    const impossible = { maxAttempts: 0, deadline: "1 second", timeouts: { attempt: "1 minute" } } as const
    for (const make of [ResilientFetch.make, ClaudeMiddleware.make]) {
      assert.throws(() => make(impossible), /maxAttempts is 0[^]*timeouts.attempt/)
    }
    const built = Effect.flip(Effect.scoped(Layer.build(ResilientFetch.layerStandard(impossible))))
    assert.instanceOf(Effect.runSync(built), Resilience.ImpossiblePolicy)
  })
})
