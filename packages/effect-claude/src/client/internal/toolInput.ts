/** What a model legally sends for a tool's input, as the tool's schema wants it. */
import * as Schema from "effect/Schema"
import * as SchemaAST from "effect/SchemaAST"
import * as SchemaParser from "effect/SchemaParser"
import { type Fields, isFields } from "./fields.ts"

const hasNull = (value: unknown): boolean =>
  value === null ||
  (Array.isArray(value) ? value.some(hasNull) : isFields(value) && Object.values(value).some(hasNull))

const takesNull = (ast: SchemaAST.AST): boolean => {
  switch (ast._tag) {
    case "Null":
    case "Unknown":
    case "Any":
      return true
    case "Union":
      return ast.types.some(takesNull)
    case "Suspend":
      return takesNull(ast.thunk())
    default:
      return false
  }
}

/** Members that the value's literals, such as its tag, do not rule out: a tree of tagged nodes is walked once. */
const possible = (types: ReadonlyArray<SchemaAST.AST>, value: unknown): ReadonlyArray<SchemaAST.AST> =>
  types.filter((type) =>
    type._tag !== "Objects" ||
    (isFields(value) && type.propertySignatures.every(({ name, type: property }) =>
      property._tag !== "Literal" || typeof name !== "string" || value[name] === property.literal
    ))
  )

const object = (ast: SchemaAST.Objects, value: Fields): Fields => {
  const properties = new Map(ast.propertySignatures.map(({ name, type }) => [name, type]))
  const [index] = ast.indexSignatures
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, one]) => {
      const type = properties.get(key) ?? index?.type
      if (type === undefined) return [[key, one]]
      return one === null && SchemaAST.isOptional(type) && !takesNull(type) ? [] : [[key, without(type, one)]]
    })
  )
}

const without = (ast: SchemaAST.AST, value: unknown): unknown => {
  if (!hasNull(value)) return value
  switch (ast._tag) {
    case "Objects":
      return isFields(value) ? object(ast, value) : value
    case "Arrays":
      return Array.isArray(value)
        ? value.map((one, at) => {
          const type = ast.elements[at] ?? ast.rest[0]
          return type === undefined ? one : without(type, one)
        })
        : value
    case "Union": {
      for (const type of possible(ast.types, value)) {
        const changed = without(type, value)
        if (SchemaParser.is(Schema.make(type))(changed)) return changed
      }
      return value
    }
    case "Suspend":
      return without(ast.thunk(), value)
    default:
      return value
  }
}

/** The value without each `null` that stands for a key which may be missing; every other is meant. */
export const withoutNulls = (encoded: SchemaAST.AST, value: unknown): unknown => without(encoded, value)
