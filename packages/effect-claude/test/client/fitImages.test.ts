import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { Preflight } from "effect-claude"
import sharp from "sharp"

const picture = (width: number, height: number, format: "png" | "jpeg" | "webp" | "tiff" | "gif") =>
  Effect.promise(() =>
    sharp({ create: { width, height, channels: 3, background: { r: 200, g: 40, b: 90 } } }).toFormat(format).toBuffer()
  )
const image = (bytes: Buffer, type: string) => ({
  type: "image" as const,
  source: { type: "base64" as const, media_type: type, data: bytes.toString("base64") }
})
const request = (content: ReadonlyArray<unknown>) => ({
  model: "claude-sonnet-5-5",
  max_tokens: 64,
  messages: [{ role: "user", content }]
})
const sourceOf = (params: { readonly messages: ReadonlyArray<{ readonly content: ReadonlyArray<unknown> }> }, at = 0) =>
  (params.messages[0]!.content[at] as ReturnType<typeof image>).source
const sizeOf = (data: string) => Effect.promise(() => sharp(Buffer.from(data, "base64")).metadata())

describe("Preflight.fitImages", () => {
  it.live("too many pixels are scaled down, the other side in proportion", () =>
    Effect.gen(function*() {
      const given = request([image(yield* picture(9000, 900, "png"), "image/png")])
      assert.lengthOf(Preflight.check(given), 1)
      const { changed, params } = yield* Preflight.fitImages(given)
      assert.deepStrictEqual(changed, ["messages.0.content.0"])
      const { format, height, width } = yield* sizeOf(sourceOf(params).data)
      assert.deepStrictEqual([format, width, height], ["png", 8000, 800])
      assert.deepStrictEqual(Preflight.check(params), [])
      assert.strictEqual(sourceOf(given).data.length > 0, true, "the caller's request is untouched")
      assert.lengthOf(Preflight.check(given), 1)
    }))

  it.live("a container the API does not read becomes one it does; a wrong media type is set right without a library", () =>
    Effect.gen(function*() {
      const tiff = yield* Preflight.fitImages(request([image(yield* picture(20, 10, "tiff"), "image/tiff")]))
      assert.strictEqual(sourceOf(tiff.params).media_type, "image/jpeg")
      const bytes = yield* picture(20, 10, "webp")
      const wrong = yield* Preflight.fitImages(request([image(bytes, "image/png")]))
      assert.deepStrictEqual(sourceOf(wrong.params), {
        type: "base64",
        media_type: "image/webp",
        data: bytes.toString("base64")
      })
      assert.deepStrictEqual(Preflight.check(wrong.params), [])
    }))

  it.live("with more than twenty images each gets 2,000 pixels; those inside results too", () =>
    Effect.gen(function*() {
      const small = image(yield* picture(10, 10, "png"), "image/png")
      const large = image(yield* picture(2500, 10, "jpeg"), "image/jpeg")
      const result = { type: "tool_result", tool_use_id: "toolu_1", content: [large] }
      const { changed, params } = yield* Preflight.fitImages(
        request([result, ...Array.from({ length: 20 }, () => small)])
      )
      assert.deepStrictEqual(changed, ["messages.0.content.0.content.0"])
      const inner = (params.messages[0]!.content[0] as { readonly content: ReadonlyArray<typeof large> }).content[0]!
      assert.strictEqual((yield* sizeOf(inner.source.data)).width, 2000)
      assert.strictEqual(params.messages[0]!.content[1], small)
    }))

  it.live("what fits is the same request; what is no image fails with its path", () =>
    Effect.gen(function*() {
      const given = request([image(yield* picture(10, 10, "gif"), "image/gif"), { type: "text", text: "hi" }])
      assert.strictEqual((yield* Preflight.fitImages(given)).params, given)
      const error = yield* Effect.flip(
        Preflight.fitImages(request([image(Buffer.from("no image at all"), "image/png")]))
      )
      assert.strictEqual(error._tag, "ImageFitFailed")
      assert.strictEqual(error.path, "messages.0.content.0.source")
    }))
})
