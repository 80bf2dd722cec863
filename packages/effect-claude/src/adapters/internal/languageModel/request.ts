/** A call of Effect AI as one request. */
import type * as Messages from "@anthropic-ai/sdk/resources/messages"
import * as AiError from "effect/ai/AiError"
import * as AnthropicStructuredOutput from "effect/ai/AnthropicStructuredOutput"
import type * as LanguageModel from "effect/ai/LanguageModel"
import type * as Prompt from "effect/ai/Prompt"
import * as Tool from "effect/ai/Tool"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import type * as Schema from "effect/Schema"
import type { Span } from "effect/Tracer"
import type { MessageParams } from "../../../client/ClaudeClient.ts"
import * as ToolDefinitions from "../../../client/internal/toolDefinitions.ts"
import { convert } from "./prompt.ts"
import * as Telemetry from "./telemetry.ts"

/** What of a request is not Effect AI's to say. */
export type Settings = Omit<MessageParams, "messages" | "system" | "tools" | "tool_choice">

/** What reading the answer needs. */
export interface Context {
  readonly names: Tool.NameMapper<ReadonlyArray<Tool.Any>>
  readonly tools: ReadonlyMap<string, Tool.Any>
  readonly documents: ReadonlyArray<Prompt.FilePart>
  /** The tool whose input is the structured output, where the model has no other way. */
  readonly output: string | undefined
  /** Whether calls of tools that were not offered are the caller's to judge. */
  readonly anyTool: boolean
  readonly span: Span
}

export interface Request {
  readonly params: MessageParams
  readonly context: Context
}

const rejected = (
  tool: string,
  faults: ReadonlyArray<{ readonly path: string; readonly message: string; readonly fix: string }>
) =>
  new AiError.ToolConfigurationError({
    toolName: tool,
    description: faults.map(({ fix, message, path }) => `${path}: ${message} ${fix}`).join("\n")
  })

const toParam = (tool: Tool.Any) =>
  Result.mapError(ToolDefinitions.toParam(tool), (faults) => rejected(tool.name, faults))

const choice = (
  given: LanguageModel.ToolChoice<string>,
  names: Context["names"]
): Messages.ToolChoice | undefined => {
  if (given === "auto") return undefined
  if (given === "none") return { type: "none" }
  if (given === "required") return { type: "any" }
  if ("tool" in given) return { type: "tool", name: names.getProviderName(given.tool) }
  return given.mode === "required" ? { type: "any" } : undefined
}

/** Everything from 4.5 on constrains its output itself; of what came before, and may live on elsewhere, a tool is asked. */
const older = /claude-(?:[23]|instant|(?:opus|sonnet)-4(?:-[01])?(?![-.]?\d(?!\d{5})))/

export const constrainsOutput = (model: string): boolean => !older.test(model)

const outputSchema = (
  schema: Schema.Top
): Result.Result<Readonly<Record<string, unknown>>, AiError.UnsupportedSchemaError> =>
  Result.try({
    // A codec by the type of `generateObject`.
    try: () => AnthropicStructuredOutput.toCodecAnthropic(schema as Schema.Codec<unknown, unknown>).jsonSchema,
    catch: (error) =>
      new AiError.UnsupportedSchemaError({ description: error instanceof Error ? error.message : String(error) })
  })

/** The constraint on the output, by the model's own means. */
const constrained = (
  params: MessageParams,
  objectName: string,
  schema: Readonly<Record<string, unknown>>
): Result.Result<
  { readonly params: MessageParams; readonly output: string | undefined },
  AiError.UnsupportedSchemaError
> => {
  if (constrainsOutput(params.model)) {
    const format: Messages.JSONOutputFormat = { type: "json_schema", schema }
    return Result.succeed({
      params: { ...params, output_config: { ...params.output_config, format } },
      output: undefined
    })
  }
  if (schema["type"] !== "object") {
    return Result.fail(new AiError.UnsupportedSchemaError({ description: `${params.model} gives objects only.` }))
  }
  const name = objectName.replace(/[^a-zA-Z0-9_-]/g, "_").slice(0, 64)
  const input_schema: Messages.Tool.InputSchema = { ...schema, type: "object" }
  const others = params.tools ?? []
  return Result.succeed({
    output: name,
    params: {
      ...params,
      tools: [...others, { name, description: "The answer. Call it once, with all of it.", input_schema }],
      tool_choice: others.length === 0 ? { type: "tool", name } : { type: "any" }
    }
  })
}

const given = (settings: Settings, options: LanguageModel.ProviderOptions) =>
  Result.gen(function*() {
    const names = new Tool.NameMapper(options.tools)
    const { documents, messages, problems, system } = convert(options.prompt, names)
    if (problems.length > 0) {
      return yield* Result.fail(new AiError.InvalidUserInputError({ description: problems.join("\n") }))
    }
    const tools = yield* Result.all(options.tools.map(toParam))
    const tool_choice = tools.length === 0 ? undefined : choice(options.toolChoice, names)
    const params: MessageParams = {
      ...settings,
      messages: [...messages],
      ...(system.length === 0 ? {} : { system: [...system] }),
      ...(tools.length === 0 ? {} : { tools }),
      ...(tool_choice === undefined ? {} : { tool_choice })
    }
    const context: Context = {
      documents,
      names,
      tools: new Map(options.tools.map((tool) => [tool.name, tool])),
      output: undefined,
      anyTool: options.toolCallValidation === "deferred",
      span: options.span
    }
    Telemetry.asked(options.span, params)
    if (options.responseFormat.type === "text") return { params, context }
    const { objectName, schema } = options.responseFormat
    const asked = yield* constrained(params, objectName, yield* outputSchema(schema))
    return { params: asked.params, context: { ...context, output: asked.output } }
  })

export const build = (
  settings: Settings,
  options: LanguageModel.ProviderOptions
): Effect.Effect<Request, AiError.AiErrorReason> => Effect.suspend(() => Effect.fromResult(given(settings, options)))
