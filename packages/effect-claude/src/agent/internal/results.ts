/** What a handler gives, as the model is to see it: declared failures and nothing else of what went wrong. */
import type Anthropic from "@anthropic-ai/sdk"
import * as AiError from "effect/ai/AiError"
import type * as Prompt from "effect/ai/Prompt"
import type * as Tool from "effect/ai/Tool"
import { wellFormed } from "./wellFormed.ts"

type Content = Exclude<Anthropic.ToolResultBlockParam["content"], undefined>

/** Characters of text that a result may have: more would fill the window. */
export const longest = 500_000
/** The same for all results of one turn. */
const longestTurn = 2_000_000
/** Characters of images and files in a result, and in all of a turn: a request of 32 MB is refused for good. */
const largest = 7_000_000
const largestTurn = 16_000_000

const text = (value: unknown): string => typeof value === "string" ? value : JSON.stringify(value) ?? ""

const base64 = (bytes: Uint8Array): string => {
  let binary = ""
  for (const byte of bytes) binary += String.fromCharCode(byte)
  return btoa(binary)
}

const images = ["image/jpeg", "image/png", "image/gif", "image/webp"] as const

const part = (given: Prompt.ToolModelOutputPart): Exclude<Content, string>[number] => {
  if (given.type === "text") return { type: "text", text: wellFormed(given.text) }
  const { data, mediaType } = given
  const image = images.find((type) => type === mediaType)
  if (data instanceof URL) {
    return image !== undefined || mediaType.startsWith("image/")
      ? { type: "image", source: { type: "url", url: data.href } }
      : { type: "document", source: { type: "url", url: data.href } }
  }
  const encoded = typeof data === "string" ? data : base64(data)
  if (image !== undefined) return { type: "image", source: { type: "base64", media_type: image, data: encoded } }
  return mediaType === "application/pdf"
    ? { type: "document", source: { type: "base64", media_type: "application/pdf", data: encoded } }
    : { type: "text", text: `[a file of type ${mediaType}, which cannot be shown]` }
}

/** The API takes no empty text. */
const isSomething = (part: Exclude<Content, string>[number]): boolean => part.type !== "text" || part.text !== ""

const block = (id: string, content: Content, failed: boolean): Anthropic.ToolResultBlockParam => ({
  type: "tool_result",
  tool_use_id: id,
  ...(content.length === 0 ? {} : { content: typeof content === "string" ? wellFormed(content) : content }),
  ...(failed ? { is_error: true } : {})
})

interface Size {
  /** Characters of text, and of all else. */
  readonly text: number
  readonly media: number
}

const sizeOf = (content: Anthropic.ToolResultBlockParam["content"]): Size => {
  if (typeof content === "string" || content === undefined) return { text: content?.length ?? 0, media: 0 }
  let [text, media] = [0, 0]
  for (const part of content) {
    if (part.type === "text") text += part.text.length
    else media += JSON.stringify(part).length
  }
  return { text, media }
}

const tooLong = (id: string, { media, text }: Size, why: string): Anthropic.ToolResultBlockParam =>
  block(id, `The tool ran, but its result of ${media + text} characters ${why}`, true)

const sized = (id: string, content: Content, failed: boolean): Anthropic.ToolResultBlockParam => {
  const size = sizeOf(content)
  if (size.text > longest) return tooLong(id, size, `is longer than ${longest}. Ask for less.`)
  return size.media > largest
    ? tooLong(id, size, `has images or files of more than ${largest}. Ask for smaller ones.`)
    : block(id, content, failed)
}

/** The results of a turn as they may be sent together: those that do not fit, in their order, say so instead. */
export const together = (
  results: ReadonlyArray<Anthropic.ToolResultBlockParam>
): ReadonlyArray<Anthropic.ToolResultBlockParam> => {
  let [text, media] = [0, 0]
  return results.map((result) => {
    const size = sizeOf(result.content)
    if (text + size.text > longestTurn || media + size.media > largestTurn) {
      return tooLong(result.tool_use_id, size, "did not fit beside the others of this turn. Ask for less at once.")
    }
    text += size.text
    media += size.media
    return result
  })
}

export const failure = (id: string, message: string): Anthropic.ToolResultBlockParam => block(id, message, true)

export const success = (id: string, encoded: unknown): Anthropic.ToolResultBlockParam => sized(id, text(encoded), false)

/** A failure that the tool declares. */
export const failed = (id: string, encoded: unknown): Anthropic.ToolResultBlockParam =>
  // The API takes no failure without words.
  sized(id, text(encoded) || "The tool failed and says nothing of it.", true)

/** What an unexpected failure may say to the model: nothing of it, and where the log has it. */
export const defect = (id: string, trace: string): Anthropic.ToolResultBlockParam =>
  failure(id, `The tool failed for a reason that it does not declare. It may have had an effect. Trace id: ${trace}`)

/** The result of a handler, undefined where it failed with something that it does not declare. */
export const handled = (
  id: string,
  result: Tool.HandlerResult<Tool.Any>
): Anthropic.ToolResultBlockParam | undefined => {
  if (!result.isFailure) {
    return result.modelOutput === undefined
      ? success(id, result.encodedResult)
      : sized(id, result.modelOutput.map(part).filter(isSomething), false)
  }
  return AiError.isAiError(result.result) ? undefined : failed(id, result.encodedResult)
}
