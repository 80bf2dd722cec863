/** A request's text for the limiter's estimate: its size, an image as its usual tokens, and whether a cache may help. */
import type { Measure } from "../../conversation/internal/log.ts"
import { log, versionOf } from "../../conversation/internal/version.ts"

/** Characters that stand for one base64 source: about 1,500 tokens. */
const sourceCharacters = 5_250

/** What is nested deeper is not counted, and nothing beyond so many characters: it cannot be sent anyway. */
const mostDepth = 1000
const mostCharacters = 64 * 1024 * 1024

interface Sum {
  characters: number
  cached: boolean
}

const visit = (value: unknown, depth: number, sum: Sum): void => {
  if (typeof value === "string") {
    sum.characters += value.length
    return
  }
  if (typeof value !== "object" || value === null) {
    sum.characters += 4
    return
  }
  if (depth > mostDepth || sum.characters > mostCharacters) return
  if (Array.isArray(value)) {
    sum.characters += 2
    for (const item of value) visit(item, depth + 1, sum)
    return
  }
  if ("type" in value && value.type === "base64") {
    sum.characters += sourceCharacters
    return
  }
  sum.characters += 2
  for (const [name, item] of Object.entries(value)) {
    sum.characters += name.length
    sum.cached ||= name === "cache_control"
    visit(item, depth + 1, sum)
  }
}

const measureAny = (value: unknown): Sum => {
  const sum: Sum = { characters: 0, cached: false }
  visit(value, 0, sum)
  return sum
}

const charactersOf: Measure = (message) => measureAny(message).characters
const cachedOf: Measure = (message) => measureAny(message).cached ? 1 : 0

/** Of a history's messages only those are measured that were not before. */
export const measure = (params: object): Readonly<Sum> => {
  const version = versionOf(Reflect.get(params, "messages"))
  if (version === undefined) return measureAny(params)
  const rest = measureAny({ ...params, messages: [] })
  return {
    characters: rest.characters + version[log].sum(charactersOf, version.length),
    cached: rest.cached || version[log].sum(cachedOf, version.length) > 0
  }
}
