/** Reading what was parsed from JSON and never narrowed: whatever is not of the expected kind reads as nothing. */
export type Fields = Record<string, unknown>

export const isFields = (value: unknown): value is Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value)

export const number = (value: unknown): number => typeof value === "number" ? value : 0

export const string = (value: unknown): string => typeof value === "string" ? value : ""

/** The value of a JSON text, undefined if it is none. */
export const parse = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
