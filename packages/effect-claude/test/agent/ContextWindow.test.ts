import { Reply, RequestRules, Routes } from "@effect-claude/fault-server"
import { assert, describe, it } from "@effect/vitest"
import { Arbitrary, Effect, Result, Schema } from "effect"
import { ClaudeClient, ClaudeError, ContextWindow, History } from "effect-claude"
import { drawn, historyOf } from "../fixtures/conversations.ts"
import { runHandler } from "../fixtures/harness.ts"
import { pdf, png } from "../fixtures/media.ts"

const server = RequestRules.make(Routes.make())
const model = "claude-sonnet-5-5"
const unbound = "claude-opus-4-8"

const thinkingIn = (history: History.History): number =>
  JSON.stringify(History.toMessages(history)).split(/"type":"(?:redacted_)?thinking"/).length - 1

/** The newest turn of the user's own, and all behind it. */
const newest = (history: History.History): number =>
  History.toMessages(history).findLastIndex((message, index, all) =>
    message.role === "user" && all[index - 1]?.role !== "user" &&
    !(Array.isArray(message.content) && message.content.some(({ type }) => type === "tool_result"))
  )

const number = (minimum: number, maximum: number) =>
  Arbitrary.schema(Schema.Int.check(Schema.isBetween({ minimum, maximum })))

const summary = ContextWindow.summarise({ model: "claude-haiku-5-5", maxTokens: 64 })
/** Strategies by number, and how many of the newest exchange's steps they leave at least. */
const plans: ReadonlyArray<readonly [ReadonlyArray<ContextWindow.Strategy>, number]> = [
  [[ContextWindow.clearToolResults({ keep: 2 }), ContextWindow.dropExchanges()], Infinity],
  [[ContextWindow.dropExchanges({ keep: 2 })], Infinity],
  [[ContextWindow.clearToolResults({ keep: 0 })], Infinity],
  [ContextWindow.standard, 3],
  [[ContextWindow.dropSteps({ keep: 1 }), ContextWindow.dropExchanges()], 1],
  [[summary], 1],
  [[ContextWindow.clearToolResults(), summary, ContextWindow.dropExchanges(), ContextWindow.dropSteps()], 1],
  [[], Infinity]
]

const stepsIn = (messages: ReadonlyArray<{ readonly role: string }>): number =>
  messages.filter(({ role }, at) => role === "assistant" && messages[at - 1]?.role !== "assistant").length

describe("fit, over generated conversations", () => {
  it.live.prop(
    "F11 within the budget by the API's count, valid, whole pairs, the newest exchange kept, idempotent",
    { drawn, share: number(1, 110), plan: number(0, plans.length - 1), thinks: number(0, 1) },
    ({ drawn, plan, share, thinks }) =>
      Effect.promise(() =>
        runHandler(server, ({ seen }) =>
          Effect.gen(function*() {
            const [strategies, leastSteps] = plans[plan]!
            for (const name of [model, unbound]) {
              const history = historyOf(drawn, thinks === 1)
              const old = History.toMessages(history)
              const written = JSON.stringify(old)
              const prompt = { model: name, system: "You look things up." }
              const all = yield* ContextWindow.count(history, prompt)
              assert.isTrue(all.counted)
              const budget = Math.max(1, Math.round(all.tokens * share / 100))
              const before = (yield* seen).length
              const outcome = yield* Effect.result(ContextWindow.fit(history, { ...prompt, budget, strategies }))
              const counts = (yield* seen).slice(before).filter(({ request }) => request.path.endsWith("count_tokens"))
              assert.isAtMost(counts.length, 6)
              assert.strictEqual(JSON.stringify(History.toMessages(history)), written)
              if (Result.isFailure(outcome)) {
                assert.isAbove(outcome.failure.smallest, budget)
                assert.isAtMost(outcome.failure.smallest, all.tokens)
                assert.strictEqual(outcome.failure.count, all.tokens)
                continue
              }
              const { after, counted, history: left } = outcome.success
              assert.isTrue(counted)
              const messages = History.toMessages(left)
              // It was sent to be counted, behind the server's own rules.
              assert.deepStrictEqual(yield* ContextWindow.count(left, prompt), { tokens: after, counted: true })
              assert.isAtMost(after, budget)
              assert.isTrue(Result.isSuccess(History.fromMessages(messages)))
              assert.strictEqual(messages[0]?.role, "user")
              assert.isFalse(JSON.stringify(messages[0]).includes("tool_result"))
              assert.strictEqual(messages.at(-1)?.role, "user")
              yield* ClaudeClient.createMessage({ ...prompt, max_tokens: 10, messages })
              if (all.tokens <= budget) assert.strictEqual(left, history)
              const [was, is] = [old.slice(newest(history)), messages.slice(newest(left))]
              assert.isAtLeast(stepsIn(is), Math.min(leastSteps, stepsIn(was)))
              if (leastSteps === Infinity) assert.strictEqual(is.length, was.length)
              if (name === model && thinkingIn(left) > 0) {
                const last = messages.findLastIndex((message) =>
                  /"(?:redacted_)?thinking"/.test(JSON.stringify(message))
                )
                assert.deepStrictEqual(messages.slice(0, last + 1), old.slice(0, last + 1))
                assert.strictEqual(thinkingIn(left), thinkingIn(history))
              }
              if (name === unbound) {
                for (const message of messages) {
                  assert.isTrue(old.includes(message) || /was cleared|<summary>/.test(JSON.stringify(message)))
                }
              }
              const again = yield* ContextWindow.fit(left, { ...prompt, budget, strategies })
              assert.strictEqual(again.history, left)
            }
          }))
      ),
    { arbitrary: { runs: 150, seed: 1 }, timeout: 60_000 }
  )
})

const user = (content: string) => ({ role: "user" as const, content })
const said = (content: string) => ({ role: "assistant" as const, content })
const call = (...ids: ReadonlyArray<string>) => ({
  role: "assistant" as const,
  content: ids.map((id) => ({ type: "tool_use" as const, id, name: "look", input: { path: id } }))
})
const results = (text: string, ...ids: ReadonlyArray<string>) => ({
  role: "user" as const,
  content: ids.map((tool_use_id) => ({ type: "tool_result" as const, tool_use_id, content: text }))
})
const long = "The quick brown fox jumps over the lazy dog. ".repeat(40)
const of = (...messages: ReadonlyArray<unknown>): History.History => Result.getOrThrow(History.fromMessages(messages))
const prompt = { model: unbound }

/** A run of so many steps after one question. */
const run = (steps: number, text = long): History.History =>
  of(
    user("Look at everything."),
    ...Array.from({ length: steps }, (_, n) => [call(`a${n}`, `b${n}`), results(text, `a${n}`, `b${n}`)]).flat()
  )
/** So many questions and answers, and one more question. */
const talk = (exchanges: number, text = long): History.History =>
  of(...Array.from({ length: exchanges }, (_, n) => [user(`${n}: ${text}`), said(`${n}. ${text}`)]).flat(), user("So?"))

const tokens = (history: History.History) => Effect.map(ContextWindow.count(history, prompt), (one) => one.tokens)
const served = <A, E>(program: Effect.Effect<A, E, ClaudeClient.ClaudeClient>, handler: Reply.Handler = server) =>
  runHandler(handler, () => program)
const requests = <A, E>(
  program: Effect.Effect<A, E, ClaudeClient.ClaudeClient>,
  handler: Reply.Handler = server
): Promise<readonly [A, ReadonlyArray<string>]> =>
  runHandler(
    handler,
    ({ seen }) =>
      Effect.flatMap(program, (value) =>
        Effect.map(seen, (all) =>
          [value, all.map(({ request }) => `${request.method} ${request.path}`)] as const))
  )

describe("strategies", () => {
  it("clearing keeps pairs, is_error and the newest results, and takes the oldest first", () =>
    served(Effect.gen(function*() {
      const failed = { type: "tool_result" as const, tool_use_id: "x", content: long, is_error: true }
      const history = of(
        user("Look."),
        call("x"),
        { role: "user", content: [failed] },
        ...History.toMessages(run(4)).slice(1)
      )
      const budget = (yield* tokens(history)) - 1200
      const left = yield* ContextWindow.fit(history, {
        ...prompt,
        budget,
        strategies: [ContextWindow.clearToolResults()]
      })
      const old = History.toMessages(history)
      const messages = History.toMessages(left.history)
      const text = "[This result was cleared to save space. Call the tool again if you need it.]"
      assert.deepStrictEqual<unknown>(messages[2], { role: "user", content: [{ ...failed, content: text }] })
      const cleared = messages.filter((message) => JSON.stringify(message).includes("was cleared")).length
      assert.isAtLeast(cleared, 2)
      for (const [at, message] of messages.entries()) {
        if (!JSON.stringify(message).includes("was cleared")) assert.strictEqual(message, old[at])
        assert.isTrue(at < 2 + cleared * 2 || message === old[at])
      }
      const [step, ...more] = left.steps
      assert.deepStrictEqual(more, [])
      assert.strictEqual(step?.strategy, "clearToolResults")
      assert.strictEqual(step?.from, 2)
      assert.strictEqual(step?.dropped, 0)
      assert.isAbove(step?.freed ?? 0, 1000)

      const utmost = yield* Effect.flip(ContextWindow.fit(history, {
        ...prompt,
        budget: 10,
        strategies: [ContextWindow.clearToolResults({ keep: 3 })]
      }))
      assert.instanceOf(utmost, ContextWindow.WindowExceeded)
      assert.isAbove(utmost.smallest, 3 * 400)
    })))

  it("a run of one question loses its oldest steps, never the question", () =>
    served(Effect.gen(function*() {
      const history = run(20)
      const budget = Math.round((yield* tokens(history)) / 3)
      const left = yield* ContextWindow.fit(history, { ...prompt, budget, strategies: [ContextWindow.dropSteps()] })
      const messages = History.toMessages(left.history)
      assert.strictEqual(messages[0], History.toMessages(history)[0])
      assert.deepStrictEqual(messages.slice(1), History.toMessages(history).slice(-messages.length + 1))
      assert.isAbove(messages.length, 8)
      assert.isAbove(left.after, budget * 0.7)
    })))

  it("whole exchanges go, no more than must, and the newest stays", () =>
    served(Effect.gen(function*() {
      const history = talk(30)
      const all = yield* tokens(history)
      const left = yield* ContextWindow.fit(history, { ...prompt, budget: Math.round(all / 2) })
      const messages = History.toMessages(left.history)
      assert.deepStrictEqual(messages, History.toMessages(history).slice(-messages.length))
      assert.isAbove(left.after, all * 0.4)
      assert.isAtMost(left.after, all / 2)
      assert.strictEqual(left.before, all)
      assert.strictEqual(left.steps.at(-1)?.strategy, "dropExchanges")
      const error = yield* Effect.flip(ContextWindow.fit(history, { ...prompt, budget: 5 }))
      assert.instanceOf(error, ContextWindow.WindowExceeded)
      assert.deepInclude(error, { count: all, budget: 5, smallest: yield* tokens(of(user("So?"))) })
      assert.match(error.message, /5 may be sent/)
    })))

  it("what a server tool was asked before a question and answered behind it stays together", () =>
    served(Effect.gen(function*() {
      const asked = { type: "server_tool_use", id: "s1", name: "web_search", input: {} }
      const answered = { type: "web_search_tool_result", tool_use_id: "s1", content: [] }
      const history = of(
        user(long),
        said(long),
        user(long),
        { role: "assistant", content: [asked] },
        user("Hurry."),
        { role: "assistant", content: [answered, { type: "text", text: long }] },
        user("So?")
      )
      const fit = (budget: number) => ContextWindow.fit(history, { ...prompt, budget })
      const once = yield* fit((yield* tokens(history)) - 100)
      assert.strictEqual(once.history.length, 5)
      const twice = yield* fit((yield* tokens(history)) - 1300)
      assert.strictEqual(twice.history.length, 1)
    })))

  it("F11 thinking that is bound goes with the first change; the running turn's stays where it is not bound", () =>
    served(Effect.gen(function*() {
      const thought = { type: "thinking", thinking: "Let me see.", signature: "c2lnbmVk" }
      const [, first, ...rest] = History.toMessages(run(9))
      const history = of(
        user(long),
        said(long),
        user("Look."),
        { role: "assistant", content: [thought, ...(first?.content ?? [])] },
        ...rest
      )
      const strategies = [ContextWindow.dropExchanges()]
      for (const name of [model, "claude-next-7", unbound, "claude-haiku-4-5", "us.anthropic.claude-opus-4-6-v1:0"]) {
        const budget = (yield* ContextWindow.count(history, { model: name })).tokens - 400
        const left = yield* ContextWindow.fit(history, { model: name, budget, strategies })
        const isBound = name === model || name === "claude-next-7"
        assert.strictEqual(thinkingIn(left.history), isBound ? 0 : 1, name)
        if (isBound) assert.include(left.steps.map(({ strategy }) => strategy), "thinking")
        else assert.strictEqual(History.toMessages(left.history)[1], History.toMessages(history)[3])
      }
      const fits = yield* ContextWindow.fit(history, { model, budget: 1e6 })
      assert.strictEqual(fits.history, history)
    })))
})

describe("thinking before everything that changes", () => {
  const thought = { type: "thinking", thinking: "Let me see.".repeat(300), signature: "c2lnbmVk" }
  const [, ...steps] = History.toMessages(run(9))
  const first = { role: "assistant", content: [thought, { type: "text", text: "First." }] }
  const history = of(user("Look."), first, user("Go on."), ...steps)
  const fit = (excess: number, strategies: ReadonlyArray<ContextWindow.Strategy>) =>
    Effect.gen(function*() {
      const budget = (yield* ContextWindow.count(history, { model })).tokens - excess
      return { budget, left: yield* ContextWindow.fit(history, { model, budget, strategies }) }
    })

  it("F11 stays", () =>
    served(Effect.gen(function*() {
      const { left } = yield* fit(2000, [ContextWindow.clearToolResults()])
      assert.strictEqual(thinkingIn(left.history), 1)
      assert.strictEqual(left.steps[0]?.strategy, "clearToolResults")
      assert.strictEqual(History.toMessages(left.history)[1], History.toMessages(history)[1])
    })))

  it("goes where it is what is too much", () =>
    served(Effect.gen(function*() {
      const { left } = yield* fit(100, [ContextWindow.dropExchanges({ keep: 9 })])
      assert.deepStrictEqual(left.steps.map(({ strategy }) => strategy), ["thinking"])
      const utmost = yield* fit(6900, [ContextWindow.clearToolResults({ keep: 2 })])
      assert.strictEqual(thinkingIn(utmost.left.history), 0)
      assert.isAtMost(utmost.left.after, utmost.budget)
    })))
})

/** Answers the summarising model in turn, and counts by itself. */
const summariser = (...answers: ReadonlyArray<Reply.Reply | Reply.Message>): Reply.Handler => {
  let next = 0
  return RequestRules.make(Routes.make((request) =>
    Effect.sync(() => {
      const answer = answers[Math.min(next++, answers.length - 1)] ?? Reply.message("?")
      return "status" in answer ? answer : Reply.forRequest(request, answer)
    })
  ))
}
const haiku = "claude-haiku-5-5"
const asked = (request: Reply.Received): string => JSON.stringify(request.json)

describe("summarise", () => {
  const history = talk(10)
  const summarise = ContextWindow.summarise({ model: haiku, maxTokens: 256 })
  const fit = (budget: number, strategies = [summarise]) =>
    ContextWindow.fit(history, { ...prompt, budget, strategies })

  it("a summary stands for the oldest exchanges, and what it used is told", () =>
    runHandler(
      summariser(Reply.message({ text: "They spoke of foxes.", usage: { input_tokens: 70, output_tokens: 9 } })),
      ({
        seen
      }) =>
        Effect.gen(function*() {
          const left = yield* fit(3000)
          const messages = History.toMessages(left.history)
          assert.deepStrictEqual(messages[0], user("<summary>\nThey spoke of foxes.\n</summary>"))
          const kept = History.toMessages(history).slice(-messages.length + 1)
          assert.deepStrictEqual(messages.slice(1), kept)
          assert.isAtMost(left.after, 3000)
          assert.deepStrictEqual(left.charges, [{
            model: haiku,
            usage: { inputTokens: 70, outputTokens: 9, cacheCreationTokens: 0, cacheReadTokens: 0, estimated: false }
          }])
          const request = (yield* seen).find(({ request }) => request.path === "/v1/messages")
          assert.include(asked(request!.request), "user: 0: The quick")
          assert.notInclude(asked(request!.request), "user: 9: The quick")
          assert.include(asked(request!.request), `"model":"${haiku}"`)
        })
    ))

  it("what does not fit into one request goes part by part, each with the summary so far", () =>
    runHandler(
      summariser(Reply.message("First."), Reply.message("Second."), Reply.message("Third.")),
      ({ seen }) =>
        Effect.gen(function*() {
          const small = ContextWindow.summarise({ model: haiku, maxTokens: 256, window: 4000 })
          const left = yield* fit(800, [small])
          const sent = (yield* seen).filter(({ request }) => request.path === "/v1/messages").map(({ request }) =>
            request
          )
          assert.isAtLeast(sent.length, 3)
          assert.include(asked(sent[1]!), "<summary>\\nFirst.\\n</summary>")
          assert.include(asked(sent[2]!), "<summary>\\nSecond.\\n</summary>")
          assert.strictEqual(left.charges.length, sent.length)
          for (const request of sent) {
            const counted = yield* ContextWindow.count(of(user(asked(request))), { model: haiku })
            assert.isAtMost(counted.tokens, 4000 - 256)
          }
          assert.deepStrictEqual(History.toMessages(left.history)[0], user("<summary>\nThird.\n</summary>"))
        })
    ))

  for (
    const [name, reply] of [
      ["an error", Reply.error(400, "invalid_request_error", "No.")],
      ["a refusal", Reply.refusal()],
      ["a summary cut off", Reply.message({ text: "They", stopReason: "max_tokens" })],
      ["an empty answer", Reply.message({ content: [] })]
    ] as const
  ) {
    it(`F11 ${name} leaves the old history and is told; the next strategy goes on from it`, () =>
      runHandler(summariser(reply), () =>
        Effect.gen(function*() {
          const alone = yield* Effect.flip(fit(3000))
          assert.instanceOf(alone, ContextWindow.WindowExceeded)
          assert.strictEqual(alone.smallest, alone.count)
          assert.match(alone.failures.join(), /^summarise: /)
          assert.strictEqual(alone.charges.length, name === "an error" ? 0 : 1)
          const left = yield* fit(3000, [summarise, ContextWindow.dropExchanges()])
          assert.strictEqual(left.steps[0]?.strategy, "summarise")
          assert.isDefined(left.steps[0]?.failed)
          assert.strictEqual(left.steps[0]?.freed, 0)
          assert.deepStrictEqual(
            History.toMessages(left.history),
            History.toMessages(history).slice(-left.history.length)
          )
          assert.isAtMost(left.after, 3000)
        })))
  }

  it("what would take more than 16 requests is not begun", async () => {
    const tiny = ContextWindow.summarise({ model: haiku, maxTokens: 64, window: 600 })
    const [error, sent] = await requests(Effect.flip(fit(500, [tiny])))
    assert.match(error.failures.join(), /16 are the most/)
    assert.notInclude(sent, "POST /v1/messages")
  })

  it("a part that the API finds too long is asked for in smaller ones", () => {
    const full = Reply.error(400, "invalid_request_error", "prompt is too long: 9 tokens > 5 maximum")
    return runHandler(summariser(full, full, Reply.message("Well.")), () =>
      Effect.gen(function*() {
        const left = yield* fit(3000)
        assert.deepStrictEqual(History.toMessages(left.history)[0], user("<summary>\nWell.\n</summary>"))
      }))
  })

  it("the steps of a run with one question are summed up behind it", () =>
    served(
      Effect.gen(function*() {
        const left = yield* ContextWindow.fit(run(20), { ...prompt, budget: 5000, strategies: [summarise] })
        const [question, summary, next] = History.toMessages(left.history)
        assert.deepStrictEqual(question, user("Look at everything."))
        assert.deepStrictEqual(summary, user("<summary>\nNothing yet.\n</summary>"))
        assert.strictEqual(next?.role, "assistant")
      }),
      summariser(Reply.message("Nothing yet."))
    ))
})

describe("what may stand where", () => {
  const system = { role: "system" as const, content: "Be brief from here on." }
  const strategies = [ContextWindow.summarise({ model: haiku, maxTokens: 256 })]

  it("a system message keeps its place behind the user and before the assistant", () =>
    served(Effect.gen(function*() {
      const [question, ...steps] = History.toMessages(run(20))
      const left = yield* ContextWindow.fit(of(question, system, ...steps), { ...prompt, budget: 5000, strategies })
      assert.isTrue(left.counted)
      const messages = History.toMessages(left.history)
      assert.deepStrictEqual(messages.slice(0, 4).map(({ role }) => role), ["user", "user", "system", "assistant"])
      yield* ClaudeClient.createMessage({ ...prompt, max_tokens: 10, messages })
    })))

  it("a turn that paused is still the last", () =>
    served(Effect.gen(function*() {
      const open = { type: "server_tool_use", id: "s1", name: "web_search", input: {} }
      const history = of(...History.toMessages(talk(10)), { role: "assistant", content: [open] })
      const left = yield* ContextWindow.fit(history, { ...prompt, budget: 3000 })
      assert.strictEqual(History.last(left.history), History.last(history))
      assert.isBelow(left.history.length, history.length)
    })))
})

const uncounted: Reply.Handler = (request) =>
  request.path.endsWith("count_tokens")
    ? Effect.succeed(Reply.error(400, "invalid_request_error", "server tools cannot be counted"))
    : server(request)

/** Counts a message the more, the newer it is: no estimate by bytes is right. */
const uneven: Reply.Handler = (request) => {
  const { messages } = request.json as { readonly messages: ReadonlyArray<{ readonly content: unknown }> }
  const input_tokens = messages.reduce((sum, { content }) => {
    const text = JSON.stringify(content)
    return sum + text.length * (Number(/^"(\d+)/.exec(text)?.[1] ?? 1) + 1) ** 3 / 20_000
  }, 0)
  return request.path.endsWith("count_tokens")
    ? Effect.succeed(Reply.json(200, { input_tokens: Math.round(input_tokens) }))
    : server(request)
}

describe("counting", () => {
  it("a margin is learned where estimates are wrong, and counts are few", async () => {
    const history = talk(40)
    for (const share of [0.95, 0.9, 0.7, 0.5, 0.2]) {
      const [[left, budget], sent] = await requests(
        Effect.gen(function*() {
          const budget = Math.round((yield* tokens(history)) * share)
          return [yield* ContextWindow.fit(history, { ...prompt, budget }), budget] as const
        }),
        uneven
      )
      assert.isAtMost(left.after, budget)
      assert.isTrue(left.counted)
      assert.isAtMost(sent.length - 1, 5)
      assert.isAbove(left.after, budget * 0.15)
    }
  })

  it("where the API does not count an estimate does, with room to spare", () =>
    served(
      Effect.gen(function*() {
        const history = talk(20)
        const all = yield* ContextWindow.count(history, prompt)
        assert.isFalse(all.counted)
        const left = yield* ContextWindow.fit(history, { ...prompt, budget: Math.round(all.tokens / 2) })
        assert.isFalse(left.counted)
        assert.isAtMost(left.after, all.tokens * 0.45)
        assert.isBelow(left.history.length, history.length)
      }),
      uncounted
    ))

  it("an estimate follows the API's formulae for images and pages", () => {
    const image = (width: number, height: number) =>
      of({
        role: "user",
        content: [{ type: "image", source: { type: "base64", media_type: "image/png", data: png(width, height) } }]
      })
    const size = (history: History.History, name: string): number =>
      ContextWindow.estimate(history, { model: name }) - ContextWindow.estimate(image(1, 1), { model: name }) + 1
    assert.strictEqual(size(image(1024, 1024), unbound), 37 * 37)
    assert.strictEqual(size(image(1920, 1080), unbound), 69 * 39)
    assert.strictEqual(size(image(8000, 6000), unbound), 4784)
    assert.strictEqual(size(image(8000, 6000), "claude-haiku-4-5"), 1568)
    const document = (pages: number) =>
      of({
        role: "user",
        content: [{ type: "document", source: { type: "base64", media_type: "application/pdf", data: pdf(pages) } }]
      })
    const page = ContextWindow.estimate(document(2), prompt) - ContextWindow.estimate(document(1), prompt)
    assert.isAtLeast(page, 3000)
    assert.isAtMost(page, 3000 + 1568)
  })

  it("an estimate is what the newest answer used and what came after it by the same tokens a byte", () =>
    served(Effect.gen(function*() {
      const before = run(20)
      const usage = (inputTokens: number) => ({
        inputTokens,
        cacheReadTokens: 5000,
        cacheCreationTokens: 500,
        outputTokens: 30,
        estimated: false
      })
      const answered = of(...History.toMessages(before), said("Done."))
      assert.strictEqual(ContextWindow.estimate(answered, prompt, usage(1000)), 6530)
      const real = yield* tokens(answered)
      const next = Result.getOrThrow(History.appendUser(answered, long))
      assert.approximately(
        ContextWindow.estimate(next, prompt, usage(real - 5530)),
        yield* tokens(next),
        real * 0.01
      )
    })))

  it("a second estimate reads only what is new", () => {
    let reads = 0
    const watched = (n: number) => ({
      role: "assistant",
      content: [{
        type: "text",
        get text() {
          reads++
          return `${n}`
        }
      }]
    })
    let history = of(...Array.from({ length: 1000 }, (_, n) => [user("Go on."), watched(n)]).flat(), user("Go on."))
    ContextWindow.estimate(history, prompt)
    reads = 0
    for (let n = 0; n < 10; n++) {
      history = Result.getOrThrow(History.appendUser(history, `${n}`))
      ContextWindow.estimate(history, prompt)
    }
    assert.strictEqual(reads, 0)
  })
})

describe("what the API does itself", () => {
  const ask = (name: string) =>
    Effect.gen(function*() {
      const more = yield* ContextWindow.serverSide(name, { clearToolResults: 100_000, compact: 1 })
      yield* ClaudeClient.createMessage({ model: name, max_tokens: 10, ...more, messages: [user("Hi")] })
      return more
    })

  it("its parameters go with the betas they need, as JSON and as a stream", () =>
    runHandler(server, ({ seen }) =>
      Effect.gen(function*() {
        const more = yield* ask(model)
        yield* ClaudeClient.createMessage({ model, max_tokens: 10, ...more, messages: [user("Hi")] }, { stream: true })
        const sent = (yield* seen).map(({ request }) => request).filter(({ path }) => path === "/v1/messages")
        for (const { headers, json } of sent) {
          assert.strictEqual(headers["anthropic-beta"], "context-management-2025-06-27,compact-2026-01-12")
          assert.deepNestedInclude(json, {
            "context_management.edits": [
              {
                type: "clear_tool_uses_20250919",
                trigger: { type: "input_tokens", value: 100_000 },
                keep: { type: "tool_uses", value: 3 }
              },
              { type: "compact_20260112", trigger: { type: "input_tokens", value: 50_000 } }
            ]
          })
        }
        assert.lengthOf(sent, 2)
      })))

  it("there are none where the API does not say that it has them", () =>
    runHandler(
      (request) =>
        request.path.startsWith("/v1/models")
          ? Effect.succeed(Reply.error(404, "not_found_error", "?"))
          : server(request),
      ({ seen }) =>
        Effect.gen(function*() {
          assert.deepStrictEqual(yield* ask(model), {})
          const last = (yield* seen).at(-1)?.request
          assert.isUndefined(last?.headers["anthropic-beta"])
          assert.notProperty(last?.json, "context_management")
        })
    ))
})

describe("a window of a loop", () => {
  const window = ContextWindow.make({ window: 20_000 })
  const turn = { ...prompt, max_tokens: 2000 }
  const used = (inputTokens: number) => ({
    inputTokens: 100,
    cacheReadTokens: inputTokens - 100,
    cacheCreationTokens: 0,
    outputTokens: 0,
    estimated: false
  })

  it("below the threshold the same history without a request", async () => {
    const history = talk(3)
    const [left, sent] = await requests(window.before(history, turn))
    assert.strictEqual(left.history, history)
    assert.deepStrictEqual(sent, [])
    const grown = of(...History.toMessages(talk(30)).slice(0, -1), user("So?"))
    const [same, none] = await requests(window.before(grown, { ...turn, usage: used(14_000) }))
    assert.strictEqual(same.history, grown)
    assert.deepStrictEqual(none, [])
  })

  it("above it down to the target by one count, and what the cache loses is told", async () => {
    const history = talk(30)
    const [left, sent] = await requests(Effect.gen(function*() {
      const real = yield* tokens(history)
      return yield* window.before(history, { ...turn, usage: used(real) })
    }))
    assert.deepStrictEqual(sent, Array.from({ length: 2 }, () => "POST /v1/messages/count_tokens"))
    assert.isTrue(left.counted)
    assert.isAtMost(left.after, 18_000 * 0.5)
    assert.isAbove(left.after, 18_000 * 0.4)
    assert.strictEqual(left.steps.at(-1)?.from, 0)
    assert.approximately(left.steps.at(-1)?.cacheLost ?? 0, left.before, 200)
  })

  it("the same conversation is fitted once", () =>
    served(Effect.gen(function*() {
      const first = yield* window.before(talk(30), { ...turn, usage: used(25_000) })
      assert.isAbove(first.steps.length, 0)
      const again = yield* window.before(first.history, turn)
      assert.strictEqual(again.history, first.history)
    })))

  it("what cannot be brought below the threshold stays as long as the window holds it", () =>
    served(Effect.gen(function*() {
      const question = (times: number) => of(user(long.repeat(times)))
      const kept = yield* window.before(question(38), turn)
      assert.strictEqual(kept.history.length, 1)
      assert.isAbove(kept.before, 18_000 * 0.8)
      assert.deepStrictEqual(kept.steps, [])
      const error = yield* Effect.flip(window.before(question(60), turn))
      assert.strictEqual(error.budget, 18_000)
      assert.isAbove(error.smallest, 18_000)
    })))

  it("a history that the API found too long is fitted by what it said", () =>
    served(Effect.gen(function*() {
      const history = talk(10)
      const said = { message: "prompt is too long", status: 400, errorType: "invalid_request_error" }
      const overflow = new ClaudeError.ContextOverflow({ ...said, inputTokens: 9000, limit: 5000 })
      const left = yield* window.before(history, { ...turn, overflow })
      assert.isAtMost(left.after, 5000)
      assert.isBelow(left.history.length, history.length)
      const blind = new ClaudeError.ContextOverflow(said)
      const guessed = yield* window.before(history, { ...turn, overflow: blind })
      assert.isBelow(guessed.history.length, history.length)
    })))

  it("the window of an unknown model is asked for once", async () => {
    const asking = ContextWindow.make()
    const other = { ...turn, model: "claude-sonnet-4-5-v9" }
    const [, sent] = await requests(
      Effect.all([asking.before(talk(1), other), asking.before(talk(2), other), asking.before(talk(2), turn)])
    )
    assert.deepStrictEqual(sent, ["GET /v1/models/claude-sonnet-4-5-v9"])
  })
})
