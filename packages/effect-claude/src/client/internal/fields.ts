/** Reading what was parsed from JSON and never narrowed: whatever is not of the expected kind reads as nothing. */
import type { Usage } from "../../errors/ClaudeError.ts"

export type Fields = Record<string, unknown>

export const isFields = (value: unknown): value is Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value)

export const number = (value: unknown): number => typeof value === "number" ? value : 0

export const string = (value: unknown): string => typeof value === "string" ? value : ""

/** Tokens as the API tells them; what it leaves out is none. */
interface Tokens {
  readonly input_tokens?: unknown
  readonly cache_creation_input_tokens?: unknown
  readonly cache_read_input_tokens?: unknown
  readonly output_tokens?: unknown
}

export const usageOf = (raw: Tokens | undefined, estimated = false): Usage => ({
  inputTokens: number(raw?.input_tokens),
  cacheCreationTokens: number(raw?.cache_creation_input_tokens),
  cacheReadTokens: number(raw?.cache_read_input_tokens),
  outputTokens: number(raw?.output_tokens),
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
