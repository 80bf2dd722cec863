import { RequestRules, Routes } from "@effect-claude/fault-server"
import { assert, describe, it } from "@effect/vitest"
import { Arbitrary, Effect, Result, Schema } from "effect"
import { ClaudeClient, ContextWindow, History } from "effect-claude"
import { drawn, historyOf } from "../fixtures/conversations.ts"
import { runHandler } from "../fixtures/harness.ts"

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

const share = Arbitrary.schema(Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 110 })))

describe("fit, over generated conversations", () => {
  it.live.prop(
    "F11 within the budget by the API's count, valid, whole pairs, the newest exchange kept, idempotent",
    { drawn, share },
    ({ drawn, share }) =>
      Effect.promise(() =>
        runHandler(server, () =>
          Effect.gen(function*() {
            for (const name of [model, unbound]) {
              const history = historyOf(drawn, true)
              const old = History.toMessages(history)
              const prompt = { model: name, system: "You look things up." }
              const all = yield* ContextWindow.count(history, prompt)
              assert.isTrue(all.counted)
              const budget = Math.max(1, Math.round(all.tokens * share / 100))
              const strategies = [ContextWindow.clearToolResults({ keep: 2 }), ContextWindow.dropExchanges()]
              const outcome = yield* Effect.result(ContextWindow.fit(history, { ...prompt, budget, strategies }))
              if (Result.isFailure(outcome)) {
                assert.isAbove(outcome.failure.smallest, budget)
                assert.strictEqual(outcome.failure.count, all.tokens)
                continue
              }
              const { after, counted, history: left, steps } = outcome.success
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
              const kept = messages.slice(newest(left))
              assert.strictEqual(kept.length, old.length - newest(history))
              const isChanged = steps.length > 0
              assert.strictEqual(thinkingIn(left) > 0 && isChanged && name === model, false)
              for (const message of messages) {
                if (old.includes(message)) continue
                assert.match(JSON.stringify(message), /was cleared|"role":"assistant"/)
              }
              const again = yield* ContextWindow.fit(left, { ...prompt, budget, strategies })
              assert.strictEqual(again.history, left)
            }
          }))
      ),
    { arbitrary: { runs: 60, seed: 1 } }
  )
})
