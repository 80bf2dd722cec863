/** A message from its stream events. Tool input is parsed once, after its `content_block_stop`, and never before. */
import type * as Anthropic from "@anthropic-ai/sdk/resources/messages"
import type { Partial, Usage } from "../../errors/ClaudeError.ts"
import { maxBlock, maxBlocks } from "./bounds.ts"
import { type Arrived, type Continuation, isMark, type Plan } from "./continuation.ts"
import { type Fields, isFields, number, parse, string } from "./fields.ts"

interface Block {
  value: Fields
  /** Where the pieces belong, known from the first of them; tool input is no field before it has ended. */
  field: "text" | "thinking" | "input" | undefined
  pieces: Array<string>
  size: number
  done: boolean
}

/** Stop reasons after which tool input that is no JSON was cut, not broken. */
const cutsInput: ReadonlySet<string | null> = new Set(["max_tokens", "model_context_window_exceeded", "refusal"])

/** Four characters a token: only for output whose count the API never sent. */
const charactersPerToken = 4

export class Accumulator {
  private message: Fields | undefined
  /** As the API told it. */
  rawUsage: Fields = {}
  private readonly continuations: Array<Continuation> = []
  private readonly blocks: Array<Block | undefined> = []
  private counted = false
  private characters = 0
  /** True once `message_stop` came. */
  complete = false
  private invalid: string | undefined
  /** Which bound the events broke, if so; nothing more is taken. */
  broken: string | undefined

  /** What stays of an answer, to go on with. */
  static resume(plan: Plan): Accumulator {
    const resumed = new Accumulator()
    resumed.start(plan.start)
    for (const { block, done, index } of plan.kept) {
      resumed.begin(index, block)
      resumed.blocks[index]!.done = done
    }
    resumed.continuations.push(...plan.marks)
    return resumed
  }

  push(event: Fields): void {
    if (this.broken !== undefined) return
    switch (event["type"]) {
      case "content_block_delta": {
        const delta = event["delta"]
        if (!isFields(delta)) return
        const block = this.blocks[number(event["index"])]
        if (block === undefined) this.invalid ??= `block ${number(event["index"])} never began`
        else this.delta(block, delta)
        return
      }
      case "message_start":
        if (isFields(event["message"])) this.start(event["message"])
        return
      case "content_block_start":
        if (isFields(event["content_block"])) this.begin(event["index"], event["content_block"])
        return
      case "content_block_stop": {
        const block = this.blocks[number(event["index"])]
        if (block !== undefined) block.done = true
        return
      }
      case "message_delta": {
        if (this.message !== undefined && isFields(event["delta"])) Object.assign(this.message, event["delta"])
        if (isFields(event["usage"])) {
          for (const [name, value] of Object.entries(event["usage"])) if (value !== null) this.rawUsage[name] = value
          this.counted = true
        }
        return
      }
      case "effect_claude_continuation":
        if (isMark(event)) this.mark(event.continuation)
        return
      case "message_stop":
        this.complete = this.message !== undefined
    }
  }

  /** A second start, from a proxy that began again, does not change which message this is. */
  private start(message: Fields): void {
    if (this.message !== undefined) return
    this.message = { ...message }
    if (isFields(message["usage"])) this.rawUsage = { ...message["usage"] }
  }

  /** A block that begins again replaces itself and what followed it. */
  private begin(given: unknown, value: Fields): void {
    const index = typeof given === "number" && Number.isInteger(given) && given >= 0 ? given : maxBlocks
    if (index >= maxBlocks) {
      this.broken = `a block has the index ${String(given)}`
      return
    }
    if (this.blocks[index] !== undefined) this.blocks.length = index
    const copy = { ...value }
    if (Array.isArray(copy["citations"])) copy["citations"] = [...copy["citations"]]
    this.blocks[index] = { value: copy, field: "input" in copy ? "input" : undefined, pieces: [], size: 0, done: false }
  }

  private mark(continuation: Continuation): void {
    for (const { index } of continuation.dropped) this.blocks[index] = undefined
    this.continuations.push(continuation)
    const block = this.blocks[continuation.index]
    if (block !== undefined) block.done = false
  }

  private delta(block: Block, delta: Fields): void {
    switch (delta["type"]) {
      case "text_delta":
        return this.take(block, "text", string(delta["text"]))
      case "input_json_delta":
        return this.take(block, "input", string(delta["partial_json"]))
      case "thinking_delta":
        return this.take(block, "thinking", string(delta["thinking"]))
      case "citations_delta": {
        const citations = block.value["citations"]
        if (Array.isArray(citations)) citations.push(delta["citation"])
        else block.value["citations"] = [delta["citation"]]
        return
      }
      default: {
        // `signature_delta` and `compaction_delta` carry a final value, and so may whatever is newer than this.
        const { type: _, ...fields } = delta
        Object.assign(block.value, fields)
      }
    }
  }

  private take(block: Block, field: NonNullable<Block["field"]>, text: string): void {
    block.field ??= field
    block.pieces.push(text)
    block.size += text.length
    this.characters += text.length
    if (block.field !== field) this.invalid ??= "a block has deltas of two kinds"
    if (block.size > maxBlock) this.broken = "a block is longer than 64 Mi characters"
  }

  /** Joins the pieces of a block that has ended and parses tool input, once and only when somebody asks. */
  private finish(block: Block): void {
    const { field, pieces, value } = block
    if (field === undefined || pieces.length === 0) return
    const text = pieces.join("")
    if (field === "input") {
      const input = text === "" ? value["input"] : parse(text)
      if (input === undefined) {
        this.invalid ??= `the input of ${string(value["name"])} is no JSON`
        return
      }
      value["input"] = input
    } else value[field] = string(value[field]) + text
    block.pieces = []
  }

  /** Input that has not ended, or is no JSON, is shown as the text that came: never as an object that could be used. */
  private whole(block: Block): Fields {
    if (block.done) this.finish(block)
    const { done, field, pieces, value } = block
    if (field === undefined || (done && pieces.length === 0)) return { ...value }
    return { ...value, [field]: (field === "input" ? "" : string(value[field])) + pieces.join("") }
  }

  /** The blocks as far as they came. */
  get arrived(): ReadonlyArray<Arrived> {
    return this.blocks.flatMap((block, index) =>
      block === undefined ? [] : [{ index, block: this.whole(block), done: block.done }]
    )
  }

  private content(): ReadonlyArray<Fields> {
    return this.arrived.map(({ block }) => block)
  }

  /** The seams so far. */
  get marks(): ReadonlyArray<Continuation> {
    return this.continuations
  }

  /** The message as its start told it; nothing before it came. */
  get begun(): Fields {
    return { ...this.message }
  }

  /** True once anything of the message itself came. */
  get started(): boolean {
    return this.message !== undefined
  }

  /** Null until the API has said why it stopped. */
  get stopReason(): string | null {
    const reason = this.message?.["stop_reason"]
    return typeof reason === "string" ? reason : null
  }

  /** Why a finished message cannot be used, if so: tool input that is no JSON, a delta of a block that never began. */
  get fault(): string | undefined {
    if (cutsInput.has(this.stopReason)) return undefined
    for (const block of this.blocks) {
      if (block?.field !== "input") continue
      if (block.done) this.finish(block)
      else this.invalid ??= `the input of ${string(block.value["name"])} never ended`
    }
    return this.invalid
  }

  /** The finished message. */
  result(): Anthropic.Message {
    // The fields are the API's own, merged as its documentation says; they were never narrowed to the SDK's type.
    return {
      ...this.message,
      content: this.content(),
      usage: this.rawUsage,
      ...(this.continuations.length > 0 ? { continuations: this.continuations } : {})
    } as unknown as Anthropic.Message
  }

  /** Tokens so far; the output is an estimate while the API has not said. */
  used(): Usage {
    const produced = Math.max(number(this.rawUsage["output_tokens"]), Math.ceil(this.characters / charactersPerToken))
    return {
      inputTokens: number(this.rawUsage["input_tokens"]),
      cacheCreationTokens: number(this.rawUsage["cache_creation_input_tokens"]),
      cacheReadTokens: number(this.rawUsage["cache_read_input_tokens"]),
      outputTokens: this.counted ? number(this.rawUsage["output_tokens"]) : produced,
      estimated: !this.counted
    }
  }

  /** What arrived, for the error of a broken stream; undefined if nothing did. */
  partial(): Partial | undefined {
    if (this.message === undefined) return undefined
    return {
      // Parsed from JSON and never changed but by text: it is JSON.
      content: this.content() as unknown as Partial["content"],
      complete: this.blocks.filter((block) => block?.done === true).length,
      usage: this.used()
    }
  }
}
