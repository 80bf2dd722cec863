import Anthropic from "@anthropic-ai/sdk"
import { FaultServer, RequestRules, Routes } from "@effect-claude/fault-server"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"

const params = { model: "claude-sonnet-5-5", max_tokens: 64, messages: [{ role: "user" as const, content: "hi" }] }

describe("RequestRules answers in the API's words", () => {
  const use = (id: string) => ({ type: "tool_use" as const, id, name: "a", input: {} })
  const result = (id: string) => ({ type: "tool_result" as const, tool_use_id: id, content: "ok" })
  const user = (content: Anthropic.MessageParam["content"]) => ({ role: "user" as const, content })
  const assistant = (content: Anthropic.MessageParam["content"]) => ({ role: "assistant" as const, content })
  const rejected: ReadonlyArray<readonly [string, object, RegExp | undefined]> = [
    ["a good request", {}, undefined],
    ["no model", { model: undefined }, /model: Field required/],
    ["an unknown model", { model: "claude-none" }, /model: claude-none/],
    ["too many max_tokens", { max_tokens: 128_001 }, /128001 > 128000/],
    ["the most max_tokens", { max_tokens: 128_000 }, undefined],
    ["sampling", { temperature: 0.5 }, /temperature: Extra inputs/],
    ["a bad role", { messages: [{ role: "model", content: "x" }] }, /messages\.0\.role/],
    ["no messages", { messages: [] }, /at least one message/],
    ["prefill on a new model", { messages: [user("a"), assistant("b")] }, /does not support assistant message prefill/],
    ["prefill on an old model", { model: "claude-haiku-4-5", messages: [user("a"), assistant("b")] }, undefined],
    [
      "a dangling tool_use",
      { messages: [user("a"), assistant([use("toolu_1")]), user("b")] },
      /messages\.1: `tool_use` ids were found without/
    ],
    [
      "an orphan tool_result",
      { messages: [user("a"), assistant("b"), user([result("toolu_1")])] },
      /messages\.2\.content\.0: unexpected `tool_use_id`/
    ],
    ["a duplicate result", {
      messages: [user("a"), assistant([use("toolu_1")]), user([result("toolu_1"), result("toolu_1")])]
    }, /Found multiple `tool_result`/],
    ["a duplicate id", {
      messages: [
        user("a"),
        assistant([use("toolu_1")]),
        user([result("toolu_1")]),
        assistant([use("toolu_1")]),
        user([result("toolu_1")])
      ]
    }, /ids must be unique/],
    ["betas in the body", { betas: ["compact-2026-01-12"] }, /betas: Extra inputs are not permitted/],
    ["context editing without its beta", { context_management: { edits: [] } }, /context_management: Extra inputs/],
    ["a good pair", { messages: [user("a"), assistant([use("toolu_1")]), user([result("toolu_1")])] }, undefined]
  ]
  for (const [name, change, text] of rejected) {
    it(name, () =>
      Effect.runPromise(Effect.scoped(Effect.gen(function*() {
        const server = yield* FaultServer.make(RequestRules.make(Routes.make()))
        const sdk = new Anthropic({ apiKey: "sk-ant-test", baseURL: server.url, maxRetries: 0 })
        const seen = yield* Effect.promise(() =>
          sdk.messages.create({ ...params, ...change }, { timeout: 60_000 }).then(() => undefined, (error: Error) =>
            error.message)
        )
        if (text === undefined) {
          assert.isUndefined(seen)
        } else assert.match(seen ?? "accepted", text)
      }))))
  }

  it("keys", () =>
    Effect.runPromise(Effect.scoped(Effect.gen(function*() {
      const server = yield* FaultServer.make(RequestRules.make(Routes.make(), { keys: ["good"] }))
      const status = (headers: Record<string, string>) =>
        Effect.promise(() => fetch(`${server.url}/v1/models`, { headers }).then((response) => response.status))
      assert.strictEqual(yield* status({}), 401)
      assert.strictEqual(yield* status({ "x-api-key": "bad" }), 401)
      assert.strictEqual(yield* status({ "x-api-key": "good" }), 200)
      assert.strictEqual(yield* status({ authorization: "Bearer good" }), 200)
    }))))
})
