/** The size of a request's text in characters, for the limiter's estimate; an image counts as its usual tokens. */

/** Characters that stand for one base64 source: about 1,500 tokens. */
const sourceCharacters = 5_250

export const measure = (value: unknown): number => {
  if (typeof value === "string") return value.length
  if (typeof value !== "object" || value === null) return 4
  let size = 2
  if (Array.isArray(value)) {
    for (const item of value) size += measure(item)
    return size
  }
  if ("type" in value && value.type === "base64") return sourceCharacters
  for (const [name, item] of Object.entries(value)) size += name.length + measure(item)
  return size
}
