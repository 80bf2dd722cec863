import { Fault, Reply } from "@effect-claude/fault-server"
import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, Fiber, Stream } from "effect"
import { ClaudeClient, type ClaudeError, MessageStream } from "effect-claude"
import { asked, end, kinds, prose, rest, told, withStart } from "../fixtures/answers.ts"
import { params } from "../fixtures/harness.ts"
import { lean } from "../fixtures/lean.ts"

const small = { deltaSize: 16 }
const text = (value: string) => ({ type: "text", text: value, citations: null })
const stream = (message: Reply.Message) => Reply.stream(message, small)
const older = { ...params, model: "claude-haiku-4-5" }

/** The answers in order of arrival. */
const inOrder = (...answers: ReadonlyArray<Reply.Reply | ((request: Reply.Received) => Reply.Reply)>) => {
  let next = 0
  return (request: Reply.Received): Reply.Reply => {
    const answer = answers[next++]
    if (answer === undefined) throw new Error(`no answer for request ${next}`)
    return typeof answer === "function" ? answer(request) : answer
  }
}
const exactly = (whole: Reply.Message) => (request: Reply.Received) => stream(rest(whole, request))
const whole = Reply.message(prose)
const cut = Fault.cutAfterEvents(5)(stream(whole))
/** Two deltas of sixteen code points. */
const heard = Array.from(prose).slice(0, 32).join("")

const body = (request: Reply.Received | undefined): Record<string, unknown> => request?.json as Record<string, unknown>

describe("the request that asks for the rest", () => {
  it("E2 from 4.6 on it is a user turn that quotes the end of what came, on older models a prefill", () =>
    lean(({ answer, seen }) =>
      Effect.gen(function*() {
        answer(inOrder(cut, exactly(whole), cut, exactly(whole)))
        yield* ClaudeClient.createMessage(params, { continuations: 1 })
        const [, asks] = yield* seen
        assert.deepStrictEqual(body(asks?.request)["messages"], [
          ...params.messages,
          { role: "assistant", content: [text(heard)] },
          { role: "user", content: asked(asks!.request) }
        ])
        assert.include(asked(asks!.request), `<end>${heard}</end>`)
        yield* ClaudeClient.createMessage(older, { continuations: 1 })
        const [, prefills] = yield* seen
        assert.deepStrictEqual(body(prefills?.request)["messages"], [
          ...params.messages,
          { role: "assistant", content: [text(heard.trimEnd())] }
        ])
      })
    ))

  it("E2 which models take a prefill", () => {
    const yes = [
      "claude-haiku-4-5",
      "claude-sonnet-4-5-20250929",
      "claude-opus-4-1",
      "claude-sonnet-4-20250514",
      "claude-3-5-haiku-latest",
      "us.anthropic.claude-sonnet-4-5-20250929-v1:0",
      "claude-opus-4-5@20251101"
    ]
    const no = [
      "claude-opus-4-6",
      "claude-sonnet-4-6",
      "claude-opus-4-8",
      "claude-sonnet-5",
      "claude-haiku-5-5",
      "other"
    ]
    return lean(({ answer, seen }) =>
      Effect.forEach([...yes, ...no], (model) =>
        Effect.gen(function*() {
          answer(inOrder(cut, exactly(whole)))
          yield* ClaudeClient.createMessage({ ...params, model }, { continuations: 1 })
          assert.strictEqual(asked((yield* seen)[1]!.request) === "", yes.includes(model), model)
        }))
    )
  })

  it("E2 a prefill has no white space at its end, and what was trimmed is there once whatever the model does", () => {
    const broken = Reply.message("One line.\n\nAnother line.")
    const at = "One line.\n\n"
    const goes = (start: string) => () => stream(Reply.message(start))
    return lean(({ answer, seen }) =>
      Effect.forEach(["\n\nAnother line.", "Another line."], (start) =>
        Effect.gen(function*() {
          const first = Reply.stream({ ...broken, content: [text(at + "x".repeat(20))] }, { deltaSize: at.length })
          answer(inOrder(Fault.cutAfterEvents(4)(first), goes(start)))
          const message = yield* ClaudeClient.createMessage(older, { continuations: 1 })
          assert.deepInclude(message.content[0], { text: "One line.\n\nAnother line." })
          assert.deepStrictEqual(told((yield* seen)[1]!.request), [text("One line.")])
        }))
    )
  })

  it("asks for no more than is left of max_tokens", () =>
    lean(({ answer, seen }) =>
      Effect.gen(function*() {
        answer(inOrder(cut, exactly(whole)))
        yield* ClaudeClient.createMessage(params, { continuations: 1 })
        const [, second] = yield* seen
        assert.strictEqual(body(second?.request)["max_tokens"], 100 - Math.ceil(heard.length / 4))
      })
    ))

  it("E3 no thinking goes back, and no server tool without its result", () => {
    const content = [
      ...kinds["thinking and text"]!.content.slice(0, 1),
      text("Searching."),
      { type: "server_tool_use", id: "srvtoolu_1", name: "web_search", input: { query: "fox" } },
      { type: "web_search_tool_result", tool_use_id: "srvtoolu_1", content: [] },
      { type: "server_tool_use", id: "srvtoolu_2", name: "web_search", input: { query: "dog" } }
    ]
    const reply = Reply.stream(Reply.message({ content }), { deltaSize: 1000 })
    return lean(({ answer, seen }) =>
      Effect.gen(function*() {
        answer(inOrder(Fault.withoutMessageStop({ ...reply, body: Array.from(reply.body).slice(0, -2) }), () =>
          stream(Reply.message("Done."))))
        const message = yield* ClaudeClient.createMessage(params, { continuations: 1 })
        assert.deepStrictEqual(told((yield* seen)[1]!.request), content.slice(1, 4))
        assert.deepStrictEqual(message.content as never, [...content.slice(1, 4), text("Done.")])
        const [seam] = MessageStream.continuations(message)
        assert.deepStrictEqual(seam?.dropped.map(({ index, block }) => [index, block]), [
          [0, content[0]],
          [4, content[4]]
        ] as never)
      })
    )
  })
})

describe("the seam", () => {
  it("E2 is marked in the message and among the events: why, where, how much was repeated, what was used", () =>
    lean(({ answer }) =>
      Effect.gen(function*() {
        const repeats = (request: Reply.Received) =>
          stream(withStart(rest(whole, request), (start) => end(request).slice(-20) + start))
        const expected = {
          reason: "StreamInterrupted",
          index: 0,
          offset: heard.length,
          overlap: 20,
          dropped: [],
          usage: { inputTokens: 10, cacheCreationTokens: 0, cacheReadTokens: 0, outputTokens: 9, estimated: true }
        }
        answer(inOrder(cut, repeats, cut, repeats))
        const message = yield* ClaudeClient.createMessage(params, { continuations: 1 })
        assert.deepStrictEqual(MessageStream.continuations(message), [expected])
        assert.deepInclude(JSON.parse(JSON.stringify(message)), { continuations: [expected] })
        assert.strictEqual(message.usage.input_tokens, 20)
        assert.strictEqual(message.usage.output_tokens, 9 + 12)
        const events = yield* Stream.runCollect(ClaudeClient.streamMessage(params, { continuations: 1 }))
        const at = events.findIndex((event) => MessageStream.continuationOf(event) !== undefined)
        assert.deepStrictEqual(MessageStream.continuationOf(events[at]!), expected)
        const before = yield* MessageStream.text(Stream.fromIterable(events.slice(0, at))).pipe(Stream.mkString)
        assert.strictEqual(before, heard)
        const all = yield* MessageStream.text(Stream.fromIterable(events)).pipe(Stream.mkString)
        assert.strictEqual(all, prose)
        const indices = events.flatMap((event) => "index" in event ? [event.index] : [])
        assert.isTrue(indices.every((index) => index === 0))
      })
    ))

  it("E2 sixteen repeated characters are a repetition, fifteen are chance", () =>
    lean(({ answer }) =>
      Effect.forEach([[15, 15], [16, 0], [32, 0]] as const, ([characters, doubled]) =>
        Effect.gen(function*() {
          answer(inOrder(cut, (request) =>
            stream(withStart(rest(whole, request), (start) =>
              end(request).slice(-characters) + start))))
          const message = yield* ClaudeClient.createMessage(params, { continuations: 1 })
          assert.deepInclude(message.content[0], {
            text: heard + heard.slice(heard.length - doubled) + prose.slice(heard.length)
          })
        }))
    ))

  it("E2 the longest repetition is cut, however often it occurs before: 300 texts of two letters", () => {
    let seed = 5
    const next = (below: number): number => {
      seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0
      return Math.floor(seed / 2 ** 32 * below)
    }
    const letters = (length: number) => Array.from({ length }, () => "ab"[next(2)]).join("")
    return lean(({ answer }) =>
      Effect.forEach(Array.from({ length: 300 }, (_, n) => n), (n) =>
        Effect.gen(function*() {
          const period = letters(1 + next(6))
          const before = letters(next(20)) + period.repeat(1 + next(20)) + "ab"[n % 2]
          const tail = before.slice(-next(before.length) - 1)
          const after = n % 3 === 0 ? tail : tail + letters(next(10))
          const longest = Array.from({ length: after.length + 1 }, (_, k) => after.length - k)
            .find((k) => k >= 16 && before.endsWith(after.slice(0, k))) ?? 0
          const deltaSize = 1 + next(30)
          const reply = Reply.stream(Reply.message(before), { deltaSize })
          answer(inOrder(
            Fault.withoutMessageStop({ ...reply, body: Array.from(reply.body).slice(0, -3) }),
            () => Reply.stream(Reply.message(after), { deltaSize })
          ))
          const message = yield* ClaudeClient.createMessage(params, { continuations: 1 })
          assert.deepInclude(message.content[0], { text: before + after.slice(longest) }, `${before} | ${after}`)
        }))
    )
  })

  it("E2 where nothing was missing, or only what was there comes again, no block is left open and none is empty", () => {
    const list = Array.from(stream(whole).body)
    const nothing = stream(Reply.message({ content: [] }))
    const repetition = stream(Reply.message(prose))
    return lean(({ answer }) =>
      Effect.forEach(
        [[3, nothing], [3, repetition], [2, nothing], [2, repetition]] as const,
        ([missing, more]) =>
          Effect.gen(function*() {
            answer(inOrder({ ...stream(whole), body: list.slice(0, -missing) }, more))
            const events = yield* Stream.runCollect(ClaudeClient.streamMessage(params, { continuations: 1 }))
            const types = events.map((event) => event.type as string).filter((type) => type !== "content_block_delta")
            const mark = "effect_claude_continuation"
            assert.deepStrictEqual(types, [
              "message_start",
              "content_block_start",
              ...(missing === 3 ? [mark, "content_block_stop"] : ["content_block_stop", mark]),
              "message_delta",
              "message_stop"
            ])
            const message = yield* MessageStream.message(Stream.fromIterable(events))
            assert.deepStrictEqual(message.content as never, [text(prose)])
          })
      )
    )
  })

  it("E2 a repetition of a million characters is found in linear time", () =>
    lean(({ answer }) =>
      Effect.gen(function*() {
        const periods = Array.from({ length: 40_000 }, (_, n) => `line ${n % 7} of ${n}\n`).join("")
        const long = Reply.message(periods)
        const reply = Reply.stream(long, { deltaSize: 5000 })
        answer(inOrder(
          Fault.withoutMessageStop({ ...reply, body: Array.from(reply.body).slice(0, -3) }),
          () => Reply.stream(Reply.message(periods + "The end."), { deltaSize: 5000 })
        ))
        const start = process.cpuUsage()
        const message = yield* ClaudeClient.createMessage(params, { continuations: 1 })
        assert.isBelow(process.cpuUsage(start).user / 1000, 1500)
        assert.isTrue((message.content[0] as { text: string }).text === periods + "The end.")
      })
    ))

  it("a message that one request brought has none", () =>
    lean(({ answer }) =>
      Effect.gen(function*() {
        answer(inOrder(stream(whole)))
        const message = yield* ClaudeClient.createMessage(params, { continuations: 1 })
        assert.deepStrictEqual(MessageStream.continuations(message), [])
        assert.notProperty(message, "continuations")
      })
    ))
})

describe("when nothing goes on", () => {
  const failure = (
    call: Effect.Effect<unknown, ClaudeError.ClaudeError, ClaudeClient.ClaudeClient>
  ) => Effect.flip(call)
  const streamed = (options: ClaudeClient.StreamOptions, given = params) =>
    failure(Stream.runDrain(ClaudeClient.streamMessage(given, options)))
  const last = (error: ClaudeError.ClaudeError) => error.attempts.at(-1)?.refused

  it("B9 off unless asked for: after the first event a stream is not continued", () =>
    lean(({ answer, seen }) =>
      Effect.gen(function*() {
        answer(inOrder(cut))
        assert.strictEqual((yield* streamed({})).reason._tag, "StreamInterrupted")
        assert.strictEqual((yield* seen).length, 1)
      })
    ))

  it("E3 with a client's tool in it, in a thread, with constrained output, with thinking on an older model", () => {
    const thread = { ...params, thread: { type: "create" } } as ClaudeClient.MessageParams
    const format = {
      ...params,
      output_config: { format: { type: "json_schema", schema: {} } }
    } as ClaudeClient.MessageParams
    const thinking = {
      ...older,
      max_tokens: 4096,
      thinking: { type: "enabled", budget_tokens: 1024 }
    } as ClaudeClient.MessageParams
    const tool = Fault.cutAfterEvents(8)(stream(kinds["one tool"]!))
    return lean(({ answer, seen }) =>
      Effect.gen(function*() {
        for (const [given, broken] of [[thread, cut], [format, cut], [thinking, cut], [params, tool]] as const) {
          answer(inOrder(broken))
          const error = yield* streamed({ continuations: 3 }, given)
          assert.deepInclude(error.reason, { _tag: "StreamInterrupted", delivered: true })
          assert.strictEqual(last(error), "notRetryable")
          assert.strictEqual((yield* seen).length, 1)
          answer(inOrder(broken, stream(whole)))
          const message = yield* ClaudeClient.createMessage(given, { continuations: 3 })
          assert.deepInclude(message.content[0], { text: prose })
          assert.isUndefined(told((yield* seen)[1]!.request), "from the start")
        }
      })
    )
  })

  it("the count: a stream that breaks more often fails with all that arrived, a collected one starts over", () => {
    const again = (request: Reply.Received) => Fault.cutAfterEvents(4)(exactly(whole)(request))
    return lean(({ answer, seen }) =>
      Effect.gen(function*() {
        answer(inOrder(cut, again))
        const error = yield* streamed({ continuations: 1 })
        const { reason } = error
        assert.strictEqual(reason._tag, "StreamInterrupted")
        const partial = reason._tag === "StreamInterrupted" ? reason.partial : undefined
        assert.deepInclude(partial?.content[0], { text: prose.slice(0, heard.length + 16) })
        assert.deepInclude(partial?.usage, { inputTokens: 20, outputTokens: 9 + 4, estimated: true })
        assert.deepStrictEqual(error.attempts.map((one) => [one.reason, one.refused]), [
          ["StreamInterrupted", undefined],
          ["StreamInterrupted", "notRetryable"]
        ])
        yield* seen
        answer(inOrder(cut, again, stream(whole)))
        const message = yield* ClaudeClient.createMessage(params, { continuations: 1 })
        assert.deepInclude(message.content[0], { text: prose })
        assert.isUndefined(told((yield* seen)[2]!.request))
      })
    )
  })

  it("B7 the retry budget, and the attempts", () =>
    lean(({ answer, seen }) =>
      Effect.gen(function*() {
        answer(inOrder(cut, exactly(whole), cut))
        yield* Stream.runDrain(ClaudeClient.streamMessage(params, { continuations: 1 }))
        assert.strictEqual(last(yield* streamed({ continuations: 1 })), "budget")
        answer(inOrder(cut))
        assert.strictEqual(last(yield* streamed({ continuations: 1, maxAttempts: 1 })), "attempts")
        assert.strictEqual((yield* seen).length, 4)
      }), { budget: { cap: 1, perMinute: 0, perSuccess: 0 } }))

  it("B1 the deadline and a server's hint", () =>
    lean(({ answer }) =>
      Effect.gen(function*() {
        const hinted = Fault.errorAfterEvents(5)(stream(whole))
        const patient = { ...hinted, headers: { ...hinted.headers, "retry-after": "30" } }
        answer(inOrder(patient))
        const refused = yield* streamed({ continuations: 1, deadline: "20 seconds" })
        assert.strictEqual(refused.reason._tag, "Overloaded")
        assert.deepInclude(refused.attempts[0], { refused: "deadline", waitSource: "server" })
        assert.isAtLeast(Duration.toSeconds(refused.attempts[0]!.wait!), 30)
        answer(inOrder({ ...hinted, headers: { ...hinted.headers, "retry-after": "3000" } }))
        assert.strictEqual(last(yield* streamed({ continuations: 1, deadline: "2 hours" })), "hint")
      })
    ))

  it("A7 a continuation that never comes is the last real cause, with what arrived and every attempt", () =>
    lean(({ answer }) =>
      Effect.gen(function*() {
        answer(inOrder(cut, Fault.overloaded(), Fault.billing()))
        const error = yield* streamed({ continuations: 1 })
        const { reason } = error
        assert.deepInclude(reason, { _tag: "BillingBlocked", delivered: true, retried: true })
        assert.deepInclude("partial" in reason ? reason.partial?.content[0] : undefined, { text: heard })
        assert.deepStrictEqual(error.attempts.map((one) => one.reason), [
          "StreamInterrupted",
          "Overloaded",
          "BillingBlocked"
        ])
      })
    ))

  it("the deadline inside a continuation: what arrived is in the error", () =>
    lean(({ answer, clock }) =>
      Effect.gen(function*() {
        answer(
          inOrder(cut, Fault.silenceAfterEvents(2)(stream(whole)), cut, Fault.silenceAfterEvents(2)(stream(whole)))
        )
        for (
          const call of [
            streamed({ continuations: 1, deadline: "30 seconds" }),
            failure(ClaudeClient.createMessage(params, { continuations: 1, deadline: "30 seconds" }))
          ]
        ) {
          const start = clock.now
          const { reason } = yield* call
          assert.strictEqual(reason._tag, "DeadlineExceeded")
          assert.strictEqual(clock.now - start, 30_000)
          const partial = reason._tag === "DeadlineExceeded" ? reason.partial : undefined
          assert.deepInclude(partial?.content[0], { text: heard })
          assert.strictEqual(partial?.usage.inputTokens, 20)
        }
      })
    ))

  it("B6 interrupted while it waits to go on: ends, and the budget has its coin back", () =>
    lean(({ answer, clock, seen }) =>
      Effect.gen(function*() {
        answer(inOrder(cut))
        const fiber = yield* Effect.forkChild(streamed({ continuations: 1 }), { startImmediately: true })
        yield* Effect.sleep("1 millis")
        yield* Fiber.interrupt(fiber)
        assert.isAtMost(clock.now, 1)
        answer(inOrder(cut, exactly(whole)))
        yield* Stream.runDrain(ClaudeClient.streamMessage(params, { continuations: 1 }))
        assert.strictEqual((yield* seen).length, 3)
      }), { budget: { cap: 1, perMinute: 0, perSuccess: 0 } }))
})

describe("continueOnMaxTokens", () => {
  const part = (from: number, to: number) =>
    Reply.message({ text: prose.slice(from, to), stopReason: to < prose.length ? "max_tokens" : "end_turn" })
  const three = [part(0, 30), part(30, 60), part(60, prose.length)].map((message) => stream(message))
  const go = { continueOnMaxTokens: 2 }

  it("goes on in the same block with as many tokens again, streamed or collected", () =>
    lean(({ answer, seen }) =>
      Effect.gen(function*() {
        answer(inOrder(...three, ...three))
        const events = yield* Stream.runCollect(ClaudeClient.streamMessage(params, go))
        const types = events.map((event) => event.type as string)
        assert.strictEqual(types.filter((type) => type === "content_block_start").length, 1)
        assert.strictEqual(types.filter((type) => type === "content_block_stop").length, 1)
        assert.strictEqual(types.filter((type) => type === "message_delta").length, 1)
        for (
          const message of [
            yield* MessageStream.message(Stream.fromIterable(events)),
            yield* ClaudeClient.createMessage(params, go)
          ]
        ) {
          assert.deepStrictEqual(message.content as never, [text(prose)])
          assert.strictEqual(message.stop_reason, "end_turn")
          assert.strictEqual(message.usage.output_tokens, 36)
          assert.deepStrictEqual(MessageStream.continuations(message).map((seam) => [seam.reason, seam.offset]), [
            ["max_tokens", 30],
            ["max_tokens", 60]
          ])
        }
        assert.isTrue((yield* seen).every(({ request }) => body(request)["max_tokens"] === 100))
      })
    ))

  it("its bound: then the answer is as the API left it", () =>
    lean(({ answer }) =>
      Effect.gen(function*() {
        answer(inOrder(three[0]!, three[1]!, three[0]!, three[1]!))
        const once = { continueOnMaxTokens: 1 }
        for (
          const call of [
            ClaudeClient.createMessage(params, once),
            MessageStream.message(ClaudeClient.streamMessage(params, once))
          ]
        ) {
          const message = yield* call
          assert.strictEqual(message.stop_reason, "max_tokens")
          assert.deepInclude(message.content[0], { text: prose.slice(0, 60) })
        }
      })
    ))

  it("where the rest cannot be had the answer is as the API left it, and nothing is lost", () =>
    lean(({ answer, seen }) =>
      Effect.gen(function*() {
        answer(inOrder(three[0]!, Fault.billing(), three[0]!, Fault.billing()))
        for (
          const call of [
            ClaudeClient.createMessage(params, go),
            MessageStream.message(ClaudeClient.streamMessage(params, go))
          ]
        ) {
          const message = yield* call
          assert.strictEqual(message.stop_reason, "max_tokens")
          assert.deepStrictEqual(message.content as never, [text(prose.slice(0, 30))])
        }
        assert.strictEqual((yield* seen).length, 4)
      })
    ))

  it("E4 tool input that max_tokens cut is not continued, and is the text that came, never an object", () =>
    lean(({ answer, seen }) =>
      Effect.gen(function*() {
        const reply = stream(Reply.truncatedToolUse())
        answer(inOrder(reply, reply, reply))
        for (
          const call of [
            ClaudeClient.createMessage(params, go),
            ClaudeClient.createMessage(params, { stream: true }),
            MessageStream.message(ClaudeClient.streamMessage(params, go))
          ]
        ) {
          const message = yield* call
          assert.strictEqual(message.stop_reason, "max_tokens")
          assert.deepInclude(message.content[1], { input: `{"path": "/a", "content": "Once upo` })
        }
        assert.strictEqual((yield* seen).length, 3)
      })
    ))

  it("a continuation that breaks is continued too, and both seams are told", () =>
    lean(({ answer }) =>
      Effect.gen(function*() {
        answer(inOrder(three[0]!, Fault.cutAfterEvents(4)(stream(part(30, prose.length))), exactly(whole)))
        const message = yield* MessageStream.message(
          ClaudeClient.streamMessage(params, { continuations: 1, continueOnMaxTokens: 1 })
        )
        assert.deepStrictEqual(message.content as never, [text(prose)])
        assert.deepStrictEqual(MessageStream.continuations(message).map((seam) => seam.reason), [
          "max_tokens",
          "StreamInterrupted"
        ])
      })
    ))
})
