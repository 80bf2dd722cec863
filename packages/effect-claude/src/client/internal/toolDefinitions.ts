/**
 * Effect's tools as the API's: the parameter that offers one, and its input as the tool's own schema takes it. Models
 * write `null` for what may be missing, and JSON for what is a date or a map; a tool's handler sees neither.
 */
import type * as Messages from "@anthropic-ai/sdk/resources/messages"
import * as Tool from "effect/ai/Tool"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as SchemaAST from "effect/SchemaAST"
import { withoutNulls } from "./toolInput.ts"
import * as ToolSchema from "./toolSchema.ts"

/** What a tool can be rejected for, each with the path inside its definition. */
export type Checked<A> = ToolSchema.Checked<A>

export interface ToolDefinition {
  readonly param: Messages.Tool
  /**
   * Input as the model wrote it, encoded as the tool's schema has it: what `Toolkit.handle` decodes. Fails where it cannot
   * be brought into that form; where it has it already, decoding tells whether it fits.
   */
  readonly accept: (input: unknown) => Effect.Effect<unknown, Schema.SchemaError>
  /** The same, and what the handler gets of it. Fails where it is no input of this tool. */
  readonly decode: (input: unknown) => Effect.Effect<Decoded, Schema.SchemaError>
}

export interface Decoded {
  readonly params: unknown
  readonly encoded: unknown
}

const nameRule = /^[a-zA-Z0-9_-]{1,128}$/

const named = (name: string): Checked<string> =>
  nameRule.test(name)
    ? Result.succeed(name)
    : Result.fail([{
      path: "name",
      rule: "toolName",
      message: `The name ${JSON.stringify(name).slice(0, 80)} is not allowed.`,
      fix: "Use 1 to 64 letters, digits, underscores and hyphens."
    }])

type Accept = ToolDefinition["accept"]
type Json = Schema.ConstraintCodec<unknown, unknown>

/** From JSON to the type and from there to what the schema encodes; nothing at all where these are the same. */
const through = (schema: Json, json: Json): Accept => {
  if (json.ast === schema.ast) return Effect.succeed
  const decode = Schema.decodeUnknownEffect(json)
  const encode = Schema.encodeEffect(schema)
  return (input) => Effect.flatMap(decode(input), (value) => encode(value))
}

const lenient = (schema: Json): Accept => {
  const json = Schema.toCodecJson(schema)
  const encoded = SchemaAST.toEncoded(json.ast)
  const accept = through(schema, json)
  return (input) => Effect.suspend(() => accept(withoutNulls(encoded, input)))
}

const withDecode = (param: Messages.Tool, schema: Json, accept: Accept): ToolDefinition => {
  const decode = Schema.decodeUnknownEffect(schema)
  return {
    param,
    accept,
    decode: (input) =>
      Effect.flatMap(accept(input), (encoded) => Effect.map(decode(encoded), (params) => ({ params, encoded })))
  }
}

const compile = (tool: Tool.Any): Checked<ToolDefinition> => {
  // The services that a schema needs are those of the call that hands the tool over: Effect's types ask for them there.
  const schema = tool.parametersSchema as Schema.Codec<unknown, unknown>
  const description = Tool.getDescription(tool)
  const describe = (input_schema: ToolSchema.InputSchema): Messages.Tool => ({
    name: tool.name,
    ...(description === undefined ? {} : { description }),
    input_schema
  })
  if (Tool.isDynamic(tool) && tool.jsonSchema !== undefined) {
    return Result.map(
      ToolSchema.jsonInputSchema(tool.jsonSchema),
      (input) => withDecode(describe(input), schema, Effect.succeed)
    )
  }
  const plain = lenient(schema)
  if (Tool.getStrictMode(tool) !== true) {
    return Result.map(ToolSchema.inputSchema(schema), (input) => withDecode(describe(input), schema, plain))
  }
  return Result.map(ToolSchema.strict(schema), ({ codec, schema: input }) => {
    const exact = through(schema, codec)
    // An answer to a request from before the tool was strict has the plain form.
    const either: Accept = (given) => Effect.catch(exact(given), () => plain(given))
    return withDecode({ ...describe(input), strict: true }, schema, either)
  })
}

/** Tools are immutable: what was found of one stays. */
const known = new WeakMap<Tool.Any, Checked<ToolDefinition>>()

/** The definition of a tool whose handler is ours to run; `Tool.Strict` asks for a grammar that holds its input. */
export const define = (tool: Tool.Any): Checked<ToolDefinition> => {
  const found = known.get(tool)
  if (found !== undefined) return found
  const defined = Result.flatMap(named(tool.name), () => compile(tool))
  known.set(tool, defined)
  return defined
}

/** A tool that Anthropic defines: its type is in its id, its settings are its arguments. */
const provided = (tool: Tool.AnyProviderDefined): Checked<Messages.ToolUnion> => {
  const type = /^anthropic\.(\w+)$/.exec(tool.id)?.[1]
  if (type === undefined) {
    return Result.fail([{
      path: "id",
      rule: "toolType",
      message: `${tool.id} is no tool of Anthropic's.`,
      fix: "Write \"anthropic.\" and the tool's type, such as anthropic.web_search_20260318."
    }])
  }
  const args: object = tool.args ?? {}
  // Which tools there are, and what they take, the API knows.
  return Result.succeed({ ...args, type, name: tool.providerName } as Messages.ToolUnion)
}

/** The parameter that offers a tool, or why the API would not take it. */
export const toParam = (tool: Tool.Any): Checked<Messages.ToolUnion> =>
  Tool.isProviderDefined(tool) ? provided(tool) : Result.map(define(tool), ({ param }) => param)
