/** Content blocks that have ended as parts. What Effect AI has no part for is carried as empty reasoning and goes back. */
import * as AiError from "effect/ai/AiError"
import type * as Response from "effect/ai/Response"
import * as Effect from "effect/Effect"
import { type Fields, isFields, string } from "../../../client/internal/fields.ts"
import * as ToolDefinitions from "../../../client/internal/toolDefinitions.ts"
import { json, jsonObject, jsonText } from "./metadata.ts"
import type { Context } from "./request.ts"

type Metadata = NonNullable<Response.ReasoningPartEncoded["metadata"]>

/** What is to be known of thinking to send it back; undefined for any other block. */
export const thinkingOf = (block: Fields): Metadata | undefined => {
  switch (block["type"]) {
    case "thinking":
      return { anthropic: { info: { type: "thinking", signature: string(block["signature"]) } } }
    case "redacted_thinking":
      return { anthropic: { info: { type: "redacted_thinking", redactedData: string(block["data"]) } } }
    default:
      return undefined
  }
}

export const carried = (block: Fields): Metadata => ({
  anthropic: { info: { type: "block", block: jsonObject(block) } }
})

/** Citations go back with their text. */
export const citing = (citations: unknown): { readonly metadata?: Response.TextPartEncoded["metadata"] } =>
  Array.isArray(citations) && citations.length > 0
    ? { metadata: { anthropic: { citations: citations.map(json) } } }
    : {}

/** Where a text comes from, where that is a page or a document of the prompt. */
export const source = (
  citation: unknown,
  id: string,
  { documents }: Context
): ReadonlyArray<Response.DocumentSourcePartEncoded | Response.UrlSourcePartEncoded> => {
  if (!isFields(citation)) return []
  const metadata = { anthropic: json(citation) }
  const { document_index: index, document_title: title, url } = citation
  if (typeof url === "string" && URL.canParse(url)) {
    return [{ type: "source", sourceType: "url", id, url, title: string(citation["title"]) || url, metadata }]
  }
  const file = typeof index === "number" ? documents[index] : undefined
  if (file === undefined) return []
  const { fileName, mediaType } = file
  const named = string(title) || fileName || `Document ${Number(index) + 1}`
  return [{
    type: "source",
    sourceType: "document",
    id,
    mediaType,
    title: named,
    ...(fileName === undefined ? {} : { fileName }),
    metadata
  }]
}

const isTool = ({ names, tools }: Context, name: unknown): boolean => tools.has(names.getCustomName(string(name)))

/** A call of a tool of ours, whose input must be whole. */
export const isCall = (block: Fields): boolean => block["type"] === "tool_use"

const known: ReadonlySet<string> = new Set(["type", "id", "name", "input"])

/** What the block says beyond these. */
const rest = (block: Fields) => {
  const more = Object.entries(block).filter(([name]) => !known.has(name))
  return more.length === 0 ? {} : { block: jsonObject(Object.fromEntries(more)) }
}

/**
 * The call of a tool, its input as the tool's own schema has it; if it is none, `Toolkit` says so as the tool wants. Fails
 * for a tool that was not offered, unless Effect AI leaves that to its caller.
 */
export const call = (
  block: Fields,
  context: Context
): Effect.Effect<Response.ToolCallPartEncoded, AiError.ToolNotFoundError> => {
  const { id, input } = block
  const name = context.names.getCustomName(string(block["name"]))
  const tool = context.tools.get(name)
  if (tool === undefined && !context.anyTool) {
    return Effect.fail(new AiError.ToolNotFoundError({ toolName: name, availableTools: [...context.tools.keys()] }))
  }
  const definition = tool === undefined ? undefined : ToolDefinitions.define(tool)
  const accepted = definition?._tag !== "Success"
    ? Effect.succeed(input)
    // A schema that dies, or misses a service, does so where the tool is run.
    : Effect.catchCause(definition.success.accept(input), () => Effect.succeed(input))
  return Effect.map(accepted, (params) => {
    const asWritten = params === input || jsonText(params) === JSON.stringify(input) ? {} : { input: json(input) }
    const anthropic = { ...asWritten, ...rest(block) }
    return {
      type: "tool-call",
      id: string(id),
      name,
      params,
      ...(Object.keys(anthropic).length === 0 ? {} : { metadata: { anthropic } })
    }
  })
}

/** A block of a tool that Anthropic ran; its name is in the call before. */
export const served = (
  block: Fields,
  context: Context,
  called: Map<string, string>
): Response.ToolCallPartEncoded | Response.ToolResultPartEncoded | undefined => {
  const metadata = { anthropic: { block: jsonObject(block) } }
  if (block["type"] === "server_tool_use" && isTool(context, block["name"])) {
    const id = string(block["id"])
    const name = context.names.getCustomName(string(block["name"]))
    called.set(id, name)
    return { type: "tool-call", id, name, params: block["input"], providerExecuted: true, metadata }
  }
  const id = string(block["tool_use_id"])
  const name = called.get(id)
  if (name === undefined || !string(block["type"]).endsWith("_tool_result")) return undefined
  const { content } = block
  const isFailure = isFields(content) && string(content["type"]).endsWith("_error")
  return { type: "tool-result", id, name, result: content, isFailure, providerExecuted: true, metadata }
}
