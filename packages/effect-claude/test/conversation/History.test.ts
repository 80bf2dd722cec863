import { RequestRules } from "@effect-claude/fault-server"
import { assert, describe, it } from "@effect/vitest"
import { Arbitrary, Effect, Result, Schema } from "effect"
import { History } from "effect-claude"
import { violations } from "../../src/conversation/internal/rules.ts"

type Message = ReturnType<typeof History.toMessages>[number]
type Content = Exclude<Message["content"], string>

const text = (value: string) => ({ type: "text" as const, text: value })
const use = (id: string) => ({ type: "tool_use" as const, id, name: "look", input: {} })
const result = (id: string, content = "ok") => ({ type: "tool_result" as const, tool_use_id: id, content })
const thinking = (value: string) => ({ type: "thinking" as const, thinking: value, signature: "signed" })
const search = (id: string) => ({ type: "server_tool_use" as const, id, name: "web_search" as const, input: {} })
const searched = (id: string) => ({ type: "web_search_tool_result" as const, tool_use_id: id, content: [] })
const user = (...content: ReadonlyArray<unknown>) => ({ role: "user", content })
const assistant = (...content: ReadonlyArray<unknown>) => ({ role: "assistant", content })

const start = History.make("Look around.")
const answered = (history: History.History, content: Content) =>
  Result.getOrThrow(History.appendAssistant(history, { content }))
const pending = (history: History.History, content: Content): History.Pending => {
  const next = answered(history, content)
  assert.isTrue(History.isPending(next))
  return next as History.Pending
}
const complete = (history: History.History, content: Content): History.History => {
  const next = answered(history, content)
  assert.isTrue(History.isHistory(next))
  return next as History.History
}
const rulesOf = <A>(checked: Result.Result<A, History.InvalidHistory>) =>
  Result.isFailure(checked) ? checked.failure.violations.map(({ path, rule }) => [path, rule]) : []

describe("History", () => {
  it("an answer with calls is pending until each has its result, in the order of the calls, before text", () => {
    const open = pending(start, [text("Looking."), use("a"), use("b")])
    assert.deepStrictEqual(open.calls.map(({ id }) => id), ["a", "b"])
    assert.strictEqual(open.history, start)
    const closed = Result.getOrThrow(History.appendResults(open, [result("b"), result("a")], "And now?"))
    assert.strictEqual(closed.length, 3)
    assert.deepStrictEqual(History.last(closed).content, [result("a"), result("b"), text("And now?")])
    assert.deepStrictEqual(History.toMessages(start), [{ role: "user", content: "Look around." }])
  })

  it("missing, foreign and doubled results are refused with the API's paths", () => {
    const open = pending(complete(start, [text("One moment.")]), [use("a"), use("b")])
    assert.deepStrictEqual(rulesOf(History.appendResults(open, [result("a")])), [[
      "messages.2.content.1",
      "unanswered"
    ]])
    assert.deepStrictEqual(rulesOf(History.appendResults(open, [result("a"), result("b"), result("c")])), [
      ["messages.3.content.2.tool_use_id", "orphan"]
    ])
    assert.deepStrictEqual(rulesOf(History.appendResults(open, [result("a"), result("b"), result("a")])), [
      ["messages.3.content.1.tool_use_id", "duplicateResult"]
    ])
    assert.deepStrictEqual(rulesOf(History.appendUser(start, "")), [["messages.1.content", "content"]])
    assert.deepStrictEqual(rulesOf(History.appendUser(start, [result("a")])), [
      ["messages.1.content.0.tool_use_id", "orphan"]
    ])
    assert.throws(() => History.make(""), /empty/)
    assert.deepStrictEqual(rulesOf(History.fromMessages([])), [["messages", "content"]])
  })

  it("messages of one side that follow each other are one turn, as the API combines them", () => {
    const good: ReadonlyArray<ReadonlyArray<unknown>> = [
      [user(text("hi")), assistant(use("a"), use("b")), user(result("a")), user(result("b"))],
      [user(text("hi")), assistant(use("a"), use("b")), user(result("b"), result("a")), user(text("and?"))],
      [user(text("hi")), assistant(text("One.")), assistant(use("a")), user(result("a"))],
      [user(text("hi")), assistant(use("a")), assistant(use("b")), user(result("a"), result("b"))],
      [user(text("hi")), assistant(use("a")), assistant(use("b")), user(result("b")), user(result("a"), text("?"))],
      [user(text("hi")), assistant(use("a")), assistant({ type: "fallback" }, use("b")), user(result("b"))]
    ]
    for (const messages of good) {
      const history = Result.getOrThrow(History.fromMessages(messages))
      assert.deepStrictEqual(rejected(messages), [])
      assert.deepStrictEqual(Result.getOrThrow(History.repair(messages)).changes, [])
      assert.strictEqual(complete(history, [text("Done.")]).length, messages.length + 1)
    }
    const bad: ReadonlyArray<readonly [string, ReadonlyArray<unknown>]> = [
      ["resultsFirst", [user(text("hi")), assistant(use("a")), user(text("wait")), user(result("a"))]],
      ["resultsFirst", [user(text("hi")), assistant(use("a")), { role: "user", content: "wait" }, user(result("a"))]],
      ["duplicateResult", [user(text("hi")), assistant(use("a")), user(result("a")), user(result("a"))]],
      ["unanswered", [user(text("hi")), assistant(use("a")), assistant(use("b")), user(result("b"))]],
      ["orphan", [
        user(text("hi")),
        assistant(use("a")),
        assistant({ type: "fallback" }, use("b")),
        user(result("a"), result("b"))
      ]]
    ]
    for (const [rule, messages] of bad) {
      assert.include(rulesOf(History.fromMessages(messages)).map(([, name]) => name), rule)
      assert.isNotEmpty(rejected(messages))
    }
  })

  it("F3 a repair elsewhere loses no result of a turn in several messages, and leaves the turn as it is", () => {
    const turn = [assistant(use("a")), assistant(use("b")), user(result("a")), user(result("b"))]
    const broken = [user(text("hi")), ...turn, assistant(text("Done.")), assistant(use("c"))]
    const { changes, history } = Result.getOrThrow(History.repair(broken))
    assert.deepStrictEqual(changes.map(({ change }) => change), ["answered"])
    assert.deepStrictEqual(History.toMessages(history).slice(1, 5), turn as never)
    const late = [user(text("hi")), assistant(use("a")), assistant(use("b")), user(text("wait"), result("a"))]
    const mended = History.toMessages(Result.getOrThrow(History.repair(late)).history)
    assert.deepStrictEqual(mended.at(-1)?.content, [result("a"), History.synthetic("b", "interrupted"), text("wait")])
  })

  it("an id that was used before is refused, though not by a version that never saw it", () => {
    const closed = Result.getOrThrow(History.appendResults(pending(start, [use("a")]), [result("a")]))
    assert.deepStrictEqual(rulesOf(History.appendAssistant(closed, { content: [use("a")] })), [
      ["messages.3.content.0.id", "duplicateCall"]
    ])
    assert.lengthOf(pending(start, [use("a")]).calls, 1)
    const later = Result.getOrThrow(History.appendResults(pending(closed, [use("b")]), [result("b")]))
    assert.deepStrictEqual(rulesOf(History.appendAssistant(later, { content: [text("Again."), use("a")] })), [
      ["messages.5.content.1.id", "duplicateCall"]
    ])
  })

  it("appending to an old version leaves the newer ones as they are", () => {
    const first = Result.getOrThrow(History.appendUser(start, "first"))
    const second = Result.getOrThrow(History.appendUser(start, "second"))
    assert.strictEqual(History.last(first).content, "first")
    assert.strictEqual(History.last(second).content, "second")
    assert.strictEqual(start.length, 1)
    for (const history of [start, first, second]) {
      assert.strictEqual(History.toJson(history), JSON.stringify(History.toMessages(history)))
    }
    History.toMessages(first).push({ role: "user", content: "aside" })
    assert.strictEqual(History.toMessages(first).length, 2)
  })

  it("each message is serialised once", () => {
    let times = 0
    const counted = { ...text("hi"), toJSON: () => (times++, text("hi")) }
    let history = Result.getOrThrow(History.fromMessages([user(counted)]))
    for (let n = 0; n < 10; n++) {
      history = Result.getOrThrow(History.appendUser(history, `${n}`))
      History.toJson(history)
    }
    assert.strictEqual(times, 1)
  })

  it("a server tool's call may be answered in the next message of the assistant, whatever stands between", () => {
    const paused = pending(start, [search("s"), use("a")])
    let history = Result.getOrThrow(History.appendResults(paused, [result("a")]))
    for (const more of ["one", "two"]) history = Result.getOrThrow(History.appendUser(history, more))
    assert.strictEqual(complete(history, [searched("s"), text("Found.")]).length, 6)
    assert.deepStrictEqual(rulesOf(History.appendAssistant(history, { content: [text("Nothing.")] })), [
      ["messages.1.content.0", "serverTool"]
    ])
  })

  it("an empty answer may stand last, and nothing behind it", () => {
    const ended = Result.getOrThrow(History.fromMessages([user(text("hi")), { role: "assistant", content: "" }]))
    assert.deepStrictEqual(rulesOf(History.appendUser(ended, "more")), [["messages.1.content", "content"]])
  })

  it("an answer that holds nothing leaves the history as it was", () => {
    assert.strictEqual(complete(start, []), start)
    assert.strictEqual(complete(start, [text("")]), start)
    assert.deepStrictEqual(History.last(complete(start, [text(""), text("Hi.")])).content, [text("Hi.")])
  })

  it("a stored history is checked when it is read", () => {
    const codec = Schema.toCodecJson(History.History)
    const history = Result.getOrThrow(History.appendResults(pending(start, [use("a")]), [result("a")]))
    const stored: unknown = JSON.parse(JSON.stringify(Schema.encodeSync(codec)(history)))
    assert.deepStrictEqual(History.toMessages(Schema.decodeUnknownSync(codec)(stored)), History.toMessages(history))
    assert.throws(() => Schema.decodeUnknownSync(codec)([assistant(use("a"))]), /has no result in the next message/)
  })

  it("F2 synthetic results say what is known: six fates, six texts", () => {
    const fates = ["notStarted", "interrupted", "timedOut", "denied", "stopped", "truncated"] as const
    const texts = fates.map((fate) => String(History.synthetic("a", fate).content))
    assert.strictEqual(new Set(texts).size, 6)
    const ran = texts.map((one) => !one.startsWith("Not executed"))
    assert.deepStrictEqual(ran, [false, true, true, false, false, false])
    for (const fate of fates) assert.isTrue(History.synthetic("a", fate).is_error)
  })
})

const repaired = (messages: ReadonlyArray<unknown>) => {
  const { changes, history } = Result.getOrThrow(History.repair(messages))
  return {
    changes: changes.map(({ change, path }) => [path, change]),
    messages: History.toMessages(history) as ReadonlyArray<unknown>
  }
}

describe("repair", () => {
  it("a call without a result is answered, as the first thing of the next message", () => {
    const messages = [user(text("hi")), assistant(use("a"), use("b")), user(text("and?"), result("b"))]
    const { changes, messages: mended } = repaired(messages)
    assert.strictEqual(mended[1], messages[1])
    assert.deepStrictEqual(mended[2], user(History.synthetic("a", "interrupted"), result("b"), text("and?")))
    assert.deepStrictEqual(changes, [["messages.2", "moved"], ["messages.1", "answered"]])
  })

  it("results of one answer that are spread over messages come together; those of no call go", () => {
    const { messages } = repaired([
      user(text("hi")),
      assistant(use("a"), use("b")),
      user(result("a", "A")),
      user(result("x"), result("b", "B"), text("so?")),
      assistant(text("done"))
    ])
    assert.deepStrictEqual(messages.slice(2), [
      user(result("a", "A"), result("b", "B")),
      user(text("so?")),
      assistant(text("done"))
    ])
  })

  it("calls that share an id get ids of their own, and so do their results", () => {
    const { messages } = repaired([
      user(text("hi")),
      assistant(use("a"), use("a")),
      user(result("a", "1"), result("a", "2"))
    ])
    assert.deepStrictEqual(messages.slice(1), [
      assistant(use("a"), use("a_2")),
      user(result("a", "1"), result("a_2", "2"))
    ])
  })

  it("a new id is one that no other call has", () => {
    const { messages } = repaired([
      user(text("hi")),
      assistant(use("a"), use("a")),
      user(result("a"), result("a")),
      assistant(use("a_2")),
      user(result("a_2"))
    ])
    assert.deepStrictEqual(messages[1], assistant(use("a"), use("a_3")))
    assert.deepStrictEqual(messages.slice(3), [assistant(use("a_2")), user(result("a_2"))])
  })

  it("F3 messages that are not changed are the same values, also with results in another order", () => {
    const good = [user(text("hi")), assistant(use("a"), use("b")), user(result("b"), result("a"), text("so?"))]
    const { messages } = repaired([...good, user(text("more"), text(""))])
    for (const [at, message] of good.entries()) assert.strictEqual(messages[at], message)
  })

  it("F3 thinking stays where the change lies behind it, and goes entirely where it does not", () => {
    const tail = [user(text("hi")), assistant(thinking("1"), use("a"))]
    assert.deepStrictEqual(repaired(tail).messages.slice(0, 2), tail)
    const { changes, messages } = repaired([
      ...tail,
      user(text("go on")),
      assistant(thinking("2"), { type: "redacted_thinking", data: "x" }, text("done"))
    ])
    assert.notMatch(JSON.stringify(messages), /thinking/)
    assert.lengthOf(changes.filter(([, change]) => change === "stripped"), 3)
  })

  it("F3 pairs of server tools stay whole; halves go", () => {
    const whole = assistant(search("s"), searched("s"), text("Found."))
    const { changes, messages } = repaired([
      user(text("hi")),
      whole,
      user(text("more"), result("x")),
      assistant(search("t"), searched("u"), text("Gone.")),
      user(text("and?")),
      assistant(search("open"))
    ])
    assert.strictEqual(messages[1], whole)
    assert.deepStrictEqual(messages.slice(2), [
      user(text("more")),
      assistant(text("Gone.")),
      user(text("and?")),
      assistant(search("open"))
    ])
    assert.deepStrictEqual(changes.map(([, change]) => change), ["dropped", "dropped", "dropped"])
  })

  it("what leaves nothing to send is refused", () => {
    for (const messages of [[], [7, null], [user()], [assistant(thinking("x")), { role: "user" }].slice(1)]) {
      assert.isTrue(Result.isFailure(History.repair(messages)))
    }
  })
})

const ids = ["a", "b", "c"]
/** Blocks and messages by number: most fit somewhere, some nowhere. */
const blockOf = (n: number): unknown => {
  const id = ids[n % 3] ?? "a"
  const kinds = [
    use(id),
    use(id),
    use(id),
    result(id),
    result(id),
    result(id),
    text("hi"),
    text(""),
    search(id),
    searched(id),
    thinking(id),
    { type: "thinking", thinking: "" },
    { type: "redacted_thinking", data: id },
    { type: "fallback" },
    { type: "mcp_tool_use", id, name: "m" },
    { type: "mcp_tool_result", tool_use_id: id },
    { type: "tool_use" },
    { type: "tool_result" },
    { type: "server_tool_use" },
    7,
    null,
    {},
    { type: "later" }
  ]
  return kinds[Math.floor(n / 3) % kinds.length]
}
const roles = ["user", "assistant", "user", "assistant", "user", "assistant", "user", "assistant", "system", "robot"]
const messageOf = ([n, ...blocks]: ReadonlyArray<number>): unknown =>
  n === undefined ? undefined : n % 41 === 40 ? { role: "user", content: n } : {
    role: roles[n % 10],
    content: n % 7 === 0 ? (n % 3 === 0 ? "" : "hello") : blocks.map(blockOf)
  }
const digits = Arbitrary.array(Arbitrary.schema(Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 999 }))), {
  maxLength: 7
})
const conversation = { drawn: Arbitrary.array(digits, { maxLength: 12 }) }

const strings = (messages: ReadonlyArray<unknown>, type: string) =>
  JSON.stringify(messages).split(`"type":"${type}"`).length - 1
const rejected = (messages: ReadonlyArray<unknown>) =>
  RequestRules.rules.filter(({ name }) => conversationRules.has(name)).flatMap((rule) => {
    const body = { model: "claude-haiku-4-5", max_tokens: 1, messages }
    const rejection = rule.check({ json: body } as unknown as Parameters<typeof rule.check>[0], {})
    return rejection === undefined ? [] : [`${rule.name}: ${rejection.message}`]
  })
const conversationRules = new Set([
  "roles",
  "empty",
  "signature",
  "dangling",
  "server tool",
  "orphan",
  "duplicate result",
  "duplicate use"
])

it("the server's own rules see what is broken", () => {
  assert.match(rejected([user(result("a"))]).join(), /orphan/)
  assert.deepStrictEqual(rejected([user(text("hi"))]), [])
})

describe("repair's laws, over conversations with broken parts", () => {
  it.effect.prop(
    "F3 valid, pure, deterministic, idempotent, identity on valid input, thinking all or none",
    conversation,
    ({ drawn }) =>
      Effect.sync(() => {
        const messages = drawn.map(messageOf)
        const copy = JSON.stringify(messages)
        const outcome = History.repair(messages)
        assert.strictEqual(JSON.stringify(messages), copy)
        const valid = messages.length > 0 && violations(messages).length === 0
        if (Result.isFailure(outcome)) {
          assert.deepStrictEqual(outcome.failure.violations.map(({ message }) => message), ["There is no message."])
          return
        }
        const mended: ReadonlyArray<unknown> = History.toMessages(outcome.success.history)
        assert.deepStrictEqual(violations(mended), [])
        assert.strictEqual(outcome.success.changes.length === 0, valid)
        if (valid) { for (const [at, message] of mended.entries()) assert.strictEqual(message, messages[at]) }
        const again = Result.getOrThrow(History.repair(mended))
        assert.deepStrictEqual(again.changes, [])
        assert.deepStrictEqual(History.repair(messages), outcome)
        // Thinking: none is left, or everything up to the last of it is as it was.
        const last = mended.findLastIndex((message) => /"type":"(redacted_)?thinking"/.test(JSON.stringify(message)))
        for (const [at, message] of mended.slice(0, last + 1).entries()) assert.strictEqual(message, messages[at])
        if (last >= 0) assert.strictEqual(strings(mended, "thinking"), strings(messages, "thinking"))
        if (!valid) assert.deepStrictEqual(rejected(mended), [])
      }),
    { arbitrary: { runs: 3000, seed: 1 } }
  )
})

describe("appending, over conversations with broken parts", () => {
  it.effect.prop(
    "whatever is appended, in whatever order, every version is valid to send and none changes",
    conversation,
    ({ drawn }) =>
      Effect.sync(() => {
        const versions: Array<readonly [History.History, string]> = [[start, History.toJson(start)]]
        let open: History.Pending | undefined
        for (const [n, ...numbers] of drawn) {
          const from = versions[(n ?? 0) % 3 === 0 ? (n ?? 0) % versions.length : versions.length - 1]![0]
          // Content from anywhere, as callers without types may hand it over.
          const content = numbers.map(blockOf) as Content
          const results = content.filter((block) => (block as { type?: string } | null)?.type === "tool_result")
          const next: Result.Result<History.History | History.Pending, History.InvalidHistory> = open !== undefined
            ? History.appendResults(
              open,
              (n ?? 0) % 2 === 0
                ? open.calls.toReversed().map(({ id }) => result(id))
                : results as ReadonlyArray<ReturnType<typeof result>>
            )
            : (n ?? 0) % 2 === 0
            ? History.appendUser(from, content)
            : History.appendAssistant(from, { content })
          open = undefined
          if (Result.isFailure(next)) continue
          if (History.isPending(next.success)) open = next.success
          else versions.push([next.success, JSON.stringify(History.toMessages(next.success))])
        }
        for (const [history, json] of versions) {
          assert.deepStrictEqual(violations(History.toMessages(history)), [])
          assert.strictEqual(History.toJson(history), json)
        }
      }),
    { arbitrary: { runs: 2000, seed: 1 } }
  )
})
