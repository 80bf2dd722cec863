/** Walking a JSON Schema, whatever it says. */
import * as Option from "effect/Option"
import { type Fields, isFields } from "./fields.ts"

/** Keywords that hold schemas by name, in a list, or one. */
const named = new Set(["properties", "patternProperties", "$defs", "definitions"])
const listed = new Set(["anyOf", "oneOf", "allOf", "prefixItems"])
const single = new Set(["items", "additionalProperties", "not", "propertyNames"])

export type Visit = (schema: Fields, path: string) => void

/** The schemas right below one, with their paths. */
export const below = (schema: Fields, path: string, visit: Visit): void => {
  const see = (value: unknown, at: string): void => {
    if (isFields(value)) visit(value, at)
  }
  for (const [key, value] of Object.entries(schema)) {
    const at = `${path}.${key}`
    if (named.has(key) && isFields(value)) {
      for (const [name, one] of Object.entries(value)) see(one, `${at}.${name}`)
    } else if (listed.has(key) && Array.isArray(value)) {
      for (const [index, one] of value.entries()) see(one, `${at}.${index}`)
    } else if (single.has(key)) see(value, at)
  }
}

/** The schema with each inside of it changed, from the innermost out. */
export const map = (schema: Fields, change: (schema: Fields) => Fields): Fields => {
  const one = (value: unknown): unknown => isFields(value) ? map(value, change) : value
  return change(Object.fromEntries(
    Object.entries(schema).map(([key, value]) => [
      key,
      named.has(key) && isFields(value)
        ? Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, one(inner)]))
        : listed.has(key) && Array.isArray(value)
        ? value.map(one)
        : single.has(key)
        ? one(value)
        : value
    ])
  ))
}

/** A text that is no URL encoding stands for itself. */
const decoded = (text: string): string => Option.getOrElse(Option.liftThrowable(decodeURIComponent)(text), () => text)

/** What a reference points at, undefined if it points at nothing in this schema. */
export const target = (schema: Fields, reference: unknown): unknown => {
  if (typeof reference !== "string" || !reference.startsWith("#")) return undefined
  let found: unknown = schema
  for (const name of reference.split("/").slice(1)) {
    const key = decoded(name).replaceAll("~1", "/").replaceAll("~0", "~")
    found = isFields(found) && Object.hasOwn(found, key)
      ? found[key]
      : Array.isArray(found)
      ? found[Number(key)]
      : undefined
  }
  return found
}
