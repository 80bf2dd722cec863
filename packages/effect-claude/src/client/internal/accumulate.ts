/** A message from its stream events. */
import type * as Anthropic from "@anthropic-ai/sdk/resources/messages"
import type { Partial, Usage } from "../../errors/ClaudeError.ts"
import { Block } from "./block.ts"
import { maxBlocks } from "./bounds.ts"
import { type Arrived, type Continuation, isMark, type Plan } from "./continuation.ts"
import { type Fields, isFields, isWritable, number, usageOf } from "./fields.ts"

/** Stop reasons after which tool input that is no JSON was cut, not broken. */
const cutsInput: ReadonlySet<string | null> = new Set(["max_tokens", "model_context_window_exceeded", "refusal"])

/** Four characters a token: only for output whose count the API never sent. */
const charactersPerToken = 4

export class Accumulator {
  /** As the API told it. */
  rawUsage: Fields = {}
  /** True once `message_stop` came. */
  complete = false
  /** Which bound the events broke, if so; nothing more is taken. */
  broken: string | undefined
  private message: Fields | undefined
  private readonly blocks: Array<Block | undefined> = []
  private readonly continuations: Array<Continuation> = []
  private counted = false
  private characters = 0
  private invalid: string | undefined

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
    const block = this.blocks[number(event["index"])]
    switch (event["type"]) {
      case "content_block_delta":
        if (block === undefined) this.invalid ??= `block ${number(event["index"])} never began`
        else if (isFields(event["delta"])) this.characters += block.push(event["delta"])
        if (block?.isTooLong === true) this.broken = "a block is longer than 64 Mi characters"
        return
      case "message_start":
        if (isFields(event["message"])) this.start(event["message"])
        return
      case "content_block_start":
        if (isFields(event["content_block"])) this.begin(event["index"], event["content_block"])
        return
      case "content_block_stop":
        if (block !== undefined) block.done = true
        return
      case "message_delta":
        if (this.message !== undefined && isFields(event["delta"])) Object.assign(this.message, event["delta"])
        if (isFields(event["usage"])) this.count(event["usage"])
        return
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
  private begin(index: unknown, value: Fields): void {
    if (typeof index !== "number" || !Number.isInteger(index) || index < 0 || index >= maxBlocks) {
      this.broken = `a block has the index ${String(index)}`
      return
    }
    if (this.blocks[index] !== undefined) this.blocks.length = index
    this.blocks[index] = new Block(value)
  }

  private count(usage: Fields): void {
    for (const [name, value] of Object.entries(usage)) if (value !== null) this.rawUsage[name] = value
    this.counted = true
  }

  private mark(continuation: Continuation): void {
    for (const { index } of continuation.dropped) this.blocks[index] = undefined
    this.continuations.push(continuation)
    const block = this.blocks[continuation.index]
    if (block !== undefined) block.done = false
  }

  /** The blocks as far as they came. */
  get arrived(): ReadonlyArray<Arrived> {
    return this.blocks.flatMap((block, index) =>
      block === undefined ? [] : [{ index, block: block.whole, done: block.done }]
    )
  }

  private get content(): ReadonlyArray<Fields> {
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
    return this.invalid ?? this.blocks.map((block) => block?.fault).find((fault) => fault !== undefined)
  }

  /** The finished message. */
  result(): Anthropic.Message {
    const seams = this.continuations.length > 0 ? { continuations: this.continuations } : {}
    // The fields are the API's own, merged as its documentation says; they were never narrowed to the SDK's type.
    return { ...this.message, content: this.content, usage: this.rawUsage, ...seams } as unknown as Anthropic.Message
  }

  /** Tokens so far; the output is an estimate while the API has not said. */
  used(): Usage {
    const told = usageOf(this.rawUsage, !this.counted)
    return {
      ...told,
      outputTokens: this.counted
        ? told.outputTokens
        : Math.max(told.outputTokens, Math.ceil(this.characters / charactersPerToken))
    }
  }

  /** What arrived, for the error of a broken stream; undefined if nothing did. */
  partial(): Partial | undefined {
    if (this.message === undefined) return undefined
    const arrived = this.arrived.filter(({ block }) => isWritable(block))
    return {
      // Parsed from JSON and never changed but by text: what can be written again is JSON.
      content: arrived.map(({ block }) => block) as unknown as Partial["content"],
      complete: arrived.filter(({ done }) => done).length,
      usage: this.used()
    }
  }
}
