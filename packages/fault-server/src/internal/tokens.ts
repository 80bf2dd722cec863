/**
 * The server's own way of counting, deliberately not the client's: the same for the same request, and near the real one in
 * what matters, so that a character of another script, an image and a page each cost what they do there.
 */

type Fields = Readonly<Record<string, unknown>>

export const fields = (value: unknown): Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value) ? { ...value } : {}

/** Characters of ASCII a token. */
const perToken = 4.2
/** Tokens of a page of a PDF, its picture included. */
const page = 2_300
/** An image whose size is not known. */
const unknownImage = 1_600

/** ASCII counts one; an accented letter half a token, any other script a token a character. */
const text = (value: string): number => {
  let sum = value.length
  for (let at = 0; at < value.length; at++) {
    const code = value.charCodeAt(at)
    if (code >= 0x80) sum += (code < 0x800 ? perToken / 2 : perToken) - 1
  }
  return sum
}

/** Of a PNG or a GIF; a request with others is no less deterministic. */
const sizeOf = (data: string): readonly [number, number] | undefined => {
  const bytes = Buffer.from(data.slice(0, 64), "base64")
  if (bytes.length >= 24 && bytes.readUInt32BE(0) === 0x89504e47) {
    return [bytes.readUInt32BE(16), bytes.readUInt32BE(20)]
  }
  return bytes.length >= 10 && bytes.toString("latin1", 0, 3) === "GIF"
    ? [bytes.readUInt16LE(6), bytes.readUInt16LE(8)]
    : undefined
}

/** A token for each 28 × 28 pixels, of what is left after scaling down. */
const image = (source: Fields): number => {
  const size = typeof source["data"] === "string" ? sizeOf(source["data"]) : undefined
  if (size === undefined) return unknownImage
  const scale = Math.min(1, 2576 / Math.max(...size))
  return Math.min(4784, Math.ceil(size[0] * scale / 28) * Math.ceil(size[1] * scale / 28))
}

const document = (source: Fields): number => {
  const { data } = source
  const pages = typeof data === "string"
    ? Buffer.from(data, "base64").toString("latin1").match(/\/Type\s*\/Page\b/g)?.length
    : undefined
  return (pages ?? 1) * page
}

const characters = (value: unknown): number => {
  if (typeof value === "string") return text(value)
  if (Array.isArray(value)) return value.reduce<number>((sum, item) => sum + characters(item), 0)
  if (typeof value !== "object" || value === null) return 2
  const { source, type } = fields(value)
  const kind = fields(source)["type"]
  if ((type === "image" || type === "document") && kind !== undefined && kind !== "text" && kind !== "content") {
    return perToken * (type === "image" ? image(fields(source)) : document(fields(source)))
  }
  return Object.entries(value).reduce((sum, [name, item]) => sum + name.length + characters(item), 0)
}

/** About 4.2 characters a token over system, tools and messages, and a little for the frame. */
export const estimate = (request: unknown): number => {
  const { messages, system, tools } = fields(request)
  return Math.max(
    1,
    Math.round((characters(system ?? "") + characters(tools ?? "") + characters(messages ?? "")) / perToken) + 6
  )
}
