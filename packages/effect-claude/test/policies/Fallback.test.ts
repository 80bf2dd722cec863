import { Fault, FaultServer, Reply, type Script, VirtualClock } from "@effect-claude/fault-server"
import { assert, describe, it } from "@effect/vitest"
import { Context, Duration, Effect, Layer, Redacted, Stream } from "effect"
import { ClaudeClient, ClaudeError, Fallback } from "effect-claude"
import { type Harness, params, reason, runHandler } from "../fixtures/harness.ts"

const first = params.model
const second = "claude-haiku-5-5"
const third = "claude-opus-5-5"

type Answers = { readonly [model: string]: Script.Answer }

const modelOf = (request: Reply.Received): string => String((request.json as { readonly model: unknown }).model)

/** Each model answers in its own way. */
const run = <A, E>(
  answers: Answers,
  fallback: Fallback.Fallback,
  program: (harness: Harness) => Effect.Effect<A, E, ClaudeClient.ClaudeClient>,
  options: ClaudeClient.Options = {}
) =>
  runHandler(
    (request) => {
      const answer = answers[modelOf(request)]
      const reply = typeof answer === "function" ? answer(request) : answer
      return Effect.succeed(reply ?? Reply.forRequest(request, Reply.message({ model: modelOf(request), text: "hi" })))
    },
    program,
    { maxAttempts: 1, fallback, ...options }
  )

const create = ClaudeClient.createMessage(params)
const asked = ({ seen }: Harness) => Effect.map(seen, (all) => all.map(({ request }) => modelOf(request)))

describe("Fallback", () => {
  it("D6 declared reasons lead down their chain, in order, each model once", () =>
    run(
      { [first]: Fault.overloaded(), [second]: Fault.overloaded() },
      { Overloaded: [second, first, second, third] },
      (harness) =>
        Effect.gen(function*() {
          assert.strictEqual((yield* create).model, third)
          assert.deepStrictEqual(yield* asked(harness), [first, second, third])
        })
    ))

  it("D6 reasons that are not declared, and every other 400, go nowhere", async () => {
    for (const reply of [Fault.internal(), Fault.invalidRequest(), Fault.billing(), Fault.unauthorized()]) {
      await run(
        { [first]: reply },
        { Overloaded: [second], ContextOverflow: [second], Refused: [second] },
        (harness) =>
          Effect.gen(function*() {
            yield* Effect.flip(create)
            assert.deepStrictEqual(yield* asked(harness), [first])
          })
      )
    }
    await run({ [first]: Fault.invalidRequest("prompt is too long: 9 tokens > 8 maximum") }, {
      ContextOverflow: [third]
    }, () => Effect.map(create, (message) => assert.strictEqual(message.model, third)))
  })

  it("D6 if all fail the first error counts, with the log of all", () =>
    run(
      { [first]: Fault.overloaded(), [second]: Fault.internal() },
      { Overloaded: [second] },
      () =>
        Effect.gen(function*() {
          const error = yield* Effect.flip(create)
          assert.strictEqual(error.reason._tag, "Overloaded")
          assert.deepStrictEqual(error.attempts.map((tried) => [tried.model, tried.reason]), [
            [first, "Overloaded"],
            [second, "ServerFailed"]
          ])
        })
    ))

  it("D6 a refusal walks its chain; if all refuse the last refusal is the answer", async () => {
    const refuses = (request: Reply.Received): Reply.Reply =>
      Reply.forRequest(request, Reply.message({ model: modelOf(request), text: "", stopReason: "refusal" }))
    await run(
      { [first]: refuses },
      { Refused: [second, third] },
      () => Effect.map(create, (message) => assert.strictEqual(message.model, second))
    )
    await run(
      { [first]: refuses, [second]: refuses, [third]: refuses },
      { Refused: [second, third] },
      () =>
        Effect.map(
          create,
          (message) => assert.deepStrictEqual([message.model, message.stop_reason], [third, "refusal"])
        )
    )
    await run(
      { [first]: refuses },
      { Overloaded: [second] },
      () => Effect.map(create, (message) => assert.strictEqual(message.model, first))
    )
  })

  it("D6 sticky within a session, and only there", () => {
    let down = true
    const answers: Answers = {
      [first]: (request) =>
        down ? Fault.overloaded() : Reply.forRequest(request, Reply.message({ model: first, text: "back" }))
    }
    return run(answers, { Overloaded: [second] }, () =>
      Effect.gen(function*() {
        const models = yield* Fallback.session(Effect.gen(function*() {
          const one = (yield* create).model
          down = false
          return [one, (yield* create).model]
        }))
        assert.deepStrictEqual(models, [second, second])
        assert.strictEqual((yield* create).model, first)
      }))
  })

  it("D6 thinking of another model is left out of the copy that is sent, never of the caller's history", () => {
    const messages: ClaudeClient.MessageParams["messages"] = [
      { role: "user", content: "a" },
      {
        role: "assistant",
        content: [{ type: "thinking", thinking: "hm", signature: "s" }, { type: "text", text: "b" }]
      },
      { role: "assistant", content: [{ type: "redacted_thinking", data: "x" }] },
      { role: "user", content: "c" }
    ]
    return run({ [first]: Fault.overloaded() }, { Overloaded: [second] }, ({ seen }) =>
      Effect.gen(function*() {
        yield* ClaudeClient.createMessage({ ...params, messages })
        const [own, other] = (yield* seen).map(({ request }) =>
          (request.json as { readonly messages: unknown }).messages
        )
        assert.deepStrictEqual(own, messages)
        assert.deepStrictEqual(other, [
          { role: "user", content: "a" },
          { role: "assistant", content: [{ type: "text", text: "b" }] },
          { role: "user", content: "c" }
        ])
        assert.lengthOf(messages, 4)
      }))
  })

  it("each hop gets what is left of the deadline", () => {
    const silent = Fault.silenceBeforeHeaders(Reply.json(200, {}))
    return run(
      { [first]: silent, [second]: silent, [third]: silent },
      { TimedOut: [second, third] },
      ({ clock, seen }) =>
        Effect.gen(function*() {
          assert.strictEqual((yield* reason(create))._tag, "TimedOut")
          assert.strictEqual(clock.now, 25_000)
          assert.lengthOf(yield* seen, 3)
        }),
      { deadline: "25 seconds", timeouts: { headersJson: "10 seconds" } }
    )
  })

  it("a stream falls back before its first event, never after", async () => {
    const events = Stream.runCollect(ClaudeClient.streamMessage(params))
    await run({ [first]: Fault.overloaded() }, { Overloaded: [second] }, (harness) =>
      Effect.gen(function*() {
        assert.strictEqual((yield* events).at(-1)?.type, "message_stop")
        assert.deepStrictEqual(yield* asked(harness), [first, second])
      }))
    const cut = Fault.cutAfterEvents(3)(Reply.stream(Reply.message("one two three four five")))
    await run({ [first]: cut }, { StreamInterrupted: [second] }, (harness) =>
      Effect.gen(function*() {
        const error = yield* Effect.flip(events)
        assert.isTrue(error.reason._tag === "StreamInterrupted" && error.reason.delivered)
        assert.deepStrictEqual(yield* asked(harness), [first])
      }))
  })

  it("D6 a hop may be another client, of another region or account, with its own name for the model", () => {
    const clock = VirtualClock.make()
    const answers = (host: string, replies: Answers) =>
      FaultServer.fetch((request) =>
        Effect.sync(() => {
          asked.push(`${host} ${modelOf(request)}`)
          const answer = replies[modelOf(request)]
          const reply = typeof answer === "function" ? answer(request) : answer
          return reply ?? Reply.forRequest(request, Reply.message({ model: modelOf(request), text: host }))
        })
      )
    const asked: Array<string> = []
    let down = false
    const layerOf = (options: ClaudeClient.Options) =>
      ClaudeClient.layerStandard({ apiKey: Redacted.make("sk-ant-test"), maxAttempts: 1, preflight: false, ...options })
    const textOf = (message: { readonly content: ReadonlyArray<object> }) =>
      Reflect.get(message.content[0] ?? {}, "text")
    return clock.run(Effect.scoped(Effect.gen(function*() {
      const [one, two] = [
        yield* answers("one", { [first]: Fault.overloaded(), [third]: Fault.overloaded() }),
        yield* answers("two", {
          [first]: (request) => down ? Fault.internal() : Reply.forRequest(request, Reply.message("two"))
        })
      ]
      const elsewhere = Context.get(
        yield* Layer.build(layerOf({ baseUrl: "http://two.test", fetch: two })),
        ClaudeClient.ClaudeClient
      )
      const fallback = Fallback.whenDown<string | ClaudeClient.Elsewhere>([
        { client: elsewhere },
        { client: elsewhere, model: "eu.claude-sonnet-5-5" }
      ])
      const context = yield* Layer.build(layerOf({ baseUrl: "http://one.test", fetch: one, fallback }))
      yield* Effect.gen(function*() {
        const message = yield* create
        assert.strictEqual(textOf(message), "two")
        assert.deepStrictEqual(asked.splice(0), [`one ${first}`, `two ${first}`])
        assert.deepStrictEqual(ClaudeClient.hops(message), [{ model: first, reason: "Overloaded" }])
        const events = yield* Stream.runCollect(ClaudeClient.streamMessage({ ...params, model: third }))
        assert.isTrue(JSON.stringify(events).includes("two"))
        asked.splice(0)
        // A conversation stays there.
        yield* Fallback.session(Effect.andThen(create, create))
        assert.deepStrictEqual(asked.splice(0), [`one ${first}`, `two ${first}`, `two ${first}`])
        // The same in a client that has no such hop: its sessions are its own.
        assert.strictEqual(textOf(yield* elsewhere.createMessage(params)), "two")
        asked.splice(0)
        down = true
        const other = yield* create
        assert.deepStrictEqual(asked, [`one ${first}`, `two ${first}`, "two eu.claude-sonnet-5-5"])
        assert.deepStrictEqual(ClaudeClient.hops(other).map(({ reason }) => reason), ["Overloaded", "ServerFailed"])
      }).pipe(Effect.provideContext(context))
    })))
  })

  it("D6 what refused and failed hops cost is kept: with the answer, and in the log of the error", async () => {
    const refuses = (request: Reply.Received): Reply.Reply =>
      Reply.forRequest(
        request,
        Reply.message({
          model: modelOf(request),
          text: "no",
          stopReason: "refusal",
          usage: { input_tokens: 30, output_tokens: 4 }
        })
      )
    const cost = { inputTokens: 30, cacheCreationTokens: 0, cacheReadTokens: 0, outputTokens: 4, estimated: false }
    await run({ [first]: refuses, [second]: refuses }, { Refused: [second, third] }, () =>
      Effect.gen(function*() {
        const message = yield* create
        assert.strictEqual(message.model, third)
        assert.deepStrictEqual(ClaudeClient.hops(message), [
          { model: first, reason: "Refused", usage: cost },
          { model: second, reason: "Refused", usage: cost }
        ])
        assert.deepStrictEqual(ClaudeClient.hops(yield* ClaudeClient.createMessage({ ...params, model: third })), [])
      }))
    await run({ [first]: refuses, [second]: refuses }, { Refused: [second] }, () =>
      Effect.gen(function*() {
        const message = yield* create
        assert.deepStrictEqual([message.model, ClaudeClient.hops(message).length], [second, 1])
      }))
    const cut = Fault.cutAfterEvents(4)(Reply.stream(Reply.message("one two three four five")))
    await run(
      { [first]: cut, [second]: Fault.overloaded() },
      { StreamInterrupted: [second] },
      () =>
        Effect.gen(function*() {
          const error = yield* Effect.flip(ClaudeClient.createMessage(params, { stream: true }))
          assert.strictEqual(error.reason._tag, "StreamInterrupted")
          const [broken, down] = error.attempts
          assert.isTrue(broken?.usage?.estimated === true && broken.usage.inputTokens > 0)
          assert.isUndefined(down?.usage)
        })
    )
  })

  it("D6 a session does not stay with a stream's hop that never answered", () => {
    let down = true
    const answers: Answers = {
      [first]: (request) => down ? Fault.overloaded() : Reply.forRequest(request, Reply.message("back")),
      [second]: Fault.overloaded()
    }
    return run(answers, { Overloaded: [second] }, (harness) =>
      Effect.gen(function*() {
        const events = Stream.runDrain(ClaudeClient.streamMessage(params))
        yield* Fallback.session(Effect.gen(function*() {
          const error = yield* Effect.flip(events)
          assert.deepStrictEqual(error.attempts.map(({ model }) => model), [first, second])
          down = false
          yield* events
        }))
        assert.deepStrictEqual(yield* asked(harness), [first, second, first])
      }))
  })

  it.effect("withFallback keeps the first error, and lets others pass", () =>
    Effect.gen(function*() {
      const down = new ClaudeError.ClaudeError({
        method: "x",
        reason: new ClaudeError.Overloaded({ message: "busy" }),
        attempts: []
      })
      const other = Fallback.withFallback({ on: ["Overloaded"], to: Effect.succeed("instead") })
      assert.strictEqual(yield* other(Effect.fail(down)), "instead")
      assert.strictEqual(yield* Effect.flip(other(Effect.fail("else"))), "else")
      const both = Fallback.withFallback(Effect.fail(down), { on: ["Overloaded"], to: Effect.fail(1) })
      assert.strictEqual(yield* Effect.flip(both), down)
      const slow = Fallback.withFallback(Effect.never, { on: ["Overloaded"], to: Effect.succeed("instead") })
      assert.strictEqual(
        yield* Effect.timeoutOption(slow, Duration.zero).pipe(Effect.map((option) => option._tag)),
        "None"
      )
    }))
})

describe("Fallback within the API", () => {
  const chain = { Refused: [first, second, third], Overloaded: [second] }
  const refusal = (request: Reply.Received) => Reply.forRequest(request, Reply.refusal({ model: modelOf(request) }))
  const bodyOf = (request: Reply.Received) => request.json as { readonly fallbacks?: unknown; readonly betas?: unknown }

  it("D6 the API is given the chain for refusals, and its beta; what it tried is not tried again here", () =>
    run({ [first]: refusal, [second]: refusal, [third]: refusal }, chain, (harness) =>
      Effect.gen(function*() {
        const message = yield* create
        assert.strictEqual(message.stop_reason, "refusal")
        const seen = yield* harness.seen
        assert.deepStrictEqual(seen.map(({ request }) => modelOf(request)), [first])
        assert.deepStrictEqual(bodyOf(seen[0]!.request).fallbacks, [{ model: second }, { model: third }])
        assert.isUndefined(bodyOf(seen[0]!.request).betas)
        assert.match(seen[0]!.request.headers["anthropic-beta"] ?? "", /server-side-fallback-2026-07-01/)
      }), { serverFallback: true }))

  it("D6 other reasons are walked here as before, and a stream carries the chain too", () =>
    run({ [first]: Fault.overloaded() }, chain, (harness) =>
      Effect.gen(function*() {
        assert.strictEqual((yield* create).model, second)
        yield* Stream.runDrain(ClaudeClient.streamMessage(params))
        const seen = yield* harness.seen
        assert.deepStrictEqual(seen.map(({ request }) => modelOf(request)), [first, second, first, second])
        for (const { request } of seen) assert.isArray(bodyOf(request).fallbacks)
      }), { serverFallback: true }))

  it("D6 a session stays with the model that the API went to", () => {
    const elsewhere = Reply.message({ model: third, text: "I can." })
    const usage = { ...elsewhere.usage, iterations: [{ type: "fallback_message", output_tokens: 3 }] }
    return run(
      { [first]: (request) => Reply.forRequest(request, { ...elsewhere, usage }) },
      chain,
      (harness) =>
        Effect.gen(function*() {
          yield* Fallback.session(Effect.andThen(create, create))
          assert.deepStrictEqual(yield* asked(harness), [first, third])
        }),
      { serverFallback: true }
    )
  })

  it("off unless asked for, and never over what the caller says himself", async () => {
    await run({}, chain, (harness) =>
      Effect.gen(function*() {
        yield* create
        assert.isUndefined(bodyOf((yield* harness.seen)[0]!.request).fallbacks)
      }))
    const own = { ...params, fallbacks: "default", betas: ["server-side-fallback-2026-07-01"] }
    await run({}, chain, (harness) =>
      Effect.gen(function*() {
        yield* ClaudeClient.createMessage(own)
        assert.strictEqual(bodyOf((yield* harness.seen)[0]!.request).fallbacks, "default")
      }), { serverFallback: true })
  })
})
