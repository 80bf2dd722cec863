import { Fault, FaultServer, Reply, Routes, Script } from "@effect-claude/fault-server"
import { assert, describe, it } from "@effect/vitest"
import { Clock, Deferred, Effect, Exit, Fiber, Layer, Scope } from "effect"
import { TestClock } from "effect/testing"
import * as Net from "node:net"
import { local, outcomes, ways } from "./both.ts"

const turn = Effect.promise(() => new Promise<void>((next) => setImmediate(next)))

/** Turns of the event loop until it holds. */
const until = (holds: () => boolean): Effect.Effect<void> =>
  Effect.suspend(() => holds() ? Effect.void : Effect.andThen(turn, until(holds)))

const code = (promise: Promise<unknown>): Effect.Effect<unknown> =>
  Effect.promise(() =>
    promise.then(
      () => "answered",
      (error: unknown) =>
        error instanceof Error && error.cause instanceof Error && "code" in error.cause ? error.cause.code : error
    )
  )

describe("FaultServer", () => {
  for (const way of ways) {
    it.live(`${way.name}: records what was asked, in order, and when`, () =>
      Effect.gen(function*() {
        const before = yield* Clock.currentTimeMillis
        const target = yield* way.serve(Script.always(Reply.json(200, {})))
        yield* Effect.promise(async () => {
          const ask = (init: RequestInit) => target.fetch(`${target.url}/v1/messages?beta=true`, init)
          await (await ask({ method: "POST", body: `{"a":["ü"]}`, headers: { "X-Api-Key": "k" } })).text()
          await (await ask({ method: "PUT", body: "no json" })).text()
          await (await target.fetch(new Request(target.url, { method: "POST", body: "7" }))).text()
        })
        const [first, second, third] = yield* target.requests
        assert.deepInclude(first, {
          index: 0,
          method: "POST",
          path: "/v1/messages",
          query: "?beta=true",
          body: `{"a":["ü"]}`,
          json: { a: ["ü"] },
          status: 200
        })
        assert.strictEqual(first?.headers["x-api-key"], "k")
        assert.isAtLeast(first?.at ?? 0, before)
        assert.deepInclude(second, { index: 1, method: "PUT", body: "no json", json: undefined })
        assert.deepInclude(third, { index: 2, method: "POST", path: "/", body: "7", json: 7 })
        assert.deepStrictEqual(yield* outcomes(target), ["sent", "sent", "sent"])
      }))

    it.live(`${way.name}: date is the Clock's, and a reply may set its own`, () =>
      Effect.gen(function*() {
        const at = yield* Clock.currentTimeMillis
        const target = yield* way.serve(Script.sequence([Fault.overloaded(), Reply.json(200, {}, { date: "today" })]))
        const date = () => target.fetch(target.url).then((response) => response.headers.get("date"))
        assert.approximately(Date.parse((yield* Effect.promise(date)) ?? ""), at, 2000)
        assert.strictEqual(yield* Effect.promise(date), "today")
      }))
  }

  it.live("records no more than its bound", () =>
    Effect.gen(function*() {
      const server = yield* FaultServer.make(Script.always(Reply.json(200, {})), { maxRecorded: 2 })
      for (const path of ["a", "b", "c"]) {
        yield* Effect.promise(() => fetch(`${server.url}/${path}`).then((response) => response.text()))
      }
      assert.deepStrictEqual((yield* server.requests).map((request) => request.path), ["/a", "/b"])
    }))

  it.live("binds to loopback, on the port that was asked for", () =>
    Effect.gen(function*() {
      const free = yield* Effect.scoped(Effect.map(FaultServer.make(), (server) => server.port))
      const server = yield* FaultServer.make(Routes.make(), { port: free })
      assert.strictEqual(server.url, `http://127.0.0.1:${free}`)
      assert.strictEqual(server.port, free)
    }))

  it.live("down refuses connections and breaks those in flight; up answers again on the same port", () =>
    Effect.gen(function*() {
      const arrived = yield* Deferred.make<void>()
      const server = yield* FaultServer.make(() =>
        Effect.as(Deferred.succeed(arrived, undefined), Fault.silenceBeforeHeaders(Reply.json(200, {})))
      )
      const flying = fetch(server.url)
      flying.catch(() => {})
      yield* Deferred.await(arrived)
      yield* server.down
      assert.include(["ECONNRESET", "UND_ERR_SOCKET"], yield* code(flying))
      assert.strictEqual(yield* code(fetch(server.url)), "ECONNREFUSED")
      yield* server.up
      yield* server.setHandler(Script.always(Reply.json(200, {})))
      assert.strictEqual(yield* code(fetch(server.url)), "answered")
    }))

  it.live("the layer closes every socket, idle ones too", () =>
    Effect.gen(function*() {
      const scope = yield* Scope.make()
      const context = yield* Layer.buildWithScope(FaultServer.layer(), scope)
      const server = yield* Effect.provide(FaultServer.FaultServer, context)
      const socket = Net.connect(server.port, "127.0.0.1")
      let closed = false
      socket.on("close", () => (closed = true))
      socket.on("error", () => {})
      yield* Effect.promise(() => new Promise<void>((open) => socket.on("connect", open)))
      yield* turn
      yield* Scope.close(scope, Exit.void)
      yield* until(() => closed)
      assert.strictEqual(yield* code(fetch(server.url)), "ECONNREFUSED")
    }))

  it.live("a reset is a real RST", () =>
    Effect.gen(function*() {
      const server = yield* FaultServer.make(Script.always(Fault.resetBeforeHeaders(Reply.json(200, {}))))
      const socket = Net.connect(server.port, "127.0.0.1")
      socket.write("GET / HTTP/1.1\r\nhost: x\r\n\r\n")
      const error = yield* Effect.promise(() => new Promise((seen) => socket.on("error", seen)))
      assert.strictEqual(error instanceof Error && "code" in error ? error.code : error, "ECONNRESET")
    }))

  it.live("a client that does not read holds the body back", () =>
    Effect.gen(function*() {
      let made = 0
      const piece = new Uint8Array(64 * 1024)
      const total = 2000
      const body = {
        *[Symbol.iterator]() {
          for (; made < total; made++) yield { delay: 0, bytes: piece }
        }
      }
      const server = yield* FaultServer.make(Script.always({ ...Reply.json(200, {}), body }))
      const socket = Net.connect(server.port, "127.0.0.1")
      socket.pause()
      socket.write("GET / HTTP/1.1\r\nhost: x\r\n\r\n")
      // Still for a hundred turns of the event loop means that it waits for the client.
      let still = 0
      for (let last = -1; still < 100; last = made) {
        yield* turn
        still = made === last && made > 0 ? still + 1 : 0
      }
      assert.isBelow(made, total)
      socket.resume()
      yield* until(() => made === total)
      socket.destroy()
    }))

  it.live("an address that no URL parser takes is still answered", () =>
    Effect.gen(function*() {
      const server = yield* FaultServer.make()
      const socket = Net.connect(server.port, "127.0.0.1")
      socket.write("GET // HTTP/1.1\r\nhost: x\r\n\r\n")
      const text = yield* Effect.promise(() => new Promise((seen) => socket.once("data", seen)))
      assert.match(String(text), /^HTTP\/1.1 404 /)
      socket.destroy()
    }))

  it.effect("in process, delays pass on the Clock of the fiber that made it", () =>
    Effect.gen(function*() {
      const message = Reply.message({ text: "x".repeat(48) })
      const target = yield* local.serve(Script.always(Reply.stream(message, { firstByte: 5000, deltaDelay: 1000 })))
      const begun = yield* Effect.forkChild(Effect.promise(() => target.fetch(target.url)), { startImmediately: true })
      yield* turn
      yield* TestClock.adjust(4999)
      yield* turn
      assert.isUndefined(begun.pollUnsafe())
      yield* TestClock.adjust(1)
      const response = yield* Fiber.join(begun)
      assert.strictEqual(response.headers.get("date"), "Thu, 01 Jan 1970 00:00:05 GMT")
      let body = ""
      const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader()
      const read = async (): Promise<void> => {
        const next = await reader?.read()
        if (next === undefined || next.done) return
        body += next.value
        return read()
      }
      const reading = read()
      const deltas = () => body.split("event: content_block_delta").length - 1
      yield* until(() => body.includes("content_block_start"))
      yield* turn
      assert.strictEqual(deltas(), 0)
      yield* TestClock.adjust(1000)
      yield* until(() => deltas() === 1)
      yield* TestClock.adjust(1000)
      yield* Effect.promise(() => reading)
      assert.strictEqual(deltas(), 2)
      assert.include(body, "message_stop")
      assert.strictEqual(yield* Clock.currentTimeMillis, 7000)
    }))

  it.live("over a socket, headers and deltas come no earlier than their delays", () =>
    Effect.gen(function*() {
      const message = Reply.message({ text: "x".repeat(48) })
      const server = yield* FaultServer.make(Script.always(Reply.stream(message, { firstByte: 30, deltaDelay: 20 })))
      const start = performance.now()
      const response = yield* Effect.promise(() => fetch(server.url))
      assert.isAtLeast(performance.now() - start, 29)
      yield* Effect.promise(() => response.text())
      assert.isAtLeast(performance.now() - start, 68)
    }))

  it.effect("in process, cancelling the body stops its delays", () =>
    Effect.gen(function*() {
      const told: Array<string> = []
      let made = 0
      const body = {
        *[Symbol.iterator]() {
          for (;; made++) yield { delay: 1000, bytes: "" }
        }
      }
      const reply = { ...Reply.stream(Reply.message()), body, onEnd: (how: string) => told.push(how) }
      const target = yield* local.serve(Script.always(reply))
      const response = yield* Effect.promise(() => target.fetch(target.url))
      const reader = response.body?.getReader()
      const pending = reader?.read()
      yield* turn
      yield* TestClock.adjust(3000)
      assert.strictEqual(made, 3)
      yield* Effect.promise(async () => reader?.cancel())
      yield* Effect.promise(async () => pending)
      yield* TestClock.adjust(10_000)
      assert.strictEqual(made, 3)
      assert.deepStrictEqual(told, ["aborted"])
      assert.deepStrictEqual(yield* outcomes(target), ["aborted"])
    }))
})
