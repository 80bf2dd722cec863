// @effect-diagnostics asyncFunction:off
/** Images made to fit: the container the API reads, and no more pixels and bytes than it takes. */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type sharp from "sharp"
import { limits } from "./media.ts"
import { type Format, look } from "./pixels.ts"
import { type Fields, isFields, list } from "./subject.ts"

/** An image that could not be made to fit; `path` is empty where the image library is missing. */
export class ImageFitFailed extends Schema.TaggedError<ImageFitFailed>()("ImageFitFailed", {
  path: Schema.String,
  problem: Schema.String
}) {
  override get message(): string {
    return this.path === "" ? this.problem : `${this.path}: ${this.problem}`
  }
}

export interface Fitted {
  readonly data: string
  readonly media_type: Format
}

/** Each try to save bytes leaves so much of each side. */
const shrink = 0.7
const mostTries = 8

type Sharp = typeof sharp

/** Loaded when the first image needs it: it is an optional peer with a native part. */
const library: Effect.Effect<Sharp, ImageFitFailed> = Effect.tryPromise({
  try: () => import("sharp").then((module) => module.default),
  catch: () => new ImageFitFailed({ path: "", problem: "Preflight.fitImages needs the package sharp: install it." })
})

const convert = async (open: Sharp, base64: string, pixels: number): Promise<Fitted> => {
  const input = Buffer.from(base64, "base64")
  const { format, hasAlpha, height, width } = await open(input).metadata()
  const kept = format === "jpeg" || format === "webp" ? format : hasAlpha ? "png" : format === "png" ? "png" : "jpeg"
  let side = Math.min(pixels, Math.max(width, height))
  for (let tried = 0; tried < mostTries; tried++) {
    const output = await open(input).rotate().resize({
      width: side,
      height: side,
      fit: "inside",
      withoutEnlargement: true
    })
      .toFormat(kept).toBuffer()
    const data = output.toString("base64")
    if (data.length <= limits.characters) return { data, media_type: `image/${kept}` }
    side = Math.floor(side * shrink)
  }
  throw new Error(`it still has more than ${limits.characters} base64 characters when scaled down`)
}

/** Undefined for an image that fits as it is. */
const fitted = (source: Fields, path: string, pixels: number): Effect.Effect<Fitted | undefined, ImageFitFailed> => {
  const { data, media_type: said } = source
  if (source["type"] !== "base64" || typeof data !== "string") return Effect.undefined
  const bare = data.replace(/^data:[^,]*,/, "")
  const seen = look(bare)
  const size = seen?.size
  const fits = size !== undefined && size.width <= pixels && size.height <= pixels && bare.length <= limits.characters
  if (fits && seen?.format !== undefined) {
    return Effect.succeed(seen.format === said && bare === data ? undefined : { data: bare, media_type: seen.format })
  }
  return Effect.flatMap(library, (open) =>
    Effect.tryPromise({
      try: () => convert(open, bare, pixels),
      catch: (cause) => new ImageFitFailed({ path, problem: cause instanceof Error ? cause.message : String(cause) })
    }))
}

const fitBlock = (
  block: unknown,
  path: string,
  pixels: number,
  changed: Array<string>
): Effect.Effect<unknown, ImageFitFailed> => {
  if (!isFields(block)) return Effect.succeed(block)
  const source = block["source"]
  if (block["type"] === "image" && isFields(source)) {
    return Effect.map(fitted(source, `${path}.source`, pixels), (next) => {
      if (next === undefined) return block
      changed.push(path)
      return { ...block, source: { ...source, ...next } }
    })
  }
  const inner = block["content"]
  return block["type"] === "tool_result" && Array.isArray(inner)
    ? Effect.map(
      fitAll(inner, `${path}.content`, pixels, changed),
      (content) => content === inner ? block : { ...block, content }
    )
    : Effect.succeed(block)
}

/** The same list where nothing changed. */
const fitAll = (
  blocks: ReadonlyArray<unknown>,
  path: string,
  pixels: number,
  changed: Array<string>
): Effect.Effect<ReadonlyArray<unknown>, ImageFitFailed> =>
  Effect.map(
    Effect.forEach(blocks, (block, at) => fitBlock(block, `${path}.${at}`, pixels, changed)),
    (next) => next.some((block, at) => block !== blocks[at]) ? next : blocks
  )

const imagesIn = (value: unknown): number => {
  let count = 0
  for (const message of list(value)) {
    for (const block of list(isFields(message) ? message["content"] : undefined)) {
      if (!isFields(block)) continue
      if (block["type"] === "image") count++
      else count += list(block["content"]).filter((inner) => isFields(inner) && inner["type"] === "image").length
    }
  }
  return count
}

/** The messages with their images made to fit, and the paths of those that were changed. */
export const fitMessages = Effect.fnUntraced(function*(messages: ReadonlyArray<unknown>) {
  const pixels = imagesIn(messages) > limits.many ? limits.pixelsOfMany : limits.pixels
  const changed: Array<string> = []
  const next = yield* Effect.forEach(messages, (message, index) => {
    const content = isFields(message) ? message["content"] : undefined
    return !isFields(message) || !Array.isArray(content) ? Effect.succeed<unknown>(message) : Effect.map(
      fitAll(content, `messages.${index}.content`, pixels, changed),
      (fit): unknown => fit === content ? message : { ...message, content: fit }
    )
  })
  return { messages: next, changed }
})
