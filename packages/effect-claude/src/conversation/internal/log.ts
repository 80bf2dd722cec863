/**
 * Messages in order, written once. Versions of a history share one log and know their length; who appends to an older
 * version than the newest gets a copy, so that no version changes. Each message is serialised at most once.
 */
import type Anthropic from "@anthropic-ai/sdk"

type MessageParam = Anthropic.MessageParam

const callsIn = (message: MessageParam): ReadonlyArray<string> =>
  message.role !== "assistant" || typeof message.content === "string"
    ? []
    : message.content.flatMap((block) => block.type === "tool_use" ? [block.id] : [])

const encoder = new TextEncoder()
/** In UTF-8, of what a string counts as one. */
const mostBytesOfCharacter = 3

/** A number that is told of a message; the same function is the same measure. */
export type Measure = (message: MessageParam) => number

export class Log {
  private readonly messages: Array<MessageParam>
  private readonly pieces: Array<string | undefined>
  /** What was joined last, and of how many messages. */
  private joined: { readonly at: number; readonly text: string } = { at: 0, text: "" }
  /** What `bytes` gives, and where each message ends in it. */
  private buffer = new Uint8Array(0)
  private readonly ends: Array<number> = []
  /** Where each id of a call was used: a version sees those before its end. */
  private readonly ids = new Map<string, number>()
  /** The sums of each measure up to each message, as far as they were asked for. */
  private readonly sums = new Map<Measure, Array<number>>()

  constructor(messages: ReadonlyArray<MessageParam>, pieces: ReadonlyArray<string | undefined> = []) {
    this.messages = [...messages]
    this.pieces = [...pieces]
    for (const [index, message] of messages.entries()) {
      for (const id of callsIn(message)) this.ids.set(id, index)
    }
  }

  /** The log that holds the first `length` messages and these. */
  append(length: number, added: ReadonlyArray<MessageParam>): Log {
    if (length !== this.messages.length) {
      return new Log([...this.slice(0, length), ...added], this.pieces.slice(0, length))
    }
    for (const message of added) {
      for (const id of callsIn(message)) this.ids.set(id, this.messages.length)
      this.messages.push(message)
    }
    return this
  }

  at(index: number): MessageParam | undefined {
    return this.messages[index]
  }

  slice(from: number, to: number): Array<MessageParam> {
    return this.messages.slice(from, to)
  }

  used(id: string, length: number): boolean {
    return (this.ids.get(id) ?? length) < length
  }

  /** The sum of a measure over the messages before an index; each message is measured once. */
  sum(measure: Measure, length: number): number {
    let sums = this.sums.get(measure)
    if (sums === undefined) this.sums.set(measure, sums = [0])
    for (let index = sums.length - 1; index < length; index++) {
      const message = this.messages[index]
      sums.push((sums[index] ?? 0) + (message === undefined ? 0 : measure(message)))
    }
    return sums[length] ?? 0
  }

  private piece(index: number): string {
    return this.pieces[index] ??= JSON.stringify(this.messages[index])
  }

  /** The first `length` messages as a JSON list. */
  encoded(length: number): string {
    let { at, text } = this.joined.at <= length ? this.joined : { at: 0, text: "" }
    for (; at < length; at++) text += at === 0 ? this.piece(at) : `,${this.piece(at)}`
    this.joined = { at, text }
    return `[${text}]`
  }

  /** The same in UTF-8 without its last bracket; a view of what grows, which nobody may write to. */
  bytes(length: number): Uint8Array {
    for (let index = this.ends.length; index < length; index++) {
      const piece = `${index === 0 ? "[" : ","}${this.piece(index)}`
      const from = this.ends.at(-1) ?? 0
      const needed = from + piece.length * mostBytesOfCharacter
      if (needed > this.buffer.length) {
        const larger = new Uint8Array(Math.max(needed, this.buffer.length * 2))
        larger.set(this.buffer.subarray(0, from))
        this.buffer = larger
      }
      this.ends.push(from + encoder.encodeInto(piece, this.buffer.subarray(from)).written)
    }
    return this.buffer.subarray(0, this.ends[length - 1] ?? 0)
  }
}
