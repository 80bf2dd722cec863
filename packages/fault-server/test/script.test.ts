import { FaultServer, Reply, Script } from "@effect-claude/fault-server"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"

const status = (server: FaultServer.InProcess, path: string, init: RequestInit = {}) =>
  Effect.promise(() => server.fetch(`http://fault.test${path}`, init).then((response) => response.status))
const body = (server: FaultServer.InProcess, path: string) =>
  Effect.promise(() => server.fetch(`http://fault.test${path}`).then((response) => response.text()))

const ok = (code: number): Reply.Reply => Reply.json(code, {})

describe("Script", () => {
  it.effect("answers go out in order; the request after the last is a recorded 500 that names it", () =>
    Effect.gen(function*() {
      const server = yield* FaultServer.inProcess(Script.sequence([ok(201), (request) => ok(202 + request.index)]))
      assert.strictEqual(yield* status(server, "/a"), 201)
      assert.strictEqual(yield* status(server, "/b"), 203)
      assert.include(yield* body(server, "/c"), "The script has no answer for request 2: GET /c")
      const requests = yield* server.requests
      assert.deepStrictEqual(requests.map((request) => [request.path, request.status]), [
        ["/a", 201],
        ["/b", 203],
        ["/c", 500]
      ])
    }))

  it.effect("the default after the last answer can be set", () =>
    Effect.gen(function*() {
      const server = yield* FaultServer.inProcess(Script.sequence([ok(201)], ok(299)))
      assert.strictEqual(yield* status(server, "/"), 201)
      assert.strictEqual(yield* status(server, "/"), 299)
      assert.strictEqual(yield* status(server, "/"), 299)
    }))

  it.effect("routes and matchers: the first that matches answers, each with its own sequence", () =>
    Effect.gen(function*() {
      const server = yield* FaultServer.inProcess(Script.make([
        Script.when("POST /v1/messages", Script.sequence([ok(201), ok(202)])),
        Script.when((request) => request.headers["x-who"] === "me", Script.always(ok(203)))
      ]))
      assert.strictEqual(yield* status(server, "/v1/messages", { method: "POST" }), 201)
      assert.strictEqual(yield* status(server, "/", { headers: { "X-Who": "me" } }), 203)
      assert.strictEqual(yield* status(server, "/v1/messages", { method: "POST", headers: { "x-who": "me" } }), 202)
      assert.strictEqual(yield* status(server, "/v1/messages"), 500)
    }))
})
