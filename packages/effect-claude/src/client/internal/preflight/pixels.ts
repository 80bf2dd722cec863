/** What an image's first bytes tell: what it is, and how large. No library; unknown bytes tell nothing. */

export type Format = "image/png" | "image/jpeg" | "image/gif" | "image/webp"

/** What an image is often sent as, and the API does not read. */
export type Foreign = "image/bmp" | "image/tiff" | "image/heic" | "image/avif" | "image/svg+xml" | "application/pdf"

export interface Size {
  readonly width: number
  readonly height: number
}

/** Base64 characters in which a format and most sizes are found; a JPEG's size may stand further back. */
const head = 64
const jpegHeads = [4096, 65_536, 524_288]

const decode = (base64: string, characters: number): Uint8Array | undefined => {
  const part = base64.slice(0, Math.min(characters, base64.length - base64.length % 4))
  try {
    return Uint8Array.from(atob(part), (sign) => sign.charCodeAt(0))
  } catch {
    return undefined
  }
}

const is = (bytes: Uint8Array, at: number, text: string): boolean => {
  for (let n = 0; n < text.length; n++) if (bytes[at + n] !== text.charCodeAt(n)) return false
  return true
}

const big = (bytes: Uint8Array, at: number, count: number): number => {
  let value = 0
  for (let n = 0; n < count; n++) value = value * 256 + (bytes[at + n] ?? 0)
  return value
}

const little = (bytes: Uint8Array, at: number, count: number): number => {
  let value = 0
  for (let n = count - 1; n >= 0; n--) value = value * 256 + (bytes[at + n] ?? 0)
  return value
}

const formatOf = (bytes: Uint8Array): Format | undefined => {
  if (is(bytes, 0, "\u0089PNG\r\n\u001a\n")) return "image/png"
  if (bytes[0] === 0xff && bytes[1] === 0xd8 && bytes[2] === 0xff) return "image/jpeg"
  if (is(bytes, 0, "GIF87a") || is(bytes, 0, "GIF89a")) return "image/gif"
  if (is(bytes, 0, "RIFF") && is(bytes, 8, "WEBP")) return "image/webp"
  return undefined
}

const brands: ReadonlyMap<string, Foreign> = new Map([
  ["avif", "image/avif"],
  ["avis", "image/avif"],
  ["heic", "image/heic"],
  ["heix", "image/heic"],
  ["mif1", "image/heic"]
])

const foreignOf = (bytes: Uint8Array): Foreign | undefined => {
  if (is(bytes, 0, "%PDF-")) return "application/pdf"
  if (is(bytes, 0, "II*\0") || is(bytes, 0, "MM\0*")) return "image/tiff"
  // Two letters are too short to go by: four bytes behind the length are zero.
  if (is(bytes, 0, "BM") && is(bytes, 6, "\0\0\0\0")) return "image/bmp"
  if (is(bytes, 0, "<svg")) return "image/svg+xml"
  return is(bytes, 4, "ftyp") ? brands.get(String.fromCharCode(...bytes.subarray(8, 12))) : undefined
}

const jpegSize = (base64: string): Size | undefined => {
  for (const characters of jpegHeads) {
    const bytes = decode(base64, characters)
    if (bytes === undefined) return undefined
    let at = 2
    while (at + 9 < bytes.length && bytes[at] === 0xff) {
      const marker = bytes[at + 1]!
      // Frames, but for the tables that have numbers among theirs.
      if (marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc) {
        return { height: big(bytes, at + 5, 2), width: big(bytes, at + 7, 2) }
      }
      at += 2 + big(bytes, at + 2, 2)
    }
    if (characters >= base64.length || (at + 9 < bytes.length && bytes[at] !== 0xff)) return undefined
  }
  return undefined
}

const webpSize = (bytes: Uint8Array): Size | undefined => {
  if (is(bytes, 12, "VP8X")) return { width: little(bytes, 24, 3) + 1, height: little(bytes, 27, 3) + 1 }
  if (is(bytes, 12, "VP8L")) {
    const bits = little(bytes, 21, 4)
    return { width: bits % 16_384 + 1, height: Math.floor(bits / 16_384) % 16_384 + 1 }
  }
  if (is(bytes, 12, "VP8 ")) return { width: little(bytes, 26, 2) % 16_384, height: little(bytes, 28, 2) % 16_384 }
  return undefined
}

/** What the bytes tell; `foreign` for what the API does not read. */
export interface Look {
  readonly format: Format | undefined
  readonly foreign?: Foreign | undefined
  readonly size: Size | undefined
}

/** Undefined for text that is no base64. */
export const look = (base64: string): Look | undefined => {
  const bytes = decode(base64, head)
  if (bytes === undefined) return undefined
  const format = formatOf(bytes)
  switch (format) {
    case "image/png":
      return {
        format,
        size: is(bytes, 12, "IHDR") ? { width: big(bytes, 16, 4), height: big(bytes, 20, 4) } : undefined
      }
    case "image/gif":
      return { format, size: { width: little(bytes, 6, 2), height: little(bytes, 8, 2) } }
    case "image/jpeg":
      return { format, size: jpegSize(base64) }
    case "image/webp":
      return { format, size: webpSize(bytes) }
    default:
      return { format: undefined, foreign: foreignOf(bytes), size: undefined }
  }
}

/** Whether a PDF's mark is where readers look for it: in the first kilobyte. */
export const isPdf = (base64: string): boolean | undefined => {
  const bytes = decode(base64, 1368)
  if (bytes === undefined) return undefined
  for (let at = 0; at < bytes.length - 4; at++) if (is(bytes, at, "%PDF")) return true
  return false
}
