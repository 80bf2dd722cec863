import { Fault, FaultServer, Reply, Routes, VirtualClock } from "@effect-claude/fault-server"
import { assert, it } from "@effect/vitest"
import { Effect, Fiber, Layer, Redacted, Stream } from "effect"
import { BatchJournal, ClaudeClient } from "effect-claude"
import { judged, type Review } from "./main.ts"

const hour = 3_600_000
const reviews: ReadonlyArray<Review> = [
  { id: "kettle", text: "Best kettle I ever had." },
  { id: "toaster", text: "Stopped working after a day." },
  { id: "lamp", text: "It is a lamp." }
]

it("one word each at the end of a night in which the API fails, and the program dies and is started again", async () => {
  const clock = VirtualClock.make()
  let failures = 0
  const words: Reply.Handler = ({ body }) =>
    Effect.succeed(
      body.includes("lamp") && failures++ === 0
        ? Fault.overloaded()
        : Reply.json(200, Reply.message(body.includes("Best") ? "good" : "bad"))
    )
  await clock.run(Effect.gen(function*() {
    const server = yield* FaultServer.inProcess(Routes.make(words, { batches: { duration: 3 * hour } }))
    const client = ClaudeClient.layerStandard({
      fetch: server.fetch,
      baseUrl: "http://claude.test",
      apiKey: Redacted.make("sk-ant-x")
    })
    const heard = new Map<string, string>()
    const night = Effect.gen(function*() {
      const left = reviews.filter(({ id }) => !heard.has(id))
      yield* Stream.runForEach(judged(left), ([id, word]) => Effect.sync(() => void heard.set(id, word)))
    })
    yield* Effect.gen(function*() {
      const first = yield* Effect.forkChild(night)
      yield* Effect.sleep(hour)
      yield* Fiber.interrupt(first)
      assert.strictEqual(heard.size, 0)
      yield* night
    }).pipe(Effect.provide(Layer.merge(client, BatchJournal.layerMemory)))
    assert.deepStrictEqual(Object.fromEntries(heard), { kettle: "good", toaster: "bad", lamp: "bad" })
    const created = (yield* server.requests).filter(({ method }) => method === "POST")
    assert.strictEqual(created.length, 2, "the batch of the first run, and one of the lamp alone")
    assert.isTrue(clock.now < 6.1 * hour)
  }))
})
