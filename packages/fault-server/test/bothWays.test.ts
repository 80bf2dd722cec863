import { Fault, FaultServer, Reply, Routes, Script } from "@effect-claude/fault-server"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"

const message = Reply.message("A short answer, streamed in a few deltas.")
const replies: Readonly<Record<string, Reply.Reply>> = {
  json: Reply.json(200, message),
  stream: Reply.stream(message),
  "error body": Fault.overloaded(),
  "429 with hint": Fault.rateLimited("input tokens", 7),
  html: Fault.html(),
  "413 by a proxy": Fault.tooLargeByProxy(),
  "empty body": Fault.okEmpty(),
  "broken JSON": Fault.okBroken(),
  "cut after bytes": Fault.cutAfterBytes(100)(Reply.stream(message)),
  "cut after events": Fault.cutAfterEvents(3)(Reply.stream(message)),
  "without message_stop": Fault.withoutMessageStop(Reply.stream(message)),
  "error event": Fault.errorAfterEvents(2)(Reply.stream(message)),
  "slow first byte": Fault.slowFirstByte(5)(Reply.json(200, message)),
  "reset before headers": Fault.resetBeforeHeaders(Reply.json(200, message)),
  "reset in the body": Fault.resetAfterEvents(2)(Reply.stream(message))
}

/** What a caller of `fetch` sees. */
const observe = async (fetch: typeof globalThis.fetch, url: string) => {
  try {
    const response = await fetch(`${url}/v1/messages`, { method: "POST", body: "{}" })
    const seen = {
      status: response.status,
      type: response.headers.get("content-type"),
      id: response.headers.get("request-id"),
      hint: response.headers.get("retry-after")
    }
    return { ...seen, body: await response.text().catch((error: Error) => `${error.name}: ${error.message}`) }
  } catch (error) {
    const { cause, message, name } = error as Error & { readonly cause?: { readonly code?: string } }
    return `${name}: ${message} (${cause?.code})`
  }
}

describe("the same bytes over a socket and in process", () => {
  for (const [name, reply] of Object.entries(replies)) {
    it(name, () =>
      Effect.runPromise(Effect.scoped(Effect.gen(function*() {
        const server = yield* FaultServer.make(Script.always(reply))
        const inProcess = yield* FaultServer.fetch(Script.always(reply))
        const socket = yield* Effect.promise(() => observe(globalThis.fetch, server.url))
        const local = yield* Effect.promise(() => observe(inProcess, server.url))
        if (name === "reset in the body") {
          assert.match(JSON.stringify(socket), /terminated/)
          assert.match(JSON.stringify(local), /terminated/)
        } else if (name === "reset before headers") {
          assert.match(String(socket), /^TypeError: fetch failed \((ECONNRESET|UND_ERR_SOCKET)\)$/)
          assert.strictEqual(local, "TypeError: fetch failed (ECONNRESET)")
        } else assert.deepStrictEqual(local, socket)
      }))))
  }

  it("silence ends by an abort with an AbortError, both ways", () =>
    Effect.runPromise(Effect.scoped(Effect.gen(function*() {
      const silent = Fault.silenceBeforeHeaders(Reply.json(200, message))
      const server = yield* FaultServer.make(Script.always(silent))
      const inProcess = yield* FaultServer.fetch(Script.always(silent))
      for (const fetch of [globalThis.fetch, inProcess]) {
        const controller = new AbortController()
        const pending = fetch(`${server.url}/v1/messages`, { method: "POST", body: "{}", signal: controller.signal })
        setImmediate(() => controller.abort())
        const error = yield* Effect.promise(() => pending.then(() => undefined, (thrown: Error) => thrown))
        assert.strictEqual(error?.name, "AbortError")
        assert.instanceOf(error, DOMException)
      }
    }))))

  it("records every request and how it ended, and listens on loopback only", () =>
    Effect.runPromise(Effect.scoped(Effect.gen(function*() {
      const server = yield* FaultServer.make(Routes.make())
      assert.match(server.url, /^http:\/\/127\.0\.0\.1:\d+$/)
      yield* Effect.promise(() => fetch(`${server.url}/v1/models?limit=2`).then((response) => response.json()))
      const [seen] = yield* server.requests
      assert.deepInclude(seen, { method: "GET", path: "/v1/models", query: "?limit=2", status: 200 })
      yield* server.down
      const refused = yield* Effect.promise(() =>
        fetch(server.url).then(() => "answered", (error: Error) => String(error.cause))
      )
      assert.include(refused, "ECONNREFUSED")
      yield* server.up
      assert.strictEqual(
        yield* Effect.promise(() => fetch(`${server.url}/nothing`).then((response) => response.status)),
        404
      )
    }))))
})
