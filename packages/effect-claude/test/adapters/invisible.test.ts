import Anthropic, { toFile } from "@anthropic-ai/sdk"
import { Fault, FaultServer, Reply, Script } from "@effect-claude/fault-server"
import { assert, describe, it } from "@effect/vitest"
import { Effect, type Scope } from "effect"
import { ClaudeMiddleware, type Resilience, ResilientFetch } from "effect-claude"
import * as Net from "node:net"
import { gzipSync } from "node:zlib"
import { params, thrownBy } from "./ways.ts"

const fixed = {
  "request-id": "req_fixed",
  date: "Sat, 21 Nov 2026 08:00:00 GMT",
  "set-cookie": "a=b",
  "x-extra": "kept"
}
const message = Reply.message({ text: "It was ever so: é, 日本, 🜚." })
const binary = Uint8Array.from({ length: 4096 }, (_, n) => n % 256)
const counted = { model: params.model, messages: params.messages }

const answer: Reply.Handler = (request) => {
  const route = `${request.method} ${request.path}`
  const { temperature } = (request.json ?? {}) as { readonly temperature?: number }
  const reply = ((): Reply.Reply => {
    if (route === "POST /v1/messages") {
      if (temperature === 400) return Reply.error(400, "invalid_request_error", "no", { headers: fixed })
      if (temperature === 307) return Reply.text(307, "", { location: "/elsewhere/v1/messages" })
      if (temperature === 200) {
        return {
          ...Reply.json(200, {}),
          headers: { "content-type": "application/json", "content-encoding": "gzip" },
          body: [{ delay: 0, bytes: gzipSync(JSON.stringify(message)) }]
        }
      }
      return Reply.forRequest(request, message)
    }
    if (route === "POST /elsewhere/v1/messages") return Reply.forRequest(request, message)
    if (route === "POST /v1/messages/count_tokens") return Reply.json(200, { input_tokens: 11 })
    if (route === "POST /v1/messages/batches") return Reply.json(200, { id: "msgbatch_1", type: "message_batch" })
    if (route === "POST /v1/files") return Reply.json(200, { id: "file_1", type: "file", filename: "a.bin" })
    if (route === "HEAD /v1/models") return Reply.text(200, "", { "x-head": "yes" })
    if (request.path.endsWith("/content")) {
      return {
        ...Reply.text(200, "", { "content-type": "application/octet-stream" }),
        body: [{ delay: 0, bytes: binary }]
      }
    }
    return Reply.error(404, "not_found_error", "nothing here", { headers: fixed })
  })()
  return Effect.succeed({ ...reply, headers: { ...reply.headers, ...fixed } })
}

/** A connection to the server whose bytes from the client are kept. */
const tap = (
  port: number
): Effect.Effect<{ readonly url: string; readonly bytes: () => Buffer }, never, Scope.Scope> => {
  const pieces: Array<Buffer> = []
  const open = Effect.callback<Net.Server>((resume) => {
    const server = Net.createServer((client) => {
      const upstream = Net.connect(port, "127.0.0.1")
      client.on("data", (piece) => {
        pieces.push(piece)
        upstream.write(piece)
      })
      client.on("end", () => upstream.end())
      client.on("error", () => upstream.destroy())
      client.on("close", () => upstream.destroy())
      upstream.on("error", () => client.destroy())
      upstream.pipe(client)
    })
    server.listen(0, "127.0.0.1", () => resume(Effect.succeed(server)))
  })
  const close = (server: Net.Server) => Effect.sync(() => server.close())
  return Effect.map(Effect.acquireRelease(open, close), (server) => {
    const address = server.address()
    return {
      url: `http://127.0.0.1:${typeof address === "object" && address !== null ? address.port : 0}`,
      bytes: () => Buffer.concat(pieces.splice(0))
    }
  })
}

/** All of a response that a program can look at. */
const seen = async (response: Response) => ({
  clone: response.clone().url,
  status: response.status,
  statusText: response.statusText,
  ok: response.ok,
  url: response.url,
  redirected: response.redirected,
  type: response.type,
  // The one thing that is added: an answer that failed is not to be tried again.
  headers: Array.from(response.headers).filter(([name]) => name !== "x-should-retry"),
  body: Array.from(new Uint8Array(await response.arrayBuffer()))
})

const shown = (thrown: unknown) => {
  assert.instanceOf(thrown, Anthropic.APIError)
  const { error, message, name, requestID, status, type } = thrown as InstanceType<typeof Anthropic.APIError>
  const headers = Array.from((thrown as InstanceType<typeof Anthropic.APIError>).headers ?? [])
  return {
    error,
    message,
    name,
    requestID,
    status,
    type,
    headers: headers.filter(([name]) => name !== "x-should-retry")
  }
}

const odd = (temperature: number) => ({ ...params, temperature }) as Anthropic.MessageCreateParamsNonStreaming

/** What an SDK's user does, and what is seen of it. */
const uses: Readonly<Record<string, (sdk: Anthropic, url: string) => Promise<unknown>>> = {
  create: (sdk) => sdk.messages.create(params),
  "a large request": (sdk) =>
    sdk.messages.create({ ...params, messages: [{ role: "user", content: "é".repeat(500_000) }] }),
  "create with response": async (sdk) => {
    const { data, request_id, response } = await sdk.messages.create(params).withResponse()
    return { data, request_id, url: response.url, headers: Array.from(response.headers), used: response.bodyUsed }
  },
  "create as response": (sdk) => sdk.messages.create(params).asResponse().then(seen),
  "a compressed answer": (sdk) => sdk.messages.create(odd(200)).asResponse().then(seen),
  "a redirected request": (sdk) => sdk.messages.create(odd(307)).asResponse().then(seen),
  stream: async (sdk) => {
    const events: Array<unknown> = []
    for await (const event of await sdk.messages.create({ ...params, stream: true })) events.push(event)
    return events
  },
  "stream as response": (sdk) => sdk.messages.create({ ...params, stream: true }).asResponse().then(seen),
  "the helper": async (sdk) => {
    const stream = sdk.messages.stream(params)
    const text: Array<string> = []
    stream.on("text", (piece) => text.push(piece))
    return { final: await stream.finalMessage(), text }
  },
  "beta messages": (sdk) => sdk.beta.messages.create({ ...params, betas: ["compact-2026-01-12"] }),
  "counting": (sdk) => sdk.messages.countTokens(counted),
  "counting as response": (sdk) => sdk.messages.countTokens(counted).asResponse().then(seen),
  "an error": async (sdk) => shown(await thrownBy(sdk.messages.create(odd(400)))),
  "a batch": (sdk) => sdk.messages.batches.create({ requests: [{ custom_id: "a", params }] }),
  "not found": async (sdk) => shown(await thrownBy(sdk.models.retrieve("none"))),
  upload: async (sdk) => sdk.beta.files.upload({ file: await toFile(binary, "a.bin") }),
  download: async (sdk) => seen(await sdk.beta.files.download("file_1")),
  head: async (sdk) =>
    seen(
      await (sdk as unknown as { readonly fetch: typeof fetch }).fetch(`${sdk.baseURL}/v1/models`, { method: "HEAD" })
    ),
  "an abort": async (sdk) => {
    const controller = new AbortController()
    const call = thrownBy(sdk.messages.create(params, { signal: controller.signal }))
    controller.abort()
    const thrown = await call
    return [thrown instanceof Anthropic.APIUserAbortError, String(thrown)]
  },
  "an abort inside a stream": async (sdk) => {
    const stream = await sdk.messages.create({ ...params, stream: true })
    for await (const event of stream) if (event.type === "content_block_delta") stream.controller.abort()
    return stream.controller.signal.aborted
  }
}

/** Policies that let everything through. */
const open: Resilience.Options & Resilience.LayerOptions = {
  maxAttempts: 1,
  deadline: "Infinity",
  limiter: { concurrency: 1000 }
}

/** The boundary of a form is made anew for each. */
const stable = (bytes: Buffer): string => bytes.toString("latin1").replaceAll(/-+formdata-undici-\d+/g, "boundary")

describe("invisible: what the SDK sends and gives is byte for byte the same with and without it", () => {
  for (const [name, use] of Object.entries(uses)) {
    it(name, () =>
      Effect.runPromise(Effect.scoped(Effect.gen(function*() {
        const server = yield* FaultServer.make(answer)
        const { bytes, url } = yield* tap(server.port)
        yield* Effect.promise(async () => {
          await using fetch = ResilientFetch.make(open)
          await using middleware = ClaudeMiddleware.make(open)
          const options = { apiKey: "sk-ant-x", baseURL: url, maxRetries: 0 }
          const sdks = [
            new Anthropic(options),
            new Anthropic({ ...options, fetch }),
            new Anthropic({ ...options, middleware: [middleware] })
          ]
          const results: Array<readonly [unknown, string]> = []
          for (const sdk of sdks) results.push([await use(sdk, url), stable(bytes())])
          const [bare, ...others] = results
          assert.isTrue(name === "an abort" || bare![1] !== "", "nothing was sent")
          for (const other of others) assert.deepStrictEqual(other, bare)
        })
      }))))
  }

  it(
    "and for a caller of fetch: a Request, a URL, bytes, and what is for another host",
    { timeout: 60_000 },
    () =>
      Effect.runPromise(Effect.scoped(Effect.gen(function*() {
        const server = yield* FaultServer.make(answer)
        const { bytes, url } = yield* tap(server.port)
        yield* Effect.promise(async () => {
          await using resilient = ResilientFetch.make(open)
          const body = JSON.stringify(params)
          const init = { method: "POST", headers: { "content-type": "application/json", "x-api-key": "sk-ant-x" } }
          const asked: ReadonlyArray<(fetch: typeof globalThis.fetch) => Promise<Response>> = [
            (fetch) => fetch(`${url}/v1/messages`, { ...init, body }),
            (fetch) => fetch(new URL(`${url}/v1/messages`), { ...init, body: new TextEncoder().encode(body) }),
            (fetch) => fetch(new Request(`${url}/v1/messages`, { ...init, body })),
            (fetch) => fetch(new Request(`${url}/v1/messages`, { ...init, body: "{}" }), { method: "POST", body }),
            (fetch) => fetch(`${url}/v1/messages`, { ...init, body: new Blob([body]) }),
            (fetch) => fetch(`${url}/v1/messages`, { ...init, body: new Blob([body]).stream(), duplex: "half" }),
            (fetch) => fetch(`${url}/model/amazon.titan/invoke`, { ...init, body }),
            (fetch) => fetch(`${url}/v1/messages`, init),
            (fetch) => fetch(`${url}/v1/messages`)
          ]
          for (const ask of asked) {
            const bare = [await seen(await ask(globalThis.fetch)), stable(bytes())]
            assert.deepStrictEqual([await seen(await ask(resilient)), stable(bytes())], bare)
          }
          const used = new Request(`${url}/v1/messages`, { ...init, body })
          await used.text()
          const impossible: ReadonlyArray<(fetch: typeof globalThis.fetch) => Promise<Response>> = [
            (fetch) => fetch("not a url", init),
            (fetch) => fetch("/v1/messages", { ...init, body }),
            (fetch) => fetch(`${url}/v1/messages`, { method: "POST", headers: { "x-api-key": "a\nb" }, body }),
            (fetch) => fetch(used)
          ]
          for (const ask of impossible) {
            const bare = await thrownBy(ask(globalThis.fetch))
            assert.instanceOf(bare, TypeError)
            assert.strictEqual(String(await thrownBy(ask(resilient))), String(bare))
          }
        })
      })))
  )

  it("a Request and bytes are tried again like text", () =>
    Effect.runPromise(Effect.scoped(Effect.gen(function*() {
      const fail = { ...Fault.overloaded(), headers: { "retry-after-ms": "1", "x-should-retry": "true" } }
      for (const body of [JSON.stringify(params), new TextEncoder().encode(JSON.stringify(params))]) {
        const server = yield* FaultServer.make(Script.sequence([fail, Reply.json(200, message)]))
        const bodies = yield* Effect.promise(async () => {
          await using resilient = ResilientFetch.make()
          const request = new Request(`${server.url}/v1/messages`, { method: "POST", body })
          assert.strictEqual((await resilient(request)).status, 200)
          return (await Effect.runPromise(server.requests)).map((received) => received.body)
        })
        assert.deepStrictEqual(bodies, [JSON.stringify(params), JSON.stringify(params)])
      }
    }))))

  it("a token that the SDK got itself is got anew after a 401, and nothing else is tried again outside", () =>
    Effect.runPromise(Effect.scoped(Effect.gen(function*() {
      let tokens = 0
      const credentials = () => Promise.resolve({ token: `token-${++tokens}`, expiresAt: null })
      const server = yield* FaultServer.make((request) =>
        Effect.succeed(
          request.headers["authorization"] === "Bearer token-1" ? Fault.unauthorized() : Fault.invalidRequest("no")
        )
      )
      yield* Effect.promise(async () => {
        await using fetch = ResilientFetch.make()
        const sdk = new Anthropic({ baseURL: server.url, fetch, maxRetries: 1, apiKey: null, credentials })
        assert.strictEqual(Object(await thrownBy(sdk.messages.create(params))).status, 400)
      })
      const sent = (yield* server.requests).map(({ headers }) => headers["authorization"])
      assert.deepStrictEqual(sent, ["Bearer token-1", "Bearer token-2"])
    }))))
})
