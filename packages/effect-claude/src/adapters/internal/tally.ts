/** What an answer used and whether it is complete, from its events as they pass; nothing of its content is kept. */
import { type Fields, isFields, parse, string, usageOf } from "../../client/internal/fields.ts"
import { SameDelta } from "../../client/internal/sameDelta.ts"
import type { Name, Sink } from "../../client/internal/sse.ts"
import type { Usage } from "../../errors/ClaudeError.ts"
import type { Answer } from "../../telemetry/internal/hook.ts"

/** Four characters a token: only for output whose count the API never sent. */
const charactersPerToken = 4

/** What of a message is told where somebody listens. */
export const answerOf = (message: Fields, content: ReadonlyArray<unknown>): Answer => ({
  id: string(message["id"]),
  model: string(message["model"]),
  stop_reason: typeof message["stop_reason"] === "string" ? message["stop_reason"] : null,
  content
})

/** Who is told of what passes. */
export interface Heard {
  /** An event that is no ping. */
  readonly event: () => void
  readonly error: (event: Fields) => void
  /** What came is no event at all. */
  readonly broken: (what: string) => void
}

export class Tally implements Sink {
  /** True once the message began, once there was more than its beginning, and once it ended. */
  started = false
  begun = false
  complete = false
  private message: Fields = {}
  private usage: Fields = {}
  private counted = false
  private characters = 0
  private readonly same = new SameDelta()
  private readonly heard: Heard

  constructor(heard: Heard) {
    this.heard = heard
  }

  /** One event of the wire. */
  frame(name: Name, text: string): void {
    if (name === "ping" || text === "") return
    const same = this.same.read(text)
    const event = same ?? parse(text)
    if (!isFields(event)) return this.heard.broken("an event is no JSON object")
    if (same === undefined) this.same.learn(text, event)
    const type = event["type"]
    if (type === "ping") return
    if (name === "error" || type === "error") return this.heard.error(event)
    this.take(event)
    this.heard.event()
  }

  private take(event: Fields): void {
    const { delta, message, type, usage } = event
    if (type === "message_start") {
      // A proxy that began again tells a second start; the message is still the first.
      if (!this.started && isFields(message)) {
        const { content: _, usage, ...rest } = message
        this.message = rest
        if (isFields(usage)) this.usage = { ...usage }
      }
      this.started = true
      return
    }
    this.begun = true
    if (type === "content_block_delta" && isFields(delta)) {
      this.characters += string(delta["text"] ?? delta["partial_json"] ?? delta["thinking"]).length
    } else if (type === "message_delta" && isFields(usage)) {
      if (isFields(delta)) this.message["stop_reason"] = delta["stop_reason"]
      for (const [name, value] of Object.entries(usage)) if (value !== null) this.usage[name] = value
      this.counted = true
    } else if (type === "message_stop") this.complete = this.started
  }

  /** Without its content, which nobody kept. */
  get answer(): Answer {
    return answerOf(this.message, [])
  }

  /** Tokens so far; the output is an estimate while the API has not said. */
  used(): Usage {
    const told = usageOf(this.usage, !this.counted)
    if (this.counted) return told
    return { ...told, outputTokens: Math.max(told.outputTokens, Math.ceil(this.characters / charactersPerToken)) }
  }
}
