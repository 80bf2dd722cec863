import { Fault, Reply } from "@effect-claude/fault-server"
import { assert, describe, it } from "@effect/vitest"
import { Clock, Deferred, Duration, Effect, Fiber, Layer, Ref, Schedule, Schema, Stream } from "effect"
import { Fallback, History, Spend, ToolLoop } from "effect-claude"
import { Tool, Toolkit } from "effect/ai"
import {
  answers,
  call,
  calls,
  Declined,
  lastResults,
  Pay,
  says,
  start,
  toolkit,
  Weather,
  weather,
  withLoop
} from "../fixtures/loop.ts"

const sunny = toolkit.toLayer({
  get_weather: ({ city }) => city === "Atlantis" ? Effect.fail({ unknownCity: city }) : Effect.succeed({ celsius: 20 }),
  pay: () => Effect.succeed("paid")
})

const valid = (outcome: ToolLoop.Outcome) => {
  History.fromMessages(History.toMessages(outcome.history)).pipe((result) => assert.strictEqual(result._tag, "Success"))
  return outcome
}

/** A tool that never ends by itself, and tells when it began and when it was interrupted. */
const hanging = Effect.gen(function*() {
  const began = yield* Deferred.make<void>()
  const ended = yield* Deferred.make<void>()
  const handlers = toolkit.toLayer({
    get_weather: () =>
      Effect.andThen(Deferred.succeed(began, undefined), Effect.never).pipe(
        Effect.onInterrupt(() => Deferred.succeed(ended, undefined))
      ),
    pay: () => Effect.succeed("paid")
  })
  return { began, ended, handlers }
})

const expectTag = <Tag extends ToolLoop.Outcome["_tag"]>(
  outcome: ToolLoop.Outcome,
  tag: Tag
): Extract<ToolLoop.Outcome, { readonly _tag: Tag }> => {
  valid(outcome)
  assert.strictEqual(outcome._tag, tag, JSON.stringify(outcome))
  return outcome as Extract<ToolLoop.Outcome, { readonly _tag: Tag }>
}

describe("ToolLoop", () => {
  it("answers a question with the help of tools", () =>
    withLoop(
      [calls(weather("a", "Paris"), weather("b", "Rome")), says("A shirt.")],
      sunny,
      Effect.fnUntraced(function*({ seen }) {
        const outcome = expectTag(yield* ToolLoop.run(start), "Finished")
        assert.strictEqual(outcome.text, "A shirt.")
        assert.strictEqual(outcome.progress.turns, 2)
        assert.strictEqual(outcome.progress.toolCalls, 2)
        assert.strictEqual(outcome.history.length, 4)
        const [, second] = yield* seen
        const { messages, tools } = second!.request.json as {
          messages: Array<{ content: unknown }>
          tools: Array<{ name: string }>
        }
        assert.deepEqual(tools.map(({ name }) => name), ["get_weather", "pay"])
        assert.deepEqual(messages[2]!.content, [
          { type: "tool_result", tool_use_id: "a", content: `{"celsius":20}` },
          { type: "tool_result", tool_use_id: "b", content: `{"celsius":20}` }
        ])
      })
    ))

  it("F2 F9 failures that are declared reach the model, defects do not", () =>
    withLoop(
      [
        calls(
          weather("a", "Atlantis"),
          weather("b", "Paris"),
          call("c", "pay", { amount: 1 }),
          call("d", "nothing", {}),
          call("e", "pay", { amount: "x" })
        ),
        says("Done.")
      ],
      toolkit.toLayer({
        get_weather: ({ city }) =>
          city === "Atlantis" ? Effect.fail({ unknownCity: city }) : Effect.succeed({ celsius: 20 }),
        pay: () => Effect.die(new Error("secret db password"))
      }),
      Effect.fnUntraced(function*() {
        const outcome = expectTag(yield* ToolLoop.run(start), "Finished")
        const results = lastResults(outcome.history)
        assert.deepEqual(results.map(({ is_error, tool_use_id }) => [tool_use_id, is_error ?? false]), [
          ["a", true],
          ["b", false],
          ["c", true],
          ["d", true],
          ["e", true]
        ])
        assert.strictEqual(results[0]!["content"], `{"unknownCity":"Atlantis"}`)
        assert.match(String(results[2]!["content"]), /does not declare.*Trace id: [0-9a-f]{16}/)
        assert.match(String(results[3]!["content"]), /no tool named nothing.*get_weather, pay/)
        assert.match(String(results[4]!["content"]), /Not executed: the input does not fit/)
        assert.notInclude(JSON.stringify(History.toMessages(outcome.history)), "secret")
      })
    ))

  it("takes null for what is optional, and a missing key", () =>
    withLoop(
      [
        calls(call("a", "get_weather", { city: "Paris", days: null }), call("b", "get_weather", { city: "Rome" })),
        says("Done.")
      ],
      sunny,
      Effect.fnUntraced(function*() {
        const outcome = expectTag(yield* ToolLoop.run(start), "Finished")
        assert.deepEqual(lastResults(outcome.history).map(({ content }) => content), [
          `{"celsius":20}`,
          `{"celsius":20}`
        ])
      })
    ))

  it("F12 parallel calls are bounded; results keep call order", () =>
    withLoop(
      [calls(...Array.from({ length: 9 }, (_, index) => weather(`c${index}`, String(9 - index)))), says("Done.")],
      toolkit.toLayer(Effect.gen(function*() {
        const running = yield* Ref.make(0)
        return {
          get_weather: ({ city }) =>
            Effect.acquireUseRelease(
              Ref.updateAndGet(running, (n) => n + 1),
              (n) => Effect.as(Effect.sleep(`${Number(city)} seconds`), { celsius: n }),
              () => Ref.update(running, (n) => n - 1)
            ),
          pay: () => Effect.succeed("paid")
        }
      })),
      Effect.fnUntraced(function*() {
        const outcome = expectTag(yield* ToolLoop.run({ ...start, concurrency: 3 }), "Finished")
        const results = lastResults(outcome.history)
        assert.deepEqual(
          results.map(({ tool_use_id }) => tool_use_id),
          Array.from({ length: 9 }, (_, index) => `c${index}`)
        )
        assert.strictEqual(Math.max(...results.map(({ content }) => JSON.parse(String(content)).celsius)), 3)
      })
    ))

  it("F4 a deaf tool cannot hold the loop, and the leak is counted", () =>
    withLoop(
      [calls(weather("a", "Paris"), weather("b", "Rome")), says("Done.")],
      toolkit.toLayer({
        get_weather: ({ city }) =>
          city === "Paris" ? Effect.uninterruptible(Effect.never) : Effect.succeed({ celsius: 20 }),
        pay: () => Effect.succeed("paid")
      }),
      Effect.fnUntraced(function*() {
        const before = yield* Clock.currentTimeMillis
        const outcome = expectTag(yield* ToolLoop.run({ ...start, toolTimeout: "5 seconds" }), "Finished")
        const took = (yield* Clock.currentTimeMillis) - before
        assert.isAtMost(took, 6500)
        assert.strictEqual(outcome.progress.leaked, 1)
        const [a, b] = lastResults(outcome.history)
        assert.match(String(a!["content"]), /Timed out/)
        assert.strictEqual(b!["is_error"], undefined)
      })
    ))

  it("F4 interruption returns within the grace of a deaf tool", () =>
    withLoop(
      [calls(weather("a", "Paris"))],
      toolkit.toLayer({ get_weather: () => Effect.uninterruptible(Effect.never), pay: () => Effect.succeed("paid") }),
      Effect.fnUntraced(function*() {
        const fiber = yield* Effect.forkChild(ToolLoop.run(start))
        yield* Effect.sleep("10 seconds")
        const before = yield* Clock.currentTimeMillis
        yield* Fiber.interrupt(fiber)
        assert.isAtMost((yield* Clock.currentTimeMillis) - before, 1000)
      })
    ))

  describe("F5 each limit ends in a typed outcome that can be resumed", () => {
    const endless = Array.from(
      { length: 40 },
      (_, index) =>
        answers(Reply.toolUse(weather(`c${index}`, `city ${index}`), {
          usage: { input_tokens: 300 * (index + 1), output_tokens: 20 }
        }))
    )
    const cases: ReadonlyArray<
      readonly [string, ToolLoop.RunSettings["limits"] & object, ToolLoop.RunSettings["limits"] & object]
    > = [
      ["turns", { turns: 3 }, { turns: 4 }],
      ["toolCalls", { toolCalls: 3 }, { toolCalls: 4 }],
      ["callsPerTool", { callsPerTool: { get_weather: 3 } }, { callsPerTool: 4 }],
      ["outputTokens", { outputTokens: 60 }, { outputTokens: 110 }],
      ["inputTokens", { inputTokens: 1000 }, { inputTokens: 3000 }],
      ["usd", { usd: 0.005 }, { usd: 0.01 }]
    ]
    const prices = Spend.prices({ "claude-sonnet-5-5": { input: 3, output: 15, cacheRead: 0.3, cacheWrite: 3.75 } })
    for (const [limit, low, higher] of cases) {
      it(`F5 ${limit}`, () =>
        withLoop(
          endless,
          sunny,
          Effect.fnUntraced(function*({ seen }) {
            const stopped = expectTag(yield* ToolLoop.run({ ...start, limits: low }), "Stopped")
            assert.strictEqual(stopped.limit, limit)
            const requests = (yield* seen).length
            assert.isAtLeast(requests, 1)
            const same = expectTag(yield* ToolLoop.resume(stopped, { toolkit }), "Stopped")
            assert.strictEqual(same.limit, limit)
            const more = expectTag(yield* ToolLoop.resume(same, { toolkit, limits: higher }), "Stopped")
            assert.strictEqual(more.limit, limit)
            assert.isAbove((yield* seen).length, requests)
            assert.isAbove(more.usage.inputTokens, stopped.usage.inputTokens)
          }),
          { prices }
        ))
      it(`F5 ${limit}: 0 means zero`, () =>
        withLoop(
          endless,
          sunny,
          Effect.fnUntraced(function*({ seen }) {
            const zero = limit === "callsPerTool" ? { callsPerTool: 0 } : { [limit]: 0 }
            const stopped = expectTag(yield* ToolLoop.run({ ...start, limits: zero }), "Stopped")
            assert.strictEqual(stopped.limit, limit)
            assert.strictEqual((yield* seen).length, limit === "toolCalls" || limit === "callsPerTool" ? 1 : 0)
          }),
          { prices }
        ))
    }

    it("F5 wallTime: the running call is interrupted, its siblings keep their results", () =>
      withLoop(
        [calls(weather("a", "fast"), weather("b", "slow"), weather("c", "queued")), says("Done.")],
        toolkit.toLayer({
          get_weather: ({ city }) => Effect.as(Effect.sleep(city === "fast" ? "1 second" : "1 hour"), { celsius: 20 }),
          pay: () => Effect.succeed("paid")
        }),
        Effect.fnUntraced(function*() {
          const options = {
            ...start,
            concurrency: 2,
            toolTimeout: "2 hours",
            limits: { wallTime: "30 seconds" }
          } as const
          const stopped = expectTag(yield* ToolLoop.run(options), "Stopped")
          assert.strictEqual(stopped.limit, "wallTime")
          const [a, b, c] = lastResults(stopped.history)
          assert.strictEqual(a!["content"], `{"celsius":20}`)
          assert.match(String(b!["content"]), /Interrupted/)
          assert.match(String(c!["content"]), /Interrupted/)
          const outcome = yield* ToolLoop.resume(stopped, { toolkit, limits: { wallTime: "2 minutes" } })
          assert.strictEqual(expectTag(outcome, "Finished").text, "Done.")
        })
      ))

    it("F5 wallTime ends a request that takes too long", () =>
      withLoop(
        [{ ...Reply.text(200, ""), begin: "silence" }, says("Done.")],
        sunny,
        Effect.fnUntraced(function*() {
          const before = yield* Clock.currentTimeMillis
          const stopped = expectTag(yield* ToolLoop.run({ ...start, limits: { wallTime: "30 seconds" } }), "Stopped")
          assert.strictEqual(stopped.limit, "wallTime")
          assert.isAtMost((yield* Clock.currentTimeMillis) - before, 30_100)
          assert.isTrue(stopped.usage.estimated)
        })
      ))

    it("F5 pauses", () =>
      withLoop(
        Array.from({ length: 6 }, (_, index) =>
          answers(Reply.pauseTurn({
            content: [{ type: "text", text: `Still ${index}.`, citations: null }, {
              type: "server_tool_use",
              id: `srvtoolu_${index}`,
              name: "web_search",
              input: { query: "q" }
            }, { type: "web_search_tool_result", tool_use_id: `srvtoolu_${index}`, content: [] }]
          }))),
        sunny,
        Effect.fnUntraced(function*({ seen }) {
          const serverTools = [{ type: "web_search_20250305", name: "web_search" }] as const
          const stopped = expectTag(yield* ToolLoop.run({ ...start, serverTools, limits: { pauses: 2 } }), "Stopped")
          assert.strictEqual(stopped.limit, "pauses")
          assert.strictEqual((yield* seen).length, 3)
        })
      ))

    it("F5 depth: a run within a run counts for both", () =>
      withLoop(
        [
          calls(weather("a", "outer")),
          calls(weather("b", "inner")),
          says("Inner done."),
          says("Outer done.")
        ],
        Layer.empty,
        Effect.fnUntraced(function*() {
          const tags: Array<string> = []
          const nested: (
            depth: number
          ) => Layer.Layer<Tool.HandlersFor<typeof toolkit.tools>, never, ToolLoop.ToolLoop> = (depth) =>
            toolkit.toLayer(Effect.gen(function*() {
              const loop = yield* ToolLoop.ToolLoop
              return {
                get_weather: () =>
                  loop.run({ ...start, history: History.make(`depth ${depth}`) }).pipe(
                    Effect.provide(nested(depth + 1)),
                    Effect.provideService(ToolLoop.ToolLoop, loop),
                    Effect.map((outcome) => {
                      tags.push(`${depth} ${outcome._tag} ${outcome._tag === "Stopped" ? outcome.limit : ""}`.trim())
                      return { celsius: depth }
                    }),
                    Effect.orDie
                  ),
                pay: () => Effect.succeed("paid")
              }
            }))
          const outcome = yield* ToolLoop.run({ ...start, limits: { depth: 1 } }).pipe(Effect.provide(nested(1)))
          expectTag(outcome, "Finished")
          assert.deepEqual(tags, ["2 Stopped depth", "1 Finished"])
        })
      ))
  })

  it("a closing turn says what was found, without tools", () =>
    withLoop(
      [calls(weather("a", "Paris")), calls(weather("b", "Rome")), says("So far: 20 degrees.")],
      sunny,
      Effect.fnUntraced(function*({ seen }) {
        const stopped = expectTag(yield* ToolLoop.run({ ...start, limits: { turns: 2 }, closingTurn: true }), "Stopped")
        assert.strictEqual(stopped.text, "So far: 20 degrees.")
        const last = (yield* seen).at(-1)!.request.json as {
          tool_choice: unknown
          messages: Array<{ content: Array<{ type: string }> }>
        }
        assert.deepEqual(last.tool_choice, { type: "none" })
        assert.deepEqual(last.messages.at(-1)!.content.map(({ type }) => type), ["tool_result", "text"])
      })
    ))

  it("F6 after three equal calls with equal results the fourth is answered, a fifth stops the loop", () =>
    withLoop(
      Array.from({ length: 9 }, (_, index) => calls(weather(`c${index}`, "Paris"))),
      sunny,
      Effect.fnUntraced(function*({ seen }) {
        const stopped = expectTag(yield* ToolLoop.run(start), "Stopped")
        assert.strictEqual(stopped.limit, "identicalCalls")
        assert.strictEqual((yield* seen).length, 5)
        const results = History.toMessages(stopped.history).flatMap(({ content, role }) =>
          role === "user" && typeof content !== "string" ? content : []
        )
        assert.match(JSON.stringify(results[3]), /same call has given the same result/)
        assert.match(JSON.stringify(results[2]), /celsius/)
      })
    ))

  for (const period of [2, 3]) {
    it(`F6 a cycle of ${period} is found`, () =>
      withLoop(
        Array.from({ length: 40 }, (_, index) => calls(weather(`c${index}`, `city ${index % period}`))),
        sunny,
        Effect.fnUntraced(function*({ seen }) {
          const stopped = expectTag(yield* ToolLoop.run(start), "Stopped")
          assert.strictEqual(stopped.limit, "identicalCalls")
          assert.strictEqual((yield* seen).length, period * 3 + 2)
        })
      ))
  }

  it("F6 a polling tool is exempt, and so are calls whose results differ", () => {
    const Poll = Tool.make("poll", { success: Schema.String }).annotate(ToolLoop.Polling, true)
    const Count = Tool.make("count", { success: Schema.Number })
    const kit = Toolkit.make(Poll, Count)
    let count = 0
    return withLoop(
      [
        ...Array.from({ length: 8 }, (_, index) => calls(call(`c${index}`, index % 2 === 0 ? "poll" : "count", {}))),
        says("Done.")
      ],
      kit.toLayer({ poll: () => Effect.succeed("waiting"), count: () => Effect.sync(() => ++count) }),
      Effect.fnUntraced(function*() {
        expectTag(yield* ToolLoop.run({ ...start, toolkit: kit }), "Finished")
        assert.strictEqual(count, 4)
      })
    )
  })

  describe("F10 every stop reason has its branch", () => {
    it("F10 max_tokens with an open call is raised once", () =>
      withLoop(
        [
          answers(Reply.truncatedToolUse({ id: "a", name: "pay" })),
          (request) =>
            request.method === "GET"
              ? Reply.json(200, { id: "claude-sonnet-5-5", type: "model", max_tokens: 2000 })
              : Reply.text(500, ""),
          calls(call("b", "pay", { amount: 1 })),
          says("Paid.")
        ],
        sunny,
        Effect.fnUntraced(function*({ seen }) {
          const outcome = expectTag(yield* ToolLoop.run(start), "Finished")
          const asked = (yield* seen).filter(({ request }) => request.method === "POST").map(({ request }) =>
            (request.json as { max_tokens: number }).max_tokens
          )
          assert.deepEqual(asked, [1000, 2000, 1000])
          assert.notInclude(JSON.stringify(History.toMessages(outcome.history)), `"id":"a"`)
        })
      ))

    it("F10 E4 cut again it ends as Truncated, and nothing of it has run", () => {
      let paid = 0
      return withLoop(
        [
          answers(Reply.truncatedToolUse({ id: "a", name: "pay" })),
          () => Reply.json(200, { id: "claude-sonnet-5-5", type: "model", max_tokens: 2000 }),
          answers(Reply.truncatedToolUse({ id: "b", name: "pay" }))
        ],
        toolkit.toLayer({
          get_weather: () => Effect.succeed({ celsius: 20 }),
          pay: () => Effect.sync(() => String(++paid))
        }),
        Effect.fnUntraced(function*() {
          const outcome = expectTag(yield* ToolLoop.run(start), "Truncated")
          assert.strictEqual(outcome.limit, "maxTokens")
          assert.strictEqual(outcome.history.length, 1)
          assert.strictEqual(paid, 0)
        })
      )
    })

    const endings: ReadonlyArray<readonly [string, Reply.Message, (outcome: ToolLoop.Outcome) => void]> = [
      [
        "refusal",
        Reply.refusal({ category: "cyber" }),
        (outcome) => assert.strictEqual(expectTag(outcome, "Refused").category, "cyber")
      ],
      [
        "a filled window",
        Reply.message({ text: "Half", stopReason: "model_context_window_exceeded" }),
        (outcome) => assert.strictEqual(expectTag(outcome, "Truncated").limit, "contextWindow")
      ],
      [
        "max_tokens in text",
        Reply.message({ text: "Half", stopReason: "max_tokens" }),
        (outcome) => assert.strictEqual(expectTag(outcome, "Truncated").text, "Half")
      ],
      ["an unknown stop reason", Reply.message({ text: "Half", stopReason: "eclipse" }), (outcome) => {
        const { error } = expectTag(outcome, "Failed")
        assert.strictEqual(error._tag === "ClaudeError" ? error.reason._tag : error._tag, "UnknownStop")
      }],
      [
        "tool_use without a call",
        Reply.toolUseWithoutBlock(),
        (outcome) => assert.match(expectTag(outcome, "Failed").error.message, /to call a tool and called none/)
      ],
      [
        "an empty end_turn",
        Reply.message({ content: [] }),
        (outcome) => assert.match(expectTag(outcome, "Failed").error.message, /ended its turn and said nothing/)
      ]
    ]
    for (const [name, message, check] of endings) {
      it(`F10 ${name}`, () =>
        withLoop(
          [answers(message)],
          sunny,
          Effect.fnUntraced(function*({ seen }) {
            const outcome = yield* ToolLoop.run(start)
            check(outcome)
            assert.strictEqual((yield* seen).length, 1)
            assert.isAtLeast(outcome.usage.inputTokens, 1)
          })
        ))
    }
  })

  it("a failure of a later turn keeps what came before, and resume goes on", () =>
    withLoop(
      [calls(weather("a", "Paris")), Reply.error(400, "invalid_request_error", "nope"), says("Done.")],
      sunny,
      Effect.fnUntraced(function*() {
        const failed = expectTag(yield* ToolLoop.run(start), "Failed")
        assert.strictEqual(failed.error._tag === "ClaudeError" && failed.error.reason._tag, "InvalidRequest")
        assert.strictEqual(failed.history.length, 3)
        assert.isAtLeast(failed.usage.inputTokens, 1)
        assert.strictEqual(expectTag(yield* ToolLoop.resume(failed, { toolkit }), "Finished").text, "Done.")
      })
    ))

  describe("approval", () => {
    const Ask = Pay.setNeedsApproval(({ amount }) => amount > 10)
    const kit = Toolkit.make(Weather, Ask)
    const script = [
      calls(weather("a", "Paris"), call("b", "pay", { amount: 100 }), call("c", "pay", { amount: 1 })),
      says("Done.")
    ]
    const payments = () => {
      const paid: Array<number> = []
      return {
        paid,
        layer: kit.toLayer({
          get_weather: () => Effect.succeed({ celsius: 20 }),
          pay: ({ amount }) => Effect.sync(() => `paid ${paid.push(amount)}`)
        })
      }
    }

    it("F1 F2 siblings run, the call waits, all results are committed in one message", () => {
      const { layer, paid } = payments()
      return withLoop(
        script,
        layer,
        Effect.fnUntraced(function*({ seen }) {
          const asking = expectTag(yield* ToolLoop.run({ ...start, toolkit: kit }), "NeedsApproval")
          assert.deepEqual(paid, [1])
          assert.strictEqual(asking.history.length, 1)
          assert.deepEqual(asking.pending.calls, [{ id: "b", name: "pay", input: { amount: 100 } }])
          // It survives being stored.
          const json = JSON.stringify(yield* Schema.encodeEffect(ToolLoop.Outcome)(asking))
          const again = yield* Schema.decodeEffect(ToolLoop.Outcome)(JSON.parse(json))
          const tooSoon = yield* Effect.flip(
            ToolLoop.resume(again, { toolkit: kit, decisions: { b: "approve" }, say: "Hurry." })
          )
          assert.strictEqual(tooSoon._tag, "InvalidHistory")
          const undecided = yield* Effect.flip(ToolLoop.resume(again, { toolkit: kit }))
          assert.strictEqual(undecided._tag, "UndecidedCalls")
          const outcome = expectTag(
            yield* ToolLoop.resume(again, { toolkit: kit, decisions: { b: "approve" } }),
            "Finished"
          )
          assert.deepEqual(paid, [1, 100])
          assert.strictEqual((yield* seen).length, 2)
          assert.deepEqual(lastResults(outcome.history).map(({ content, tool_use_id }) => [tool_use_id, content]), [
            ["a", `{"celsius":20}`],
            ["b", "paid 2"],
            ["c", "paid 1"]
          ])
        })
      )
    })

    it("F2 a denied call says so, and why", () => {
      const { layer, paid } = payments()
      return withLoop(
        script,
        layer,
        Effect.fnUntraced(function*() {
          const asking = expectTag(yield* ToolLoop.run({ ...start, toolkit: kit }), "NeedsApproval")
          const outcome = expectTag(
            yield* ToolLoop.resume(asking, { toolkit: kit, decisions: { b: { deny: "Too much." } } }),
            "Finished"
          )
          assert.deepEqual(paid, [1])
          assert.match(String(lastResults(outcome.history)[1]!["content"]), /not approved. Too much./)
        })
      )
    })

    it("a tool that cannot say whether it needs approval needs it", () => {
      const Broken = Pay.setNeedsApproval(() => Effect.die("no"))
      const broken = Toolkit.make(Broken)
      return withLoop(
        [calls(call("b", "pay", { amount: 1 }))],
        broken.toLayer({ pay: () => Effect.succeed("paid") }),
        Effect.fnUntraced(function*() {
          expectTag(yield* ToolLoop.run({ ...start, toolkit: broken }), "NeedsApproval")
        })
      )
    })
  })

  it("streams what happens, the outcome last", () =>
    withLoop(
      [calls(weather("a", "Paris")), answers(Reply.thinking("Hm.", { text: "A shirt." }))],
      sunny,
      Effect.fnUntraced(function*() {
        const events = yield* Stream.runCollect(ToolLoop.stream(start))
        assert.deepEqual([...new Set(events.map(({ _tag }) => _tag))], [
          "Text",
          "Answered",
          "ToolStarted",
          "ToolFinished",
          "Turn",
          "Thinking",
          "Outcome"
        ])
        const last = events.at(-1)!
        assert.strictEqual(last._tag === "Outcome" && expectTag(last.outcome, "Finished").text, "A shirt.")
      })
    ))

  it("retries only a tool that may run again", () => {
    let tries = 0
    const Look = Tool.make("look", { success: Schema.String, failure: Schema.String })
      .annotate(Tool.Readonly, true)
      .annotate(ToolLoop.Retry, Schedule.recurs(2))
    const kit = Toolkit.make(Look)
    return withLoop(
      [calls(call("a", "look", {})), says("Done.")],
      kit.toLayer({ look: () => Effect.suspend(() => ++tries < 3 ? Effect.fail("not yet") : Effect.succeed("seen")) }),
      Effect.fnUntraced(function*() {
        const outcome = expectTag(yield* ToolLoop.run({ ...start, toolkit: kit }), "Finished")
        assert.strictEqual(tries, 3)
        assert.strictEqual(lastResults(outcome.history)[0]!["content"], "seen")
        const Once = Toolkit.make(Pay.annotate(ToolLoop.Retry, Schedule.recurs(2)))
        const invalid = yield* Effect.flip(
          ToolLoop.run({ ...start, toolkit: Once }).pipe(
            Effect.provide(Once.toLayer({ pay: () => Effect.fail(new Declined({ why: "no" })) }))
          )
        )
        assert.strictEqual(invalid._tag, "InvalidTools")
        assert.match(invalid.message, /neither Readonly nor Idempotent/)
      })
    )
  })

  it("B6 an interrupted run sends nothing more and its tool is interrupted", () =>
    withLoop(
      [calls(weather("a", "Paris")), says("never")],
      Layer.empty,
      Effect.fnUntraced(function*({ seen }) {
        const { began, ended, handlers } = yield* hanging
        const fiber = yield* Effect.forkChild(ToolLoop.run(start).pipe(Effect.provide(handlers)))
        yield* Deferred.await(began)
        yield* Fiber.interrupt(fiber)
        yield* Deferred.await(ended)
        assert.strictEqual((yield* seen).length, 1)
      })
    ))

  it("B6 whoever stops reading the stream ends the run and its tools", () =>
    withLoop(
      [calls(weather("a", "Paris")), says("never")],
      Layer.empty,
      Effect.fnUntraced(function*({ seen }) {
        const { began, ended, handlers } = yield* hanging
        const read = ToolLoop.stream(start).pipe(
          Stream.takeUntilEffect(({ _tag }) =>
            _tag === "ToolStarted" ? Effect.as(Deferred.await(began), true) : Effect.succeed(false)
          )
        )
        yield* Stream.runDrain(read).pipe(Effect.provide(handlers))
        yield* Deferred.await(ended)
        yield* Effect.sleep("1 minute")
        assert.strictEqual((yield* seen).length, 1)
      })
    ))

  it("two calls under one id are a failure that keeps what came before", () =>
    withLoop(
      [calls(weather("a", "Paris")), calls(weather("b", "Paris"), weather("b", "Rome"))],
      sunny,
      Effect.fnUntraced(function*() {
        const failed = expectTag(yield* ToolLoop.run(start), "Failed")
        assert.strictEqual(failed.error._tag, "InvalidHistory")
        assert.strictEqual(failed.history.length, 3)
      })
    ))

  it("D6 the model that took over stays for the run", () => {
    const models: Array<string> = []
    const answer = (request: Reply.Received): Reply.Reply => {
      const { messages, model } = request.json as { readonly messages: ReadonlyArray<unknown>; readonly model: string }
      models.push(model)
      if (model === "claude-sonnet-5-5") return Reply.error(529, "overloaded_error", "Overloaded")
      return (messages.length < 5 ? calls(weather(`c${messages.length}`, `${messages.length}`)) : says("Done."))(
        request
      )
    }
    return withLoop(
      Array.from({ length: 9 }, () => answer),
      sunny,
      Effect.fnUntraced(function*() {
        expectTag(yield* ToolLoop.run(start), "Finished")
        assert.deepEqual(models, ["claude-sonnet-5-5", ...Array.from({ length: 3 }, () => "claude-haiku-5-5")])
      }),
      {},
      { fallback: Fallback.whenDown(["claude-haiku-5-5"]) }
    )
  })

  it("F4 a tool's own timeout goes before the loop's", () => {
    const Slow = Tool.make("slow", { success: Schema.String }).annotate(ToolLoop.Timeout, "2 seconds")
    const kit = Toolkit.make(Slow)
    return withLoop(
      [calls(call("a", "slow", {})), says("Done.")],
      kit.toLayer({ slow: () => Effect.as(Effect.sleep("1 hour"), "never") }),
      Effect.fnUntraced(function*() {
        const before = yield* Clock.currentTimeMillis
        const outcome = expectTag(yield* ToolLoop.run({ ...start, toolkit: kit }), "Finished")
        assert.strictEqual((yield* Clock.currentTimeMillis) - before, 2000)
        assert.match(String(lastResults(outcome.history)[0]!["content"]), /Timed out/)
      })
    )
  })

  it("B9 a stream that broke after its first event is not asked for again, and no call of it runs", () => {
    let ran = 0
    return withLoop(
      [
        (request) => Fault.cutAfterEvents(6)(calls(weather("a", "Paris"))(request)),
        says("never")
      ],
      toolkit.toLayer({
        get_weather: () => Effect.sync(() => ({ celsius: ++ran })),
        pay: () => Effect.succeed("paid")
      }),
      Effect.fnUntraced(function*({ seen }) {
        const events = yield* Stream.runCollect(ToolLoop.stream(start))
        const last = events.at(-1)!
        assert.strictEqual(last._tag, "Outcome")
        if (last._tag !== "Outcome") return
        const failed = expectTag(last.outcome, "Failed")
        assert.strictEqual(failed.error._tag === "ClaudeError" && failed.error.reason._tag, "StreamInterrupted")
        assert.isTrue(failed.usage.estimated)
        assert.strictEqual((yield* seen).length, 1)
        assert.strictEqual(ran, 0)
      }),
      {},
      { maxAttempts: 6 }
    )
  })

  it("B7 all turns and all runs pay their retries from one budget", () =>
    withLoop(
      Array.from({ length: 100 }, () => Reply.error(529, "overloaded_error", "Overloaded")),
      sunny,
      Effect.fnUntraced(function*({ seen }) {
        const one = expectTag(yield* ToolLoop.run(start), "Failed")
        const two = expectTag(yield* ToolLoop.run(start), "Failed")
        const three = expectTag(yield* ToolLoop.resume(two, { toolkit }), "Failed")
        for (const { error } of [one, two, three]) {
          assert.strictEqual(error._tag === "ClaudeError" && error.reason._tag, "Overloaded")
        }
        // Three first tries, and what the budget allows on top.
        assert.isAtMost((yield* seen).length, 3 + 4)
        assert.isAtLeast((yield* seen).length, 4)
      }),
      {},
      { maxAttempts: 6, budget: { cap: 4, perMinute: 0 } }
    ))

  it("F9 schemas that throw and results that are no JSON end their call, not the run", () => {
    const Big = Tool.make("big", { success: Schema.Unknown })
    const Picky = Tool.make("picky", {
      parameters: Schema.Struct({
        word: Schema.String.check(Schema.makeFilter(() => {
          throw new Error("secret")
        }))
      })
    })
    const kit = Toolkit.make(Big, Picky)
    return withLoop(
      [calls(call("a", "big", {}), call("b", "picky", { word: "x" })), says("Done.")],
      kit.toLayer({ big: () => Effect.succeed(1n), picky: () => Effect.void }),
      Effect.fnUntraced(function*() {
        const outcome = expectTag(yield* ToolLoop.run({ ...start, toolkit: kit }), "Finished")
        const [big, picky] = lastResults(outcome.history)
        assert.match(String(big!["content"]), /does not declare/)
        assert.match(String(picky!["content"]), /does not fit the tool/)
        assert.notInclude(JSON.stringify(History.toMessages(outcome.history)), "secret")
      })
    )
  })

  it("an outcome survives JSON, with limits that are none", () =>
    withLoop(
      [calls(weather("a", "Paris"))],
      sunny,
      Effect.fnUntraced(function*() {
        const limits = {
          turns: 1,
          toolCalls: Infinity,
          callsPerTool: { pay: Infinity },
          wallTime: Infinity,
          usd: Infinity
        }
        const outcome = expectTag(yield* ToolLoop.run({ ...start, limits }), "Stopped")
        const json = JSON.stringify(yield* Schema.encodeEffect(ToolLoop.Outcome)(outcome))
        const again = yield* Schema.decodeEffect(ToolLoop.Outcome)(JSON.parse(json))
        assert.deepEqual(again.limits.toolCalls, Infinity)
        assert.deepEqual(again.limits.callsPerTool, { pay: Infinity })
        assert.isFalse(Duration.isFinite(Duration.fromInputUnsafe(again.limits.wallTime ?? 0)))
        assert.deepEqual(History.toMessages(again.history), History.toMessages(outcome.history))
      })
    ))

  it("money without a price sends nothing", () =>
    withLoop(
      [],
      sunny,
      Effect.fnUntraced(function*({ seen }) {
        const error = yield* Effect.flip(ToolLoop.run({ ...start, limits: { usd: 1 } }))
        assert.strictEqual(error._tag, "UnknownPrice")
        assert.strictEqual((yield* seen).length, 0)
      })
    ))

  it("limits that are no numbers are refused", () =>
    withLoop(
      [],
      sunny,
      Effect.fnUntraced(function*() {
        const wallTime = "soon" as "1 minute"
        const limits = { turns: Number.NaN, usd: -1, wallTime }
        const error = yield* Effect.flip(ToolLoop.run({ ...start, limits }))
        assert.match(error.message, /limits.turns is NaN[\s\S]*limits.usd is -1[\s\S]*limits.wallTime is soon/)
      })
    ))
})

describe("ToolLoop: a final answer by schema", () => {
  const Plan = Schema.Struct({ wear: Schema.Array(Schema.String), note: Schema.optionalKey(Schema.String) })
  const json = `{"wear":["shirt"],"note":null}`

  it("is asked for, checked and decoded", () =>
    withLoop(
      [calls(weather("a", "Paris")), says(json)],
      sunny,
      Effect.fnUntraced(function*({ seen }) {
        const outcome = expectTag(yield* ToolLoop.run({ ...start, answer: Plan }), "Finished")
        assert.deepEqual(yield* ToolLoop.decodeAnswer(outcome, Plan), { wear: ["shirt"] })
        const { output_config } = (yield* seen)[0]!.request.json as {
          output_config: { format: { type: string; schema: { required: unknown } } }
        }
        assert.strictEqual(output_config.format.type, "json_schema")
        assert.deepEqual(output_config.format.schema.required, ["wear", "note"])
      })
    ))

  it("that does not fit is asked for once more", () =>
    withLoop(
      [says(`{"wear":1}`), says(json)],
      sunny,
      Effect.fnUntraced(function*({ seen }) {
        const outcome = expectTag(yield* ToolLoop.run({ ...start, answer: Plan }), "Finished")
        assert.strictEqual(outcome.text, json)
        const { messages } = (yield* seen)[1]!.request.json as { messages: ReadonlyArray<{ content: string }> }
        assert.match(messages[2]!.content, /does not fit the schema[\s\S]*wear/)
      })
    ))

  it("that does not fit twice is a failure which keeps the conversation", () =>
    withLoop(
      [says("No."), says("No!")],
      sunny,
      Effect.fnUntraced(function*() {
        const outcome = expectTag(yield* ToolLoop.run({ ...start, answer: Plan }), "Failed")
        assert.strictEqual(outcome.error._tag, "InvalidAnswer")
        assert.strictEqual(outcome.history.length, 4)
      })
    ))
})
