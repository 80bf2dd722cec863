import { Fault, Reply } from "@effect-claude/fault-server"
import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, Fiber, Stream } from "effect"
import { ClaudeClient, ClaudeRateLimiter, MessageStream } from "effect-claude"
import { kinds, prose } from "../fixtures/answers.ts"
import { params, reason, run } from "../fixtures/harness.ts"
import { lean } from "../fixtures/lean.ts"

const encoder = new TextEncoder()
const whole = Reply.message(prose)
const wireOf = (reply: Reply.Reply): string => Array.from(reply.body, (chunk) => String(chunk.bytes)).join("")
const inChunks = (reply: Reply.Reply, chunks: ReadonlyArray<string | Uint8Array>): Reply.Reply => ({
  ...reply,
  body: chunks.map((bytes) => ({ delay: 0, bytes }))
})
/** Each event a millisecond after the one before, so that none come together. */
const apart = (reply: Reply.Reply): Reply.Reply => ({
  ...reply,
  body: Array.from(reply.body, (chunk) => ({ ...chunk, delay: 1 }))
})
const stream = ClaudeClient.streamMessage(params)
const once = ClaudeClient.createMessage(params, { stream: true, maxAttempts: 1 })
const collected = Stream.runCollect(stream)

/** A seeded generator: the same chunks on every run. */
const random = (seed: number) => () => {
  seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0
  return seed / 2 ** 32
}

describe("the views of one stream", () => {
  const two = Reply.message({
    content: [{ type: "text", text: "One. ", citations: null }, { type: "text", text: "Two.", citations: null }]
  })

  it("text is every piece, message the final message, whose end it tells", () =>
    run(
      [Reply.stream(two), Reply.stream(two), Reply.stream(Reply.refusal({ text: "I" }))],
      () =>
        Effect.gen(function*() {
          assert.strictEqual(yield* Stream.mkString(MessageStream.text(stream)), "One. Two.")
          const shown: Array<string> = []
          const message = yield* stream.pipe(
            Stream.tap((event) => Effect.sync(() => shown.push(event.type))),
            MessageStream.message
          )
          assert.deepStrictEqual(message.content, two.content as never)
          assert.deepStrictEqual([shown.at(0), shown.at(-1)], ["message_start", "message_stop"])
          const refused = yield* reason(ClaudeClient.requireComplete(MessageStream.message(stream)))
          assert.strictEqual(refused._tag, "Refused")
        })
    ))

  it("E1 message fails for events that end early, with what there was", () =>
    run([Reply.stream(whole), Reply.stream(whole)], () =>
      Effect.gen(function*() {
        const cut = yield* reason(MessageStream.message(Stream.take(stream, 4)))
        assert.deepInclude(cut, { _tag: "StreamInterrupted", cut: "ended" })
        assert.deepInclude(cut._tag === "StreamInterrupted" ? cut.partial?.content[0] : undefined, {
          text: Array.from(prose).slice(0, 48).join("")
        })
        assert.deepInclude(yield* reason(MessageStream.message(Stream.empty)), { cut: "empty" })
      })))

  it("E4 a tool's input is shown while it grows, complete once, at its end, and only if it is JSON", () => {
    const input = { path: "/ä", deep: [1, { b: [true, null] }], "__proto__": 7, long: "x\n\"\\ 🙂".repeat(9) }
    const given = JSON.parse(JSON.stringify(input).replace("\"long\"", "\"__proto__\":{\"polluted\":1},\"long\""))
    const call = Reply.toolUse([{ id: "toolu_1", name: "a", input: given }, { id: "toolu_2", name: "b", input: {} }])
    const inputs = Stream.runCollect(
      Stream.map(MessageStream.toolInputs(stream), (one) => ({ ...one, value: structuredClone(one.value) }))
    )
    return run(
      [
        apart(Reply.stream(call, { deltaSize: 3 })),
        Reply.stream(Reply.truncatedToolUse(), { deltaSize: 3 }),
        Reply.stream(call, { deltaSize: 3 })
      ],
      () =>
        Effect.gen(function*() {
          const seen = yield* inputs
          assert.deepStrictEqual(seen.filter((one) => one.complete).map(({ id, index, value }) => [index, id, value]), [
            [1, "toolu_1", given],
            [2, "toolu_2", {}]
          ])
          assert.isUndefined(Reflect.get({}, "polluted"))
          const growing = seen.filter((one) => !one.complete && one.id === "toolu_1")
          assert.strictEqual(growing.length, Math.ceil(Array.from(JSON.stringify(given)).length / 3))
          assert.deepStrictEqual(growing.at(-1)?.value, given)
          assert.deepStrictEqual(growing[4]?.value, { path: "/ä" })
          const cut = yield* inputs
          assert.isTrue(cut.length > 0 && cut.every((one) => !one.complete))
          assert.deepStrictEqual(cut.at(-1)?.value, { path: "/a", content: "Once upo" })
          const atOnce = yield* inputs
          assert.deepStrictEqual(atOnce.at(-1)?.value, {})
          assert.isBelow(atOnce.length, seen.length, "pieces that came together are shown together")
        })
    )
  })

  it("a tool's input in any pieces is at its end what JSON.parse makes of it", () => {
    const next = random(3)
    const value = (depth: number): unknown => {
      const kind = Math.floor(next() * (depth > 3 ? 5 : 7))
      const text = (): string => String.fromCharCode(...Array.from({ length: 5 }, () => Math.floor(next() * 300)))
      if (kind < 2) return Array.from({ length: Math.floor(next() * 4) }, text).join("\\\"")
      if (kind < 3) return (next() - 0.5) * 10 ** Math.floor(next() * 20)
      if (kind < 5) return [true, false, null][Math.floor(next() * 3)]
      const items = Array.from({ length: Math.floor(next() * 4) }, () => value(depth + 1))
      return kind === 5 ? items : Object.fromEntries(items.map((item) => [text(), item]))
    }
    return lean(({ answer }) =>
      Effect.forEach(Array.from({ length: 300 }, (_, n) => n), (n) =>
        Effect.gen(function*() {
          const input = { value: value(0) }
          const json = JSON.stringify(input, undefined, n % 3)
          const escaped = n % 2 === 0 ?
            json :
            json.replace(/[\u0080-\uffff]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`)
          const deltaSize = 1 + Math.floor(next() * 7)
          answer(() => apart(Reply.stream(Reply.toolUse({ name: "a", input: escaped }), { deltaSize })))
          const seen = yield* Stream.runCollect(MessageStream.toolInputs(stream))
          assert.deepStrictEqual(seen.at(-1)?.value, input)
          assert.deepStrictEqual(seen.at(-2)?.value, input, "the one that grew")
        }))
    )
  })
})

describe("from bytes to events", () => {
  const delta = (text: string, more: object = {}) => ({
    type: "content_block_delta",
    index: 0,
    delta: { type: "text_delta", text },
    ...more
  })

  it("the same events whatever the chunks, line ends, comments and blank lines: 1,000 seeded ways", () => {
    const next = random(7)
    const ends = ["\n", "\r\n", "\r"]
    const odd = [": a comment", "retry: 3000", "id: 7", "event: ping\ndata: {\"type\": \"ping\"}\n", "unknown", ":"]
    return lean(({ answer }) =>
      Effect.forEach(Object.values(kinds), (message) => {
        const reply = Reply.stream(message, { deltaSize: 10 })
        const events = wireOf(reply).split("\n\n").filter((event) => event !== "")
        const expected = events.map((event) => JSON.parse(event.slice(event.indexOf("data: ") + 6)))
          .filter((event) => event.type !== "ping")
        return Effect.forEach(Array.from({ length: 125 }, (_, n) => n), () =>
          Effect.gen(function*() {
            const end = ends[Math.floor(next() * 3)]!
            const lines: Array<string> = []
            for (const event of events) {
              if (next() < 0.3) lines.push(odd[Math.floor(next() * odd.length)]!)
              lines.push(next() < 0.2 ? event.replace("data: {", "data: {\ndata:") : event, "")
            }
            const bytes = encoder.encode(`${next() < 0.5 ? "\ufeff" : ""}${lines.join("\n")}\n`.replaceAll("\n", end))
            const chunks: Array<Uint8Array> = []
            const most = next() < 0.5 ? 12 : 400
            for (let at = 0; at < bytes.length;) {
              const size = 1 + Math.floor(next() * most)
              chunks.push(bytes.slice(at, at += size))
            }
            answer(() => inChunks(reply, chunks))
            assert.deepStrictEqual((yield* collected) as unknown, expected)
          }))
      })
    )
  })

  it("events that the SDK does not know, blocks and deltas too, are carried; a second message_start is survived", () => {
    const block = { type: "hologram", depth: 3, text: "" }
    const list = Array.from(
      Reply.stream(Reply.message({ content: [block] })).body,
      (chunk) => JSON.parse(String(chunk.bytes).split("data: ")[1]!)
    )
    const events = [
      ...list.slice(0, 2),
      list[0],
      list[2],
      { type: "weather_report", sky: "blue" },
      ...["abc", "abc", "xyz"].map((x) => delta("abc", { echo: { x } })),
      ...["a", "b"].map((x) => ({
        type: "content_block_delta",
        index: 0,
        delta: { type: "text_delta", x, text: "t" }
      })),
      { type: "content_block_delta", index: 0, delta: { type: "hologram_delta", depth: 4 } },
      { ...list[0], message: { ...list[0].message, id: "msg_spliced" } },
      ...list.slice(3)
    ]
    return run([Reply.events(events), Reply.events(events)], () =>
      Effect.gen(function*() {
        const seen = yield* collected
        assert.deepStrictEqual(
          seen as unknown,
          events.filter((event, at) => event.type !== "ping" && (event.type !== "message_start" || at === 0))
        )
        const message = yield* once
        assert.deepStrictEqual(message.content as unknown, [{ type: "hologram", depth: 4, text: "abcabcabctt" }])
        assert.strictEqual(message.id, list[0].message.id)
      }))
  })

  it("a block that begins again, from a proxy that began again, replaces itself and what followed", () => {
    const list = (...texts: ReadonlyArray<string>) => {
      const content = texts.map((text) => ({ type: "text", text, citations: null }))
      return Array.from(
        Reply.stream(Reply.message({ content }), { deltaSize: 4 }).body,
        (chunk) => JSON.parse(String(chunk.bytes).split("data: ")[1]!)
      )
    }
    const events = [...list("Hello, I begin", "and never end").slice(0, 9), ...list("Hello!")]
    return run([Reply.events(events)], () =>
      Effect.map(once, (message) => {
        assert.deepStrictEqual(message.content as unknown, [{ type: "text", text: "Hello!", citations: null }])
      }))
  })

  const around = (event: object): Reply.Reply => {
    const chunks = Array.from(Reply.stream(whole).body)
    return inChunks(Reply.stream(whole), [
      ...chunks.slice(0, 3).map((chunk) => chunk.bytes),
      `event: ${Reflect.get(event, "type")}\ndata: ${JSON.stringify(event)}\n\n`,
      ...chunks.slice(-3).map((chunk) => chunk.bytes)
    ])
  }

  it("a line of 10 MB is an event like any other", () => {
    const long = "0123456789".repeat(1_000_000)
    return run(
      [around(delta(long))],
      () =>
        Effect.map(
          once,
          (message) => assert.isTrue(message.content[0]?.type === "text" && message.content[0].text === long)
        )
    )
  })

  it("a longer line or event, a block number beyond all, and what is no JSON object are refused by name", () => {
    const long = "0123456789".repeat(1_700_000)
    const lines = Array.from({ length: 17 }, () => `data: ${"x".repeat(1_000_000)}\n`)
    const first = Array.from(Reply.stream(whole).body)[0]!.bytes
    const broken: ReadonlyArray<readonly [Reply.Reply, RegExp]> = [
      [around(delta(long)), /longer than 16 Mi characters/],
      [inChunks(Reply.stream(whole), [first, ...lines]), /longer than 16 Mi characters/],
      [
        inChunks(Reply.stream(whole), [first, "data: ", ...lines.map((line) => line.slice(6, -1))]),
        /longer than 16 Mi/
      ],
      [
        around({ type: "content_block_start", index: 1e9, content_block: { type: "text", text: "" } }),
        /index 1000000000/
      ],
      [around({ type: "content_block_start", index: -1, content_block: { type: "text", text: "" } }), /index -1/],
      [inChunks(Reply.stream(whole), [first, "data: [1]\n\n"]), /no JSON object/],
      [inChunks(Reply.stream(whole), [first, "data: {\n\n"]), /no JSON object/]
    ]
    return run(broken.map(([reply]) => reply), () =>
      Effect.forEach(broken, ([, text]) =>
        Effect.gen(function*() {
          const found = yield* reason(once)
          assert.deepInclude(found, { _tag: "StreamInterrupted", cut: "reset" })
          assert.match(found.message, text)
        })))
  })

  it("a delta of a block that never began, and tool input that never ended, are no message", () => {
    const tool = Array.from(Reply.stream(kinds["one tool"]!).body, (chunk) => String(chunk.bytes))
    const unended = inChunks(
      Reply.stream(whole),
      tool.filter((event) => !event.includes("\"content_block_stop\",\"index\":1"))
    )
    return run([around(delta("x", { index: 7 })), unended], () =>
      Effect.gen(function*() {
        for (const text of [/block 7 never began/, /input of get_weather never ended/]) {
          const found = yield* reason(once)
          assert.strictEqual(found._tag, "MalformedResponse")
          assert.match(found.message, text)
        }
      }), { breaker: { window: 99, minimumCalls: 99 } })
  })

  it("tool input that is no JSON is no message, unless the answer says that it was cut", () => {
    const broken = { name: "a", input: "{\"x\": " }
    return run([
      Reply.stream(Reply.toolUse(broken)),
      Reply.stream(Reply.toolUse(broken)),
      Reply.stream(Reply.toolUse(broken, { stopReason: "refusal" }))
    ], () =>
      Effect.gen(function*() {
        assert.match((yield* reason(once)).message, /input of a is no JSON/)
        assert.strictEqual((yield* reason(MessageStream.message(stream)))._tag, "MalformedResponse")
        assert.deepInclude((yield* once).content[1], { input: "{\"x\": " })
      }), { breaker: { window: 99, minimumCalls: 99 } })
  })

  it("the event that begins the message is the reader's own: later events do not change it", () =>
    run(
      [Reply.stream(Reply.message({ text: "x", stopReason: "end_turn" }))],
      () =>
        Effect.map(collected, ([first]) =>
          assert.isTrue(first?.type === "message_start" && first.message.stop_reason === null))
    ))
})

describe("bounds on time", () => {
  const drip = (bytes: string, every: number): Reply.Reply => ({
    ...Reply.stream(whole),
    body: (function*() {
      yield* Array.from(Reply.stream(whole).body).slice(0, 4)
      for (;;) yield { delay: every, bytes }
    })()
  })

  it("D7 comments, pings and an event that never ends are life for five minutes, not for ever", () =>
    run(
      [drip(":\n", 20_000), drip("event: ping\ndata: {}\n\n", 59_000), drip("x", 1000)],
      ({ clock }) =>
        Effect.forEach([1, 2, 3], () =>
          Effect.gen(function*() {
            const start = clock.now
            const found = yield* reason(once)
            assert.strictEqual(found._tag, "TimedOut")
            assert.isTrue(found._tag === "TimedOut" && found.phase === "idle" && Duration.toMinutes(found.after) === 5)
            assert.strictEqual(clock.now - start, 300_000)
          }))
    ))

  it("D7 each event begins the wait anew", () =>
    run(
      [Reply.stream(whole, { deltaDelay: 50_000, deltaSize: 9 }), Reply.stream(whole, { deltaDelay: 61_000 })],
      ({ clock }) =>
        Effect.gen(function*() {
          yield* once
          assert.isAbove(clock.now, 400_000)
          assert.deepInclude(yield* reason(once), { _tag: "TimedOut", phase: "idle" })
        })
    ))

  it("a consumer that pauses is not taken for a silent server", () =>
    run(
      [Reply.stream(whole, { deltaDelay: 1000 }), Fault.silenceAfterEvents(6)(Reply.stream(whole))],
      ({ clock }) =>
        Effect.gen(function*() {
          const slow = Stream.tap(stream, () => Effect.sleep("61 seconds"))
          const message = yield* MessageStream.message(slow)
          assert.deepInclude(message.content[0], { text: prose })
          const start = clock.now
          const found = yield* reason(Stream.runDrain(slow))
          assert.deepInclude(found, { _tag: "TimedOut", phase: "idle" })
          assert.isAtLeast(clock.now - start, 60_000 + 2 * 61_000)
        })
    ))

  it("a connection that stays open after message_stop is closed a second later; the answer is there at once", () => {
    const ends: Array<string> = []
    const open = { ...Fault.silenceAfterEvents(99)(Reply.stream(whole)), onEnd: (how: string) => void ends.push(how) }
    return run([open, open], ({ clock }) =>
      Effect.gen(function*() {
        yield* once
        yield* Stream.runDrain(stream)
        assert.strictEqual(clock.now, 0)
        assert.deepStrictEqual(ends, [])
        yield* Effect.sleep("1001 millis")
        assert.deepStrictEqual(ends, ["aborted", "aborted"])
      }))
  })

  it("C9 a stream that timed out keeps its place until its body has really ended", () => {
    let end = (): void => {}
    const deaf: typeof fetch = () =>
      Promise.resolve(
        new Response(
          new ReadableStream({
            cancel: () =>
              new Promise<void>((resolve) => {
                end = resolve
              })
          }),
          { headers: { "content-type": "text/event-stream" } }
        )
      )
    return run([], () =>
      Effect.gen(function*() {
        const inFlight = Effect.map(
          ClaudeRateLimiter.ClaudeRateLimiter.use((limiter) => limiter.state),
          ([one]) => one?.inFlight
        )
        assert.deepInclude(yield* reason(once), { _tag: "TimedOut", phase: "idle" })
        assert.strictEqual(yield* inFlight, 1)
        end()
        yield* Effect.sleep("1 second")
        assert.strictEqual(yield* inFlight, 0)
      }), { fetch: deaf })
  })

  it("E6 a consumer that leaves, or is interrupted, reports what was used so far, once", () => {
    const limits = {
      [params.model]: { outputTokensPerMinute: 1000, inputTokensPerMinute: 1000, requestsPerMinute: 10 }
    }
    const quiet = Fault.silenceAfterEvents(5)(Reply.stream(whole))
    return run([quiet, quiet, quiet], ({ clock }) =>
      Effect.gen(function*() {
        const state = Effect.map(ClaudeRateLimiter.ClaudeRateLimiter.use((limiter) => limiter.state), ([one]) => one!)
        const taken = yield* Stream.runCollect(Stream.take(stream, 4))
        assert.strictEqual(taken.length, 4)
        yield* Effect.sleep(0)
        // Two deltas of 24 code points are 13 tokens by their length; the input is as message_start told it.
        assert.deepInclude(yield* state, { inFlight: 0, inputTokens: 990, outputTokens: 987, requests: 9 })
        const fiber = yield* Effect.forkChild(Stream.runDrain(stream), { startImmediately: true })
        yield* Effect.sleep(1)
        yield* Fiber.interrupt(fiber)
        yield* Effect.sleep(0)
        const after = yield* state
        assert.strictEqual(after.inFlight, 0)
        assert.closeTo(after.outputTokens, 974, 1)
        const collecting = yield* Effect.forkChild(once, { startImmediately: true })
        yield* Effect.sleep(1)
        yield* Fiber.interrupt(collecting)
        yield* Effect.sleep(0)
        assert.closeTo((yield* state).outputTokens, 961, 1)
        assert.isBelow(clock.now, 10)
      }), { limiter: { limits } })
  })
})

it("E5 32,000 deltas take at most 1.2 times eight times what 4,000 take", () =>
  lean(({ answer }) =>
    Effect.gen(function*() {
      const replies = [4000, 32_000].map((deltas) => {
        const reply = Reply.stream(Reply.message("0123456789abcdef".repeat(deltas)), { deltaSize: 16 })
        return inChunks(
          reply,
          [wireOf(reply)].map((wire) => encoder.encode(wire)).flatMap((bytes) =>
            Array.from(
              { length: Math.ceil(bytes.length / 65_536) },
              (_, n) => bytes.slice(n * 65_536, (n + 1) * 65_536)
            )
          )
        )
      })
      const views = [once, MessageStream.message(stream), Stream.runDrain(MessageStream.text(stream))]
      for (const view of views) {
        const best = [Infinity, Infinity]
        for (let round = 0; round < 12; round++) {
          for (const [at, reply] of replies.entries()) {
            answer(() => reply)
            const start = process.cpuUsage()
            yield* Effect.asVoid(view)
            const { system, user } = process.cpuUsage(start)
            best[at] = Math.min(best[at]!, user + system)
          }
        }
        assert.isAtMost(best[1]! / best[0]!, 1.2 * 8)
      }
    })
  ))
