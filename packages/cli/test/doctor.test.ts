import type { Doctor } from "@effect-claude/cli"
import { Fault, FaultServer, Reply, RequestRules, Routes } from "@effect-claude/fault-server"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Redacted } from "effect"
import { ClaudeClient } from "effect-claude"
import { createServer } from "node:http"
import { createServer as createTlsServer } from "node:https"
import { type AddressInfo, createServer as createTcpServer, type Server } from "node:net"
import { probe } from "../src/internal/doctor/probe.ts"
import * as Streaming from "../src/internal/doctor/streaming.ts"
import { start } from "./fixtures/harness.ts"
import { selfSigned } from "./fixtures/selfSigned.ts"

/** The port of a server that listens on loopback for as long as the scope lives. */
const listening = (server: Server) =>
  Effect.acquireRelease(
    Effect.callback<void>((resume) => void server.listen(0, "127.0.0.1", () => resume(Effect.void))),
    () => Effect.sync(() => void server.close())
  ).pipe(Effect.map(() => (server.address() as AddressInfo).port))

/** Half a second of events. */
const slow: Reply.Handler = (request) =>
  Effect.succeed(
    Reply.wantsStream(request)
      ? Reply.stream(Reply.message("one two three four five six seven eight nine ten eleven twelve thirteen"), {
        deltaSize: 4,
        deltaDelay: 30,
        headers: {
          "anthropic-ratelimit-requests-limit": "50",
          "anthropic-ratelimit-requests-remaining": "49",
          "anthropic-ratelimit-input-tokens-limit": "30000",
          "anthropic-ratelimit-input-tokens-remaining": "29000"
        }
      })
      : Reply.json(200, Reply.message("hi"))
  )
const api = RequestRules.make(Routes.make(slow), { keys: ["sk-ant-test"] })

interface Given {
  readonly args?: ReadonlyArray<string>
  readonly env?: Readonly<Record<string, string>>
  readonly url?: (url: string) => string
}

const examine = (handler: Reply.Handler, { args = [], env = {}, url = (given) => given }: Given = {}) =>
  Effect.runPromise(Effect.scoped(Effect.gen(function*() {
    const server = yield* FaultServer.make(handler)
    const ended = yield* Effect.promise(() =>
      start(url(server.url), ["doctor", "--json", ...args], undefined, env).ended
    )
    const rows: ReadonlyArray<Doctor.Row> = JSON.parse(ended.stdout)
    assert.notInclude(ended.stdout + ended.stderr, "sk-ant-")
    return { code: ended.code, rows, row: (name: string) => rows.find((row) => row.check === name) }
  })))

const altered = (change: (reply: Reply.Reply) => Reply.Reply): Reply.Handler => (request) =>
  Effect.map(api(request), change)

describe("doctor", () => {
  it("everything in order", async () => {
    const { code, row, rows } = await examine(api, { args: ["--model", "claude-haiku-5-5"] })
    assert.deepStrictEqual(rows.map(({ check, verdict }) => [check, verdict]), [
      ["key", "ok"],
      ["proxy", "ok"],
      ["endpoint", "ok"],
      ["clock", "ok"],
      ["key accepted", "ok"],
      ["model claude-haiku-5-5", "ok"],
      ["streaming", "ok"],
      ["limits", "ok"]
    ])
    assert.strictEqual(code, 0)
    assert.match(row("limits")?.found ?? "", /50 requests, 30000 input tokens a minute/)
  })

  it("a key with quotes, with white space, and none; nothing is tried with it", async () => {
    for (
      const [key, said] of [["\"sk-ant-test\"", /quotation marks/], [" sk-ant-test", /white space/], [
        "",
        /empty/
      ]] as const
    ) {
      const { code, row } = await examine(api, { env: { ANTHROPIC_API_KEY: key } })
      assert.strictEqual(row("key")?.verdict, "fault")
      assert.match(row("key")?.found ?? "", said)
      assert.strictEqual(row("endpoint")?.verdict, "ok")
      assert.strictEqual(row("key accepted")?.verdict, "unchecked")
      assert.strictEqual(code, 1)
    }
  })

  it("proxy variables are named, since the client does not use them", async () => {
    const { code, row } = await examine(api, { env: { HTTPS_PROXY: "http://proxy.test:3128" }, args: ["--no-message"] })
    assert.strictEqual(row("proxy")?.verdict, "note")
    assert.match(row("proxy")?.found ?? "", /HTTPS_PROXY/)
    assert.strictEqual(row("streaming")?.verdict, "unchecked")
    assert.strictEqual(code, 0)
  })

  it("the endpoint: no such name, nobody listens, no TLS there, no answer, no address", async () => {
    const cases: ReadonlyArray<readonly [(url: string) => string, Reply.Handler, RegExp]> = [
      [() => "http://claude.invalid", api, /name: (ENOTFOUND|EAI_AGAIN)/],
      [() => "http://127.0.0.1:9", api, /connection: ECONNREFUSED/],
      [(url) => url.replace("http:", "https:"), api, /encryption: /],
      [(url) => url, () => Effect.succeed(Fault.resetBeforeHeaders(Reply.json(200, {}))), /answer: ECONNRESET/],
      [() => "not an address", api, /no http or https address/],
      [(url) => url.replace("http://127.0.0.1", "localhost"), api, /no http or https address/]
    ]
    for (const [url, handler, found] of cases) {
      const { code, row } = await examine(handler, { url })
      assert.strictEqual(row("endpoint")?.verdict, "fault")
      assert.match(row("endpoint")?.found ?? "", found)
      assert.strictEqual(row("streaming")?.verdict, "unchecked")
      assert.strictEqual(code, 1)
    }
  })

  it("a certificate nobody vouches for", async () => {
    const ended = await Effect.runPromise(Effect.scoped(Effect.gen(function*() {
      const server = createTlsServer(selfSigned, (_, response) => void response.end("{}"))
      const port = yield* listening(server)
      return yield* Effect.promise(() => start(`https://127.0.0.1:${port}`, ["doctor"]).ended)
    })))
    assert.strictEqual(ended.code, 1)
    assert.match(
      ended.stdout,
      /FAULT {4} {2}endpoint .*encryption: DEPTH_ZERO_SELF_SIGNED_CERT.*\n.*NODE_EXTRA_CA_CERTS/
    )
  })

  it("an endpoint whose headers drip is left after the bound", async () => {
    const seen = await Effect.runPromise(Effect.scoped(Effect.gen(function*() {
      const server = createTcpServer((socket) => {
        socket.write("HTTP/1.1 200 OK\r\n")
        const drip = setInterval(() => socket.write("x-drip: 1\r\n"), 20)
        socket.on("error", () => {}).on("close", () => clearInterval(drip))
      })
      const port = yield* listening(server)
      return yield* probe(`http://127.0.0.1:${port}`, "", 200)
    })))
    assert.deepInclude(seen, { _tag: "Failed", at: "answer", code: "ETIMEDOUT" })
  })

  it("a stream that only pings is left after the bound", async () => {
    const endless: Reply.Handler = (request) => Effect.map(slow(request), (reply) => Fault.dripPings(1, 20)(reply))
    const timing = await Effect.runPromise(Effect.scoped(Effect.gen(function*() {
      const server = yield* FaultServer.make(Routes.make(endless))
      const client = ClaudeClient.layerStandard({ apiKey: Redacted.make("sk-ant-test"), baseUrl: server.url })
      return yield* Effect.provide(Streaming.time("claude-haiku-5-5", 200), client)
    })))
    assert.strictEqual(timing, "unfinished")
  })

  it("a clock that is off", async () => {
    const late = altered((reply) => ({
      ...reply,
      headers: { ...reply.headers, date: "Sat, 21 Nov 2020 05:00:00 GMT" }
    }))
    const { code, row } = await examine(late, { args: ["--no-message"] })
    assert.strictEqual(row("clock")?.verdict, "fault")
    assert.match(row("clock")?.found ?? "", /\d+ s ahead of/)
    assert.strictEqual(code, 1)
  })

  it("a key that is refused", async () => {
    const { code, row } = await examine(api, { env: { ANTHROPIC_API_KEY: "sk-ant-revoked" } })
    assert.deepInclude(row("key accepted"), { verdict: "fault", found: "refused with 401" })
    assert.strictEqual(row("streaming")?.verdict, "unchecked")
    assert.strictEqual(code, 1)
  })

  it("models: unknown, and near their end", async () => {
    const { code, row } = await examine(api, {
      args: ["--no-message", "--model", "claude-none", "--model", "claude-sonnet-4-5"]
    })
    assert.strictEqual(row("model claude-none")?.verdict, "fault")
    assert.match(row("model claude-sonnet-4-5")?.found ?? "", /retires 2026-11-30|retired/)
    assert.notStrictEqual(row("model claude-sonnet-4-5")?.verdict, "ok")
    assert.strictEqual(code, 1)
  })

  it("streaming: a proxy that holds the events back is named", async () => {
    const held = await Effect.runPromise(Effect.scoped(Effect.gen(function*() {
      const server = yield* FaultServer.make(api)
      const proxy = createServer(async (request, response) => {
        const pieces: Array<Buffer> = []
        for await (const piece of request) pieces.push(Buffer.from(piece))
        const answer = await fetch(server.url + String(request.url), {
          method: request.method ?? "GET",
          headers: Object.fromEntries(
            Object.entries(request.headers).filter(([name]) =>
              !/^(host|connection|content-length|accept-encoding)$/.test(name)
            )
              .map(([name, value]) => [name, String(value)])
          ),
          ...(pieces.length > 0 ? { body: Buffer.concat(pieces) } : {})
        })
        const body = Buffer.from(await answer.arrayBuffer())
        response.writeHead(answer.status, Object.fromEntries(answer.headers))
        response.end(body)
      })
      const port = yield* listening(proxy)
      const ended = yield* Effect.promise(() =>
        start(`http://127.0.0.1:${port}`, ["doctor", "--model", "claude-haiku-5-5"]).ended
      )
      return ended
    })))
    assert.strictEqual(held.code, 1)
    assert.match(
      held.stdout,
      /FAULT {4} {2}streaming +held back: .*\n +→ A proxy buffers the stream.*proxy_buffering off/
    )
    assert.match(held.stdout, /limits +claude-haiku-5-5: 50 requests/)
  })

  it("streaming that fails, and an answer without limits", async () => {
    const overloaded = await examine((request) =>
      request.path === "/v1/messages" ? Effect.succeed(Fault.overloaded()) : api(request)
    )
    assert.strictEqual(overloaded.row("streaming")?.verdict, "fault")
    assert.match(overloaded.row("streaming")?.found ?? "", /^Overloaded/)
    assert.strictEqual(overloaded.row("limits")?.verdict, "unchecked")
    const bare = await examine(RequestRules.make(Routes.make()))
    assert.strictEqual(bare.row("limits")?.verdict, "note")
    assert.strictEqual(bare.code, 0)
  })
})
