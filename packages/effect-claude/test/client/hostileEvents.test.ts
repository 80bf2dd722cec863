import { Reply } from "@effect-claude/fault-server"
import { assert, describe, it } from "@effect/vitest"
import { Cause, Effect, Exit, Stream } from "effect"
import { ClaudeClient, type ClaudeError, ClaudeLanguageModel, MessageStream } from "effect-claude"
import { LanguageModel } from "effect/ai"
import { params } from "../fixtures/harness.ts"
import { lean } from "../fixtures/lean.ts"

type Wire = Record<string, unknown>

const frame = (event: unknown): string =>
  `event: ${String((event as Wire | null)?.["type"])}\ndata: ${JSON.stringify(event)}\n\n`
const reply = (events: ReadonlyArray<unknown>): Reply.Reply => ({
  ...Reply.text(200, "", { "content-type": "text/event-stream" }),
  body: events.map((event) => ({ delay: 0, bytes: typeof event === "string" ? event : frame(event) }))
})

const usage = { input_tokens: 10, output_tokens: 1 }
const start = {
  type: "message_start",
  message: { id: "msg_1", type: "message", role: "assistant", model: "m", content: [], stop_reason: null, usage }
}
const text = (index = 0) => ({ type: "content_block_start", index, content_block: { type: "text", text: "" } })
const delta = (piece: unknown, index: unknown = 0) => ({
  type: "content_block_delta",
  index,
  delta: { type: "text_delta", text: piece }
})
const stop = (index = 0) => ({ type: "content_block_stop", index })
const end = { type: "message_delta", delta: { stop_reason: "end_turn" }, usage: { output_tokens: 5 } }
const done = { type: "message_stop" }
const good = [start, text(), delta("Hello"), stop(), end, done]

/** All ways to read one answer; each ends with a value or a `ClaudeError`, never with a defect, and never hangs. */
const ways = {
  joined: ClaudeClient.createMessage(params, { stream: true, maxAttempts: 1 }),
  continued: ClaudeClient.createMessage(params, { continuations: 1, continueOnMaxTokens: 1, maxAttempts: 2 }),
  events: Stream.runCollect(ClaudeClient.streamMessage(params, { maxAttempts: 1 })),
  held: Stream.runCollect(
    ClaudeClient.streamMessage(params, { continuations: 1, continueOnMaxTokens: 1, maxAttempts: 2 })
  ),
  text: Stream.runCollect(MessageStream.text(ClaudeClient.streamMessage(params, { maxAttempts: 1 }))),
  inputs: Stream.runCollect(MessageStream.toolInputs(ClaudeClient.streamMessage(params, { maxAttempts: 1 }))),
  message: MessageStream.message(ClaudeClient.streamMessage(params, { maxAttempts: 1 })),
  model: Effect.provide(
    Stream.runCollect(LanguageModel.streamText({ prompt: "Hello" })),
    ClaudeLanguageModel.layer({ model: params.model, max_tokens: 100 })
  )
}

const tagOf = (exit: Exit.Exit<unknown, unknown>): string => {
  if (Exit.isSuccess(exit)) return "success"
  assert.isFalse(Cause.hasDies(exit.cause), Cause.pretty(exit.cause))
  const error = Cause.squash(exit.cause) as { readonly reason?: { readonly _tag?: string } }
  JSON.stringify(error)
  return error.reason?._tag ?? String(error)
}

const each = (cases: Readonly<Record<string, ReadonlyArray<unknown>>>) =>
  lean(
    ({ answer }) =>
      Effect.forEach(Object.entries(cases), ([name, events]) =>
        Effect.forEach(Object.entries(ways), ([way, program]) =>
          Effect.suspend(() => {
            answer(() =>
              reply(events)
            )
            return Effect.map(
              Effect.exit(program as Effect.Effect<unknown, unknown, ClaudeClient.ClaudeClient>),
              (exit) => [name, way, tagOf(exit)] as const
            )
          })).pipe(Effect.map((all) => all.flat()))),
    { deadline: "5 minutes" }
  )

describe("events as no API sends them", () => {
  it("A6 E1 whatever they hold, they end in a message or an error of ours", { timeout: 20_000 }, async () => {
    const seen: Array<string> = []
    const listener = (reason: unknown): void => void seen.push(String(reason))
    process.on("unhandledRejection", listener)
    const odd: ReadonlyArray<unknown> = [null, "x", [], {}, -1.5]
    const cases: Record<string, ReadonlyArray<unknown>> = {}
    for (const [at, value] of odd.entries()) {
      for (const [which, event] of good.entries()) {
        for (const field of Object.keys(event)) {
          cases[`${which}.${field}.${at}`] = good.map((one, index) =>
            index === which ? { ...one, [field]: value } : one
          )
        }
        cases[`${which}.${at}`] = good.map((one, index) => index === which ? value : one)
      }
      cases[`delta.${at}`] = [start, text(), delta(value), stop(), end, done]
      cases[`stop.${at}`] = [start, text(), stop(), { ...end, delta: { stop_reason: value } }, done]
      cases[`usage.${at}`] = [start, text(), stop(), { ...end, usage: { output_tokens: value } }, done]
    }
    await each(cases)
    process.off("unhandledRejection", listener)
    assert.deepStrictEqual(seen, [])
  })

  it("a message_delta without usage or without delta is one that says nothing new", () =>
    lean(({ answer }) =>
      Effect.gen(function*() {
        const { delta: _, ...noDelta } = end
        const { usage: __, ...noUsage } = end
        answer(() => reply([start, text(), delta("Hello"), stop(), noDelta, noUsage, done]))
        const message = yield* ClaudeClient.createMessage(params, { stream: true })
        assert.deepInclude(message, { stop_reason: "end_turn", usage: { ...usage, output_tokens: 5 } } as never)
      })
    ))

  it("orders that are none: what came twice, too late or for no block", () =>
    lean(({ answer }) =>
      Effect.gen(function*() {
        const read = (events: ReadonlyArray<unknown>) => {
          answer(() => reply(events))
          return Effect.result(ClaudeClient.createMessage(params, { stream: true, maxAttempts: 1 }))
        }
        const said = (
          result: { readonly _tag: string; readonly success?: unknown; readonly failure?: ClaudeError.ClaudeError }
        ) =>
          result._tag === "Failure"
            ? result.failure?.reason._tag
            : JSON.stringify((result.success as { readonly content: unknown }).content)
        const hello = JSON.stringify([{ type: "text", text: "Hello" }])
        const overloaded = { type: "error", error: { type: "overloaded_error", message: "Overloaded" } }
        const other = { ...start, message: { ...start.message, id: "msg_2", content: [] } }
        assert.strictEqual(said(yield* read([start, other, ...good.slice(1)])), hello)
        assert.strictEqual(said(yield* read([...good, overloaded])), hello)
        assert.strictEqual(said(yield* read([...good, "data: {broken\n\n", ...good])), hello)
        assert.strictEqual(
          said(yield* read([start, text(), delta("Hello"), stop(), overloaded, end, done])),
          "Overloaded"
        )
        assert.strictEqual(
          said(yield* read([start, text(), delta("Hello", 7), stop(), end, done])),
          "MalformedResponse"
        )
        assert.strictEqual(said(yield* read([done, ...good])), hello)
        assert.strictEqual(said(yield* read(good.slice(1))), "StreamInterrupted")
        assert.strictEqual(said(yield* read([start, end, done])), "[]")
      })
    ))

  it("A9 numbers that JSON cannot write, and what is nested too deep, are in no error's partial", () =>
    lean(({ answer }) =>
      Effect.gen(function*() {
        const block = (inner: string) =>
          `data: {"type":"content_block_start","index":0,"content_block":{"type":"server_tool_use","id":"a","name":"b","input":${inner}}}\n\n`
        for (const inner of ["1e999", `${"[".repeat(50_000)}${"]".repeat(50_000)}`, "{\"a\":[-1e400]}"]) {
          answer(() => reply([start, block(inner), stop(), text(1), delta("Hello", 1)]))
          const error = yield* Effect.flip(ClaudeClient.createMessage(params, { stream: true, maxAttempts: 1 }))
          assert.isTrue(error.reason._tag === "StreamInterrupted" && error.reason.partial?.content.length === 1)
          assert.include(JSON.stringify(error), "Hello")
        }
      })
    ))

  it("C2 no usage gives anything back: negative, absent and boundless counts are none", () =>
    lean(({ answer }) =>
      Effect.gen(function*() {
        for (const count of ["-5000", "1e999", "\"9\"", "null", "-1e999", "1e300"]) {
          answer(() =>
            reply([
              `data: ${JSON.stringify(start).replace("\"input_tokens\":10", `"input_tokens":${count}`)}\n\n`,
              text(),
              delta("Hello")
            ])
          )
          const error = yield* Effect.flip(ClaudeClient.createMessage(params, { stream: true, maxAttempts: 1 }))
          assert.isTrue(
            error.reason._tag === "StreamInterrupted" && error.reason.partial?.usage.inputTokens === 0,
            count
          )
        }
      })
    ))

  it("an answer of more than 256 MiB is broken, whatever its lines are", () =>
    lean(({ answer }) =>
      Effect.gen(function*() {
        const comment = new TextEncoder().encode(`:${" ".repeat(1024 * 1024)}\n`)
        function* endless() {
          yield { delay: 0, bytes: frame(start) }
          for (;;) yield { delay: 0, bytes: comment }
        }
        answer(() => ({ ...reply([]), body: { [Symbol.iterator]: endless } }))
        const error = yield* Effect.flip(ClaudeClient.createMessage(params, { stream: true, maxAttempts: 1 }))
        assert.match(error.message, /longer than 256 MiB/)
      })
    ))
})
