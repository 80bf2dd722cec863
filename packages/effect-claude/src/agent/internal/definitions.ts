/** A toolkit as the API sees it, and what the loop has to know of each of its tools. */
import type Anthropic from "@anthropic-ai/sdk"
import type * as AiError from "effect/ai/AiError"
import * as Tool from "effect/ai/Tool"
import type * as Toolkit from "effect/ai/Toolkit"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import type * as Stream from "effect/Stream"
import * as ToolDefinitions from "../../client/internal/toolDefinitions.ts"
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

type Codec<R> = Schema.Codec<unknown, unknown, R, R>

const wordsOf = (faults: ReadonlyArray<{ readonly path: string; readonly message: string; readonly fix: string }>) =>
  faults.map(({ fix, message, path }) => `${path}: ${message} ${fix}`)

const define = <R>(tool: Tool.Any, name: string, handlers: Handlers<R>): Definition<R> => {
  const found = ToolDefinitions.define(tool)
  const annotation = <A>(key: Context.Reference<A>): A => Context.get(tool.annotations, key)
  const timeout = annotation(Settings.Timeout)
  return {
    name,
    decode: (given) =>
      Result.isFailure(found)
        ? Effect.succeed({ params: given, encoded: given })
        : found.success.decode(given).pipe(
          Effect.mapError((error) => error.message),
          // A schema of the program's own may throw; the model has sent something that it does not expect.
          Effect.catchDefect(() => Effect.fail("It cannot be read."))
        ),
    handle: (encoded, id) => handlers.handle(tool.name, encoded, id),
    // A tool's schemas are its own; what they need is in the toolkit's requirements.
    encodeResult: Schema.encodeUnknownEffect(tool.successSchema as unknown as Codec<R>),
    encodeFailure: Schema.encodeUnknownEffect(tool.failureSchema as unknown as Codec<R>),
    repeatable: annotation(Tool.Readonly) || annotation(Tool.Idempotent),
    polling: annotation(Settings.Polling),
    timeout: timeout === undefined ? undefined : Duration.toMillis(Duration.fromInputUnsafe(timeout)),
    retry: annotation(Settings.Retry),
    reconcile: annotation(Settings.Reconciling),
    needsApproval: tool.needsApproval
  }
}

/** Everything there is to know of the tools before the first request. */
export const compile = <R>(
  handlers: Handlers<R>,
  others: ReadonlyArray<Anthropic.ToolUnion>
): Result.Result<Definitions<R>, InvalidTools> => {
  const params: Array<Anthropic.ToolUnion> = []
  const byName = new Map<string, Definition<R>>()
  const problems: Array<string> = []
  const seen = new Set<string>()
  const add = (param: Anthropic.ToolUnion): void => {
    const name = "name" in param ? param.name : undefined
    if (name !== undefined && seen.has(name)) problems.push(`Two tools are named ${name}.`)
    if (name !== undefined) seen.add(name)
    params.push(param)
  }
  for (const tool of Object.values(handlers.tools)) {
    const param = ToolDefinitions.toParam(tool)
    if (Result.isSuccess(param)) add(param.success)
    else problems.push(...wordsOf(param.failure).map((words) => `${tool.name}: ${words}`))
    const isProvided = Tool.isProviderDefined(tool)
    if (isProvided && !tool.requiresHandler) continue
    const definition = define(tool, isProvided ? tool.providerName : tool.name, handlers)
    byName.set(definition.name, definition)
    if (definition.retry !== undefined && !definition.repeatable) {
      problems.push(
        `${definition.name} has a Retry but is neither Readonly nor Idempotent: mark it, if its calls may run more than once.`
      )
    }
  }
  for (const param of others) {
    add(param)
    if ("input_schema" in param) {
      problems.push(`${param.name} has no handler: give tools of yours in the toolkit, server tools in serverTools.`)
    }
  }
  return problems.length > 0 ? Result.fail(new InvalidTools({ problems })) : Result.succeed({ params, byName })
}

/** A toolkit's handlers, by names that are looked up instead of typed. */
export const erase = <Tools extends Record<string, Tool.Any>>(
  kit: Toolkit.WithHandler<Tools>
): Handlers<Tool.HandlerServices<Tools[keyof Tools]>> =>
  // The names that the loop asks for are keys of `tools`; the values were encoded by the tool's own schema.
  kit as unknown as Handlers<Tool.HandlerServices<Tools[keyof Tools]>>
