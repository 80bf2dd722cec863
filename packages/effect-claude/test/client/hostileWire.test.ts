import Anthropic from "@anthropic-ai/sdk"
import { Reply } from "@effect-claude/fault-server"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Redacted, Schedule, Stream } from "effect"
import { ClaudeClient, MessageStream, Resilience } from "effect-claude"
import type * as Net from "node:net"
import * as Zlib from "node:zlib"
import { key, params } from "../fixtures/harness.ts"
import { http, rawServer } from "../fixtures/rawServer.ts"

const json = { "content-type": "application/json" }
const events = { "content-type": "text/event-stream" }
const message = JSON.stringify(Reply.message("Hello"))
const sse = Array.from(Reply.stream(Reply.message("Hello, wörld 🦊")).body, ({ bytes }) => String(bytes)).join("")

type Answer = Parameters<typeof rawServer>[0]

const against = <A, E>(
  answer: Answer,
  program: Effect.Effect<A, E, ClaudeClient.ClaudeClient>,
  options: ClaudeClient.Options & Resilience.LayerOptions = {}
) =>
  Effect.runPromise(Effect.scoped(Effect.gen(function*() {
    const server = yield* rawServer(answer)
    const layer = ClaudeClient.layerStandard({
      apiKey: Redacted.make(key),
      baseUrl: server.url,
      maxAttempts: 1,
      ...options
    })
    const result = yield* Effect.provide(program, Layer.fresh(layer))
    return { result, requests: server.requests }
  })))

const create = ClaudeClient.createMessage(params)
const failed = Effect.map(Effect.flip(create), (error) => error.reason)
const joined = ClaudeClient.createMessage(params, { stream: true })
const failedStream = Effect.map(Effect.flip(joined), (error) => error.reason)
const text = Stream.mkString(MessageStream.text(ClaudeClient.streamMessage(params)))
const send = (bytes: Uint8Array | string) => (socket: Net.Socket) => void socket.write(bytes)
const close = (bytes: Uint8Array | string) => (socket: Net.Socket) => void socket.end(bytes)

describe("bytes that a hostile network sends", () => {
  it("content that a proxy compressed is read, on JSON and on streams; cut in the middle it is a failure", async () => {
    const codings: ReadonlyArray<readonly [string, (text: string) => Uint8Array]> = [
      ["gzip", (text) => Zlib.gzipSync(text)],
      ["br", (text) => Zlib.brotliCompressSync(text)],
      ["deflate", (text) => Zlib.deflateSync(text)]
    ]
    for (const [name, encode] of codings) {
      const coded = { "content-encoding": name }
      const { requests, result } = await against(send(http(encode(message), { ...json, ...coded })), create)
      assert.deepInclude(result.content[0], { text: "Hello" })
      assert.match(requests[0]!, /accept-encoding: identity/i)
      const streamed = await against(send(http(encode(sse), { ...events, ...coded })), text)
      assert.strictEqual(streamed.result, "Hello, wörld 🦊")
      const whole = http(encode(message), { ...json, ...coded })
      const cut = await against(close(whole.subarray(0, whole.length - 20)), failed)
      assert.strictEqual(cut.result._tag, "ConnectionFailed", name)
      const short = encode(message).subarray(0, -20)
      const ended = await against(send(http(short, { ...json, ...coded })), failed)
      assert.strictEqual(ended.result._tag, "ConnectionFailed", name)
      const broken = await against(send(http("no such coding", { ...json, ...coded })), failed)
      assert.strictEqual(broken.result._tag, "ConnectionFailed", name)
    }
  })

  it("answers before the answer are not the answer, however many come", async () => {
    const early = "HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n".repeat(200)
    const { result } = await against(
      (socket) => socket.write(Buffer.concat([Buffer.from(early), http(message, json)])),
      create
    )
    assert.deepInclude(result.content[0], { text: "Hello" })
  })

  it("what is no message is no success: 101, 204, 206, lengths that lie, headers without end", async () => {
    const cases: ReadonlyArray<readonly [string, Answer, string]> = [
      [
        "101",
        send("HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n"),
        "ConnectionFailed"
      ],
      ["204", send("HTTP/1.1 204 No Content\r\n\r\n"), "MalformedResponse"],
      ["205", send(http("", {}, "205 Reset Content")), "MalformedResponse"],
      ["206", send(http(message.slice(0, 20), json, "206 Partial Content")), "MalformedResponse"],
      ["304", send("HTTP/1.1 304 Not Modified\r\n\r\n"), "InvalidRequest"],
      [
        "too short",
        close(http(message, { ...json, "content-length": String(message.length + 10) })),
        "ConnectionFailed"
      ],
      ["cut by its length", send(http(message, { ...json, "content-length": "20" })), "MalformedResponse"],
      ["no HTTP", close("SSH-2.0-OpenSSH_9.9\r\n"), "ConnectionFailed"],
      ["headers", send(`HTTP/1.1 200 OK\r\n${`x: ${"y".repeat(1000)}\r\n`.repeat(1000)}\r\n`), "ConnectionFailed"],
      ["two lengths", send(http(message, { ...json, "Content-Length": "7" })), "ConnectionFailed"],
      ["chunks that are none", send("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n"), "ConnectionFailed"]
    ]
    for (const [name, answer, tag] of cases) {
      const { result } = await against(answer, failed)
      assert.strictEqual(result._tag, tag, name)
    }
  })

  it("trailers are not content", async () => {
    const chunked = (body: string) =>
      `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\ntrailer: x-sum\r\n\r\n${
        Buffer.byteLength(body).toString(16)
      }\r\n${body}\r\n0\r\nx-sum: 1\r\n\r\n`
    const { result } = await against(send(chunked(message)), create)
    assert.deepInclude(result.content[0], { text: "Hello" })
  })

  it("a stream where JSON was asked for, and JSON where a stream was, are malformed", async () => {
    assert.strictEqual((await against(send(http(sse, events)), failed)).result._tag, "MalformedResponse")
    assert.strictEqual((await against(send(http(message, json)), failedStream)).result._tag, "MalformedResponse")
    assert.strictEqual((await against(send(http("", json)), failedStream)).result._tag, "MalformedResponse")
    const { result } = await against(send(http("<html>", events)), failedStream)
    assert.isTrue(result._tag === "StreamInterrupted" && result.cut === "empty")
  })

  it("a redirect is an answer: the key goes to no other host, whichever fetch sends it", async () => {
    for (const fetch of [undefined, globalThis.fetch]) {
      await Effect.runPromise(Effect.scoped(Effect.gen(function*() {
        const other = yield* rawServer(send(http(message, json)))
        for (const status of ["301 Moved", "302 Found", "303 See Other", "307 Temporary Redirect", "308 Permanent"]) {
          const headers = { location: `${other.url}/v1/messages` }
          const { result } = yield* Effect.promise(() =>
            against(send(http("", headers, status)), failed, fetch === undefined ? {} : { fetch })
          )
          assert.deepInclude(result, { _tag: "InvalidRequest", status: Number(status.slice(0, 3)) }, status)
        }
        assert.deepStrictEqual(other.requests, [])
      })))
    }
  })

  it("A9 the key of an SDK instance of the caller's own is in no error, and follows no redirect", () =>
    Effect.runPromise(Effect.scoped(Effect.gen(function*() {
      const apiKey = "gateway-key-like-no-other"
      const other = yield* rawServer(send(http(message, json)))
      const server = yield* rawServer((socket, nth) =>
        socket.write(
          nth === 0
            ? http(`you sent ${apiKey}`, {}, "400 Bad Request")
            : http("", { location: `${other.url}/v1/messages` }, "307 Temporary Redirect")
        )
      )
      const sdk = new Anthropic({ apiKey, baseURL: server.url })
      const layer = ClaudeClient.layerSdk(sdk, { maxAttempts: 1 }).pipe(Layer.provide(Resilience.layer()))
      const errors = yield* Effect.provide(Effect.all([Effect.flip(create), Effect.flip(create)]), layer)
      assert.notInclude(JSON.stringify(errors) + String(errors), "gateway")
      assert.deepStrictEqual(other.requests, [])
    }))))

  it("a kept connection that is closed just when it is used costs one more try, not the call", async () => {
    const { requests, result } = await against(
      (socket, nth) => {
        // The second request of the first connection dies with it, before any answer.
        if (nth === 1) socket.resetAndDestroy()
        else socket.write(http(message, { ...json, connection: "keep-alive" }))
      },
      Effect.andThen(create, create),
      { maxAttempts: 2, retry: Schedule.recurs(1) }
    )
    assert.deepInclude(result.content[0], { text: "Hello" })
    assert.strictEqual(requests.length, 3)
  })

  it("a body without an end is refused, not collected: JSON, an error, a page", { timeout: 30_000 }, async () => {
    const endless = (head: string): Answer => (socket) => {
      socket.write(head)
      const piece = Buffer.alloc(1024 * 1024, 32)
      const more = (): void => {
        while (!socket.destroyed && socket.write(piece));
      }
      socket.on("drain", more)
      more()
    }
    for (const status of ["200 OK", "500 Internal"]) {
      const head = `HTTP/1.1 ${status}\r\ncontent-type: application/json\r\n\r\n`
      const { result } = await against(endless(head), failed, { deadline: "20 seconds" })
      assert.include(["MalformedResponse", "ConnectionFailed", "ServerFailed"], result._tag, status)
    }
    const stream = await against(endless("HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n"), failedStream)
    assert.strictEqual(stream.result._tag, "StreamInterrupted")
  })
})
