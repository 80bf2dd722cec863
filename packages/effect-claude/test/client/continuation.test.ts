import { Fault, Reply } from "@effect-claude/fault-server"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Result, Schema, Stream } from "effect"
import { ClaudeClient, MessageStream } from "effect-claude"
import { bytesOf, end, eventsOf, kinds, rest, said, thinkingFirst, told, withStart } from "../fixtures/answers.ts"
import { params } from "../fixtures/harness.ts"
import { lean } from "../fixtures/lean.ts"

const small = { deltaSize: 16 }
const range = (from: number, to: number) => Array.from({ length: to - from }, (_, n) => from + n)

/** The answer to the request of that number, from 1, after the one that was cut. */
type Go = (whole: Reply.Message, request: Reply.Received, number: number) => Reply.Reply

const repeated = (request: Reply.Received, characters: number): string => {
  const said = end(request)
  return said.length < characters ? "" : said.slice(-characters)
}

/** Every way in which a continuation may come. */
const continuations: Readonly<Record<string, Go>> = {
  "goes on exactly": (whole, request) => Reply.stream(rest(whole, request), small),
  "comes in one delta": (whole, request) => Reply.stream(rest(whole, request), { deltaSize: 1000 }),
  "comes character by character": (whole, request) => Reply.stream(rest(whole, request), { deltaSize: 1 }),
  "thinks first": (whole, request) =>
    Reply.stream(told(request) === undefined ? whole : thinkingFirst(rest(whole, request)), small),
  "repeats 16 characters": (whole, request) =>
    Reply.stream(withStart(rest(whole, request), (start) => repeated(request, 16) + start), small),
  "repeats all, three characters a delta": (whole, request) =>
    Reply.stream(
      withStart(rest(whole, request), (start) => (end(request).length < 16 ? "" : end(request)) + start),
      { deltaSize: 3 }
    ),
  "breaks once more": (whole, request, number) => {
    const reply = Reply.stream(rest(whole, request), small)
    return number === 1 ? Fault.resetAfterEvents(5)(reply) : reply
  },
  "breaks while it thinks": (whole, request, number) => {
    const reply = Reply.stream(told(request) === undefined ? whole : thinkingFirst(rest(whole, request)), small)
    return number === 1 && told(request) !== undefined ? Fault.cutAfterEvents(4)(reply) : reply
  },
  "is refused by an overloaded API first": (whole, request, number) =>
    number === 1 ? Fault.overloaded() : Reply.stream(rest(whole, request), small)
}

/** The first request is cut, the others go on. */
const script = (whole: Reply.Message, cut: Fault.Fault, go: Go) => {
  let number = 0
  return (request: Reply.Received): Reply.Reply =>
    number++ === 0 ? cut(Reply.stream(whole, small)) : go(whole, request, number - 1)
}

const ToolUse = Schema.Struct({ type: Schema.Literal("tool_use") })

const isWhole = (message: ClaudeMessage, whole: Reply.Message, what: string): void => {
  const seams = MessageStream.continuations(message)
  assert.deepStrictEqual(said(message.content as never), said(whole.content), what)
  assert.strictEqual(message.stop_reason, whole.stop_reason as never, what)
  assert.strictEqual(message.usage.input_tokens, seams.reduce((sum, seam) => sum + seam.usage.inputTokens, 10), what)
  if (seams.length === 0) assert.deepStrictEqual(message.content, whole.content as never, what)
  else assert.isTrue(message.content.every((block) => block.type !== "thinking"), `E3 ${what}`)
}
type ClaudeMessage = Effect.Success<ReturnType<typeof ClaudeClient.createMessage>>

const options = { continuations: 2, maxAttempts: 5 }
const collect = ClaudeClient.createMessage(params, options)
const stream = ClaudeClient.streamMessage(params, options)

for (const [kind, whole] of Object.entries(kinds)) {
  const reply = Reply.stream(whole, small)
  const names = Array.from(reply.body, (chunk) => String(chunk.bytes))
  /** From that many events on nothing is continued: a client's tool is in them, or why the answer stopped. */
  const final = names.findIndex((event) => /"type":"tool_use"|event: message_delta/.test(event)) + 1

  describe(kind, () => {
    it("E2 E3 cut at every byte, collected: all that was said is there, once", () =>
      lean(({ answer, seen }) =>
        Effect.forEach(range(0, bytesOf(reply)), (at) =>
          Effect.gen(function*() {
            const cut = at % 2 === 0 ? Fault.cutAfterBytes(at) : Fault.resetAfterBytes(at)
            answer(script(whole, cut, continuations["goes on exactly"]!))
            isWhole(yield* collect, whole, `cut at byte ${at}`)
            assert.isAtMost((yield* seen).length, 2)
          }))
      ))

    for (const [name, go] of Object.entries(continuations)) {
      it(`E2 E3 cut at every event, where the continuation ${name}`, () =>
        lean(({ answer, seen }) =>
          Effect.forEach(range(0, eventsOf(reply)), (events) =>
            Effect.gen(function*() {
              const what = `cut after ${events} events`
              answer(script(whole, Fault.cutAfterEvents(events), go))
              isWhole(yield* collect, whole, what)
              assert.isAtMost((yield* seen).length, 3)

              answer(script(whole, Fault.cutAfterEvents(events), go))
              const shown: Array<MessageStream.Event> = []
              const seenOnce = Stream.tap(stream, (event) => Effect.sync(() => shown.push(event)))
              const result = yield* Effect.result(MessageStream.message(seenOnce))
              assert.isAtMost((yield* seen).length, 3)
              if (Result.isFailure(result)) {
                const { reason } = result.failure
                assert.strictEqual(reason._tag, "StreamInterrupted", what)
                const partial = reason._tag === "StreamInterrupted" ? reason.partial : undefined
                const holdsTool = partial?.content.some((block) => Schema.is(ToolUse)(block)) ?? false
                assert.isTrue(events >= final || (name === "breaks once more" && holdsTool), what)
                return
              }
              assert.isBelow(events, final, what)
              isWhole(result.success, whole, what)
              const starts = shown.filter((event) => event.type === "message_start")
              assert.strictEqual(starts.length, 1, what)
              const marks = shown.filter((event) => MessageStream.continuationOf(event) !== undefined)
              assert.strictEqual(marks.length, MessageStream.continuations(result.success).length, what)
            }))
        ))
    }
  })
}
