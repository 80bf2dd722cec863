import { Fault, Reply, RequestRules, Routes } from "@effect-claude/fault-server"
import { assert, describe, it } from "@effect/vitest"
import { Arbitrary, Cause, Effect, Exit, Schema, Stream } from "effect"
import { ClaudeClient, Preflight } from "effect-claude"
import { alsoGood, good } from "../fixtures/goodRequests.ts"
import { params, reason, runHandler } from "../fixtures/harness.ts"
import * as Media from "../fixtures/media.ts"

// Whatever a program without types may hand in.
const anything = (value: unknown) => value as ClaudeClient.MessageParams
const ask = (value: unknown, options?: ClaudeClient.CreateOptions) =>
  ClaudeClient.createMessage(anything(value), options)
const api = RequestRules.make(Routes.make())

describe("no rule fires on what may succeed", () => {
  for (const [name, request] of [...good, ...alsoGood]) {
    it(name, () => assert.deepStrictEqual(Preflight.check(request), []))
  }

  it("the fault server takes the same requests", () =>
    runHandler(api, ({ seen }) =>
      Effect.gen(function*() {
        for (const [name, request] of good) {
          const answered = yield* Effect.result(ask(request))
          assert.strictEqual(answered._tag, "Success", `${name}: ${JSON.stringify(answered)}`)
        }
        assert.strictEqual((yield* seen).length, good.length)
      })))

  it.effect.prop(
    "whatever fields are added, where the API may one day have them",
    { extra: Arbitrary.schema(Schema.Json), which: Arbitrary.schema(Schema.Int) },
    ({ extra, which }) =>
      Effect.sync(() => {
        const [name, request] = good[Math.abs(which) % good.length]!
        const grown = JSON.parse(JSON.stringify(request), (_, value: unknown) =>
          typeof value === "object" && value !== null && !Array.isArray(value) && "type" in value
            ? { ...value, of_the_future: extra }
            : value)
        assert.deepStrictEqual(Preflight.check({ ...grown, of_the_future: extra }), [], name)
      }),
    { arbitrary: { runs: 300, seed: "future" } }
  )
})

describe("what is no request at all", () => {
  const own: Record<string, unknown> = { ...params }
  own["metadata"] = own
  const values: ReadonlyArray<readonly [string, unknown]> = [
    ["null", null],
    ["undefined", undefined],
    ["a number", 7],
    ["a list", []],
    ["an object that holds itself", own]
  ]
  for (const [name, value] of values) {
    it(`A10 ${name} is rejected, and no defect with preflight off`, async () => {
      await runHandler(api, ({ seen }) =>
        Effect.gen(function*() {
          for (
            const call of [
              ask(value),
              Stream.runDrain(ClaudeClient.streamMessage(anything(value))),
              ClaudeClient.countTokens(anything(value))
            ]
          ) assert.strictEqual((yield* reason<unknown, ClaudeClient.ClaudeClient>(call))._tag, "RequestRejected")
          assert.strictEqual((yield* seen).length, 0)
        }))
      await runHandler(api, () =>
        Effect.gen(function*() {
          for (
            const call of [
              ask(value),
              ask(value, { stream: true }),
              Stream.runDrain(ClaudeClient.streamMessage(anything(value))),
              ClaudeClient.countTokens(anything(value))
            ]
          ) {
            const { _tag } = yield* reason<unknown, ClaudeClient.ClaudeClient>(call)
            assert.include(["InvalidRequest", "RequestRejected"], _tag)
          }
        }), { preflight: false })
    })
  }

  it("with preflight off no JSON is a defect, wherever it stands", () => {
    const samples = Arbitrary.sampleEffect(Arbitrary.schema(Schema.Json), { count: 200, seed: "shapes" })
    return runHandler(api, () =>
      Effect.gen(function*() {
        for (const value of yield* Effect.orDie(samples)) {
          for (const change of [{ messages: value }, { tools: value }, { model: value }, { max_tokens: value }]) {
            for (const stream of [false, true]) {
              const exit = yield* Effect.exit(ask({ ...params, ...change }, { stream }))
              assert.isFalse(Exit.isFailure(exit) && Cause.hasDies(exit.cause), JSON.stringify(change))
            }
          }
        }
      }), { preflight: false })
  })

  it("nor where a server answers it, and its stream breaks", () => {
    const samples = Arbitrary.sampleEffect(Arbitrary.schema(Schema.Json), { count: 50, seed: "broken" })
    const broken = (request: Reply.Received): Reply.Reply =>
      Fault.cutAfterEvents(4)(Reply.forRequest(request, Reply.message("Hello, whoever you are!")))
    return runHandler((request) => Effect.succeed(broken(request)), () =>
      Effect.gen(function*() {
        for (const value of yield* Effect.orDie(samples)) {
          for (const change of [{ messages: value }, { model: value }, { max_tokens: value }]) {
            const request = anything({ ...params, ...change })
            const exit = yield* Effect.exit(Stream.runDrain(ClaudeClient.streamMessage(request, { maxAttempts: 1 })))
            assert.isFalse(Exit.isFailure(exit) && Cause.hasDies(exit.cause), JSON.stringify(change))
          }
        }
      }), { preflight: false })
  })

  it.effect.prop(
    "any JSON is checked without a throw, wherever it stands",
    { value: Arbitrary.schema(Schema.Json) },
    ({ value }) =>
      Effect.sync(() => {
        assert.isArray(Preflight.check(value))
        assert.isArray(Preflight.checkBatch([value, { custom_id: value, params: value }]))
        assert.isArray(Preflight.check({ ...params, messages: [{ role: "user", content: value }], tools: value }))
        assert.isArray(Preflight.check({ ...params, messages: value, thinking: value, system: value, model: value }))
      }),
    { arbitrary: { runs: 300, seed: "anything" } }
  )

  it("at most a thousand violations are listed", () => {
    const messages = Array.from({ length: 2000 }, () => null)
    assert.lengthOf(Preflight.check({ ...params, messages }), 1000)
    assert.lengthOf(Preflight.checkBatch(messages), 1000)
  })
})

describe("bytes", () => {
  const source = (media_type: string, data: string) => ({ type: "base64", media_type, data })
  const messages = (media_type: string, data: string) =>
    Preflight.check({
      ...params,
      messages: [{ role: "user", content: [{ type: "image", source: source(media_type, data) }] }]
    }).map(({ message }) => message)

  it("reads every kind of header", () => {
    const files = [
      ["image/png", Media.png(9001, 10)],
      ["image/jpeg", Media.jpeg(9001, 10)],
      ["image/gif", Media.gif(9001, 10)],
      ["image/webp", Media.webp(9001, 10)],
      ["image/webp", Media.webpLossy(9001, 10)],
      ["image/webp", Media.webpLossless(9001, 10)]
    ] as const
    for (const [media, data] of files) assert.match(messages(media, data)[0] ?? "", /has 9001 × 10 pixels/)
  })

  it("a header cut anywhere throws nothing, and fires nothing about its size", () => {
    for (
      const [media, data] of [
        ["image/png", Media.png(9001, 10)],
        ["image/jpeg", Media.jpeg(9001, 10)],
        ["image/webp", Media.webp(9001, 10)]
      ] as const
    ) {
      for (let cut = 0; cut < 28; cut += 4) assert.deepStrictEqual(messages(media, data.slice(0, cut)), [])
    }
  })

  const pages = (data: string) =>
    Preflight.check({
      ...params,
      model: "claude-haiku-4-5",
      messages: [{ role: "user", content: [{ type: "document", source: source("application/pdf", data) }] }]
    }).map(({ message }) => message)

  it("counts the pages of a PDF as it was saved last, and passes what it cannot read", () => {
    assert.match(pages(Media.pdf(101))[0] ?? "", /101 pages of PDF; 100 are the most/)
    assert.deepStrictEqual(pages(Media.pdf(100)), [])
    assert.match(pages(Media.pdf(10, { saved: 101 }))[0] ?? "", /101 pages/)
    assert.deepStrictEqual(pages(Media.pdf(101, { saved: 100 })), [])
    assert.deepStrictEqual(pages(Media.pdf(101, { indirect: true })), [])
    assert.deepStrictEqual(pages(Media.pdf(500, { indirect: true })), [])
    const whole = Media.pdf(101)
    for (let cut = 16; cut < whole.length - 4; cut += 400) assert.deepStrictEqual(pages(whole.slice(0, cut)), [])
  })

  it("a compressed index keeps its number to itself", () => {
    const stream = Buffer.from(
      "%PDF-1.5\n1 0 obj\n<< /Type /XRef /Count 900 >>\nstream\nx\nendstream\nendobj\nstartxref\n9\n%%EOF\n"
    )
    assert.deepStrictEqual(pages(stream.toString("base64")), [])
  })
})
