/** A message from its stream events. Tool input is parsed once, at its `content_block_stop`, and never before. */
import type * as Anthropic from "@anthropic-ai/sdk/resources/messages"
import type { Partial, Usage } from "../../errors/ClaudeError.ts"

type Fields = Record<string, unknown>
type Json = Partial["content"][number]

interface Block {
  readonly value: Fields
  readonly text: Array<string>
  readonly json: Array<string>
  readonly thinking: Array<string>
  done: boolean
}

const isFields = (value: unknown): value is Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value)
const number = (value: unknown): number => typeof value === "number" ? value : 0
const string = (value: unknown): string => typeof value === "string" ? value : ""

/** Four characters a token: only for output whose count the API never sent. */
const charactersPerToken = 4

export class Accumulator {
  private message: Fields | undefined
  private usage: Fields = {}
  private readonly blocks: Array<Block> = []
  private counted = false
  private characters = 0
  /** True once `message_stop` came. */
  complete = false
  /** Why a tool input could not be parsed at its end, if so. */
  invalid: string | undefined

  push(event: Fields): void {
    switch (event["type"]) {
      case "message_start": {
        if (!isFields(event["message"]) || this.message !== undefined) return
        this.message = event["message"]
        if (isFields(this.message["usage"])) this.usage = { ...this.message["usage"] }
        return
      }
      case "content_block_start": {
        const value = event["content_block"]
        if (!isFields(value)) return
        this.blocks[number(event["index"])] = { value: { ...value }, text: [], json: [], thinking: [], done: false }
        return
      }
      case "content_block_delta": {
        const block = this.blocks[number(event["index"])]
        if (block !== undefined && isFields(event["delta"])) this.delta(block, event["delta"])
        return
      }
      case "content_block_stop": {
        const block = this.blocks[number(event["index"])]
        if (block !== undefined) this.stop(block)
        return
      }
      case "message_delta": {
        if (this.message !== undefined && isFields(event["delta"])) Object.assign(this.message, event["delta"])
        if (isFields(event["usage"])) {
          for (const [name, value] of Object.entries(event["usage"])) if (value !== null) this.usage[name] = value
          this.counted = true
        }
        return
      }
      case "message_stop":
        this.complete = this.message !== undefined
    }
  }

  private delta(block: Block, delta: Fields): void {
    const take = (into: Array<string>, text: string): void => {
      into.push(text)
      this.characters += text.length
    }
    switch (delta["type"]) {
      case "text_delta":
        return take(block.text, string(delta["text"]))
      case "input_json_delta":
        return take(block.json, string(delta["partial_json"]))
      case "thinking_delta":
        return take(block.thinking, string(delta["thinking"]))
      case "signature_delta":
        block.value["signature"] = string(delta["signature"])
        return
      case "citations_delta": {
        const before = block.value["citations"]
        block.value["citations"] = [...(Array.isArray(before) ? before : []), delta["citation"]]
      }
    }
  }

  private stop(block: Block): void {
    block.done = true
    if (block.json.length === 0) return
    const text = block.json.join("")
    if (text === "") return
    try {
      block.value["input"] = JSON.parse(text)
    } catch {
      this.invalid ??= `the input of ${string(block.value["name"])} is no JSON`
    }
  }

  private content(): ReadonlyArray<Fields> {
    return this.blocks.filter((block) => block !== undefined).map(({ text, thinking, value }) => {
      const whole = Object.assign({}, value)
      if (text.length > 0) whole["text"] = string(value["text"]) + text.join("")
      if (thinking.length > 0) whole["thinking"] = string(value["thinking"]) + thinking.join("")
      return whole
    })
  }

  /** True once anything of the message itself came. */
  get started(): boolean {
    return this.message !== undefined
  }

  /** The finished message. */
  result(): Anthropic.Message {
    // The fields are the API's own, merged as its documentation says; they were never narrowed to the SDK's type.
    return { ...this.message, content: this.content(), usage: this.usage } as unknown as Anthropic.Message
  }

  /** Tokens so far; the output is an estimate while the API has not said. */
  used(): Usage {
    const produced = Math.max(number(this.usage["output_tokens"]), Math.ceil(this.characters / charactersPerToken))
    return {
      inputTokens: number(this.usage["input_tokens"]),
      cacheCreationTokens: number(this.usage["cache_creation_input_tokens"]),
      cacheReadTokens: number(this.usage["cache_read_input_tokens"]),
      outputTokens: this.counted ? number(this.usage["output_tokens"]) : produced,
      estimated: !this.counted
    }
  }

  /** What arrived, for the error of a broken stream; undefined if nothing did. */
  partial(): Partial | undefined {
    if (this.message === undefined) return undefined
    return {
      // Parsed from JSON and never changed but by text: it is JSON.
      content: this.content() as unknown as ReadonlyArray<Json>,
      complete: this.blocks.filter((block) => block?.done === true).length,
      usage: this.used()
    }
  }
}
