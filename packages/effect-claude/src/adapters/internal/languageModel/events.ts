/**
 * Events as parts, as they come. Tool input is shown while it grows, but a call is handed on only behind `message_stop`, so
 * that no tool of an answer runs that never ended.
 */
import type * as Messages from "@anthropic-ai/sdk/resources/messages"
import type * as AiError from "effect/ai/AiError"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { Block } from "../../../client/internal/block.ts"
import { type Fields, isFields, string } from "../../../client/internal/fields.ts"
import * as ClaudeError from "../../../errors/ClaudeError.ts"
import * as Blocks from "./blocks.ts"
import { finish, isCut } from "./finish.ts"
import type { StreamPart } from "./metadata.ts"
import type { Context } from "./request.ts"
import * as Telemetry from "./telemetry.ts"

type Event = Messages.RawMessageStreamEvent

/** A block that is open, and what it is shown as. */
interface Open {
  readonly id: string
  readonly kind: "text" | "thinking" | "call" | "other"
  /** Everything but text, whose pieces are not kept. */
  readonly block: Block | undefined
  readonly citations: Array<unknown>
}

/** A part that waits, or a call that becomes one. */
type Held = { readonly part: StreamPart } | { readonly call: Block }

const kindOf = (type: unknown): Open["kind"] =>
  type === "text" || type === "thinking" ? type : type === "tool_use" ? "call" : "other"

class Reader {
  private readonly context: Context
  private readonly open = new Map<number, Open>()
  private readonly called = new Map<string, string>()
  private readonly held: Array<Held> = []
  private ended: Fields = {}
  private usage: Fields = {}
  private id = ""
  private sources = 0
  private parts: Array<StreamPart> = []

  constructor(context: Context) {
    this.context = context
  }

  push(events: ReadonlyArray<Event>): ReadonlyArray<StreamPart> {
    this.parts = []
    for (const event of events) this.take(event)
    return this.parts
  }

  /** Behind a call everything waits with it: the order of an answer is part of what it says. */
  private show(part: StreamPart): void {
    if (this.held.length === 0) this.parts.push(part)
    else this.held.push({ part })
  }

  private take(event: Event): void {
    switch (event.type) {
      case "content_block_delta":
        return this.delta(event.index, event.delta)
      case "content_block_start":
        return this.start(event.index, event.content_block)
      case "content_block_stop":
        return this.stop(event.index)
      case "message_start": {
        const { content: _, usage, ...message } = event.message
        this.id = message.id
        this.ended = { ...message }
        this.usage = { ...usage }
        Telemetry.began(this.context.span, message.id, message.model)
        return this.show({ type: "response-metadata", id: message.id, modelId: message.model })
      }
      case "message_delta": {
        Object.assign(this.ended, event.delta)
        // What the last count leaves out, the first has told.
        for (const [name, value] of Object.entries(event.usage)) if (value !== null) this.usage[name] = value
      }
    }
  }

  private start(index: number, given: unknown): void {
    if (!isFields(given)) return
    if (this.open.has(index)) this.stop(index)
    const kind = kindOf(given["type"])
    const id = kind === "call" ? string(given["id"]) : String(index)
    const citations = Array.isArray(given["citations"]) ? [...given["citations"]] : []
    this.open.set(index, { id, kind, citations, block: kind === "text" ? undefined : new Block(given) })
    switch (kind) {
      case "text":
        this.show({ type: "text-start", id })
        if (string(given["text"]) !== "") this.show({ type: "text-delta", id, delta: string(given["text"]) })
        return
      case "thinking":
        return this.show({ type: "reasoning-start", id })
      case "call": {
        const name = this.context.names.getCustomName(string(given["name"]))
        this.parts.push({ type: "tool-params-start", id, name })
      }
    }
  }

  private delta(index: number, delta: Messages.RawContentBlockDelta): void {
    const open = this.open.get(index)
    if (open === undefined) return
    const { id } = open
    // A delta newer than the SDK's types is the block's, where one is kept.
    if (isFields(delta)) open.block?.push(delta)
    switch (delta.type) {
      case "text_delta":
        if (delta.text !== "") this.show({ type: "text-delta", id, delta: delta.text })
        return
      case "thinking_delta":
        if (delta.thinking !== "") this.show({ type: "reasoning-delta", id, delta: delta.thinking })
        return
      case "input_json_delta":
        if (open.kind === "call" && delta.partial_json !== "") {
          this.parts.push({ type: "tool-params-delta", id, delta: delta.partial_json })
        }
        return
      case "citations_delta": {
        open.citations.push(delta.citation)
        for (const part of Blocks.source(delta.citation, `${this.id}_${this.sources++}`, this.context)) this.show(part)
      }
    }
  }

  private stop(index: number): void {
    const open = this.open.get(index)
    if (open === undefined) return
    this.open.delete(index)
    const { block, citations, id, kind } = open
    if (block === undefined) return this.show({ type: "text-end", id, ...Blocks.citing(citations) })
    block.done = true
    if (kind === "call") {
      this.parts.push({ type: "tool-params-end", id })
      this.held.push({ call: block })
      return
    }
    const { whole } = block
    const thinking = Blocks.thinkingOf(whole)
    if (kind === "thinking") return this.show({ type: "reasoning-end", id, metadata: thinking })
    const served = Blocks.served(whole, this.context, this.called)
    if (served !== undefined) return this.show(served)
    this.show({ type: "reasoning-start", id })
    this.show({ type: "reasoning-end", id, metadata: thinking ?? Blocks.carried(whole) })
  }

  /** What waited, and how it ended; calls that the end cut off are named, never run. */
  readonly rest = Effect.fnUntraced({ self: this }, function*(this: Reader) {
    const cut = isCut(this.ended["stop_reason"])
    const unended = Array.from(this.open.values(), ({ block, kind }) => kind === "call" ? block : undefined)
    const parts: Array<StreamPart> = []
    let calls = false
    let truncated: { readonly id: string; readonly name: string } | undefined
    for (
      const [at, one] of [...this.held, ...unended.flatMap((call) => call === undefined ? [] : [{ call }])].entries()
    ) {
      if ("part" in one) {
        parts.push(one.part)
        continue
      }
      const { fault, whole } = one.call
      if (fault !== undefined && !cut) return yield* Effect.fail(malformed(fault))
      if (fault !== undefined || (cut && at === this.held.length - 1)) {
        truncated = { id: string(whole["id"]), name: string(whole["name"]) }
        continue
      }
      calls = true
      parts.push(yield* Blocks.call(whole, this.context))
    }
    const end = finish({ ...this.ended, usage: this.usage }, calls, truncated)
    Telemetry.ended(this.context.span, end)
    return [...parts, end]
  })
}

const malformed = (fault: string): ClaudeError.ClaudeError =>
  new ClaudeError.ClaudeError({
    method: "streamText",
    attempts: [],
    reason: new ClaudeError.MalformedResponse({
      message: `The stream ended, but ${fault}.`,
      status: 200,
      body: "",
      delivered: true
    })
  })

export const parts = <E, R>(
  events: Stream.Stream<Event, E, R>,
  context: Context
): Stream.Stream<StreamPart, E | ClaudeError.ClaudeError | AiError.ToolNotFoundError, R> =>
  Stream.suspend(() => {
    const reader = new Reader(context)
    return Stream.concat(
      Stream.mapAccumArray(events, () => reader, (_, some) => [reader, reader.push(some)] as const),
      Stream.unwrap(Effect.map(Effect.suspend(() => reader.rest()), (rest) => Stream.fromArray(rest)))
    )
  })
