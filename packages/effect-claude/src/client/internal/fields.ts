/** Reading what was parsed from JSON and never narrowed: whatever is not of the expected kind reads as nothing. */
import type { Usage } from "../../errors/ClaudeError.ts"

export type Fields = Record<string, unknown>

export const isFields = (value: unknown): value is Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value)

export const number = (value: unknown): number => typeof value === "number" ? value : 0

export const string = (value: unknown): string => typeof value === "string" ? value : ""

/** What no count can be is none: it would be given back to the limiter, or never end. */
const count = (value: unknown): number =>
  typeof value === "number" && value >= 0 && value <= Number.MAX_SAFE_INTEGER ? value : 0

/** Tokens as the API tells them; what it leaves out is none. */
interface Tokens {
  readonly input_tokens?: unknown
  readonly cache_creation_input_tokens?: unknown
  readonly cache_read_input_tokens?: unknown
  readonly output_tokens?: unknown
}

export const usageOf = (raw: Tokens | undefined, estimated = false): Usage => ({
  inputTokens: count(raw?.input_tokens),
  cacheCreationTokens: count(raw?.cache_creation_input_tokens),
  cacheReadTokens: count(raw?.cache_read_input_tokens),
  outputTokens: count(raw?.output_tokens),
  estimated
})

/** The value of a JSON text, undefined if it is none. */
export const parse = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** Deeper values are not written as JSON by everything that has to write them. */
const mostDepth = 1000

/** Whether what was parsed can be written again: JSON's numbers may be too large to be any. */
export const isWritable = (parsed: unknown): boolean => {
  const stack: Array<{ readonly value: unknown; readonly depth: number }> = [{ value: parsed, depth: 0 }]
  for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
    const { depth, value } = next
    if (typeof value === "number" && !Number.isFinite(value)) return false
    if (typeof value !== "object" || value === null) continue
    if (depth === mostDepth) return false
    for (const item of Object.values(value)) stack.push({ value: item, depth: depth + 1 })
  }
  return true
}
