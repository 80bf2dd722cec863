/**
 * A prompt as the API's system prompt and messages. Messages of one role that follow each other are one; results of tools
 * come first in theirs, in the order of the calls. A call that the conversation went on without gets a result that says so:
 * an interrupted chat would be rejected for ever.
 */
import type * as Messages from "@anthropic-ai/sdk/resources/messages"
import type * as Prompt from "effect/ai/Prompt"
import type { CacheOptions } from "./metadata.ts"
import { type Block, cached, markLast, type Names, Parts } from "./promptParts.ts"
import { type Known, paired, type Turn } from "./turns.ts"

export interface Converted extends Pick<Parts, "documents" | "problems"> {
  readonly system: ReadonlyArray<Messages.TextBlockParam>
  readonly messages: ReadonlyArray<Messages.MessageParam>
}

class Draft implements Known {
  readonly system: Array<Messages.TextBlockParam> = []
  readonly turns: Array<Turn> = []
  readonly answers = new Map<string, Array<Block>>()
  readonly asked = new Set<string>()
  readonly parts: Parts
  private readonly calls = new Set<string>()

  constructor(names: Names) {
    this.parts = new Parts(names)
  }

  private turn(role: Turn["role"]): Turn {
    const last = this.turns.at(-1)
    if (last?.role === role) return last
    const next: Turn = { role, content: [] }
    this.turns.push(next)
    return next
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
        const blocks: Array<Block> = this.parts.user(message.content, `${path}.content`)
        markLast(blocks, message.options.anthropic)
        if (blocks.length > 0) this.turn("user").content.push(...blocks)
        return
      }
      case "assistant": {
        const blocks = message.content.flatMap((part, at) => this.parts.assistant(part, `${path}.content.${at}`))
        markLast(blocks, message.options.anthropic)
        if (blocks.length > 0) this.turn("assistant").content.push(...blocks)
        for (const part of message.content) {
          if (part.type === "tool-call" && !part.providerExecuted) this.calls.add(part.id)
          if (part.type === "tool-approval-request") this.asked.add(part.toolCallId)
        }
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
      part.type === "tool-result" ? [this.parts.result(part, `${path}.content.${at}`)] : []
    )
    if (blocks.length === 0) return
    const marked: Array<Block> = [...blocks]
    markLast(marked, options)
    // What the assistant says behind them is another turn.
    const turn = this.turn("user")
    for (const block of marked) {
      const id = block.type === "tool_result" ? block.tool_use_id : ""
      const known = this.answers.get(id)
      if (known !== undefined) known.push(block)
      else if (this.calls.has(id)) this.answers.set(id, [block])
      // What nobody asked for is preflight's to reject where it stands.
      else turn.content.push(block)
    }
  }
}

export const convert = (prompt: Prompt.Prompt, names: Names): Converted => {
  const draft = new Draft(names)
  for (const [at, message] of prompt.content.entries()) draft.message(message, `prompt.${at}`)
  const { parts: { documents, problems }, system, turns } = draft
  const messages = paired(turns, draft).filter(({ content }) => content.length > 0)
    // A system message's blocks are texts only.
    .map(({ content, role }) => ({ role, content } as Messages.MessageParam))
  return { documents, problems, system, messages }
}
