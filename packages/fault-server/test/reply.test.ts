import { Fault, Reply } from "@effect-claude/fault-server"
import { assert, describe, it } from "@effect/vitest"

const wire = (reply: Reply.Reply): ReadonlyArray<string> => Array.from(reply.body, (chunk) => String(chunk.bytes))
const data = (reply: Reply.Reply): ReadonlyArray<Record<string, unknown>> =>
  wire(reply).map((event) => JSON.parse(event.slice(event.indexOf("data: ") + 6)))
const types = (reply: Reply.Reply): ReadonlyArray<unknown> => data(reply).map((event) => event["type"])

describe("Reply", () => {
  it("a stream is the API's events in their order, one chunk each", () => {
    const reply = Reply.stream(Reply.thinking("Hm.", { text: "Yes." }))
    assert.deepStrictEqual(types(reply), [
      "message_start",
      "ping",
      "content_block_start",
      "content_block_delta",
      "content_block_delta",
      "content_block_stop",
      "content_block_start",
      "content_block_delta",
      "content_block_stop",
      "message_delta",
      "message_stop"
    ])
    assert.strictEqual(wire(reply)[1], `event: ping\ndata: {"type":"ping"}\n\n`)
    const deltas = data(reply).flatMap((event) => event["type"] === "content_block_delta" ? [event["delta"]] : [])
    assert.deepStrictEqual(deltas, [
      { type: "thinking_delta", thinking: "Hm." },
      { type: "signature_delta", signature: "RXF1RmF1bHRTZXJ2ZXI=" },
      { type: "text_delta", text: "Yes." }
    ])
    assert.strictEqual(reply.headers["content-type"], "text/event-stream; charset=utf-8")
  })

  it("the start knows the input, the delta tells the sums and the stop", () => {
    const message = Reply.message({ text: "a", usage: { input_tokens: 70, output_tokens: 30 } })
    const events = data(Reply.stream(message))
    assert.nestedPropertyVal(events[0], "message.usage.input_tokens", 70)
    assert.nestedPropertyVal(events[0], "message.usage.output_tokens", 1)
    assert.nestedPropertyVal(events[0], "message.stop_reason", null)
    assert.nestedPropertyVal(events.at(-2), "usage.output_tokens", 30)
    assert.nestedPropertyVal(events.at(-2), "delta.stop_reason", "end_turn")
    assert.nestedPropertyVal(data(Reply.stream(Reply.refusal()))[0], "message.usage.output_tokens", 0)
  })

  it("deltas are cut by characters, delays stand before each, the first byte before the headers", () => {
    const reply = Reply.stream(Reply.message("🐚🐚🐚"), { deltaSize: 2, deltaDelay: 7, firstByte: 300 })
    const deltas = Array.from(reply.body).filter((chunk) => String(chunk.bytes).includes("text_delta"))
    assert.deepStrictEqual(deltas.map((chunk) => chunk.delay), [7, 7])
    assert.include(String(deltas[1]?.bytes), `"text":"🐚"`)
    assert.strictEqual(reply.delay, 300)
  })

  it("parallel calls are blocks of their own, input in pieces that join to its JSON", () => {
    const message = Reply.toolUse([{ name: "read", input: { path: "/a/long/path/to/a/file" } }, {
      name: "list",
      input: {}
    }])
    const events = data(Reply.stream(message, { deltaSize: 8 }))
    const json = (index: number): string =>
      events.flatMap((event) => {
        const delta = event["delta"]
        return event["index"] === index && typeof delta === "object" && delta !== null && "partial_json" in delta
          ? [String(delta.partial_json)]
          : []
      }).join("")
    assert.strictEqual(json(1), `{"path":"/a/long/path/to/a/file"}`)
    assert.strictEqual(json(2), "{}")
    assert.strictEqual(new Set(message.content.map((block) => block["id"])).size, 3)
    assert.nestedPropertyVal(events[0], "message.stop_reason", null)
    assert.nestedPropertyVal(events.at(-2), "delta.stop_reason", "tool_use")
  })

  it("errors carry the request id of their header, and a code with its extras", () => {
    const reply = Fault.onHold()
    assert.deepStrictEqual(JSON.parse(wire(reply).join("")), {
      type: "error",
      error: {
        type: "invalid_request_error",
        message: "This organization has been disabled.",
        details: { error_code: "organization_on_hold", appeal_url: "https://example.com/appeal" }
      },
      request_id: reply.headers["request-id"]
    })
    assert.match(reply.headers["request-id"] ?? "", /^req_\d{12}$/)
    assert.notStrictEqual(reply.headers["request-id"], Fault.onHold().headers["request-id"])
  })

  it("a 429 names its limit in text and headers; spend caps and 529 give no hint", () => {
    const reply = Fault.rateLimited("input tokens", 12, Date.UTC(2026, 10, 20, 12, 0, 0, 500))
    assert.deepInclude(reply.headers, {
      "retry-after": "12",
      "anthropic-ratelimit-input-tokens-limit": "50000",
      "anthropic-ratelimit-input-tokens-remaining": "0",
      "anthropic-ratelimit-input-tokens-reset": "2026-11-20T12:01:00Z"
    })
    assert.include(wire(reply).join(""), "50,000 input tokens per minute")
    const bare = [
      Fault.rateLimited("requests", null),
      Fault.enforcedSpendLimit(),
      Fault.contractSpendLimit(),
      Fault.overloaded()
    ]
    for (const one of bare) assert.notProperty(one.headers, "retry-after")
    assert.property(Fault.rampLimited().headers, "retry-after")
  })

  it("without message_stop, an event that only speaks of it stays", () => {
    const reply = Fault.withoutMessageStop(Reply.stream(Reply.message("event: message_stop")))
    assert.strictEqual(types(reply).at(-1), "message_delta")
    assert.include(wire(reply).join(""), `"text":"event: message_stop"`)
  })

  it("faults compose, and leave the reply they were given as it was", () => {
    const reply = Reply.stream(Reply.message("x".repeat(100)))
    const before = wire(reply)
    const both = Fault.slowFirstByte(5)(Fault.slowFirstByte(7)(Fault.resetAfterEvents(2)(reply)))
    assert.strictEqual(both.delay, 12)
    assert.deepStrictEqual(wire(both), before.slice(0, 2))
    assert.deepStrictEqual(wire(both), before.slice(0, 2))
    assert.deepStrictEqual(wire(reply), before)
    assert.strictEqual(reply.end, "close")
  })
})
