import { Fault, FaultServer, Reply, Script, VirtualClock } from "@effect-claude/fault-server"
import { assert, it } from "@effect/vitest"
import { Effect, Redacted } from "effect"
import { ClaudeClient, MessageStream } from "effect-claude"
import { program } from "./main.ts"

const text = "Rivers gather what runs beside them and give it all to the sea, slowly."
/** Brings sixteen characters from there on and breaks. */
const cut = (from: number) =>
  Fault.resetAfterEvents(4)(Reply.stream(Reply.message(text.slice(from)), { deltaSize: 16 }))

/** What the program showed and what it returned. */
const against = (answers: ReadonlyArray<Script.Answer>) =>
  VirtualClock.make().run(Effect.gen(function*() {
    let shown = ""
    const fetch = yield* FaultServer.fetch(Script.sequence(answers))
    const client = ClaudeClient.layerStandard({
      fetch,
      baseUrl: "http://claude.test",
      apiKey: Redacted.make("sk-ant-x")
    })
    const message = yield* Effect.provide(program((piece) => shown += piece), client)
    return { message, shown }
  }))

it("a stream that is reset and repeats itself when it goes on is shown once, and its seam is told", async () => {
  const { message, shown } = await against([cut(0), cut(16), Reply.stream(Reply.message(text.slice(8)))])
  assert.strictEqual(shown, text)
  const seams = message === undefined ? [] : MessageStream.continuations(message)
  assert.deepStrictEqual(seams.map(({ offset, overlap }) => [offset, overlap]), [[16, 0], [32, 24]])
})

it("a stream that breaks too often says what had come", async () => {
  const { message, shown } = await against([cut(0), cut(16), cut(32), cut(48)])
  assert.isUndefined(message)
  assert.strictEqual(shown, text.slice(0, 64))
})
