import { Reply, type Script } from "@effect-claude/fault-server"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Schema, Tracer } from "effect"
import { ClaudeTelemetry, ContextWindow, History, ToolJournal, ToolLoop } from "effect-claude"
import { Tool, Toolkit } from "effect/ai"
import { answers, call, says, start, withLoop } from "../fixtures/loop.ts"
import { recording } from "../fixtures/spans.ts"

const Read = Tool.make("read", { parameters: Schema.Struct({ page: Schema.Int }), success: Schema.String })
  .annotate(Tool.Readonly, true)
const toolkit = Toolkit.make(Read)
const pages = toolkit.toLayer({ read: ({ page }) => Effect.succeed(`Page ${page}. ${"word ".repeat(400)}`) })

const isMessage = (request: Reply.Received): boolean => request.path === "/v1/messages"

/** Answers messages by the script, counts of tokens by their length. */
const script = (list: ReadonlyArray<Script.Answer>): ReadonlyArray<Script.Answer> => {
  let next = 0
  const answer = (request: Reply.Received): Reply.Reply => {
    if (!isMessage(request)) return Reply.json(200, { input_tokens: Math.ceil(request.body.length / 4) })
    const given = list[next++]
    return typeof given === "function" ? given(request) : given ?? Reply.text(500, "")
  }
  return Array.from({ length: 200 }, () => answer)
}

const reads = (count: number) =>
  Array.from(
    { length: count },
    (_, page) => (request: Reply.Received) =>
      answers(
        Reply.toolUse(call(`c${page}`, "read", { page }), {
          usage: { input_tokens: Math.ceil(request.body.length / 4) }
        })
      )(request)
  )

describe("ToolLoop: the window", () => {
  it("F11 keeps the conversation within the window, turn after turn", () =>
    withLoop(
      script([...reads(12), says("Read.")]),
      pages,
      Effect.fnUntraced(function*({ seen }) {
        const window = ContextWindow.make({ window: 4000 })
        const outcome = yield* ToolLoop.run({ ...start, toolkit, window, max_tokens: 500 })
        assert.strictEqual(outcome._tag, "Finished", JSON.stringify(outcome))
        const bodies = (yield* seen).filter(({ request }) => isMessage(request)).map(({ request }) => request.body)
        assert.strictEqual(bodies.length, 13)
        for (const body of bodies) assert.isAtMost(body.length / 4, 4000)
        assert.isAtLeast(Math.max(...bodies.map((body) => body.length)), 8000)
      })
    ))

  it("an overflow that the API tells of is fitted once and asked again", () =>
    withLoop(
      script([
        ...reads(3),
        Reply.error(400, "invalid_request_error", "prompt is too long: 2600 tokens > 2000 maximum"),
        says("Read.")
      ]),
      pages,
      Effect.fnUntraced(function*({ seen }) {
        const window = ContextWindow.make({
          window: 100_000,
          strategies: [ContextWindow.clearToolResults({ keep: 1 })]
        })
        const outcome = yield* ToolLoop.run({ ...start, toolkit, window, max_tokens: 500 })
        assert.strictEqual(outcome._tag, "Finished", JSON.stringify(outcome))
        const last = (yield* seen).findLast(({ request }) => isMessage(request))!
        assert.isAtMost(last.request.body.length / 4, 2000)
      })
    ))

  it("without a window it is a failure that keeps the conversation", () =>
    withLoop(
      script([
        ...reads(1),
        Reply.error(400, "invalid_request_error", "prompt is too long: 2600 tokens > 2000 maximum")
      ]),
      pages,
      Effect.fnUntraced(function*() {
        const outcome = yield* ToolLoop.run({ ...start, toolkit })
        assert.strictEqual(
          outcome._tag === "Failed" && outcome.error._tag === "ClaudeError" && outcome.error.reason._tag,
          "ContextOverflow"
        )
        assert.strictEqual(outcome.history.length, 3)
      })
    ))

  it("what cannot be made to fit is a failure, and nothing is sent", () =>
    withLoop(
      script([]),
      pages,
      Effect.fnUntraced(function*({ seen }) {
        const window = ContextWindow.make({ window: 1000 })
        const history = History.make("word ".repeat(4000))
        const outcome = yield* ToolLoop.run({ ...start, history, toolkit, window, max_tokens: 500 })
        assert.strictEqual(outcome._tag === "Failed" && outcome.error._tag, "WindowExceeded")
        assert.strictEqual(outcome.history, history)
        assert.isEmpty((yield* seen).filter(({ request }) => isMessage(request)))
      })
    ))

  it("a run that was fitted is recovered as it was", () =>
    withLoop(
      script([...reads(12), says("Read.")]),
      pages,
      Effect.fnUntraced(function*() {
        const journal = Layer.succeedContext(yield* Effect.scoped(Layer.build(ToolJournal.layerMemory)))
        const window = ContextWindow.make({ window: 4000 })
        const loop = ToolLoop.layer({ journal })
        const stopped = yield* ToolLoop.run({
          ...start,
          runId: "r",
          toolkit,
          window,
          max_tokens: 500,
          limits: { turns: 11 }
        })
          .pipe(Effect.provide(loop))
        assert.strictEqual(stopped._tag, "Stopped")
        const outcome = yield* ToolLoop.resume(stopped, { toolkit, window, limits: { turns: 20 } }).pipe(
          Effect.provide(loop)
        )
        assert.strictEqual(outcome._tag, "Finished", JSON.stringify(outcome))
        const same = yield* ToolLoop.recover({ runId: "r", toolkit }).pipe(Effect.provide(loop))
        assert.deepEqual(History.toMessages(same.history), History.toMessages(outcome.history))
      })
    ))

  it("H1 spans of the run and its tools stand above those of the calls", () =>
    withLoop(
      script([...reads(1), says("Read.")]),
      pages,
      Effect.fnUntraced(function*() {
        const { spans, tracer } = recording()
        yield* ToolLoop.run({ ...start, toolkit }).pipe(
          Effect.provideService(Tracer.Tracer, tracer),
          Effect.provide(ClaudeTelemetry.layer())
        )
        const [agent] = spans
        assert.strictEqual(agent!.name, "invoke_agent")
        const tool = spans.find(({ name }) => name === "execute_tool read")!
        assert.strictEqual(tool.attributes.get("gen_ai.tool.call.id"), "c0")
        const chats = spans.filter(({ name }) => name === "chat claude-sonnet-5-5")
        assert.strictEqual(chats.length, 2)
        for (const span of [tool, ...chats]) {
          assert.strictEqual(span.parent._tag === "Some" && span.parent.value.spanId, agent!.spanId)
        }
      })
    ))
})
