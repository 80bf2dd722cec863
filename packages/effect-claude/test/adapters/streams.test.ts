import Anthropic from "@anthropic-ai/sdk"
import { Fault, Reply, type Script } from "@effect-claude/fault-server"
import { assert, describe, it } from "@effect/vitest"
import { ClaudeError } from "effect-claude"
import { params, thrownBy, type Tried, tried, ways } from "./ways.ts"

const text = "one two three four five six seven eight nine ten eleven twelve"
const answer = Reply.stream(Reply.message(text))
const events = Array.from(answer.body, ({ bytes }) => String(bytes))
/** The message's beginning, and a ping. */
const beforeContent = events.findIndex((event) => event.startsWith("event: content_block_start"))
const request = { ...params, stream: true as const }

interface Read {
  readonly types: ReadonlyArray<string>
  readonly text: string
  readonly thrown: unknown
}

/** All of a stream that comes, and what it ended with. */
const readAll = async ({ sdk }: Pick<Tried, "sdk">): Promise<Read> => {
  const types: Array<string> = []
  let said = ""
  try {
    for await (const event of await sdk.messages.create(request)) {
      types.push(event.type)
      if (event.type === "content_block_delta" && event.delta.type === "text_delta") said += event.delta.text
    }
    return { types, text: said, thrown: undefined }
  } catch (thrown) {
    return { types, text: said, thrown }
  }
}

/** The reason a body broke with. */
const causeOf = (thrown: unknown): ClaudeError.Reason | undefined => {
  assert.instanceOf(thrown, TypeError)
  assert.strictEqual((thrown as Error).message, "terminated")
  return ClaudeError.reasonOf((thrown as Error).cause)
}

const assertWhole = (read: Read): void => {
  assert.isUndefined(read.thrown)
  assert.strictEqual(read.text, text)
  assert.strictEqual(read.types.at(-1), "message_stop")
}

describe.each(ways)("%s", (way) => {
  it(
    "E1 cut at every event, by a clean end and by a reset: tried again before content, broken after, never a success",
    { timeout: 60_000 },
    async () => {
      for (let count = 0; count < events.length; count++) {
        for (const cut of [Fault.cutAfterEvents(count), Fault.resetAfterEvents(count)]) {
          await tried(way, [cut(answer), answer], async (given) => {
            const read = await readAll(given)
            if (count <= beforeContent) {
              assertWhole(read)
              assert.strictEqual(given.times.length, 2, `cut after ${count}`)
            } else {
              const reason = causeOf(read.thrown)
              assert.strictEqual(reason?._tag, "StreamInterrupted", `cut after ${count}`)
              assert.deepInclude(reason, { delivered: true, isRetryable: false })
              assert.strictEqual(given.times.length, 1, `cut after ${count}`)
              assert.isTrue(text.startsWith(read.text))
              assert.strictEqual(
                read.types.length,
                events.slice(0, count).filter((event) => !event.startsWith("event: ping")).length
              )
            }
            assert.strictEqual(await given.inFlight(), 0)
          })
        }
      }
    }
  )

  it("E1 cut at every byte: the bytes before it come, and then the body breaks", { timeout: 60_000 }, async () => {
    const bytes = events.join("").length
    for (let count = 0; count < bytes; count += 7) {
      await tried(way, [Fault.cutAfterBytes(count)(answer), answer], async (given) => {
        const read = await readAll(given)
        if (given.times.length === 2) assertWhole(read)
        else assert.strictEqual(causeOf(read.thrown)?._tag, "StreamInterrupted")
        assert.strictEqual(await given.inFlight(), 0)
      })
    }
  })

  it("D7 silence after every event, and pings alone, end within their bound", { timeout: 60_000 }, async () => {
    for (let count = 0; count < events.length; count++) {
      const silent = Fault.silenceAfterEvents(count)(answer)
      await tried(way, [silent, answer], async (given) => {
        const read = await readAll(given)
        if (count <= beforeContent) assertWhole(read)
        else {
          const reason = causeOf(read.thrown)
          assert.deepInclude(reason, { _tag: "TimedOut", phase: "idle" })
          assert.strictEqual(given.clock.now, 60_000)
        }
        assert.include(await given.outcomes(), "aborted")
        assert.strictEqual(await given.inFlight(), 0)
      })
      await tried(way, [Fault.dripPings(count, 10_000)(answer), answer], async (given) => {
        const read = await readAll(given)
        if (count <= beforeContent) assertWhole(read)
        else {
          assert.deepInclude(causeOf(read.thrown), { _tag: "TimedOut", phase: "idle" })
          assert.strictEqual(given.clock.now, 300_000)
        }
      })
    }
  })

  it("D7 a body that says its last word and does not end is ended a second later", () =>
    tried(way, [Fault.silenceAfterEvents(events.length)(answer)], async (given) => {
      const response = await given.sdk.messages.create(request).asResponse()
      assert.strictEqual(await response.text(), events.join(""))
      assert.strictEqual(given.clock.now, 1000)
      assert.deepStrictEqual(await given.outcomes(), ["aborted"])
    }))

  it("D7 the headers of a stream have a bound of their own", () =>
    tried(way, [Fault.silenceBeforeHeaders(answer), answer], async (given) => {
      assertWhole(await readAll(given))
      assert.isTrue(given.times[1]! >= 5000 && given.times[1]! < 10_000)
    }, { timeouts: { headers: "5 seconds", headersJson: "100 seconds" } }))

  it("D7 the bound of an attempt holds inside a stream", () => {
    const slow = Reply.stream(Reply.message(text), { deltaDelay: 4000, deltaSize: 4 })
    return tried(way, [slow], async (given) => {
      assert.deepInclude(causeOf((await readAll(given)).thrown), { _tag: "TimedOut", phase: "attempt" })
      assert.strictEqual(given.clock.now, 10_000)
    }, { timeouts: { attempt: "10 seconds" } })
  })

  it("a stream holds its place in the bulkhead until it has ended", () =>
    tried(way, [answer, answer], async (given) => {
      const first = await given.sdk.messages.create(request).asResponse()
      let answered = false
      const second = given.sdk.messages.create(request).asResponse().then((response) => {
        answered = true
        return response.text()
      })
      await given.sleep(1000)
      assert.deepStrictEqual([answered, given.times.length], [false, 1])
      assert.strictEqual(await first.text(), events.join(""))
      assert.strictEqual(await second, events.join(""))
      assert.strictEqual(given.times.length, 2)
    }, { bulkhead: { concurrent: 1 } }))

  it("the deadline holds inside a stream, also of a caller who forgot it", async () => {
    const slow = Reply.stream(Reply.message(text), { deltaDelay: 20_000, deltaSize: 4 })
    await tried(way, [slow], async (given) => {
      assert.strictEqual(causeOf((await readAll(given)).thrown)?._tag, "DeadlineExceeded")
      assert.strictEqual(given.clock.now, 45_000)
    }, { deadline: "45 seconds" })
    await tried(way, [slow], async (given) => {
      const response = await given.sdk.messages.create(request).asResponse()
      assert.strictEqual(await given.inFlight(), 1)
      await given.sleep(46_000)
      assert.strictEqual(await given.inFlight(), 0)
      assert.strictEqual(causeOf(await thrownBy(response.text()))?._tag, "DeadlineExceeded")
    }, { deadline: "45 seconds" })
  })

  it("D7 events that come are life, however long they take in all", () => {
    const slow = Reply.stream(Reply.message(text), { deltaDelay: 45_000, deltaSize: 4 })
    return tried(way, [slow], async (given) => {
      assertWhole(await readAll(given))
      assert.isTrue(given.clock.now > 600_000)
    }, { deadline: "Infinity" })
  })

  it("what had come before it broke is given first", () =>
    tried(way, [Fault.silenceAfterEvents(beforeContent + 2)(answer)], async (given) => {
      const response = await given.sdk.messages.create(request).asResponse()
      await given.sleep(50_000)
      const reader = response.body!.getReader()
      let read = ""
      const decoder = new TextDecoder()
      const rest = async () => {
        for (let next = await reader.read(); !next.done; next = await reader.read()) {
          read += decoder.decode(next.value, { stream: true })
        }
      }
      assert.strictEqual(causeOf(await thrownBy(rest()))?._tag, "DeadlineExceeded")
      assert.strictEqual(read, events.slice(0, beforeContent + 1).join(""))
    }, { deadline: "45 seconds" }))

  it(
    "A2 an error event before content is tried again; after content it passes as it came",
    { timeout: 60_000 },
    async () => {
      for (let count = 0; count < events.length; count++) {
        const failed = Fault.errorAfterEvents(count)(answer)
        await tried(way, [failed, answer], async (given) => {
          const read = await readAll(given)
          if (count <= beforeContent) {
            assertWhole(read)
            assert.strictEqual(given.times.length, 2)
          } else {
            assert.instanceOf(read.thrown, Anthropic.APIError)
            assert.deepInclude(read.thrown, { type: "overloaded_error", status: undefined })
            assert.strictEqual(given.times.length, 1)
          }
          assert.strictEqual(await given.inFlight(), 0)
        })
      }
    }
  )

  it("an error event that no try gets past is that error, not a 200", () =>
    tried(
      way,
      (() => {
        const always: Script.Answer = Fault.errorAfterEvents(0)(answer)
        return Array.from({ length: 6 }, () => always)
      })(),
      async ({ sdk, times }) => {
        const thrown = await thrownBy(sdk.messages.create(request))
        assert.instanceOf(thrown, Anthropic.APIError)
        assert.deepInclude(thrown, { status: 529, type: "overloaded_error", errorCode: "Overloaded" })
        assert.strictEqual(times.length, 6)
      }
    ))

  it("the breaker and the budget hear of a stream that broke after content", () =>
    tried(
      way,
      Array.from({ length: 10 }, () => Fault.cutAfterEvents(beforeContent + 2)(answer)),
      async (given) => {
        for (let n = 0; n < 10; n++) assert.isDefined((await readAll(given)).thrown)
        const thrown = await thrownBy(given.sdk.messages.create(request))
        assert.deepInclude(thrown, { status: 503, errorCode: "CircuitOpen" })
      },
      { deadline: "5 seconds" }
    ))

  it("the bytes of a stream pass as they came: comments, CRLF, unknown events, what follows the end", {
    timeout: 60_000
  }, async () => {
    const odd = [
      ": a comment\r\n\r\n",
      "retry: 3000\n\n",
      ...events.slice(0, -1),
      "event: novelty\r\ndata: {\"type\":\"novelty\",\"x\":\"é\"}\r\n\r\n",
      events.at(-1)!,
      ": trailing words\n\n",
      "event: ping\ndata: {\"type\":\"ping\"}\n\n"
    ].join("")
    const bytes = new TextEncoder().encode(odd)
    for (const size of [1, 2, 3, 17, 64, bytes.length]) {
      const body = Array.from(
        { length: Math.ceil(bytes.length / size) },
        (_, n) => ({ delay: 0, bytes: bytes.subarray(n * size, (n + 1) * size) })
      )
      await tried(way, [{ ...answer, body }], async ({ inFlight, sdk }) => {
        const response = await sdk.messages.create(request).asResponse()
        assert.deepStrictEqual(new Uint8Array(await response.arrayBuffer()), bytes)
        assert.strictEqual(await inFlight(), 0)
      })
    }
  })

  it("E6 a reader that stops slows the server, and one that leaves ends the request and frees its place", async () => {
    let sent = 0
    let left = 0
    const endless: Reply.Reply = {
      ...answer,
      body: {
        *[Symbol.iterator]() {
          for (const bytes of events.slice(0, -3)) yield { delay: 0, bytes }
          const delta = { type: "content_block_delta", index: 0, delta: { type: "text_delta", text: "x".repeat(4000) } }
          for (;;) {
            sent++
            yield { delay: 0, bytes: `event: content_block_delta\ndata: ${JSON.stringify(delta)}\n\n` }
          }
        }
      },
      onEnd: () => {
        left++
      }
    }
    await tried(way, [endless, endless], async (given) => {
      const response = await given.sdk.messages.create(request).asResponse()
      const reader = response.body!.getReader()
      for (let n = 0; n < 30; n++) await reader.read()
      // Beyond the idle timeout it would be read on without its reader.
      await given.sleep(55_000)
      assert.isTrue(sent < 35, `${sent} chunks ahead`)
      assert.strictEqual(await given.inFlight(), 1)
      await reader.cancel()
      await given.sleep(1)
      assert.strictEqual(left, 1)
      assert.strictEqual(await given.inFlight(), 0)

      const stream = await given.sdk.messages.create(request)
      for await (const event of stream) if (event.type === "content_block_delta") break
      await given.sleep(1)
      assert.strictEqual(left, 2)
      assert.strictEqual(await given.inFlight(), 0)
      assert.deepStrictEqual(await given.outcomes(), ["aborted", "aborted"])
    })
  })

  it("the SDK's helper reads on through it: text, the final message, and what breaks", async () => {
    await tried(way, [Fault.cutAfterEvents(1)(answer), answer], async ({ sdk }) => {
      const final = await sdk.messages.stream(params).finalMessage()
      assert.deepStrictEqual(final.content.map((block) => block.type === "text" ? block.text : ""), [text])
    })
    await tried(way, [Fault.cutAfterEvents(events.length - 1)(answer)], async ({ sdk }) => {
      const thrown = await thrownBy(sdk.messages.stream(params).finalMessage())
      assert.instanceOf(thrown, Anthropic.AnthropicError)
      assert.strictEqual(causeOf((thrown as Error).cause)?._tag, "StreamInterrupted")
    })
  })

  it("what never begins and never ends is bounded: 1 MiB of comments, a line of 16 Mi characters", async () => {
    const endless = (bytes: string): Reply.Reply => ({
      ...answer,
      body: {
        *[Symbol.iterator]() {
          for (;;) yield { delay: 0, bytes }
        }
      }
    })
    await tried(
      way,
      [endless(`: ${"x".repeat(10_000)}\n\n`), answer],
      async (given) => assertWhole(await readAll(given))
    )
    const start = events.slice(0, beforeContent + 2).join("")
    const line: Reply.Reply = {
      ...answer,
      body: {
        *[Symbol.iterator]() {
          yield { delay: 0, bytes: start }
          for (;;) yield { delay: 0, bytes: "x".repeat(1024 * 1024) }
        }
      }
    }
    await tried(way, [line], async (given) => {
      const response = await given.sdk.messages.create(request).asResponse()
      assert.strictEqual(causeOf(await thrownBy(response.text()))?._tag, "StreamInterrupted")
    })
  })
})
