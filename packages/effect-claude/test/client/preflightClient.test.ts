import Anthropic from "@anthropic-ai/sdk"
import { Reply, RequestRules, Routes, type Script } from "@effect-claude/fault-server"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Logger, Redacted, Schema } from "effect"
import { ClaudeClient, ClaudeError, Preflight, Resilience } from "effect-claude"
import { key, params, reason, run, runHandler } from "../fixtures/harness.ts"

// Whatever a program without types may hand in.
const anything = (value: unknown) => value as ClaudeClient.MessageParams
const ask = (value: unknown, options?: ClaudeClient.CreateOptions) =>
  ClaudeClient.createMessage(anything(value), options)
const api = RequestRules.make(Routes.make())
const hello: Script.Answer = (request) => Reply.forRequest(request, Reply.message("Hello!"))

const info = (id: string, rest: object) => ({
  type: "model",
  id,
  display_name: id,
  created_at: "2026-01-01T00:00:00Z",
  capabilities: null,
  line: null,
  lifecycle: "active",
  deprecated_at: null,
  retires_at: null,
  max_input_tokens: 1_000_000,
  max_tokens: 500_000,
  ...rest
})

describe("the facts of a model", () => {
  const more = { ...params, max_tokens: 200_000 }

  it("what getModel told holds over the shipped table, for a day", () =>
    run([() => Reply.json(200, info(params.model, {})), hello], ({ seen }) =>
      Effect.gen(function*() {
        assert.strictEqual((yield* reason(ask(more)))._tag, "RequestRejected")
        yield* ClaudeClient.getModel(params.model)
        yield* ask(more)
        yield* Effect.sleep("25 hours")
        assert.strictEqual((yield* reason(ask(more)))._tag, "RequestRejected")
        assert.strictEqual((yield* seen).length, 2)
      })))

  it("which kinds of thinking it takes is told too", () => {
    const yes = { supported: true }
    const no = { supported: false }
    const types = { adaptive: no, enabled: yes, disabled: yes, between_tools: no }
    const told = info("claude-opus-5", { capabilities: { thinking: { supported: true, types } } })
    const thinking = (type: string) =>
      ask({ ...params, model: "claude-opus-5", max_tokens: 4096, thinking: { type, budget_tokens: 2048 } })
    return runHandler(
      (request) => Effect.succeed(request.path.startsWith("/v1/models") ? Reply.json(200, told) : hello(request)),
      () =>
        Effect.gen(function*() {
          yield* thinking("adaptive")
          assert.strictEqual((yield* reason(thinking("enabled")))._tag, "RequestRejected")
          yield* ClaudeClient.getModel("claude-opus-5")
          yield* thinking("enabled")
          for (const type of ["adaptive", "between_tools"]) {
            assert.strictEqual((yield* reason(thinking(type)))._tag, "RequestRejected")
          }
        })
    )
  })

  it("by default no request is made for them", () =>
    run([hello], ({ seen }) =>
      Effect.gen(function*() {
        yield* ask(params)
        yield* Effect.sleep("1 minute")
        assert.strictEqual((yield* seen).length, 1)
      })))

  it("fetchModels asks once, beside the call, and uses the answer from then on", () =>
    runHandler(
      (request) =>
        request.path === "/v1/models"
          ? Effect.succeed({
            ...Reply.json(200, { data: [info(params.model, { max_tokens: 50 })], has_more: false }),
            delay: 30_000
          })
          : Effect.succeed(hello(request)),
      ({ clock, seen }) =>
        Effect.gen(function*() {
          const began = clock.now
          yield* ask(params)
          yield* ask(params)
          assert.isBelow(clock.now - began, 1000)
          yield* Effect.sleep("2 minutes")
          assert.strictEqual((yield* reason(ask(params)))._tag, "RequestRejected")
          const paths = (yield* seen).map(({ request }) => request.path)
          assert.deepStrictEqual(paths.toSorted(), ["/v1/messages", "/v1/messages", "/v1/models"])
        }),
      { preflight: { fetchModels: true } }
    ))

  it("a Models API that fails is asked again after ten minutes, and no call notices", () =>
    runHandler(
      (request) =>
        Effect.succeed(
          request.path === "/v1/models" ? Reply.error(404, "not_found_error", "Not found") : hello(request)
        ),
      ({ seen }) =>
        Effect.gen(function*() {
          const asked = Effect.map(seen, (all) => all.filter(({ request }) => request.path === "/v1/models").length)
          yield* ask(params)
          yield* Effect.sleep("9 minutes")
          yield* ask(params)
          yield* Effect.sleep("1 second")
          assert.strictEqual(yield* asked, 1)
          yield* Effect.sleep("2 minutes")
          yield* ask(params)
          yield* Effect.sleep("1 second")
          assert.strictEqual(yield* asked, 2)
        }),
      { preflight: { fetchModels: true } }
    ))

  it("an unknown model passes, with one warning", () => {
    const lines: Array<string> = []
    const logger = Logger.make(({ message }) => void lines.push(String(message)))
    return run([hello, hello], () =>
      Effect.gen(function*() {
        yield* ask({ ...params, model: "claude-epic-7", max_tokens: 1_000_000 })
        yield* ask({ ...params, model: "claude-epic-7" })
        assert.lengthOf(lines.filter((line) => line.includes("claude-epic-7")), 1)
      }).pipe(Effect.provide(Logger.layer([logger]))))
  })
})

describe("the API's version", () => {
  const withSdk = (headers: Record<string, string>, baseURL?: string) => {
    const answer = () => Promise.resolve(Response.json(Reply.message("Hello!")))
    const sdk = new Anthropic({ apiKey: key, fetch: answer, defaultHeaders: headers, ...(baseURL && { baseURL }) })
    return Effect.runPromise(
      Effect.result(ask({ ...params, model: "claude-sonnet-4-6", temperature: 0.5 })).pipe(
        Effect.provide(ClaudeClient.layerSdk(sdk).pipe(Layer.provide(Resilience.layer())))
      )
    ).then((result) => result._tag)
  }

  it("an instance for the direct API is held to the version that it sends", () =>
    withSdk({}).then((tag) => assert.strictEqual(tag, "Failure")))
  it("one that asks for an older version is not", () =>
    withSdk({ "Anthropic-Version": "2023-06-01" }).then((tag) => assert.strictEqual(tag, "Success")))
  it("another platform has a version of its own", () =>
    withSdk({}, "https://bedrock-runtime.us-east-1.amazonaws.com").then((tag) => assert.strictEqual(tag, "Success")))

  it("without that version only models from 4.7 on reject sampling, and not its defaults", () => {
    const of = (model: string, more: object) =>
      Preflight.check({ ...params, model, ...more }, { direct: false }).map(({ rule }) => rule)
    assert.deepStrictEqual(of("claude-sonnet-4-6", { temperature: 0.5 }), [])
    assert.deepStrictEqual(of("claude-opus-5", { temperature: 0.5, top_k: 5 }), ["sampling", "sampling"])
    assert.deepStrictEqual(of("claude-opus-5", { temperature: 1, top_p: null }), [])
  })
})

describe("how the client runs it", () => {
  it("a long answer that is not to be streamed is rejected; left to the client it is streamed", () =>
    run([hello, hello], ({ seen }) =>
      Effect.gen(function*() {
        const found = yield* reason(ask({ ...params, max_tokens: 21_334 }, { stream: false }))
        assert.deepInclude(found._tag === "RequestRejected" ? found.violations[0] : {}, { rule: "unstreamed" })
        yield* ask({ ...params, max_tokens: 21_334 })
        yield* ask({ ...params, max_tokens: 21_333 }, { stream: false })
        assert.deepStrictEqual((yield* seen).map(({ request }) => Reply.wantsStream(request)), [true, false])
      })))

  it("the SDK refuses the same long answer", () => {
    const sdk = new Anthropic({ apiKey: key, fetch: () => Promise.reject(new Error("sent")) })
    const send = () => void sdk.messages.create({ ...params, max_tokens: 21_334, stream: false })
    assert.throws(send, /Streaming is required/)
  })

  it("counting needs no max_tokens and may end on the assistant; the other rules hold, on both sides", () => {
    const counted = {
      model: params.model,
      messages: [...params.messages, { role: "assistant" as const, content: "a" }]
    }
    const broken = { ...counted, messages: [] }
    return runHandler(api, ({ seen }) =>
      Effect.gen(function*() {
        yield* ClaudeClient.countTokens(counted)
        assert.strictEqual((yield* reason(ClaudeClient.countTokens(broken)))._tag, "RequestRejected")
        assert.strictEqual((yield* seen).length, 1)
      })).then(() =>
        runHandler(api, () =>
          Effect.gen(function*() {
            assert.match((yield* reason(ClaudeClient.countTokens(broken))).message, /at least one message/)
          }), { preflight: false })
      )
  })

  it("A10 nothing is reserved for a rejected request: an empty bucket does not hold it up", () =>
    run([hello], ({ clock }) =>
      Effect.gen(function*() {
        yield* ask(params)
        const began = clock.now
        assert.strictEqual((yield* reason(ask({ ...params, max_tokens: -1 })))._tag, "RequestRejected")
        assert.strictEqual(clock.now, began)
      }), { limiter: { key: "one", otherwise: { requestsPerMinute: 1 } } }))

  it("a rejection goes through JSON and back, and shows no key", () =>
    Effect.runPromise(
      Effect.flip(ask({ ...params, max_tokens: -1 })).pipe(
        Effect.map((error) => {
          assert.notInclude(JSON.stringify(error) + String(error), key)
          const back = Schema.decodeUnknownSync(ClaudeError.Reason)(JSON.parse(JSON.stringify(error.reason)))
          assert.deepStrictEqual(back, error.reason)
        }),
        Effect.provide(ClaudeClient.layerStandard({ apiKey: Redacted.make(key) }))
      )
    ))
})

describe("checkBatch", () => {
  const line = (id: unknown, rest: object = {}) => ({ custom_id: id, params: { ...params, ...rest } })
  const broken = (requests: ReadonlyArray<unknown>) =>
    Preflight.checkBatch(requests).map(({ path, rule }) => `${rule}: ${path}`)

  it("good ones pass, up to 300,000 tokens", () =>
    assert.deepStrictEqual(broken([line("a"), line("B_-9"), line("c".repeat(64), { max_tokens: 300_000 })]), []))

  it("names what is wrong by its place", () =>
    assert.deepStrictEqual(
      broken([
        line("a b"),
        line("c".repeat(65)),
        line(undefined),
        null,
        { custom_id: "d" },
        line("e", { fallbacks: "default", speed: "fast", thread: { type: "create" } }),
        line("f", { messages: [{ role: "tool", content: "x" }] }),
        line("g", { max_tokens: 300_001 })
      ]),
      [
        "batch: requests.0.custom_id",
        "batch: requests.1.custom_id",
        "batch: requests.2.custom_id",
        "batch: requests.3",
        "batch: requests.4.params",
        "batch: requests.5.params.fallbacks",
        "batch: requests.5.params.thread",
        "batch: requests.5.params.speed",
        "role: requests.6.params.messages.0.role",
        "maxTokens: requests.7.params.max_tokens"
      ]
    ))

  it("counts requests and bytes", () => {
    const much = { messages: [{ role: "user", content: "x".repeat(30 * 1024 * 1024) }] }
    assert.deepStrictEqual(broken(Array.from({ length: 100_001 }, (_, at) => line(`id-${at}`))), ["batch: requests"])
    assert.deepStrictEqual(broken(Array.from({ length: 9 }, (_, at) => line(`id-${at}`, much))), ["batch: requests"])
  })
})
