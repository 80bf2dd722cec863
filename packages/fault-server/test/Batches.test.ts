import Anthropic, { APIError } from "@anthropic-ai/sdk"
import { Fault, FaultServer, type Reply, Routes } from "@effect-claude/fault-server"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { TestClock } from "effect/testing"
import { ways } from "./both.ts"

const client = (target: { readonly url: string; readonly fetch: typeof fetch }): Anthropic =>
  new Anthropic({ apiKey: "sk-ant-test", baseURL: target.url, fetch: target.fetch, maxRetries: 0, logLevel: "off" })

const request = (id: string, text = `Prompt ${id}`) => ({
  custom_id: id,
  params: {
    model: "claude-haiku-5-5",
    max_tokens: 64,
    messages: [{ role: "user" as const, content: text }]
  }
})

const collect = async (sdk: Anthropic, id: string) => {
  const found = new Map<string, Anthropic.Messages.MessageBatchResult>()
  for await (const line of await sdk.messages.batches.results(id)) found.set(line.custom_id, line.result)
  return found
}

const refused = (promise: PromiseLike<unknown>): Promise<APIError> =>
  Promise.resolve(promise).then(
    () => assert.fail("expected a refusal"),
    (error: unknown) => error instanceof APIError ? error : assert.fail(String(error))
  )

/** Every other request is refused. */
const half: Reply.Handler = (received) =>
  received.body.includes("odd") ? Effect.succeed(Fault.invalidRequest("no odd ones")) : Routes.echo(received)

for (const way of ways) {
  describe(way.name, () => {
    it.live("the real SDK creates, polls, lists, reads and deletes a batch, half of which fails", () =>
      Effect.gen(function*() {
        const sdk = client(yield* way.serve(Routes.make(half)))
        yield* Effect.promise(async () => {
          const requests = Array.from({ length: 10 }, (_, n) => request(`line-${n}`, n % 2 === 0 ? "even" : "odd"))
          const made = await sdk.messages.batches.create({ requests })
          assert.match(made.id, /^msgbatch_/)
          assert.strictEqual(made.request_counts.processing, 10)
          assert.isNull(made.results_url)
          const ended = await sdk.messages.batches.retrieve(made.id)
          assert.strictEqual(ended.processing_status, "ended")
          assert.deepStrictEqual(ended.request_counts, {
            processing: 0,
            succeeded: 5,
            errored: 5,
            canceled: 0,
            expired: 0
          })
          const results = await collect(sdk, made.id)
          assert.strictEqual(results.size, 10)
          const [even, odd] = [results.get("line-0"), results.get("line-1")]
          assert.strictEqual(even?.type === "succeeded" && even.message.stop_reason, "end_turn")
          assert.strictEqual(odd?.type === "errored" && odd.error.error.type, "invalid_request_error")
          assert.notDeepEqual(Array.from(results.keys()), requests.map((one) => one.custom_id))
          const second = await sdk.messages.batches.create({ requests: [request("b")] })
          const ids: Array<string> = []
          for await (const batch of sdk.messages.batches.list({ limit: 1 })) ids.push(batch.id)
          assert.deepStrictEqual(ids, [second.id, made.id])
          await sdk.messages.batches.delete(made.id)
          assert.strictEqual((await refused(sdk.messages.batches.retrieve(made.id))).status, 404)
        })
      }))

    it.live("limits and broken batches are refused as a whole", () =>
      Effect.gen(function*() {
        const sdk = client(yield* way.serve(Routes.make(undefined, { batches: { maxRequests: 2, maxBytes: 2000 } })))
        const status = (requests: Array<ReturnType<typeof request>>) =>
          refused(sdk.messages.batches.create({ requests })).then((error) => error.status)
        yield* Effect.promise(async () => {
          assert.strictEqual(await status([request("a"), request("b"), request("c")]), 413)
          assert.strictEqual(await status([request("a", "x".repeat(2000))]), 413)
          assert.strictEqual(await status([]), 400)
          assert.strictEqual(await status([request("a"), request("a")]), 400)
          assert.strictEqual(await status([request("a b")]), 400)
        })
      }))
  })
}

describe("on the Clock", () => {
  const serve = (options: Parameters<typeof Routes.make>[1]) =>
    Effect.map(
      FaultServer.inProcess(Routes.make(undefined, options)),
      ({ fetch }) => client({ url: "http://fault.test", fetch })
    )
  const three = [request("a"), request("b"), request("c")]

  it.effect("a slow batch ends when its time has come, and a cancelled one keeps what was answered", () =>
    Effect.gen(function*() {
      const sdk = yield* serve({ batches: { duration: 3000 } })
      const made = yield* Effect.promise(() => sdk.messages.batches.create({ requests: three }))
      const early = yield* Effect.promise(() => refused(sdk.messages.batches.delete(made.id)))
      assert.strictEqual(early.status, 400)
      yield* TestClock.adjust(1500)
      const waiting = yield* Effect.promise(() => sdk.messages.batches.retrieve(made.id))
      assert.deepStrictEqual([waiting.processing_status, waiting.request_counts.processing], ["in_progress", 3])
      const canceling = yield* Effect.promise(() => sdk.messages.batches.cancel(made.id))
      assert.strictEqual(canceling.processing_status, "canceling")
      const ended = yield* Effect.promise(() => sdk.messages.batches.retrieve(made.id))
      assert.deepInclude(ended.request_counts, { succeeded: 1, canceled: 2 })
      const results = yield* Effect.promise(() => collect(sdk, made.id))
      assert.sameMembers(Array.from(results.values(), (result) => result.type), ["succeeded", "canceled", "canceled"])
    }))

  it.effect("what is not answered within a day expires; after 29 days the results are gone", () =>
    Effect.gen(function*() {
      const sdk = yield* serve({ batches: { duration: 36 * 3_600_000 } })
      const made = yield* Effect.promise(() => sdk.messages.batches.create({ requests: three }))
      yield* TestClock.adjust("24 hours")
      const ended = yield* Effect.promise(() => sdk.messages.batches.retrieve(made.id))
      assert.strictEqual(ended.processing_status, "ended")
      assert.deepInclude(ended.request_counts, { succeeded: 2, expired: 1 })
      yield* TestClock.adjust("28 days")
      const archived = yield* Effect.promise(() => sdk.messages.batches.retrieve(made.id))
      assert.isNull(archived.results_url)
      assert.isNotNull(archived.archived_at)
    }))

  it.effect("somebody else may cancel", () =>
    Effect.gen(function*() {
      const sdk = yield* serve({ batches: { duration: (batch) => batch * 1000, canceledAfter: 500 } })
      yield* Effect.promise(() => sdk.messages.batches.create({ requests: three }))
      const second = yield* Effect.promise(() => sdk.messages.batches.create({ requests: three }))
      yield* TestClock.adjust(600)
      const ended = yield* Effect.promise(() => sdk.messages.batches.retrieve(second.id))
      assert.deepInclude(ended.request_counts, { succeeded: 1, canceled: 2 })
    }))
})
