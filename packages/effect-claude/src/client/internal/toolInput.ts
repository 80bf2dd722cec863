/** What a model legally sends for a tool's input, as the tool's schema wants it. */
import * as Schema from "effect/Schema"
import * as SchemaAST from "effect/SchemaAST"
import * as SchemaParser from "effect/SchemaParser"
import { type Fields, isFields } from "./fields.ts"

/** Levels of an input in which a `null` is looked for; what is nested deeper stays as it is. */
const deepest = 200

/** Objects and lists with a `null` somewhere inside of them, found in one walk. */
const holding = (value: unknown, found: Set<unknown>, level: number): boolean => {
  if (value === null) return true
  if (typeof value !== "object" || level === deepest) return false
  let holds = false
  for (const one of Object.values(value)) holds = holding(one, found, level + 1) || holds
  if (holds) found.add(value)
  return holds
}

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

const resolved = (ast: SchemaAST.AST): SchemaAST.AST => ast._tag === "Suspend" ? resolved(ast.thunk()) : ast

/** Members that the value's kind and literals, such as its tag, do not rule out: a tree of tagged nodes is walked once. */
const possible = (types: ReadonlyArray<SchemaAST.AST>, value: unknown): ReadonlyArray<SchemaAST.AST> =>
  types.map(resolved).filter((type) => {
    switch (type._tag) {
      case "Objects":
        return isFields(value) &&
          type.propertySignatures.every(({ name, type: property }) =>
            property._tag !== "Literal" || typeof name !== "string" || value[name] === property.literal
          )
      case "Arrays":
        return Array.isArray(value)
      default:
        return type._tag === "Union"
    }
  })

class Nulls {
  private readonly holding = new Set<unknown>()

  constructor(value: unknown) {
    holding(value, this.holding, 0)
  }

  private object(ast: SchemaAST.Objects, value: Fields): Fields {
    const properties = new Map(ast.propertySignatures.map(({ name, type }) => [name, type]))
    const [index] = ast.indexSignatures
    return Object.fromEntries(
      Object.entries(value).flatMap(([key, one]) => {
        const type = properties.get(key) ?? index?.type
        if (type === undefined) return [[key, one]]
        return one === null && SchemaAST.isOptional(type) && !takesNull(type) ? [] : [[key, this.without(type, one)]]
      })
    )
  }

  private member(types: ReadonlyArray<SchemaAST.AST>, value: unknown): unknown {
    const members = possible(types, value)
    const [only] = members
    if (members.length === 1 && only !== undefined) return this.without(only, value)
    for (const type of members) {
      const changed = this.without(type, value)
      if (SchemaParser.is(Schema.make(type))(changed)) return changed
    }
    return value
  }

  without(ast: SchemaAST.AST, value: unknown): unknown {
    if (!this.holding.has(value)) return value
    switch (ast._tag) {
      case "Objects":
        return isFields(value) ? this.object(ast, value) : value
      case "Arrays":
        return Array.isArray(value)
          ? value.map((one, at) => {
            const type = ast.elements[at] ?? ast.rest[0]
            return type === undefined ? one : this.without(type, one)
          })
          : value
      case "Union":
        return this.member(ast.types, value)
      case "Suspend":
        return this.without(ast.thunk(), value)
      default:
        return value
    }
  }
}

/** The value without each `null` that stands for a key which may be missing; every other is meant. */
export const withoutNulls = (encoded: SchemaAST.AST, value: unknown): unknown =>
  new Nulls(value).without(encoded, value)
