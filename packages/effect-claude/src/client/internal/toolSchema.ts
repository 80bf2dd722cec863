/** JSON Schemas of tool input as the API takes them: an object at the top, no union there, every reference resolved. */
import type * as Messages from "@anthropic-ai/sdk/resources/messages"
import * as AnthropicStructuredOutput from "effect/ai/AnthropicStructuredOutput"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import type * as ClaudeError from "../../errors/ClaudeError.ts"
import { type Fields, isFields } from "./fields.ts"
import { below, map, target, type Visit } from "./jsonSchema.ts"

export type InputSchema = Messages.Tool.InputSchema

type Violation = ClaudeError.Violation
export type Checked<A> = Result.Result<A, ReadonlyArray<Violation>>

const root = "input_schema"

export const violation = (path: string, message: string, fix: string): Violation => ({
  path,
  rule: "toolSchema",
  message,
  fix
})

/** Numbers that JSON cannot write, which Effect's codec takes as texts; no model needs to be told. */
const unwritable = JSON.stringify({ type: "string", enum: ["Infinity", "-Infinity", "NaN"] })

const unique = (members: ReadonlyArray<unknown>): ReadonlyArray<unknown> => {
  const texts = members.map((member) => JSON.stringify(member))
  return members.filter((_, at) => texts[at] !== unwritable && texts.indexOf(texts[at]!) === at)
}

/** The same schema in fewer words: every request pays for them. */
const shorter = (schema: Fields): Fields => {
  const { additionalProperties, anyOf, maximum, minimum, not, ...rest } = schema
  const members = Array.isArray(anyOf) ? unique(anyOf) : []
  const [only] = members
  return {
    ...(isFields(not) && not["type"] === "null" ? { type: "object" } : not === undefined ? {} : { not }),
    ...(members.length === 1 && isFields(only) ? only : members.length > 0 ? { anyOf: members } : {}),
    ...rest,
    ...(additionalProperties === undefined || additionalProperties === true ? {} : { additionalProperties }),
    ...(minimum === undefined || minimum === Number.MIN_SAFE_INTEGER ? {} : { minimum }),
    ...(maximum === undefined || maximum === Number.MAX_SAFE_INTEGER ? {} : { maximum })
  }
}

const unresolved = (schema: Fields): ReadonlyArray<Violation> => {
  const found: Array<Violation> = []
  const visit: Visit = (inner, path) => {
    const reference = inner["$ref"]
    if (reference !== undefined && target(schema, reference) === undefined) {
      found.push(
        violation(`${path}.$ref`, `${String(reference)} points at nothing in the schema.`, "Define it in $defs.")
      )
    }
    below(inner, path, visit)
  }
  visit(schema, root)
  return found
}

/** Members of an `allOf` at the top say the same as keywords beside each other, unless two of them differ. */
const merged = (schema: Fields): Fields => {
  const { allOf, ...rest } = schema
  if (!Array.isArray(allOf)) return schema
  const left: Array<unknown> = []
  for (const member of allOf) {
    const clashes = !isFields(member) ||
      Object.entries(member).some(([key, value]) => key in rest && JSON.stringify(rest[key]) !== JSON.stringify(value))
    if (clashes) left.push(member)
    else Object.assign(rest, member)
  }
  return left.length === 0 ? rest : { ...rest, allOf: left }
}

/** An object at the top, its references resolved. */
const atTop = (schema: Fields): Fields => {
  let top = schema
  // A chain of references is shorter than the definitions are many.
  for (let left = Object.keys(schema).length + 100; left > 0 && top["$ref"] !== undefined; left--) {
    const { $ref, ...rest } = top
    const found = target(schema, $ref)
    if (!isFields(found)) return schema
    top = { ...found, ...rest }
  }
  const { $defs, ...rest } = merged(top)
  const open = ["type", "anyOf", "oneOf", "allOf", "not", "$ref", "enum", "const"].every((key) =>
    rest[key] === undefined
  )
  return { ...(open ? { type: "object" } : {}), ...rest, ...($defs === undefined ? {} : { $defs }) }
}

const isInputSchema = (schema: Fields): schema is Fields & InputSchema => schema["type"] === "object"

const shape = (schema: Fields): ReadonlyArray<Violation> => {
  const union = ["anyOf", "oneOf", "allOf"].find((key) => schema[key] !== undefined)
  if (union !== undefined) {
    return [
      violation(`${root}.${union}`, `The schema has ${union} at its top.`, "Put it one level down, into a property.")
    ]
  }
  if (isInputSchema(schema)) return []
  if (schema["$ref"] !== undefined) {
    return [violation(`${root}.$ref`, "The reference leads back to itself.", "Describe an object.")]
  }
  const type = JSON.stringify(schema["type"] ?? "something else")
  return [violation(`${root}.type`, `The input is ${type}, not an object.`, "Make it a property of a Struct.")]
}

const checked = (given: Fields): Checked<InputSchema> => {
  const dangling = unresolved(given)
  const schema = atTop(given)
  const faults = dangling.length > 0 ? dangling : shape(schema)
  return faults.length === 0 && isInputSchema(schema) ? Result.succeed(schema) : Result.fail(faults)
}

const attempt = <A>(make: () => A): Checked<A> =>
  Result.try({
    try: make,
    catch: (
      error
    ) => [violation(root, error instanceof Error ? error.message : String(error), "Write it in JSON's terms.")]
  })

const documentOf = (schema: Schema.Top): Checked<Fields> =>
  attempt(() => {
    const { definitions, schema: top } = Schema.toJsonSchemaDocument(schema)
    return map(Object.keys(definitions).length === 0 ? top : { ...top, $defs: definitions }, shorter)
  })

/** The schema of a tool's input, as Effect describes it. */
export const inputSchema = (schema: Schema.Top): Checked<InputSchema> => Result.flatMap(documentOf(schema), checked)

/** A schema that was given as JSON: what it says is its author's. */
export const jsonInputSchema = (schema: object): Checked<InputSchema> => checked({ ...schema })

/** Where a schema refers to itself, or leaves open what a grammar needs. */
const unbounded = (schema: Fields): ReadonlyArray<Violation> => {
  const found: Array<Violation> = []
  const around = new Set<unknown>()
  const seen = new Set<unknown>()
  const visit: Visit = (inner, path) => {
    if (around.has(inner)) {
      found.push(violation(path, "The schema refers to itself.", "Leave Tool.Strict off, or bound its depth."))
    }
    if (seen.has(inner)) return
    seen.add(inner)
    around.add(inner)
    const says = ["type", "anyOf", "allOf", "oneOf", "enum", "const", "$ref"].some((key) => inner[key] !== undefined)
    if (!says) found.push(violation(path, "The value may be anything.", "Leave Tool.Strict off, or say what it is."))
    const referred = target(schema, inner["$ref"])
    if (isFields(referred)) visit(referred, `${path}.$ref`)
    below(inner, path, visit)
    around.delete(inner)
  }
  visit(schema, root)
  return found
}

/** What a grammar can hold: every object closed, optional keys required and nullable, records as lists of pairs. */
export const strict = (schema: Schema.Top) =>
  Result.flatMap(documentOf(schema), (document) => {
    const faults = unbounded(document)
    return faults.length > 0 ? Result.fail(faults) : Result.flatMap(
      // Effect's own function asks for a codec; which services it needs is of no matter for its shape.
      attempt(() => AnthropicStructuredOutput.toCodecAnthropic(schema as Schema.Codec<unknown, unknown>)),
      ({ codec, jsonSchema }) => Result.map(checked(jsonSchema), (input) => ({ codec, schema: input }))
    )
  })
