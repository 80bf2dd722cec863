import { Fault, Reply, Script } from "@effect-claude/fault-server"
import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect } from "effect"
import { local, outcomes, see, type Seen, socket, ways } from "./both.ts"

const text = "A lighthouse keeper counted the ships that never came back, ünd the 🐚 that did."
const stream = Reply.stream(Reply.message({ text }))
const json = Reply.json(200, Reply.message({ text }))
const chunks = Array.from(stream.body, (chunk) => String(chunk.bytes))
const all = chunks.join("")
const first = (count: number): string => chunks.slice(0, count).join("")
const reset = "body: TypeError: terminated (ECONNRESET)"

interface Case {
  readonly name: string
  readonly reply: Reply.Reply
  readonly outcome: string
  readonly leaveAfter?: number
  readonly expect: Partial<Seen>
}

const ok = { status: 200, failed: undefined }
const left = { status: 200, failed: "body: AbortError: This operation was aborted" }

const cases: ReadonlyArray<Case> = [
  { name: "a whole stream", reply: stream, outcome: "sent", expect: { ...ok, body: all } },
  { name: "a whole JSON body", reply: json, outcome: "sent", expect: ok },
  {
    name: "reset before headers",
    reply: Fault.resetBeforeHeaders(stream),
    outcome: "reset",
    expect: { status: undefined, failed: "headers: TypeError: fetch failed (ECONNRESET)" }
  },
  {
    name: "cut after 300 bytes",
    reply: Fault.cutAfterBytes(300)(stream),
    outcome: "sent",
    expect: { ...ok, body: all.slice(0, 300) }
  },
  {
    name: "JSON cut after 20 bytes",
    reply: Fault.cutAfterBytes(20)(json),
    outcome: "sent",
    expect: { ...ok, body: `{"id":"msg_${"0".repeat(9)}` }
  },
  {
    name: "reset after 300 bytes",
    reply: Fault.resetAfterBytes(300)(stream),
    outcome: "reset",
    expect: { status: 200, failed: reset, body: all.slice(0, 300) }
  },
  {
    name: "cut after 4 events",
    reply: Fault.cutAfterEvents(4)(stream),
    outcome: "sent",
    expect: { ...ok, body: first(4) }
  },
  {
    name: "reset after 4 events",
    reply: Fault.resetAfterEvents(4)(stream),
    outcome: "reset",
    expect: { status: 200, failed: reset, body: first(4) }
  },
  {
    name: "a clean end without message_stop",
    reply: Fault.withoutMessageStop(stream),
    outcome: "sent",
    expect: { ...ok, body: first(chunks.length - 1) }
  },
  {
    name: "an error event after 5 events",
    reply: Fault.errorAfterEvents(5)(stream),
    outcome: "sent",
    expect: {
      ...ok,
      body: `${first(5)}event: error\ndata: {"type":"error","error":{"type":"overloaded_error",` +
        `"message":"Overloaded"},"request_id":"${stream.headers["request-id"]}"}\n\n`
    }
  },
  {
    name: "silence after headers",
    reply: Fault.silenceAfterHeaders(stream),
    leaveAfter: 0,
    outcome: "aborted",
    expect: { ...left, body: "" }
  },
  {
    name: "silence after 3 events",
    reply: Fault.silenceAfterEvents(3)(stream),
    leaveAfter: 3,
    outcome: "aborted",
    expect: { ...left, body: first(3) }
  },
  { name: "a proxy's page", reply: Fault.html(), outcome: "sent", expect: { status: 502, failed: undefined } },
  { name: "413 from a proxy", reply: Fault.tooLargeByProxy(), outcome: "sent", expect: { status: 413 } },
  { name: "200 with an error body", reply: Fault.okWithError(), outcome: "sent", expect: ok },
  { name: "200 with nothing", reply: Fault.okEmpty(), outcome: "sent", expect: { ...ok, body: "" } },
  { name: "broken JSON", reply: Fault.okBroken(), outcome: "sent", expect: ok },
  { name: "204", reply: Reply.text(204, ""), outcome: "sent", expect: { status: 204, body: "" } },
  {
    name: "bytes of any kind and headers of one's own",
    reply: { ...Reply.text(299, "", { "x-own": "1" }), body: [{ delay: 0, bytes: new TextEncoder().encode("ü") }] },
    outcome: "sent",
    expect: { status: 299, body: "ü" }
  }
]

for (const way of ways) {
  describe(`${way.name}`, () => {
    for (const one of cases) {
      it.live(`${one.name}`, () =>
        Effect.gen(function*() {
          const target = yield* way.serve(Script.always(one.reply))
          const seen = yield* Effect.promise(() => see(target, one.leaveAfter))
          assert.deepStrictEqual({ ...seen, ...one.expect }, seen)
          if (seen.status !== undefined) {
            assert.deepInclude(seen.headers, { "request-id": one.reply.headers["request-id"] ?? "" })
            assert.deepInclude(seen.headers, { "anthropic-organization-id": "org_fault_server" })
          }
          assert.deepStrictEqual(yield* outcomes(target), [one.outcome])
        }))
    }

    it.live("silence before headers: the client's abort ends it, and the server sees it go", () =>
      Effect.gen(function*() {
        const arrived = yield* Deferred.make<void>()
        const target = yield* way.serve((request) =>
          Effect.as(Deferred.succeed(arrived, undefined), Fault.silenceBeforeHeaders(Reply.json(200, request.json)))
        )
        const controller = new AbortController()
        const call = target.fetch(target.url, { signal: controller.signal }).catch((error: unknown) => error)
        yield* Deferred.await(arrived)
        controller.abort()
        const error = yield* Effect.promise(() => call)
        assert.instanceOf(error, DOMException)
        assert.strictEqual(String(error), "AbortError: This operation was aborted")
        assert.deepStrictEqual(yield* outcomes(target), ["aborted"])
      }))

    it.live("dripping pings come until the client leaves; onEnd tells how many chunks went out", () =>
      Effect.gen(function*() {
        const told: Array<string> = []
        const reply = {
          ...Fault.dripPings(2, 1)(stream),
          onEnd: (how: string, chunks: number) => told.push(`${how} ${chunks >= 6}`)
        }
        const target = yield* way.serve(Script.always(reply))
        const seen = yield* Effect.promise(() => see(target, 6))
        assert.isTrue(seen.body.startsWith(first(2) + `event: ping\ndata: {"type":"ping"}\n\n`.repeat(4)))
        assert.strictEqual(seen.failed, left.failed)
        assert.deepStrictEqual(yield* outcomes(target), ["aborted"])
        assert.deepStrictEqual(told, ["aborted true"])
      }))

    it.live("a handler that waits is interrupted when the client leaves", () =>
      Effect.gen(function*() {
        const arrived = yield* Deferred.make<void>()
        const interrupted = yield* Deferred.make<void>()
        const target = yield* way.serve(() =>
          Deferred.succeed(arrived, undefined).pipe(
            Effect.andThen(Effect.never),
            Effect.onInterrupt(() => Deferred.succeed(interrupted, undefined))
          )
        )
        const controller = new AbortController()
        const call = target.fetch(target.url, { signal: controller.signal }).catch((error: unknown) => error)
        yield* Deferred.await(arrived)
        controller.abort()
        yield* Deferred.await(interrupted)
        assert.instanceOf(yield* Effect.promise(() => call), DOMException)
      }))

    it.live("a handler that dies answers 500 and says why", () =>
      Effect.gen(function*() {
        const target = yield* way.serve(() => Effect.die(new Error("no such fixture")))
        const seen = yield* Effect.promise(() => see(target))
        assert.strictEqual(seen.status, 500)
        assert.include(seen.body, "The handler died: Error: no such fixture")
      }))
  })
}

describe("socket and in process", () => {
  for (const one of cases) {
    it.live(`the same status, headers and bytes: ${one.name}`, () =>
      Effect.gen(function*() {
        const over = yield* Effect.flatMap(
          socket.serve(Script.always(one.reply)),
          (target) => Effect.promise(() => see(target, one.leaveAfter))
        )
        const within = yield* Effect.flatMap(
          local.serve(Script.always(one.reply)),
          (target) => Effect.promise(() => see(target, one.leaveAfter))
        )
        assert.deepStrictEqual(within, over)
      }))
  }
})
