/** What goes over the wire in the clouds' shapes, read byte by byte. */
import { Clouds, Fault, FaultServer, Reply, Script } from "@effect-claude/fault-server"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { crc32 } from "node:zlib"

const ask = (handler: Reply.Handler, path: string, body: object = { messages: [] }) =>
  Effect.flatMap(
    FaultServer.inProcess(Clouds.make(handler)),
    (server) =>
      Effect.promise(async () => {
        const response = await server.fetch(`http://cloud.test${path}`, { method: "POST", body: JSON.stringify(body) })
        return {
          status: response.status,
          headers: response.headers,
          bytes: Buffer.from(await response.arrayBuffer())
        }
      })
  )

interface Frame {
  readonly headers: Readonly<Record<string, string>>
  readonly payload: Record<string, unknown>
}

/** Reads frames as Amazon specifies them; a wrong length or checksum fails. */
const frames = (bytes: Buffer): ReadonlyArray<Frame> => {
  const list: Array<Frame> = []
  for (let at = 0; at < bytes.length;) {
    const length = bytes.readUInt32BE(at)
    const frame = bytes.subarray(at, at + length)
    assert.strictEqual(frame.length, length, "whole")
    assert.strictEqual(frame.readUInt32BE(8), crc32(frame.subarray(0, 8)), "checksum of the lengths")
    assert.strictEqual(frame.readUInt32BE(length - 4), crc32(frame.subarray(0, length - 4)), "checksum of all")
    const end = 12 + frame.readUInt32BE(4)
    const headers: Record<string, string> = {}
    for (let next = 12; next < end;) {
      const name = frame.toString("utf8", next + 1, next += 1 + frame.readUInt8(next))
      assert.strictEqual(frame.readUInt8(next), 7, "text")
      const size = frame.readUInt16BE(next + 1)
      headers[name] = frame.toString("utf8", next + 3, next += 3 + size)
    }
    list.push({ headers, payload: JSON.parse(frame.toString("utf8", end, length - 4)) })
    at += length
  }
  return list
}

const eventOf = ({ payload }: Frame): { readonly type: string } =>
  JSON.parse(Buffer.from(String(payload["bytes"]), "base64").toString())

const answer = Reply.stream(Reply.message("one two three four five six"))
const streamed = "/model/anthropic.claude-sonnet-5-5/invoke-with-response-stream"
const vertexPath = "/v1/projects/p/locations/us-east5/publishers/anthropic/models/claude-sonnet-5-5"

describe("Clouds", () => {
  it.effect("Bedrock streams the API's events in frames with checksums", () =>
    Effect.gen(function*() {
      const { bytes, headers, status } = yield* ask(Script.always(answer), streamed)
      assert.strictEqual(status, 200)
      assert.strictEqual(headers.get("content-type"), "application/vnd.amazon.eventstream")
      assert.match(headers.get("x-amzn-requestid") ?? "", /^req_/)
      assert.isNull(headers.get("request-id"))
      const all = frames(bytes)
      for (const frame of all) assert.deepInclude(frame.headers, { ":message-type": "event", ":event-type": "chunk" })
      const types = all.map((frame) => eventOf(frame).type)
      assert.strictEqual(types[0], "message_start")
      assert.strictEqual(types.at(-1), "message_stop")
    }))

  it.effect("an error inside Bedrock's stream is an exception frame, named as Amazon does", () =>
    Effect.gen(function*() {
      for (
        const [type, name] of [
          ["rate_limit_error", "throttlingException"],
          ["overloaded_error", "serviceUnavailableException"],
          ["timeout_error", "modelTimeoutException"],
          ["ModelStreamErrorException", "modelStreamErrorException"]
        ] as const
      ) {
        const { bytes } = yield* ask(Script.always(Fault.errorAfterEvents(2, type, "words")(answer)), streamed)
        const all = frames(bytes)
        assert.strictEqual(all.length, 3)
        assert.deepInclude(all[2]?.headers, { ":message-type": "exception", ":exception-type": name })
        assert.deepStrictEqual(all[2]?.payload, { message: "words" })
      }
    }))

  it.effect("an error of the API becomes the cloud's, with its status, body and request id", () =>
    Effect.gen(function*() {
      const overloaded = Script.always(Fault.overloaded())
      const amazon = yield* ask(overloaded, "/model/anthropic.claude-sonnet-5-5/invoke")
      assert.strictEqual(amazon.status, 503)
      assert.deepStrictEqual(JSON.parse(amazon.bytes.toString()), { message: "Overloaded" })
      assert.match(amazon.headers.get("x-amzn-errortype") ?? "", /^ServiceUnavailableException:/)
      assert.match(amazon.headers.get("x-amzn-requestid") ?? "", /^req_/)
      const google = yield* ask(overloaded, `${vertexPath}:rawPredict`)
      assert.strictEqual(google.status, 529)
      assert.deepStrictEqual(JSON.parse(google.bytes.toString()), {
        error: { code: 529, message: "Overloaded", status: "UNAVAILABLE" }
      })
      assert.isNull(google.headers.get("request-id"))
      const limited = yield* ask(Script.always(Fault.rateLimited()), `${vertexPath}:streamRawPredict`)
      assert.strictEqual(limited.status, 429)
      assert.deepInclude(JSON.parse(limited.bytes.toString())[0].error, { code: 429, status: "RESOURCE_EXHAUSTED" })
      assert.isNull(limited.headers.get("retry-after"))
    }))

  it.effect("the path tells model and streaming; what is no cloud's route passes untouched", () =>
    Effect.gen(function*() {
      const seen: Array<readonly [string, unknown]> = []
      const handler: Reply.Handler = (request) => {
        seen.push([request.path, request.json])
        return Effect.succeed(Reply.forRequest(request, Reply.message("hi")))
      }
      yield* ask(handler, "/model/us.anthropic.claude%3A0/invoke")
      const events = yield* ask(handler, `${vertexPath}:streamRawPredict`)
      yield* ask(handler, "/v1/messages", { model: "own", messages: [] })
      assert.deepStrictEqual(seen, [
        ["/v1/messages", { messages: [], model: "us.anthropic.claude:0" }],
        ["/v1/messages", { messages: [], model: "claude-sonnet-5-5", stream: true }],
        ["/v1/messages", { model: "own", messages: [] }]
      ])
      assert.match(events.headers.get("content-type") ?? "", /^text\/event-stream/)
    }))

  it.effect("a proxy's page passes as it is, and Azure's gateway has a body of its own", () =>
    Effect.gen(function*() {
      const page = yield* ask(Script.always(Fault.html()), "/model/m/invoke")
      assert.strictEqual(page.status, 502)
      assert.include(page.bytes.toString(), "<h1>502 Bad Gateway</h1>")
      const azure = yield* ask(Script.always(Clouds.foundryGatewayError(429, "words")), "/anthropic/v1/messages")
      assert.deepStrictEqual(JSON.parse(azure.bytes.toString()), { error: { code: "429", message: "words" } })
      assert.match(azure.headers.get("apim-request-id") ?? "", /^req_/)
      assert.isNull(azure.headers.get("request-id"))
    }))
})
