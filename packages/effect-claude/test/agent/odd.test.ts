/** What a tool gives, or a model asks, that would make a conversation unsendable or a run die. */
import { Reply } from "@effect-claude/fault-server"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Layer, Schema } from "effect"
import { ContextWindow, History, ToolJournal, ToolLoop } from "effect-claude"
import { Prompt, Tool, Toolkit } from "effect/ai"
import { answers, call, calls, lastResults, says, start, withLoop } from "../fixtures/loop.ts"

const shared = Effect.map(Effect.scoped(Layer.build(ToolJournal.layerMemory)), Layer.succeedContext)

describe("what a tool gives", () => {
  const Read = Tool.make("read", { success: Schema.String, failure: Schema.String })
  const toolkit = Toolkit.make(Read)
  const half = "half of an emoji: \ud83d"

  for (
    const [name, result] of [
      ["a result", Effect.succeed(half)],
      ["a failure", Effect.fail(half)]
    ] as const
  ) {
    it(`F1 half of a surrogate pair in ${name} is no longer one when it is sent: the API reads no such JSON`, () =>
      withLoop(
        [calls(call("a", "read", {})), says("Done.")],
        toolkit.toLayer({ read: () => result }),
        Effect.fnUntraced(function*({ seen }) {
          const outcome = yield* ToolLoop.run({ ...start, toolkit })
          assert.strictEqual(outcome._tag, "Finished")
          const { body } = (yield* seen)[1]!.request
          assert.include(body, "half of an emoji: \ufffd")
          assert.notMatch(body, /\\ud[89a-f]/i)
        })
      ))
  }

  it("F1 texts that are empty are left out of a result of several parts: the API takes none", () => {
    const several = (name: string, texts: ReadonlyArray<string>) =>
      Tool.make(name, {
        success: Schema.Null,
        toModelOutput: () => texts.map((text) => Prompt.makePart("text", { text }))
      })
    const kit = Toolkit.make(several("some", ["", half]), several("none", [""]))
    return withLoop(
      [calls(call("a", "some", {}), call("b", "none", {})), says("Done.")],
      kit.toLayer({ some: () => Effect.succeed(null), none: () => Effect.succeed(null) }),
      Effect.fnUntraced(function*() {
        const outcome = yield* ToolLoop.run({ ...start, toolkit: kit })
        assert.strictEqual(outcome._tag, "Finished", JSON.stringify(outcome))
        assert.deepEqual(lastResults(outcome.history), [
          { type: "tool_result", tool_use_id: "a", content: [{ type: "text", text: "half of an emoji: \ufffd" }] },
          { type: "tool_result", tool_use_id: "b" }
        ])
      })
    )
  })

  it("images are measured as images: one of a megabyte is shown, one that is too large says so", () => {
    const shot = (name: string, length: number) =>
      Tool.make(name, {
        success: Schema.Null,
        toModelOutput: () => [Prompt.makePart("file", { mediaType: "image/png", data: "A".repeat(length) })]
      })
    const kit = Toolkit.make(shot("small", 1_000_000), shot("large", 8_000_000))
    return withLoop(
      [calls(call("a", "small", {}), call("b", "large", {})), says("Done.")],
      kit.toLayer({ small: () => Effect.succeed(null), large: () => Effect.succeed(null) }),
      Effect.fnUntraced(function*() {
        const outcome = yield* ToolLoop.run({ ...start, toolkit: kit })
        assert.strictEqual(outcome._tag, "Finished", JSON.stringify(outcome).slice(0, 1000))
        const [small, large] = lastResults(outcome.history)
        assert.isArray(small!["content"])
        assert.match(String(large!["content"]), /^The tool ran, but .* images or files/)
      })
    )
  })

  it("F8 a reconcile hook that throws knows nothing, and the run goes on", () => {
    const Pay = ToolLoop.withReconcile(Tool.make("pay", { success: Schema.String }), () => {
      throw new Error("secret")
    })
    const kit = Toolkit.make(Pay)
    return withLoop(
      [calls(call("a", "pay", {})), says("Done.")],
      kit.toLayer({ pay: () => Effect.never }),
      Effect.fnUntraced(function*() {
        const loop = ToolLoop.layer({ journal: yield* shared })
        const fiber = yield* Effect.forkChild(
          ToolLoop.run({ ...start, toolkit: kit, runId: "r" }).pipe(Effect.provide(loop))
        )
        yield* Effect.sleep("10 seconds")
        yield* Fiber.interrupt(fiber)
        const outcome = yield* ToolLoop.recover({ runId: "r", toolkit: kit }).pipe(Effect.provide(loop))
        assert.strictEqual(outcome._tag, "Finished")
        assert.match(String(lastResults(outcome.history)[0]!["content"]), /no result is known/)
      })
    )
  })

  it("F9 a handler that throws before it has an effect is a defect like any other", () => {
    const Bad = Tool.make("bad", { success: Schema.String })
    const kit = Toolkit.make(Bad)
    return withLoop(
      [calls(call("a", "bad", {})), says("Done.")],
      kit.toLayer({
        bad: () => {
          throw new Error("secret")
        }
      }),
      Effect.fnUntraced(function*() {
        const outcome = yield* ToolLoop.run({ ...start, toolkit: kit })
        assert.strictEqual(outcome._tag, "Finished")
        assert.match(String(lastResults(outcome.history)[0]!["content"]), /does not declare/)
      })
    )
  })

  it("F1 whole pairs stay as they are", () =>
    withLoop(
      [calls(call("a", "read", {})), says("Done.")],
      toolkit.toLayer({ read: () => Effect.succeed("\ud83d\ude00") }),
      Effect.fnUntraced(function*() {
        const outcome = yield* ToolLoop.run({ ...start, toolkit })
        assert.strictEqual(lastResults(outcome.history)[0]!["content"], "\ud83d\ude00")
      })
    ))

  it("F1 a failure without words has some: the API takes no empty content with is_error", () => {
    const Silent = Tool.make("silent", { success: Schema.Void, failure: Schema.Void })
    const Empty = Tool.make("empty", { success: Schema.Void, failure: Schema.String })
    const kit = Toolkit.make(Silent, Empty)
    return withLoop(
      [calls(call("a", "silent", {}), call("b", "empty", {})), says("Done.")],
      kit.toLayer({ silent: () => Effect.fail(undefined), empty: () => Effect.fail("") }),
      Effect.fnUntraced(function*() {
        const outcome = yield* ToolLoop.run({ ...start, toolkit: kit })
        assert.strictEqual(outcome._tag, "Finished")
        for (const { content, is_error } of lastResults(outcome.history)) {
          assert.isTrue(is_error)
          assert.match(String(content), /\w/)
          assert.notInclude(String(content), "undefined")
        }
      })
    )
  })
})

describe("what a model asks", () => {
  const Read = Tool.make("read", { parameters: Schema.Struct({ page: Schema.Int }), success: Schema.String })
  const toolkit = Toolkit.make(Read)
  const pages = toolkit.toLayer({ read: ({ page }) => Effect.succeed(`page ${page} ${"word ".repeat(200)}`) })
  const run = { ...start, toolkit } as const

  it("F10 a name in another case, or none, is told the names there are; nothing runs", () =>
    withLoop(
      [calls(call("a", "Read", { page: 1 }), call("b", "", { page: 1 }), call("c", "__proto__", {})), says("Done.")],
      pages,
      Effect.fnUntraced(function*() {
        const outcome = yield* ToolLoop.run(run)
        assert.strictEqual(outcome._tag, "Finished", JSON.stringify(outcome))
        for (const { content } of lastResults(outcome.history)) assert.match(String(content), /no tool named.*: read\./)
        assert.deepEqual(outcome.progress.callsPerTool, {})
      })
    ))

  it("F10 an input that is no object does not fit", () =>
    withLoop(
      [calls(call("a", "read", {}), call("b", "read", { page: { page: 1 } })), says("Done.")],
      pages,
      Effect.fnUntraced(function*() {
        const outcome = yield* ToolLoop.run(run)
        assert.strictEqual(outcome._tag, "Finished", JSON.stringify(outcome))
        for (const { content } of lastResults(outcome.history)) assert.match(String(content), /does not fit/)
      })
    ))

  it("F1 half of a surrogate pair in an input is told and sent as none", () => {
    const Say = Tool.make("say", { parameters: Schema.Struct({ text: Schema.String }), success: Schema.String })
      .setNeedsApproval(true)
    const kit = Toolkit.make(Say)
    return withLoop(
      [calls(call("a", "say", { text: "half \ud83d" }), call("b", "say", { text: "\ud83d\ude00" })), says("Done.")],
      kit.toLayer({ say: ({ text }) => Effect.succeed(text) }),
      Effect.fnUntraced(function*({ seen }) {
        const needs = yield* ToolLoop.run({ ...start, toolkit: kit })
        const decisions = { a: "approve", b: { deny: "No \ud83d" } } as const
        const outcome = yield* ToolLoop.resume(needs, { toolkit: kit, decisions })
        assert.strictEqual(outcome._tag, "Finished")
        const { body } = (yield* seen)[1]!.request
        assert.notMatch(body, /\\ud[89a-f]/i)
        assert.include(body, "\ud83d\ude00")
        assert.strictEqual(lastResults(outcome.history)[0]!["content"], "half \ufffd")
      })
    )
  })

  const deep = (levels: number): string => `{"page":${"[".repeat(levels)}${"]".repeat(levels)}}`

  for (const streamed of [false, true]) {
    it(`F10 an input that is nested beyond all reason ends in an outcome${streamed ? ", streamed" : ""}`, () =>
      withLoop(
        [
          (request: Reply.Received) => {
            const reply = Reply.toolUse(call("a", "read", {}))
            if (Reply.wantsStream(request)) {
              return Reply.stream(Reply.toolUse({ id: "a", name: "read", input: deep(50_000) }))
            }
            return Reply.text(
              200,
              JSON.stringify(reply).replace(/"input":\{\}/, `"input":${deep(50_000)}`),
              { "content-type": "application/json" }
            )
          },
          says("Done.")
        ],
        pages,
        Effect.fnUntraced(function*() {
          const loop = ToolLoop.layer({ journal: yield* shared })
          const outcome = yield* ToolLoop.run({ ...run, call: { stream: streamed } }).pipe(Effect.provide(loop))
          assert.include(["Failed", "Finished"], outcome._tag)
          assert.isAbove(outcome.usage.outputTokens, 0)
          assert.strictEqual(History.fromMessages(History.toMessages(outcome.history))._tag, "Success")
        })
      ))
  }

  it("F8 an id that comes again, once its call is out of the conversation, is another call after a crash, too", () => {
    const pagesRead: Array<number> = []
    let turn = 0
    const next = (request: Reply.Received) => {
      const page = turn++
      const usage = { input_tokens: Math.ceil(request.body.length / 4) }
      // Five ids in turn, as from a proxy that numbers them anew.
      return page < 8
        ? answers(Reply.toolUse(call(`call_${page % 5}`, "read", { page }), { usage }))(request)
        : says("Done.")(request)
    }
    return withLoop(
      Array.from({ length: 60 }, () => (request: Reply.Received) => {
        if (request.path !== "/v1/messages") {
          return Reply.json(200, { input_tokens: Math.ceil(request.body.length / 4) })
        }
        return next(request)
      }),
      toolkit.toLayer({
        read: ({ page }) =>
          Effect.suspend(() => {
            pagesRead.push(page)
            return page === 6 && pagesRead.filter((one) => one === 6).length === 1
              ? Effect.never
              : Effect.succeed(`page ${page} ${"word ".repeat(200)}`)
          })
      }),
      Effect.fnUntraced(function*() {
        const window = ContextWindow.make({ window: 1400, strategies: [ContextWindow.dropSteps({ keep: 1 })] })
        const loop = ToolLoop.layer({ journal: yield* shared })
        const fiber = yield* Effect.forkChild(
          ToolLoop.run({ ...run, window, max_tokens: 200, runId: "r" }).pipe(Effect.provide(loop))
        )
        yield* Effect.sleep("10 seconds")
        yield* Fiber.interrupt(fiber)
        assert.deepEqual(pagesRead, [0, 1, 2, 3, 4, 5, 6])
        const outcome = yield* ToolLoop.recover({ runId: "r", toolkit, window }).pipe(Effect.provide(loop))
        const sent = JSON.stringify(History.toMessages(outcome.history))
        assert.strictEqual(outcome._tag, "Finished", JSON.stringify(outcome))
        // It was begun and may run once: nothing is known of it, and least of all the page before.
        assert.notInclude(sent, "page 1 ")
        assert.match(sent, /no result is known/)
      })
    )
  })
})

describe("a tool that calls the loop", () => {
  const Sub = Tool.make("sub", { success: Schema.String })
  const toolkit = Toolkit.make(Sub)

  it("F5 F8 under the very run that it is a call of: ends, and nothing runs for ever", () =>
    withLoop(
      Array.from({ length: 50 }, () => (request: Reply.Received) => {
        const { messages } = request.json as { readonly messages: ReadonlyArray<unknown> }
        return messages.length === 1
          ? answers(Reply.toolUse(call("a", "sub", {})))(request)
          : says("Done.")(request)
      }),
      Layer.empty,
      Effect.fnUntraced(function*({ seen }) {
        let begun = 0
        const loop = yield* Effect.provide(ToolLoop.ToolLoop, ToolLoop.layer({ journal: yield* shared }))
        const handlers: Layer.Layer<Tool.HandlersFor<typeof toolkit.tools>> = toolkit.toLayer({
          sub: () =>
            Effect.suspend(() => {
              begun++
              return loop.recover({ runId: "r", toolkit }).pipe(
                Effect.provide(Layer.suspend(() => handlers)),
                Effect.map((outcome) => outcome._tag),
                Effect.orDie
              )
            })
        })
        const outcome = yield* loop.run({ ...start, toolkit, runId: "r" }).pipe(Effect.provide(handlers))
        assert.strictEqual(outcome._tag === "Failed" && outcome.error._tag, "RunTakenOver", JSON.stringify(outcome))
        assert.strictEqual(begun, 1)
        assert.isAtMost((yield* seen).length, 2)
        const after = yield* loop.recover({ runId: "r", toolkit }).pipe(Effect.provide(handlers))
        assert.strictEqual(after._tag, "Finished")
      })
    ))
})

describe("a call that was begun before a crash", () => {
  const Pay = Tool.make("pay", { parameters: Schema.Struct({ amount: Schema.Number }), success: Schema.String })
  const toolkit = Toolkit.make(Pay)
  const hanging = toolkit.toLayer({ pay: () => Effect.never })
  const Other = Toolkit.make(Tool.make("other", { success: Schema.String }))
  const Changed = Toolkit.make(
    Tool.make("pay", { parameters: Schema.Struct({ euros: Schema.Number }), success: Schema.String })
  )
  const begun = Effect.gen(function*() {
    const loop = ToolLoop.layer({ journal: yield* shared })
    const fiber = yield* Effect.forkChild(
      ToolLoop.run({ ...start, toolkit, runId: "r" }).pipe(Effect.provide(Layer.merge(loop, hanging)))
    )
    yield* Effect.sleep("10 seconds")
    yield* Fiber.interrupt(fiber)
    return loop
  })
  const script = [calls(call("a", "pay", { amount: 1 })), says("Done.")]
  const unknown = (outcome: ToolLoop.Outcome) =>
    assert.match(String(lastResults(outcome.history)[0]!["content"]), /may or may not have run/)

  it("F2 F8 may have run, also where no time is left to find out", () =>
    withLoop(
      script,
      hanging,
      Effect.fnUntraced(function*() {
        const loop = yield* begun
        const outcome = yield* ToolLoop.recover({ runId: "r", toolkit, limits: { wallTime: 0 } }).pipe(
          Effect.provide(loop)
        )
        assert.strictEqual(outcome._tag === "Stopped" && outcome.limit, "wallTime")
        unknown(outcome)
      })
    ))

  it("F2 F8 may have run, also where its tool is gone", () =>
    withLoop(
      script,
      Other.toLayer({ other: () => Effect.succeed("") }),
      Effect.fnUntraced(function*() {
        const outcome = yield* ToolLoop.recover({ runId: "r", toolkit: Other }).pipe(Effect.provide(yield* begun))
        assert.strictEqual(outcome._tag, "Finished")
        unknown(outcome)
      })
    ))

  it("F2 F8 may have run, also where its tool now takes another input", () =>
    withLoop(
      script,
      Changed.toLayer({ pay: () => Effect.succeed("") }),
      Effect.fnUntraced(function*() {
        const outcome = yield* ToolLoop.recover({ runId: "r", toolkit: Changed }).pipe(Effect.provide(yield* begun))
        assert.strictEqual(outcome._tag, "Finished")
        unknown(outcome)
      })
    ))
})

describe("a conversation that ends with an answer", () => {
  const Look = Tool.make("look", { success: Schema.String }).annotate(Tool.Readonly, true)
  const toolkit = Toolkit.make(Look)
  const looking = toolkit.toLayer({ look: () => Effect.succeed("seen") })
  const limits = { toolCalls: 1 }
  const script = [
    calls(call("a", "look", {}), call("b", "look", {})),
    says("So far: seen."),
    calls(call("c", "look", {})),
    says("All seen.")
  ]

  it("F5 is gone on with after its closing turn: the API wants the user's turn before the next answer", () =>
    withLoop(
      script,
      looking,
      Effect.fnUntraced(function*() {
        const stopped = yield* ToolLoop.run({ ...start, toolkit, limits, closingTurn: true })
        assert.strictEqual(stopped._tag === "Stopped" && stopped.text, "So far: seen.")
        const outcome = yield* ToolLoop.resume(stopped, { toolkit, limits: { toolCalls: 9 } })
        assert.strictEqual(outcome._tag === "Finished" && outcome.text, "All seen.", JSON.stringify(outcome))
      })
    ))

  it("F5 is not gone on with where the limit is as it was", () =>
    withLoop(
      script,
      looking,
      Effect.fnUntraced(function*({ seen }) {
        const turns = { turns: 1 }
        const stopped = yield* ToolLoop.run({ ...start, toolkit, limits: turns, closingTurn: true })
        const same = yield* ToolLoop.resume(stopped, { toolkit })
        assert.strictEqual(same._tag === "Stopped" && same.limit, "turns")
        assert.strictEqual((yield* seen).length, 2)
      })
    ))

  it("F5 F8 is what it was where a crash fell between its closing answer and its outcome", () =>
    withLoop(
      script,
      looking,
      Effect.fnUntraced(function*() {
        const store = yield* Effect.scoped(
          Effect.flatMap(Layer.build(ToolJournal.layerMemory), (context) =>
            Effect.provide(ToolJournal.ToolJournal, context))
        )
        const dying = Layer.succeed(ToolJournal.ToolJournal, {
          ...store,
          put: (run: string, at: number, entry: string) =>
            entry.includes(`"_tag":"Ended"`) ? Effect.never : store.put(run, at, entry)
        })
        const fiber = yield* Effect.forkChild(
          ToolLoop.run({ ...start, toolkit, limits, closingTurn: true, runId: "r" }).pipe(
            Effect.provide(ToolLoop.layer({ journal: dying }))
          )
        )
        yield* Effect.sleep("10 seconds")
        yield* Fiber.interrupt(fiber)
        const loop = ToolLoop.layer({ journal: Layer.succeed(ToolJournal.ToolJournal, store) })
        const stopped = yield* ToolLoop.recover({ runId: "r", toolkit }).pipe(Effect.provide(loop))
        assert.strictEqual(stopped._tag === "Stopped" && stopped.limit, "toolCalls", JSON.stringify(stopped))
        assert.strictEqual(stopped._tag === "Stopped" && stopped.text, "So far: seen.")
        const outcome = yield* ToolLoop.resume(stopped, { toolkit, limits: { toolCalls: 9 } }).pipe(
          Effect.provide(loop)
        )
        assert.strictEqual(outcome._tag, "Finished", JSON.stringify(outcome))
      })
    ))

  it("F5 is gone on with after a final answer that did not fit its schema", () =>
    withLoop(
      [says("No."), says("No!"), says(`{"wear":"shirt"}`)],
      looking,
      Effect.fnUntraced(function*({ seen }) {
        const answer = Schema.Struct({ wear: Schema.String })
        const failed = yield* ToolLoop.run({ ...start, toolkit, answer })
        assert.strictEqual(failed._tag === "Failed" && failed.error._tag, "InvalidAnswer")
        const outcome = yield* ToolLoop.resume(failed, { toolkit, answer })
        assert.strictEqual(outcome._tag, "Finished", JSON.stringify(outcome))
        assert.match((yield* seen)[2]!.request.body, /does not fit the schema/)
      })
    ))
})
