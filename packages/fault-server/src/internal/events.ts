/** Messages of the API and their events. */

/** A content block as the API sends it. */
export interface Block {
  readonly type: string
  readonly [name: string]: unknown
}

export interface Usage {
  readonly input_tokens: number
  readonly output_tokens: number
  readonly cache_creation_input_tokens: number
  readonly cache_read_input_tokens: number
  readonly cache_creation: unknown
  readonly inference_geo: string | null
  readonly output_tokens_details: unknown
  readonly server_tool_use: unknown
  readonly service_tier: string | null
  readonly speed: string | null
}

export interface Message {
  readonly id: string
  readonly type: "message"
  readonly role: "assistant"
  readonly model: string
  readonly content: ReadonlyArray<Block>
  readonly stop_reason: string | null
  readonly stop_sequence: string | null
  readonly stop_details: unknown
  readonly container: unknown
  readonly diagnostics: unknown
  readonly usage: Usage
}

export interface MessageOptions {
  /** Short for one text block. */
  readonly text?: string
  readonly content?: ReadonlyArray<Block>
  readonly model?: string
  readonly stopReason?: string | null
  readonly stopDetails?: unknown
  readonly usage?: Partial<Usage>
}

export interface Event {
  readonly type: string
  readonly [name: string]: unknown
}

let ids = 0

export const message = (options: MessageOptions): Message => {
  const content = options.content ?? [{ type: "text", text: options.text ?? "Hello!", citations: null }]
  return {
    id: `msg_${String(++ids).padStart(12, "0")}`,
    type: "message",
    role: "assistant",
    model: options.model ?? "claude-sonnet-5-5",
    content,
    stop_reason: options.stopReason === undefined
      ? (content.some((block) => block.type === "tool_use") ? "tool_use" : "end_turn")
      : options.stopReason,
    stop_sequence: null,
    stop_details: options.stopDetails ?? null,
    container: null,
    diagnostics: null,
    usage: {
      input_tokens: 10,
      output_tokens: 12,
      cache_creation_input_tokens: 0,
      cache_read_input_tokens: 0,
      cache_creation: null,
      inference_geo: null,
      output_tokens_details: null,
      server_tool_use: null,
      service_tier: "standard",
      speed: null,
      ...options.usage
    }
  }
}

const pieces = (text: string, size: number): Array<string> => {
  const cut: Array<string> = []
  // By code points, so that no delta ends inside a surrogate pair.
  const points = Array.from(text)
  for (let at = 0; at < points.length; at += size) cut.push(points.slice(at, at + size).join(""))
  return cut
}

const string = (value: unknown): string => typeof value === "string" ? value : ""

const start = (block: Block): Block => {
  switch (block.type) {
    case "text":
      return { ...block, text: "" }
    case "thinking":
      return { ...block, thinking: "", signature: "" }
    case "tool_use":
    case "server_tool_use":
      return { ...block, input: {} }
    case "compaction":
      return { ...block, content: null }
    default:
      return block
  }
}

const deltas = (block: Block, size: number): Array<object> => {
  switch (block.type) {
    case "text":
      return pieces(string(block["text"]), size).map((text) => ({ type: "text_delta", text }))
    case "thinking":
      return [
        ...pieces(string(block["thinking"]), size).map((thinking) => ({ type: "thinking_delta", thinking })),
        { type: "signature_delta", signature: string(block["signature"]) }
      ]
    case "tool_use":
    case "server_tool_use": {
      // A string is input that was cut: sent as it is.
      const json = typeof block["input"] === "string" ? block["input"] : JSON.stringify(block["input"] ?? {})
      return ["", ...pieces(json, size)].map((partial_json) => ({ type: "input_json_delta", partial_json }))
    }
    case "compaction":
      // One delta with the whole of it, as the API sends it.
      return [{ type: "compaction_delta", content: block["content"] ?? null }]
    default:
      return []
  }
}

/** The message as JSON tells it: input that was cut is no object and so arrives empty. */
export const whole = (given: Message): Message => ({
  ...given,
  content: given.content.map((block) => typeof block["input"] === "string" ? { ...block, input: {} } : block)
})

/** What `message_delta` tells of the usage, in sums. */
const sums = (usage: Usage): object => ({
  input_tokens: usage.input_tokens,
  output_tokens: usage.output_tokens,
  cache_creation_input_tokens: usage.cache_creation_input_tokens,
  cache_read_input_tokens: usage.cache_read_input_tokens,
  output_tokens_details: usage.output_tokens_details,
  server_tool_use: usage.server_tool_use
})

/** The events of a message in their order, a ping after the start. */
export const events = (given: Message, size: number): Array<Event> => [
  {
    type: "message_start",
    message: {
      ...given,
      content: [],
      stop_reason: null,
      stop_sequence: null,
      stop_details: null,
      usage: { ...given.usage, output_tokens: Math.min(1, given.usage.output_tokens) }
    }
  },
  { type: "ping" },
  ...given.content.flatMap((block, index): Array<Event> => [
    { type: "content_block_start", index, content_block: start(block) },
    ...deltas(block, size).map((delta): Event => ({ type: "content_block_delta", index, delta })),
    { type: "content_block_stop", index }
  ]),
  {
    type: "message_delta",
    delta: {
      stop_reason: given.stop_reason,
      stop_sequence: given.stop_sequence,
      stop_details: given.stop_details,
      container: given.container
    },
    usage: sums(given.usage)
  },
  { type: "message_stop" }
]
