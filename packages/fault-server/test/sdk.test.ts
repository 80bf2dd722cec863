import Anthropic from "@anthropic-ai/sdk"
import { Fault, FaultServer, Models, Reply, RequestRules, Routes, Script } from "@effect-claude/fault-server"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"

const params = { model: "claude-sonnet-5-5", max_tokens: 64, messages: [{ role: "user" as const, content: "hi" }] }
const message = Reply.message("A short answer, streamed in a few deltas.")

const surface = (answers: ReadonlyArray<Script.Answer>, call: (sdk: Anthropic) => Promise<unknown>, maxRetries = 0) =>
  Effect.runPromise(Effect.scoped(Effect.gen(function*() {
    const server = yield* FaultServer.make(Script.sequence(answers))
    const sdk = new Anthropic({ apiKey: "sk-ant-test", baseURL: server.url, maxRetries, logLevel: "off" })
    const seen = yield* Effect.promise(() => call(sdk).then((value) => ({ value }), (thrown: Error) => ({ thrown })))
    return { ...seen, requests: (yield* server.requests).length }
  })))

const create = (sdk: Anthropic): Promise<unknown> => sdk.messages.create(params)
const iterate = async (sdk: Anthropic): Promise<unknown> => {
  const types: Array<string> = []
  for await (const event of await sdk.messages.create({ ...params, stream: true })) types.push(event.type)
  return types
}

describe("every fault surfaces in the real SDK as its documentation and code say", () => {
  const classes: ReadonlyArray<readonly [string, Reply.Reply, string]> = [
    ["400", Fault.creditBalance(), "BadRequestError"],
    ["401", Fault.unauthorized(), "AuthenticationError"],
    ["402", Fault.billing(), "PaymentRequiredError"],
    ["403", Fault.forbidden(), "PermissionDeniedError"],
    ["408", Fault.requestTimeout(), "RequestTimeoutError"],
    ["409", Fault.conflict(), "ConflictError"],
    ["413 from a proxy", Fault.tooLargeByProxy(), "ContentTooLargeError"],
    ["429", Fault.rateLimited(), "RateLimitError"],
    ["429 ramp", Fault.rampLimited(), "RampLimitExceededError"],
    ["429 spend", Fault.enforcedSpendLimit(), "EnforcedSpendLimitReachedError"],
    ["429 contract", Fault.contractSpendLimit(), "ContractSpendLimitReachedError"],
    ["on hold", Fault.onHold(), "OrganizationOnHoldError"],
    ["500", Fault.internal(), "InternalServerError"],
    ["502 from a proxy", Fault.html(), "InternalServerError"],
    ["503", Fault.unavailable(), "ServiceUnavailableError"],
    ["504", Fault.gatewayTimeout(), "GatewayTimeoutError"],
    ["529", Fault.overloaded(), "OverloadedError"]
  ]
  for (const [name, answer, expected] of classes) {
    it(`${name} is ${expected}`, async () => {
      const seen = await surface([answer], create)
      assert.strictEqual("thrown" in seen ? seen.thrown.name : "value", expected)
    })
  }

  it("a reset before headers is a connection error, retried by the SDK", async () => {
    const reset = Fault.resetBeforeHeaders(Reply.json(200, {}))
    const once = await surface([reset], create)
    assert.strictEqual("thrown" in once && once.thrown.name, "APIConnectionError")
    const twice = await surface([reset, Reply.json(200, message)], create, 1)
    assert.strictEqual(twice.requests, 2)
    assert.property(twice, "value")
  })

  it("an error event is a bare APIError without status", async () => {
    const seen = await surface([Fault.errorAfterEvents(3)(Reply.stream(message))], iterate)
    assert.isTrue("thrown" in seen && seen.thrown instanceof Anthropic.APIError)
    if ("thrown" in seen) assert.deepInclude(seen.thrown as object, { status: undefined, type: "overloaded_error" })
  })

  it("a stream that ends early is a silent success in the SDK", async () => {
    for (
      const answer of [
        Fault.withoutMessageStop(Reply.stream(message)),
        Fault.cutAfterEvents(0)(Reply.stream(message)),
        Reply.json(200, message)
      ]
    ) {
      assert.property(await surface([answer], iterate), "value")
    }
  })

  it("a reset inside a stream is a raw TypeError", async () => {
    const seen = await surface([Fault.resetAfterEvents(3)(Reply.stream(message))], iterate)
    assert.strictEqual("thrown" in seen && `${seen.thrown.name}: ${seen.thrown.message}`, "TypeError: terminated")
  })

  it("200 with a page resolves with text, with an error body as success, broken JSON throws", async () => {
    const page = await surface([Fault.okHtml()], create)
    assert.strictEqual(typeof ("value" in page && page.value), "string")
    assert.property(await surface([Fault.okWithError()], create), "value")
    const broken = await surface([Fault.okBroken()], create)
    assert.strictEqual("thrown" in broken && broken.thrown.name, "SyntaxError")
  })

  it("all blocks and stop reasons arrive", async () => {
    const shapes: ReadonlyArray<Reply.MessageOptions> = [
      { content: [{ type: "thinking", thinking: "hm", signature: "sig" }, { type: "text", text: "yes" }] },
      {
        content: [{ type: "tool_use", id: "toolu_1", name: "a", input: { x: 1 } }, {
          type: "tool_use",
          id: "toolu_2",
          name: "b",
          input: {}
        }]
      },
      { content: [], stopReason: "refusal", stopDetails: { type: "refusal", category: "cyber", explanation: null } },
      { content: [{ type: "text", text: "wait" }], stopReason: "pause_turn" },
      { content: [{ type: "text", text: "no block" }], stopReason: "tool_use" }
    ]
    for (const shape of shapes) {
      const given = Reply.message(shape)
      const seen = await surface([Reply.stream(given)], (sdk) => sdk.messages.stream(params).finalMessage())
      assert.isTrue("value" in seen)
      const got = (seen as { readonly value: Anthropic.Message }).value
      assert.deepStrictEqual(JSON.parse(JSON.stringify(got.content)), given.content)
      assert.strictEqual(got.stop_reason, given.stop_reason)
    }
    const cut = Reply.message({
      content: [{ type: "tool_use", id: "toolu_1", name: "write", input: `{"path":"/a","te` }],
      stopReason: "max_tokens"
    })
    const seen = await surface([Reply.stream(cut)], (sdk) => sdk.messages.stream(params).finalMessage())
    assert.deepInclude((seen as { readonly value: { readonly content: ReadonlyArray<object> } }).value.content[0], {
      input: { path: "/a" }
    })
  })

  it("counting and models", async () => {
    await Effect.runPromise(Effect.scoped(Effect.gen(function*() {
      const server = yield* FaultServer.make(RequestRules.make(Routes.make()))
      const sdk = new Anthropic({ apiKey: "sk-ant-test", baseURL: server.url, maxRetries: 0 })
      const count = yield* Effect.promise(() =>
        sdk.messages.countTokens({ model: params.model, messages: params.messages })
      )
      assert.isAbove(count.input_tokens, 0)
      const models = yield* Effect.promise(() => sdk.models.list())
      assert.strictEqual(models.data.length, Models.all.length)
      const one = yield* Effect.promise(() => sdk.models.retrieve("claude-sonnet-4-5"))
      assert.deepInclude(one, { lifecycle: "deprecated" })
    })))
  })
})

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
    ["a bad role", { messages: [{ role: "system", content: "x" }] }, /messages\.0\.role/],
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
