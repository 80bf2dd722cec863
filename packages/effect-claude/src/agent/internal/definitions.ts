/** A toolkit as the API sees it, and what the loop has to know of each of its tools. */
import type Anthropic from "@anthropic-ai/sdk"
import type * as AiError from "effect/ai/AiError"
import * as AnthropicStructuredOutput from "effect/ai/AnthropicStructuredOutput"
import * as Tool from "effect/ai/Tool"
import type * as Toolkit from "effect/ai/Toolkit"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import type * as Stream from "effect/Stream"
import * as Settings from "./settings.ts"

/** Tools that cannot be offered, each with what is wrong. */
export class InvalidTools extends Schema.TaggedError<InvalidTools>()("InvalidTools", {
  problems: Schema.Array(Schema.String)
}) {
  override get message(): string {
    return this.problems.join("\n")
  }
}

/** Whatever a tool declares as its failure. */
// oxlint-disable-next-line typescript/no-empty-object-type
export type Declared = {} | null | undefined

/** The part of a toolkit's handlers that the loop uses, without the names of its tools, which it looks up. */
export interface Handlers<R> {
  readonly tools: Readonly<Record<string, Tool.Any>>
  readonly handle: (
    name: string,
    params: unknown,
    id: string
  ) => Effect.Effect<Stream.Stream<Tool.HandlerResult<Tool.Any>, Declared, R>, AiError.AiError, R>
}

export interface Definition<R> {
  readonly name: string
  /** The input as the handler's own schema encodes it. */
  readonly decode: (input: unknown) => Effect.Effect<{ readonly params: unknown; readonly encoded: unknown }, string, R>
  readonly handle: (encoded: unknown, id: string) => ReturnType<Handlers<R>["handle"]>
  readonly encodeResult: (result: unknown) => Effect.Effect<unknown, Schema.SchemaError, R>
  readonly encodeFailure: (failure: unknown) => Effect.Effect<unknown, Schema.SchemaError, R>
  /** Whether a call may run more than once. */
  readonly repeatable: boolean
  readonly polling: boolean
  readonly timeout: number | undefined
  readonly retry: typeof Settings.Retry.Service
  readonly reconcile: Settings.Reconcile | undefined
  readonly needsApproval: Tool.Any["needsApproval"]
}

export interface Definitions<R> {
  readonly params: ReadonlyArray<Anthropic.ToolUnion>
  readonly byName: ReadonlyMap<string, Definition<R>>
}

const names = /^[a-zA-Z0-9_-]{1,128}$/

type Codec<R> = Schema.Codec<unknown, unknown, R, R>

/** The schema for the API, and every codec that reads what the model may send for it. */
const input = <R>(tool: Tool.Any): { readonly schema: object; readonly codecs: ReadonlyArray<Codec<R>> } => {
  // A tool's schemas are its own; what they need is in the toolkit's requirements.
  const own = tool.parametersSchema as unknown as Codec<R>
  if (Tool.isDynamic(tool) && tool.jsonSchema !== undefined) return { schema: tool.jsonSchema, codecs: [own] }
  // A schema that refers to itself has no strict form.
  const strict = Result.try(() => AnthropicStructuredOutput.toCodecAnthropic(own))
  return Result.isSuccess(strict)
    ? { schema: strict.success.jsonSchema, codecs: [strict.success.codec as Codec<R>, own] }
    : { schema: Tool.getJsonSchema(tool), codecs: [own] }
}

const decoder = <R>(codecs: ReadonlyArray<Codec<R>>, own: Codec<R>): Definition<R>["decode"] => {
  const decoders = codecs.map((codec) => Schema.decodeUnknownEffect(codec))
  const encode = Schema.encodeUnknownEffect(own)
  return (given) => {
    const decoded = decoders.reduceRight<Effect.Effect<unknown, Schema.SchemaError, R> | undefined>(
      (next, decode) => next === undefined ? decode(given) : Effect.catch(decode(given), () => next),
      undefined
    ) ?? Effect.succeed(given)
    return Effect.flatMap(decoded, (params) => Effect.map(encode(params), (encoded) => ({ params, encoded }))).pipe(
      Effect.mapError((error) => error.message),
      // A schema of the program's own may throw; the model has sent something that it does not expect.
      Effect.catchDefect(() => Effect.fail("It cannot be read."))
    )
  }
}

const define = <R>(tool: Tool.Any, name: string, handlers: Handlers<R>): readonly [object, Definition<R>] => {
  const own = tool.parametersSchema as unknown as Codec<R>
  const { codecs, schema } = input<R>(tool)
  const strict = Tool.getStrictMode(tool)
  const annotation = <A>(key: Context.Reference<A>): A => Context.get(tool.annotations, key)
  const timeout = annotation(Settings.Timeout)
  const description = Tool.getDescription(tool)
  return [
    {
      name,
      ...(description === undefined ? {} : { description }),
      input_schema: { type: "object", ...schema },
      ...(strict === undefined ? {} : { strict })
    },
    {
      name,
      decode: decoder(codecs, own),
      handle: (encoded, id) => handlers.handle(tool.name, encoded, id),
      encodeResult: Schema.encodeUnknownEffect(tool.successSchema as unknown as Codec<R>),
      encodeFailure: Schema.encodeUnknownEffect(tool.failureSchema as unknown as Codec<R>),
      repeatable: annotation(Tool.Readonly) || annotation(Tool.Idempotent),
      polling: annotation(Settings.Polling),
      timeout: timeout === undefined ? undefined : Duration.toMillis(Duration.fromInputUnsafe(timeout)),
      retry: annotation(Settings.Retry),
      reconcile: annotation(Settings.Reconciling),
      needsApproval: tool.needsApproval
    }
  ]
}

/** A tool that the API defines: "anthropic.bash_20250124" is the type behind the dot. */
const provided = (tool: Tool.AnyProviderDefined): object => ({
  type: tool.id.slice(tool.id.indexOf(".") + 1),
  name: tool.providerName,
  ...(typeof tool.args === "object" ? tool.args : {})
})

const topLevel = ["anyOf", "oneOf", "allOf"]

const wrong = (
  param: object,
  definition: Pick<Definition<never>, "repeatable" | "retry"> | undefined
): ReadonlyArray<string> => {
  const { input_schema, name } = param as { readonly name?: unknown; readonly input_schema?: object }
  const found: Array<string> = []
  if (typeof name === "string" && !names.test(name)) {
    found.push(`The tool name "${name}" is no name: 1 to 128 letters, digits, "_" or "-".`)
  }
  const combined = topLevel.find((key) => input_schema !== undefined && key in input_schema)
  if (combined !== undefined) {
    found.push(`The parameters of ${String(name)} are a ${combined}; the API takes an object: wrap it in a Struct.`)
  }
  if (definition !== undefined && definition.retry !== undefined && !definition.repeatable) {
    found.push(
      `${
        String(name)
      } has a Retry but is neither Readonly nor Idempotent: mark it, if its calls may run more than once.`
    )
  }
  return found
}

/** Everything there is to know of the tools before the first request. */
export const compile = <R>(
  handlers: Handlers<R>,
  others: ReadonlyArray<Anthropic.ToolUnion>
): Result.Result<Definitions<R>, InvalidTools> => {
  const params: Array<object> = []
  const byName = new Map<string, Definition<R>>()
  const problems: Array<string> = []
  const seen = new Set<string>()
  const add = (param: object, definition: Definition<R> | undefined): void => {
    const { name } = param as { readonly name?: string }
    if (name !== undefined && seen.has(name)) problems.push(`Two tools are named ${name}.`)
    if (name !== undefined) seen.add(name)
    problems.push(...wrong(param, definition))
    params.push(param)
    if (definition !== undefined) byName.set(definition.name, definition)
  }
  for (const tool of Object.values(handlers.tools)) {
    if (Tool.isProviderDefined(tool)) {
      const [, definition] = define(tool, tool.providerName, handlers)
      add(provided(tool), tool.requiresHandler ? definition : undefined)
    } else add(...define(tool, tool.name, handlers))
  }
  for (const param of others) {
    add(param, undefined)
    if ("input_schema" in param) {
      problems.push(`${param.name} has no handler: give tools of yours in the toolkit, server tools in serverTools.`)
    }
  }
  return problems.length > 0
    ? Result.fail(new InvalidTools({ problems }))
    // They are tools of the kinds that the API takes, under names of which the SDK's types know some.
    : Result.succeed({ params: params as ReadonlyArray<object> as ReadonlyArray<Anthropic.ToolUnion>, byName })
}

/** A toolkit's handlers, by names that are looked up instead of typed. */
export const erase = <Tools extends Record<string, Tool.Any>>(
  kit: Toolkit.WithHandler<Tools>
): Handlers<Tool.HandlerServices<Tools[keyof Tools]>> =>
  // The names that the loop asks for are keys of `tools`; the values were encoded by the tool's own schema.
  kit as unknown as Handlers<Tool.HandlerServices<Tools[keyof Tools]>>
