/** What is rejected of images and documents. */
import type { Rule } from "../../RequestRules.ts"
import * as Tokens from "../tokens.ts"
import { first, invalid, isCurrent, listOf, modelOf, placed } from "./parts.ts"

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
  if (bytes.subarray(8, 16).toString("latin1") === "WEBPVP8X" && bytes.length >= 30) {
    return Math.max(bytes.readUIntLE(24, 3), bytes.readUIntLE(27, 3)) + 1
  }
  if (sniff(bytes) !== "image/jpeg") return 0
  // From segment to segment up to the frame.
  for (let at = 2; at + 9 < bytes.length; at += 2 + bytes.readUInt16BE(at + 2)) {
    const marker = bytes[at + 1] ?? 0
    if (marker >= 0xc0 && marker <= 0xc3) return Math.max(bytes.readUInt16BE(at + 5), bytes.readUInt16BE(at + 7))
  }
  return 0
}

/** Leaves of the page tree that stand uncompressed in the file. */
const pagesOf = (bytes: Buffer): number => bytes.toString("latin1").match(/\/Type\s*\/Page\b/g)?.length ?? 0

export const media: ReadonlyArray<Rule> = [
  {
    name: "pages",
    check: (received) => {
      const most = (modelOf(received)?.contextWindow ?? Infinity) <= 200_000 ? 100 : 600
      const all = placed(received)
      const pages = all.reduce((sum, { block }) => {
        const { data, type } = Tokens.fields(block["source"])
        return block["type"] === "document" && type === "base64"
          ? sum + pagesOf(Buffer.from(String(data), "base64"))
          : sum
      }, 0)
      const images = all.filter(({ block }) => block["type"] === "image").length
      return pages > 0 && pages + images > most
        ? invalid(`A maximum of ${most} PDF pages may be provided.`)
        : undefined
    }
  },
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
        const bytes = Buffer.from(data.slice(0, 1_000_000), "base64")
        const seen = sniff(bytes)
        if (bytes.subarray(0, 2).toString("latin1") === "BM") return `${place}.data: Could not process image`
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
        if (
          block["type"] === "text" && role === "user" && listOf(block["citations"]).length > 0 && isCurrent(received)
        ) {
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
