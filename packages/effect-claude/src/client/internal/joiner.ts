/** Makes the events of a continuation those of the answer it goes on with: indices go on, usage is summed, seams marked. */
import type * as ClaudeError from "../../errors/ClaudeError.ts"
import { addUsage } from "../../errors/internal/fields.ts"
import { Accumulator } from "./accumulate.ts"
import * as Continuation from "./continuation.ts"
import { type Fields, isFields, number, string } from "./fields.ts"
import { Overlap } from "./overlap.ts"
import * as Rest from "./rest.ts"

/** The text that may begin with a repetition. */
interface Seam {
  /** Its index in this request, once it has begun. */
  from: number | undefined
  /** Where it goes, and how it begins there if it is a block of its own. */
  to: number
  begin: Fields | undefined
  /** Events that came while it was open what is new. */
  readonly held: Array<Fields>
}

export class Joiner {
  /** The whole answer. */
  readonly whole: Accumulator
  private readonly plan: Continuation.Plan
  /** Where each block of this request goes, undefined for one that is not shown. */
  private readonly indices = new Map<number, number | undefined>()
  private next: number
  private open: number | undefined
  private seam: Seam | undefined
  private readonly overlap: Overlap
  private marked = false

  constructor(plan: Continuation.Plan, model: string) {
    this.plan = plan
    this.whole = Accumulator.resume(plan)
    const last = plan.kept.at(-1)
    this.next = last === undefined ? 0 : last.index + 1
    this.open = plan.open ? last?.index : undefined
    const { text, white } = Rest.tail(plan, model)
    this.overlap = new Overlap(text, white)
    if (text + white !== "") this.seam = { from: undefined, to: this.open ?? this.next, begin: undefined, held: [] }
  }

  /** What an event of this request, whose accumulator has it already, is in the whole answer. */
  push(event: Fields, request: Accumulator): ReadonlyArray<object> {
    switch (event["type"]) {
      case "message_start":
        return []
      case "content_block_start":
        return this.begin(event)
      case "content_block_delta":
        return this.delta(event)
      case "content_block_stop":
        return this.stop(event)
      case "message_delta":
        return this.emit([
          ...this.closed(),
          { ...event, usage: Continuation.sum(this.plan.usage, request.rawUsage) }
        ])
      default:
        return this.unknown(event)
    }
  }

  /** What was held back when nothing more comes. */
  flush(): ReadonlyArray<object> {
    return this.seam?.from === undefined ? [] : this.decided(this.seam, this.overlap.end())
  }

  /** What arrived of the whole, with the usage of all requests. */
  partial(request: Accumulator): ClaudeError.Partial | undefined {
    const partial = this.whole.partial()
    return partial && { ...partial, usage: addUsage(this.plan.used, request.used()) }
  }

  private begin(event: Fields): ReadonlyArray<object> {
    const from = number(event["index"])
    const block = isFields(event["content_block"]) ? event["content_block"] : {}
    // Thinking of a continuation is bound to a request that no history shows.
    if (/^(redacted_)?thinking$/.test(string(block["type"]))) {
      this.indices.set(from, undefined)
      return []
    }
    const { seam } = this
    if (seam !== undefined && seam.from === undefined && block["type"] === "text") {
      seam.from = from
      this.indices.set(from, seam.to)
      if (this.open === undefined) {
        this.next = seam.to + 1
        seam.begin = { ...event, index: seam.to, content_block: { ...block, text: "" } }
      }
      return this.text(seam, string(block["text"]))
    }
    const closed = this.closed()
    const index = this.next++
    this.indices.set(from, index)
    return this.emit([...closed, { ...event, index }])
  }

  private delta(event: Fields): ReadonlyArray<object> {
    const moved = this.moved(event)
    if (moved === undefined) return []
    const { seam } = this
    if (seam === undefined || seam.from !== event["index"]) return this.emit([moved])
    const { delta } = event
    if (isFields(delta) && delta["type"] === "text_delta") return this.text(seam, string(delta["text"]))
    if (this.overlap.length === undefined || seam.begin !== undefined) {
      seam.held.push(moved)
      return []
    }
    return this.emit([moved])
  }

  private stop(event: Fields): ReadonlyArray<object> {
    const moved = this.moved(event)
    if (moved === undefined) return []
    const { seam } = this
    if (seam === undefined || seam.from !== event["index"]) return this.emit([moved])
    const rest = this.decided(seam, this.overlap.end())
    this.seam = undefined
    // A block that only repeated is no block.
    if (seam.begin !== undefined) {
      this.next = seam.to
      return rest
    }
    this.open = undefined
    return [...rest, ...this.emit([...seam.held, moved])]
  }

  /** Closes the text that was open before, because what comes is not its continuation. */
  private closed(): ReadonlyArray<Fields> {
    const { open } = this
    this.seam = undefined
    this.open = undefined
    return open === undefined ? [] : [{ type: "content_block_stop", index: open }]
  }

  private text(seam: Seam, piece: string): ReadonlyArray<object> {
    const text = piece === "" ? undefined : this.overlap.push(piece)
    return text === undefined ? [] : this.decided(seam, text)
  }

  private decided(seam: Seam, text: string): ReadonlyArray<object> {
    if (text === "") return []
    const { begin, to } = seam
    seam.begin = undefined
    return this.emit([
      ...(begin === undefined ? [] : [begin]),
      { type: "content_block_delta", index: to, delta: { type: "text_delta", text } },
      ...seam.held.splice(0)
    ])
  }

  private unknown(event: Fields): ReadonlyArray<object> {
    const { index } = event
    if (typeof index !== "number" || !this.indices.has(index)) return this.emit([event])
    const moved = this.moved(event)
    return moved === undefined ? [] : this.emit([moved])
  }

  private moved(event: Fields): Fields | undefined {
    const index = this.indices.get(number(event["index"]))
    return index === undefined ? undefined : { ...event, index }
  }

  private emit(events: ReadonlyArray<Fields>): ReadonlyArray<object> {
    if (events.length === 0) return events
    const all = this.marked ? events : [{ ...this.mark() }, ...events]
    this.marked = true
    for (const event of all) this.whole.push(event)
    return all
  }

  private mark(): Continuation.Mark {
    const { dropped, kept, reason, unmarked } = this.plan
    const last = this.plan.open ? kept.at(-1) : undefined
    return {
      type: "effect_claude_continuation",
      continuation: {
        reason,
        index: last?.index ?? (kept.at(-1)?.index ?? -1) + 1,
        offset: string(last?.block["text"]).length,
        overlap: this.overlap.length ?? 0,
        dropped,
        usage: unmarked
      }
    }
  }
}
