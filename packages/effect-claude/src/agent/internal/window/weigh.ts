/** What a part of a prompt weighs: bytes of text, and tokens for what has a formula of its own. */
import type Anthropic from "@anthropic-ai/sdk"
import { pagesOf } from "../../../client/internal/preflight/pdf.ts"
import { look } from "../../../client/internal/preflight/pixels.ts"
import { type Fields, isFields } from "../../../conversation/internal/turns.ts"

/** What is nested deeper is not weighed: it cannot be sent. */
const mostDepth = 1000

/** UTF-8: what is not ASCII takes more tokens a character. */
const bytesOfText = (text: string): number => {
  let bytes = text.length
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code >= 0x80) bytes += code < 0x800 || (code >= 0xd800 && code <= 0xdfff) ? 1 : 2
  }
  return bytes
}

const isMedia = (fields: Fields): boolean => {
  if (fields["type"] !== "image" && fields["type"] !== "document") return false
  const { source } = fields
  return isFields(source) && source["type"] !== "text" && source["type"] !== "content"
}

const visit = (value: unknown, depth: number, media: ((block: Fields) => void) | undefined): number => {
  if (typeof value === "string") return media === undefined ? bytesOfText(value) : 0
  if (typeof value !== "object" || value === null) return 4
  if (depth > mostDepth) return 0
  let bytes = 0
  if (Array.isArray(value)) {
    for (const item of value) bytes += visit(item, depth + 1, media)
    return bytes
  }
  if (isFields(value) && isMedia(value)) {
    media?.(value)
    return 0
  }
  for (const [name, item] of Object.entries(value)) bytes += name.length + visit(item, depth + 1, media)
  return bytes
}

/** Bytes of text, images and documents apart. */
export const bytesOf = (value: unknown): number => visit(value, 0, undefined)

/** Pixels of a token's side, and what larger images are scaled down to (build-with-claude/vision). */
const patch = 28
const large = { side: 2576, tokens: 4784 }
const less = { side: 1568, tokens: 1568 }
/** A page of a PDF has up to so many tokens of text (build-with-claude/pdf-support). */
const pageText = 3000
/** Base64 characters of a page, where the file's index does not tell how many there are. */
const pageCharacters = 100_000

const imageTokens = (source: Fields, most: typeof large): number => {
  const { data } = source
  const size = typeof data === "string" ? look(data)?.size : undefined
  if (size === undefined) return most.tokens
  const scale = Math.min(1, most.side / Math.max(size.width, size.height, 1))
  const tokens = Math.ceil(size.width * scale / patch) * Math.ceil(size.height * scale / patch)
  return Math.min(most.tokens, tokens)
}

const documentTokens = (source: Fields, most: typeof large): number => {
  const { data } = source
  const pages = typeof data !== "string" ? 1 : pagesOf(data) ?? Math.ceil(data.length / pageCharacters)
  return pages * (pageText + Math.min(most.tokens, less.tokens))
}

const mediaTokens = (most: typeof large) => (value: unknown): number => {
  let tokens = 0
  visit(value, 0, (block) => {
    const source = isFields(block["source"]) ? block["source"] : {}
    tokens += block["type"] === "image" ? imageTokens(source, most) : documentTokens(source, most)
  })
  return tokens
}

type Measure = (message: Anthropic.MessageParam) => number

/** A message does not change: it is weighed once. */
const once = (measure: Measure): Measure => {
  const known = new WeakMap<Anthropic.MessageParam, number>()
  return (message) => {
    let weight = known.get(message)
    if (weight === undefined) known.set(message, weight = measure(message))
    return weight
  }
}

/** Bytes of a message's text. */
export const text: Measure = once(bytesOf)

/** Tokens of a message's images and documents, for newer models and for those up to 4.6. */
export const media: Measure = once(mediaTokens(large))
export const mediaOfOlder: Measure = once(mediaTokens(less))
