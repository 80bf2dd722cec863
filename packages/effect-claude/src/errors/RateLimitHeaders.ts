/**
 * What the `anthropic-ratelimit-*` headers of an answer say, as data. Token numbers are rounded to thousands by the API,
 * and the headers of a stream describe its start.
 */

/** One limit: per minute, what is left, and the Clock time in milliseconds when it is full again. */
export interface Level {
  readonly limit: number
  readonly remaining: number | undefined
  readonly reset: number | undefined
}

export interface RateLimitHeaders {
  readonly requests: Level | undefined
  readonly tokens: Level | undefined
  readonly inputTokens: Level | undefined
  readonly outputTokens: Level | undefined
}

const number = (text: string | null): number | undefined => {
  if (text === null || text.trim() === "") return undefined
  const value = Number(text)
  return Number.isFinite(value) && value >= 0 ? value : undefined
}

const level = (header: (name: string) => string | null, name: string): Level | undefined => {
  const limit = number(header(`anthropic-ratelimit-${name}-limit`))
  if (limit === undefined) return undefined
  const reset = Date.parse(header(`anthropic-ratelimit-${name}-reset`) ?? "")
  return {
    limit,
    remaining: number(header(`anthropic-ratelimit-${name}-remaining`)),
    reset: Number.isNaN(reset) ? undefined : reset
  }
}

/** Reads the headers of one answer; a missing or unreadable limit is `undefined`, never an error. */
export const fromHeaders = (header: (name: string) => string | null): RateLimitHeaders => ({
  requests: level(header, "requests"),
  tokens: level(header, "tokens"),
  inputTokens: level(header, "input-tokens"),
  outputTokens: level(header, "output-tokens")
})
