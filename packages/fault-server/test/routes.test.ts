import Anthropic, { NotFoundError } from "@anthropic-ai/sdk"
import { Models, Routes } from "@effect-claude/fault-server"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { ways } from "./both.ts"

const client = (target: { readonly url: string; readonly fetch: typeof fetch }): Anthropic =>
  new Anthropic({ apiKey: "sk-ant-test", baseURL: target.url, fetch: target.fetch, maxRetries: 0, logLevel: "off" })

const classes = (ids: ReadonlyArray<string>): number => new Set(ids.map(Models.classOf)).size

const params = { model: "claude-opus-5-5", messages: [{ role: "user" as const, content: "How many tokens?" }] }

for (const way of ways) {
  describe(`${way.name}`, () => {
    it.live("messages and count_tokens tell the same tokens", () =>
      Effect.gen(function*() {
        const target = yield* way.serve(Routes.make())
        const message = yield* Effect.promise(() => client(target).messages.create({ ...params, max_tokens: 10 }))
        const counted = yield* Effect.promise(() => client(target).messages.countTokens(params))
        assert.strictEqual(message.model, "claude-opus-5-5")
        assert.isAbove(counted.input_tokens, 3)
        assert.strictEqual(message.usage.input_tokens, counted.input_tokens)
      }))

    it.live("what costs more than its characters do counts so: images, pages, other scripts", () =>
      Effect.gen(function*() {
        const target = yield* way.serve(Routes.make())
        const count = (...content: Array<Anthropic.ContentBlockParam>) =>
          Effect.map(
            Effect.promise(() =>
              client(target).messages.countTokens({ model: params.model, messages: [{ role: "user", content }] })
            ),
            ({ input_tokens }) => input_tokens
          )
        const text = (value: string) => count({ type: "text", text: value })
        const nothing = yield* text("a")
        assert.approximately((yield* text("a".repeat(4201))) - nothing, 1000, 1)
        assert.approximately((yield* text("ü".repeat(1000))) - nothing, 500, 1)
        assert.approximately((yield* text("世".repeat(1000))) - nothing, 1000, 1)
        const header = Buffer.from("89504e470d0a1a0a0000000d49484452000000000000000008060000", "hex")
        const image = (width: number, height: number) => {
          header.writeUInt32BE(width, 16)
          header.writeUInt32BE(height, 20)
          const source = { type: "base64" as const, media_type: "image/png" as const, data: header.toString("base64") }
          return Effect.map(count({ type: "image", source }), (tokens) => tokens - nothing)
        }
        assert.approximately(yield* image(1024, 1024), 37 * 37, 10)
        assert.approximately(yield* image(8000, 6000), 4784, 10)
        const pages = (many: number) => {
          const data = Buffer.from(`%PDF-1.4${" << /Type /Page >>".repeat(many)}`).toString("base64")
          return count({ type: "document", source: { type: "base64", media_type: "application/pdf", data } })
        }
        assert.approximately((yield* pages(5)) - (yield* pages(1)), 4 * 2300, 1)
      }))

    it.live("models are listed over pages, each once, and found by either name", () =>
      Effect.gen(function*() {
        const target = yield* way.serve(Routes.make())
        const ids: Array<string> = []
        const deprecated: Array<string> = []
        yield* Effect.promise(async () => {
          for await (const model of client(target).models.list({ limit: 7 })) ids.push(model.id)
          for await (const model of client(target).models.list({ lifecycle: ["deprecated"] })) deprecated.push(model.id)
        })
        assert.deepStrictEqual(ids, Models.all.map((model) => model.id))
        assert.strictEqual((yield* target.requests).length, 4)
        assert.deepStrictEqual(deprecated, ["claude-mythos-preview", "claude-sonnet-4-5"])
        const haiku = yield* Effect.promise(() => client(target).models.retrieve("claude-haiku-4-5-20251001"))
        assert.deepInclude(haiku, {
          id: "claude-haiku-4-5",
          max_input_tokens: 200_000,
          max_tokens: 64_000,
          line: "haiku"
        })
        const sonnet = yield* Effect.promise(() => client(target).models.retrieve("claude-sonnet-5-5"))
        assert.deepInclude(sonnet, { max_input_tokens: 1_000_000, max_tokens: 128_000, lifecycle: "active" })
        assert.strictEqual(sonnet.capabilities?.thinking.types.adaptive.supported, true)
      }))

    it.live("an unknown model and an unknown route are the API's 404", () =>
      Effect.gen(function*() {
        const target = yield* way.serve(Routes.make())
        const missing = yield* Effect.promise(() =>
          client(target).models.retrieve("claude-2").then(() => undefined, (error: unknown) => error)
        )
        assert.instanceOf(missing, NotFoundError)
        assert.include(String(missing), "model: claude-2")
        const response = yield* Effect.promise(() => target.fetch(`${target.url}/v1/nothing?here=1`))
        assert.strictEqual(response.status, 404)
        assert.deepInclude(yield* Effect.promise(() => response.json()), { type: "error" })
        const last = (yield* target.requests).at(-1)
        assert.strictEqual(last?.path, "/v1/nothing")
        assert.strictEqual(last?.query, "?here=1")
      }))
  })
}

describe("Models", () => {
  it("classes share limits as published: Opus 4.x together, Sonnet 4.x together, newer ones apart", () => {
    assert.strictEqual(
      classes(["claude-opus-4-5-20251101", "claude-opus-4-6", "claude-opus-4-7", "claude-opus-4-8"]),
      1
    )
    assert.strictEqual(classes(["claude-sonnet-4-5", "claude-sonnet-4-6"]), 1)
    assert.strictEqual(classes(["claude-opus-4-8", "claude-opus-5", "claude-opus-5-5", "claude-sonnet-5", "mine"]), 5)
    assert.strictEqual(Models.find("claude-opus-5-20991231"), undefined)
  })
})
