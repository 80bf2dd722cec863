import { Reply } from "@effect-claude/fault-server"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Layer, Scope } from "effect"
import { ClaudeRateLimiter, Resilience, ResilientFetch } from "effect-claude"
import * as V8 from "node:v8"
import * as Vm from "node:vm"
import { alone, params, tried, ways } from "./ways.ts"

const text = "one two three four five six seven eight nine ten eleven twelve"
const answer = Reply.stream(Reply.message(text), { deltaDelay: 1000, deltaSize: 4 })
const slow = { ...answer, body: Array.from(answer.body, ({ bytes, delay }) => ({ bytes, delay: delay * 50 })) }
const whole = Array.from(answer.body, ({ bytes }) => String(bytes)).join("")
const request = { ...params, stream: true as const }

for (const way of ways) {
  describe(`an answer through ${way} that nobody reads`, () => {
    it("is read to its end after the idle timeout, so that its place is free; every byte waits for a reader", () =>
      tried(way, [answer], async ({ inFlight, outcomes, sdk, sleep }) => {
        const response = await sdk.messages.create(request).asResponse()
        await sleep(59_000)
        assert.strictEqual(await inFlight(), 1)
        await sleep(30_000)
        assert.strictEqual(await inFlight(), 0)
        assert.deepStrictEqual(await outcomes(), ["sent"])
        assert.strictEqual(await response.text(), whole)
      }, { deadline: "Infinity" }))

    it("is read on after the idle timeout where its reader stopped; the reader may come back at any time", () =>
      tried(way, [answer], async ({ inFlight, sdk, sleep }) => {
        const reader = (await sdk.messages.create(request).asResponse()).body!.getReader()
        const decoder = new TextDecoder()
        const read = async () => decoder.decode((await reader.read()).value, { stream: true })
        let all = await read()
        await sleep(62_000)
        // It is being read on at this moment.
        all += await read()
        assert.strictEqual(await inFlight(), 1)
        await sleep(62_000 + 30_000)
        assert.strictEqual(await inFlight(), 0)
        for (let next = await read(); next !== ""; next = await read()) all += next
        assert.strictEqual(all, whole)
      }, { deadline: "Infinity" }))

    it("is not read on while somebody reads it, however slowly it comes", () =>
      tried(way, [slow], async (given) => {
        const response = await given.sdk.messages.create(request).asResponse()
        assert.strictEqual(await response.text(), whole)
        assert.strictEqual(await given.inFlight(), 0)
      }, { deadline: "Infinity" }))

    it("that stands still after the idle timeout ends as one that is read: its place is free, its reader is told", () =>
      tried(way, [{ ...answer, body: Array.from(answer.body).slice(0, 5), end: "silence" }], async (given) => {
        const response = await given.sdk.messages.create(request).asResponse()
        await given.sleep(59_000)
        assert.strictEqual(await given.inFlight(), 1)
        await given.sleep(64_000)
        assert.strictEqual(await given.inFlight(), 0)
        let thrown: unknown
        await response.text().catch((error: unknown) => {
          thrown = error
        })
        assert.include(String((thrown as Error).cause), "stood still")
      }, { deadline: "Infinity" }))
  })
}

const beginning = Array.from(answer.body, ({ bytes }) => String(bytes)).slice(0, 5).join("")

it("no more than 16 MiB of it is kept: the rest waits for its reader, or for the deadline", () => {
  let pulled = 0
  const mebibyte = new TextEncoder().encode(`:${" ".repeat(1024 * 1024 - 2)}\n`)
  const body = () =>
    new ReadableStream<Uint8Array>({
      pull: (controller) => controller.enqueue(pulled++ === 0 ? new TextEncoder().encode(beginning) : mebibyte)
    }, { highWaterMark: 0 })
  const inner = () => Promise.resolve(new Response(body(), { headers: { "content-type": "text/event-stream" } }))
  return alone(inner, async ({ fetch, inFlight, sleep }) => {
    const response = await fetch("http://claude.test/v1/messages", { method: "POST", body: JSON.stringify(request) })
    await sleep(90_000)
    assert.isTrue(pulled > 16 && pulled < 22, String(pulled))
    assert.strictEqual(await inFlight(), 1)
    await sleep(520_000)
    assert.strictEqual(await inFlight(), 0)
    assert.isAbove(await response.text().then(() => 0, () => 1), 0)
  })
})

V8.setFlagsFromString("--expose-gc")
const collect: unknown = Vm.runInNewContext("gc")

it("an answer that was thrown away ends its request once it is collected", { timeout: 20_000 }, async () => {
  const left: Array<number> = []
  const inner = () =>
    Promise.resolve(
      new Response(
        new ReadableStream<Uint8Array>({
          start: (controller) => controller.enqueue(new TextEncoder().encode(beginning)),
          cancel: () => void left.push(1)
        }),
        { headers: { "content-type": "text/event-stream" } }
      )
    )
  const scope = Scope.makeUnsafe()
  const layer = ResilientFetch.layer({ fetch: inner }).pipe(Layer.provideMerge(Resilience.layer()))
  const services = await Effect.runPromise(Layer.buildWithScope(layer, scope))
  const inFlight = Effect.provide(
    Effect.flatMap(ClaudeRateLimiter.ClaudeRateLimiter, (limiter) => limiter.state),
    services
  )
  const ask = Effect.provide(
    ResilientFetch.ResilientFetch.use(({ fetch }) =>
      Effect.promise(() =>
        fetch("http://claude.test/v1/messages", { method: "POST", body: JSON.stringify(request) }).then(({ status }) =>
          status
        )
      )
    ),
    services
  )
  for (let n = 0; n < 5; n++) assert.strictEqual(await Effect.runPromise(ask), 200)
  for (let round = 0; left.length < 5 && round < 200; round++) {
    if (typeof collect === "function") collect()
    await new Promise((resolve) => setImmediate(resolve))
  }
  assert.lengthOf(left, 5)
  assert.deepStrictEqual((await Effect.runPromise(inFlight)).map((state) => state.inFlight), [0])
  await Effect.runPromise(Scope.close(scope, Exit.void))
})
