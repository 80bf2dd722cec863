/** What is rejected of images and documents. */
import type { Rule } from "../../RequestRules.ts"
import * as Tokens from "../tokens.ts"
import { first, isCurrent, modelOf, placed } from "./parts.ts"

const types: ReadonlySet<unknown> = new Set(["image/jpeg", "image/png", "image/gif", "image/webp"])
const mostCharacters = 10 * 1024 * 1024

/** What the first bytes say. */
const sniff = (bytes: Buffer): string | undefined => {
  const hex = bytes.subarray(0, 4).toString("hex")
  if (hex === "89504e47") return "image/png"
  if (hex.startsWith("ffd8ff")) return "image/jpeg"
  if (hex === "47494638") return "image/gif"
  return hex === "52494646" ? "image/webp" : undefined
}

/** The longer side, of the formats whose first bytes tell it. */
const side = (bytes: Buffer): number => {
  if (sniff(bytes) === "image/png" && bytes.length >= 24) {
    return Math.max(bytes.readUInt32BE(16), bytes.readUInt32BE(20))
  }
  if (sniff(bytes) === "image/gif" && bytes.length >= 10) return Math.max(bytes.readUInt16LE(6), bytes.readUInt16LE(8))
  return 0
}

export const media: ReadonlyArray<Rule> = [
  {
    name: "image",
    check: (received) => {
      const images = placed(received).filter(({ block }) => block["type"] === "image")
      const many = images.length > 20
      const most = (modelOf(received)?.contextWindow ?? Infinity) <= 200_000 ? 100 : 600
      if (images.length > most) {
        return first([0], () => `messages: too many images and documents: ${images.length} + 0 > ${most}`)
      }
      return first(images, ({ block, path }) => {
        const { data, media_type: type, type: kind } = Tokens.fields(block["source"])
        if (kind !== "base64") return undefined
        const place = `${path}.image.source.base64`
        if (typeof data !== "string") return `${place}.data: Field required`
        if (!types.has(type)) {
          return `${place}.media_type: Input should be 'image/jpeg', 'image/png', 'image/gif' or 'image/webp'`
        }
        if (!/^[A-Za-z0-9+/]+=*$/.test(data)) return `${place}: invalid base64 data`
        const bytes = Buffer.from(data.slice(0, 64), "base64")
        const seen = sniff(bytes)
        if (seen !== undefined && seen !== type) {
          return `${place}: The image was specified using the ${
            String(type)
          } media type, but the image appears to be a ${seen} image`
        }
        if (data.length > mostCharacters) {
          return `${place}: image exceeds 10 MB maximum: ${data.length} bytes > ${mostCharacters} bytes`
        }
        const pixels = many ? 2000 : 8000
        if (block["transformations"] !== undefined || side(bytes) <= pixels) return undefined
        return `${place}.data: At least one of the image dimensions exceed max allowed size${
          many ? " for many-image requests" : ""
        }: ${pixels} pixels`
      })
    }
  },
  {
    name: "document",
    check: (received) =>
      first(placed(received), ({ block, path, role }) => {
        if (block["type"] === "text" && role === "user" && block["citations"] !== undefined && isCurrent(received)) {
          return `${path}.text.citations: Extra inputs are not permitted`
        }
        if (block["type"] !== "document") return undefined
        if (
          role === "assistant" && isCurrent(received)
        ) return `${path}: \`document\` blocks are not permitted in assistant messages`
        const { data, media_type: type, type: kind } = Tokens.fields(block["source"])
        if (kind !== "base64") return undefined
        if (
          type !== "application/pdf"
        ) return `${path}.document.source.base64.media_type: Input should be 'application/pdf'`
        return Buffer.from(String(data), "base64").subarray(0, 1024).includes("%PDF")
          ? undefined
          : `${path}.document.source.base64.data: The PDF specified was not valid.`
      })
  }
]
