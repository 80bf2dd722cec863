import { Fault, FaultServer, Reply, Script } from "@effect-claude/fault-server"
import { assert, it } from "@effect/vitest"
import { Effect, Redacted } from "effect"
import { join } from "node:path"
import { bulk as runBulk } from "../src/bulk.ts"
import { folder, job, results, write } from "./fixtures/harness.ts"

const text = "An answer that is cut in the middle and goes on from there."
const cut = Fault.cutAfterEvents(4)(Reply.stream(Reply.message(text)))
const rest = Reply.stream(Reply.message(text.slice(24)))

it("E2 a line whose stream is cut goes on where it broke, and its result says so; without streams nothing can", () =>
  Effect.runPromise(Effect.scoped(Effect.gen(function*() {
    const server = yield* FaultServer.make(Script.sequence([cut, rest, Reply.json(200, Reply.message(text))]))
    const dir = folder()
    for (const stream of [true, false]) {
      const out = join(dir, `results-${stream}.jsonl`)
      const client = { baseUrl: server.url, apiKey: Redacted.make("sk-ant-test") }
      const report = yield* runBulk({ prompts: write(dir, [job("one")]), out, stream, progress: false, client })
      assert.deepInclude(report, { outcome: "done", succeeded: 1 })
      const message: unknown = Reflect.get(Object(results(out)[0]?.result), "message")
      const [block] = Reflect.get(Object(message), "content") as ReadonlyArray<unknown>
      assert.strictEqual(Reflect.get(Object(block), "text"), text)
      const seams: unknown = Reflect.get(Object(message), "continuations")
      if (stream) assert.deepInclude((seams as ReadonlyArray<unknown>)[0], { reason: "StreamInterrupted", offset: 24 })
      else assert.isUndefined(seams)
    }
    const [, second, third] = yield* server.requests
    assert.include(JSON.stringify(second?.json), text.slice(0, 24))
    assert.notInclude(JSON.stringify(third?.json), "\"stream\":true")
  }))))
