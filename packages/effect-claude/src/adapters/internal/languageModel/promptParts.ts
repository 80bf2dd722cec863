/** Parts of a prompt as content blocks. */
import type * as Messages from "@anthropic-ai/sdk/resources/messages"
import type * as Prompt from "effect/ai/Prompt"
import type * as Tool from "effect/ai/Tool"
import * as Files from "./files.ts"
import { bigAsText, type CacheOptions, jsonText } from "./metadata.ts"

export type Names = Pick<Tool.NameMapper<ReadonlyArray<Tool.Any>>, "getProviderName">
export type Block = Messages.ContentBlockParam

/** Options are JSON from anywhere; what the API takes for a breakpoint is preflight's to say. */
export const cached = (
  options: CacheOptions | null | undefined
): { readonly cache_control?: Messages.CacheControlEphemeral } => {
  const control = options?.cacheControl
  return control === undefined || control === null ? {} : { cache_control: control }
}

/** Thinking cannot be marked: the breakpoint goes on the last block before it. */
export const markLast = (blocks: Array<Block>, options: CacheOptions | null | undefined): void => {
  const mark = cached(options)
  if (mark.cache_control === undefined) return
  const at = blocks.findLastIndex(({ type }) => type !== "thinking" && type !== "redacted_thinking")
  const last = blocks[at]
  // Every other block of a request has the field.
  if (last !== undefined && !("cache_control" in last)) blocks[at] = { ...last, ...mark } as Block
}

/** Reads parts one after the other, and keeps what is to be known of all of them. */
export class Parts {
  /** In order, as citations count them. */
  readonly documents: Array<Prompt.FilePart> = []
  /** What cannot be sent, with its place in the prompt. */
  readonly problems: Array<string> = []
  private readonly names: Names

  constructor(names: Names) {
    this.names = names
  }

  private file(
    part: Prompt.FilePart,
    path: string
  ): ReadonlyArray<Messages.ImageBlockParam | Messages.DocumentBlockParam> {
    const block = Files.block(part)
    if (block === undefined) {
      this.problems.push(`${path}: Claude reads images, PDFs and text, not ${part.mediaType}.`)
      return []
    }
    if (block.type === "document") this.documents.push(part)
    return [{ ...block, ...cached(part.options.anthropic) }]
  }

  user(parts: ReadonlyArray<Prompt.TextPart | Prompt.FilePart>, path: string) {
    return parts.flatMap((part, at): ReadonlyArray<Messages.TextBlockParam | ReturnType<Parts["file"]>[number]> => {
      if (part.type === "file") return this.file(part, `${path}.${at}`)
      return part.text === "" ? [] : [{ type: "text", text: part.text, ...cached(part.options.anthropic) }]
    })
  }

  private odd(path: string): undefined {
    this.problems.push(`${path}: A tool's result is to be JSON.`)
  }

  result(part: Prompt.ToolResultPart, path: string): Messages.ToolResultBlockParam {
    const { result } = part
    const content = part.modelOutput !== undefined
      ? this.user(part.modelOutput, `${path}.modelOutput`)
      : typeof result === "string" || result === undefined
      ? result
      : jsonText(result, bigAsText) ?? this.odd(`${path}.result`)
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
      case "tool-approval-request":
        return []
    }
  }
}
