/**
 * A prompt as the API's system prompt and messages. Messages of one role that follow each other are one; results of tools
 * come first in theirs, in the order of the calls.
 */
import type * as Messages from "@anthropic-ai/sdk/resources/messages"
import type * as Prompt from "effect/ai/Prompt"
import type * as Tool from "effect/ai/Tool"
import * as Files from "./files.ts"
import type { CacheOptions } from "./metadata.ts"

type Names = Pick<Tool.NameMapper<ReadonlyArray<Tool.Any>>, "getProviderName">
type Block = Messages.ContentBlockParam
type Role = "user" | "assistant" | "system"

interface Turn {
  readonly role: Role
  readonly results: Array<Messages.ToolResultBlockParam>
  readonly content: Array<Block>
}

export interface Converted {
  readonly system: ReadonlyArray<Messages.TextBlockParam>
  readonly messages: ReadonlyArray<Messages.MessageParam>
  /** The documents in order, as citations count them. */
  readonly documents: ReadonlyArray<Prompt.FilePart>
  /** What cannot be sent, with its place in the prompt. */
  readonly problems: ReadonlyArray<string>
}

/** Options are JSON from anywhere; what the API takes for a breakpoint is preflight's to say. */
const cached = (
  options: CacheOptions | null | undefined
): { readonly cache_control?: Messages.CacheControlEphemeral } => {
  const control = options?.cacheControl
  return control === undefined || control === null ? {} : { cache_control: control }
}

/** Thinking cannot be marked: the breakpoint goes on the last block before it. */
const markLast = (blocks: Array<Block>, options: CacheOptions | null | undefined): void => {
  const mark = cached(options)
  if (mark.cache_control === undefined) return
  const at = blocks.findLastIndex(({ type }) => type !== "thinking" && type !== "redacted_thinking")
  const last = blocks[at]
  // Every other block of a request has the field.
  if (last !== undefined && !("cache_control" in last)) blocks[at] = { ...last, ...mark } as Block
}

class Draft {
  readonly system: Array<Messages.TextBlockParam> = []
  readonly turns: Array<Turn> = []
  readonly documents: Array<Prompt.FilePart> = []
  readonly problems: Array<string> = []
  private readonly names: Names

  constructor(names: Names) {
    this.names = names
  }

  turn(role: Role): Turn {
    const last = this.turns.at(-1)
    if (last?.role === role) return last
    const next: Turn = { role, results: [], content: [] }
    this.turns.push(next)
    return next
  }

  file(part: Prompt.FilePart, path: string): ReadonlyArray<Messages.ImageBlockParam | Messages.DocumentBlockParam> {
    const block = Files.block(part)
    if (block === undefined) {
      this.problems.push(`${path}: Claude reads images, PDFs and text, not ${part.mediaType}.`)
      return []
    }
    if (block.type === "document") this.documents.push(part)
    return [{ ...block, ...cached(part.options.anthropic) }]
  }

  user(parts: ReadonlyArray<Prompt.TextPart | Prompt.FilePart>, path: string) {
    return parts.flatMap((part, at): ReadonlyArray<Messages.TextBlockParam | ReturnType<Draft["file"]>[number]> => {
      if (part.type === "file") return this.file(part, `${path}.${at}`)
      return part.text === "" ? [] : [{ type: "text", text: part.text, ...cached(part.options.anthropic) }]
    })
  }

  result(part: Prompt.ToolResultPart, path: string): Messages.ToolResultBlockParam {
    const { result } = part
    const content = part.modelOutput !== undefined
      ? this.user(part.modelOutput, `${path}.modelOutput`)
      : typeof result === "string"
      ? result
      : JSON.stringify(result)
    return {
      type: "tool_result",
      tool_use_id: part.id,
      // Nothing is a result too: of a tool without one.
      ...(content === undefined || content.length === 0 ? {} : { content }),
      ...(part.isFailure ? { is_error: true } : {}),
      ...cached(part.options.anthropic)
    }
  }

  /** A call, or the result of a tool that Anthropic ran, with the fields that Effect AI has none for. */
  private call(part: Prompt.ToolCallPart): Block {
    const { block, input } = part.options.anthropic ?? {}
    return {
      type: part.providerExecuted ? "server_tool_use" : "tool_use",
      id: part.id,
      name: this.names.getProviderName(part.name),
      input: input ?? part.params ?? {},
      ...block,
      ...cached(part.options.anthropic)
      // The block is the API's own where it is not built here.
    } as Block
  }

  private served(part: Prompt.ToolResultPart): Block {
    const name = this.names.getProviderName(part.name)
    const own = { type: `${name}_tool_result`, tool_use_id: part.id, content: part.result }
    // As above.
    return { ...own, ...part.options.anthropic?.block, ...cached(part.options.anthropic) } as unknown as Block
  }

  assistant(part: Prompt.AssistantMessagePart, path: string): ReadonlyArray<Block> {
    switch (part.type) {
      case "text": {
        const { citations } = part.options.anthropic ?? {}
        // They are the API's own.
        const cites = citations as unknown as Array<Messages.TextCitationParam> | null | undefined
        return part.text === "" ? [] : [{
          type: "text",
          text: part.text,
          ...(cites === undefined || cites === null ? {} : { citations: cites }),
          ...cached(part.options.anthropic)
        }]
      }
      case "reasoning": {
        const { info } = part.options.anthropic ?? {}
        if (info?.type === "thinking") return [{ type: "thinking", thinking: part.text, signature: info.signature }]
        if (info?.type === "redacted_thinking") return [{ type: "redacted_thinking", data: info.redactedData }]
        // Carried for the API, as it came. What is unsigned is another model's, and no use to this one.
        return info?.type === "block" ? [info.block as unknown as Block] : []
      }
      case "tool-call":
        return [this.call(part)]
      case "tool-result":
        return part.providerExecuted ? [this.served(part)] : []
      case "file":
        this.problems.push(`${path}: An answer of Claude holds no files.`)
        return []
      default:
        return []
    }
  }

  message(message: Prompt.Message, path: string): void {
    switch (message.role) {
      case "system": {
        if (message.content === "") return
        const block: Messages.TextBlockParam = {
          type: "text",
          text: message.content,
          ...cached(message.options.anthropic)
        }
        if (this.turns.length === 0) this.system.push(block)
        else this.turn("system").content.push(block)
        return
      }
      case "user": {
        const blocks: Array<Block> = this.user(message.content, `${path}.content`)
        markLast(blocks, message.options.anthropic)
        if (blocks.length > 0) this.turn("user").content.push(...blocks)
        return
      }
      case "assistant": {
        const blocks = message.content.flatMap((part, at) => this.assistant(part, `${path}.content.${at}`))
        markLast(blocks, message.options.anthropic)
        if (blocks.length > 0) this.turn("assistant").content.push(...blocks)
        const results = message.content.filter((part) => part.type === "tool-result" && !part.providerExecuted)
        return this.results(results, undefined, path)
      }
      case "tool":
        return this.results(message.content, message.options.anthropic, path)
    }
  }

  private results(
    parts: ReadonlyArray<Prompt.AssistantMessagePart | Prompt.ToolMessagePart>,
    options: CacheOptions | null | undefined,
    path: string
  ): void {
    const blocks = parts.flatMap((part, at) =>
      part.type === "tool-result" ? [this.result(part, `${path}.content.${at}`)] : []
    )
    if (blocks.length === 0) return
    const marked: Array<Block> = [...blocks]
    markLast(marked, options)
    this.turn("user").results.push(...marked.filter((block) => block.type === "tool_result"))
  }
}

/** Where each call stands in the turn before. */
const order = (turn: Turn | undefined): ReadonlyMap<string, number> =>
  new Map((turn?.content ?? []).flatMap((block, at) => block.type === "tool_use" ? [[block.id, at] as const] : []))

const content = (turn: Turn, before: Turn | undefined): Array<Block> => {
  if (turn.results.length === 0) return turn.content
  const places = order(before)
  const place = (result: Messages.ToolResultBlockParam): number => places.get(result.tool_use_id) ?? Infinity
  // Infinity minus itself is no order.
  return [...turn.results.toSorted((a, b) => place(a) < place(b) ? -1 : place(a) > place(b) ? 1 : 0), ...turn.content]
}

export const convert = (prompt: Prompt.Prompt, names: Names): Converted => {
  const draft = new Draft(names)
  for (const [at, message] of prompt.content.entries()) draft.message(message, `prompt.${at}`)
  const { documents, problems, system, turns } = draft
  return {
    documents,
    problems,
    system,
    // A system message's blocks are texts only.
    messages: turns.map((
      turn,
      at
    ) => ({ role: turn.role, content: content(turn, turns[at - 1]) } as Messages.MessageParam))
  }
}
