/** The endings a message can have, ready-made. */
import * as Events from "./events.ts"

type Options = Events.MessageOptions

export interface Refusal extends Options {
  /** Default "cyber"; null is allowed by the API. */
  readonly category?: string | null
  readonly explanation?: string | null
}

/** A refusal, before any output unless content is given. */
export const refusal = (options: Refusal = {}): Events.Message => {
  const { category = "cyber", content, explanation = "This request was declined.", text, ...rest } = options
  return Events.message({
    ...rest,
    content: content ?? (text === undefined ? [] : [{ type: "text", text, citations: null }]),
    stopReason: "refusal",
    stopDetails: { type: "refusal", category, explanation },
    usage: { ...(content === undefined && text === undefined ? { output_tokens: 0 } : {}), ...rest.usage }
  })
}

/** A turn of server tools that paused: to be sent back as it is. */
export const pauseTurn = (options: Options = {}): Events.Message =>
  Events.message({
    content: [
      { type: "text", text: options.text ?? "I am still searching.", citations: null },
      { type: "server_tool_use", id: "srvtoolu_000001", name: "web_search", input: { query: "weather in Paris" } },
      { type: "web_search_tool_result", tool_use_id: "srvtoolu_000001", content: [] }
    ],
    ...options,
    stopReason: "pause_turn"
  })

export interface Call {
  readonly id?: string
  readonly name: string
  /** A string stands for JSON that was cut, and is sent as it is. */
  readonly input: unknown
}

let ids = 0

const block = (call: Call): Events.Block => ({
  type: "tool_use",
  id: call.id ?? `toolu_${String(++ids).padStart(12, "0")}`,
  name: call.name,
  input: call.input
})

/** Tool calls after a text; several are parallel. */
export const toolUse = (calls: Call | ReadonlyArray<Call>, options: Options = {}): Events.Message => {
  const list: ReadonlyArray<Call> = "name" in calls ? [calls] : calls
  return Events.message({
    stopReason: "tool_use",
    ...options,
    content: [{ type: "text", text: options.text ?? "Let me look.", citations: null }, ...list.map(block)]
  })
}

/** `max_tokens` in the middle of a tool's input. */
export const truncatedToolUse = (call: Partial<Call> = {}, options: Options = {}): Events.Message =>
  toolUse({ name: "write_file", input: `{"path": "/a", "content": "Once upo`, ...call }, {
    ...options,
    stopReason: "max_tokens"
  })

/** `stop_reason: tool_use` and no tool in the content. */
export const toolUseWithoutBlock = (options: Options = {}): Events.Message =>
  Events.message({ text: "Let me look.", ...options, stopReason: "tool_use" })

/** A signed thought before the text. */
export const thinking = (thought: string, options: Options = {}): Events.Message =>
  Events.message({
    ...options,
    content: [
      { type: "thinking", thinking: thought, signature: "RXF1RmF1bHRTZXJ2ZXI=" },
      ...(options.content ?? [{ type: "text", text: options.text ?? "Hello!", citations: null }])
    ]
  })
