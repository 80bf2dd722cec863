/** Rules about the request as a whole. */
import { continued, type Fields, isFields, list, type Rules, shown, type Subject, type Violation } from "./subject.ts"

const documents = "build-with-claude/"

/** Deeper values are not sent: they could not be written as JSON. */
const mostDepth = 1000
export const mostBytes = 32 * 1024 * 1024
export const mostMessages = 100_000
/** Answers of more tokens take longer than ten minutes: the SDK wants them streamed. */
const mostUnstreamed = 21_333

const at = (rule: string, path: string, message: string, fix: string): Violation => ({ path, rule, message, fix })

/** No character takes more bytes in JSON than an escaped one. */
export const mostBytesOfCharacter = 6

const textBytes = (text: string): number => {
  let bytes = 2
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code === 0x22 || code === 0x5c) bytes += 2
    else if (code < 0x20) bytes += code >= 0x08 && code <= 0x0d && code !== 0x0b ? 2 : 6
    else if (code < 0x80) bytes += 1
    // A half of a pair has two of its four.
    else bytes += code < 0x800 || (code >= 0xd800 && code <= 0xdfff) ? 2 : 3
  }
  return bytes
}

/** Counted character by character; called for what is near the limit. */
export const exactly = (value: unknown): number => {
  if (typeof value === "string") return textBytes(value)
  if (typeof value !== "object" || value === null) return value === undefined ? 0 : String(value).length
  let bytes = 1
  if (Array.isArray(value)) {
    for (const item of value) bytes += exactly(item) + 1
  } else {
    const plain = "type" in value && value.type === "base64"
    for (const [name, item] of Object.entries(value)) {
      // Base64 is a byte a character, and most of what is this large.
      const size = plain && name === "data" && typeof item === "string" ? item.length + 2 : exactly(item)
      if (item !== undefined) bytes += textBytes(name) + size + 2
    }
  }
  return Math.max(2, bytes)
}

/** The least number of bytes it has as JSON, and what cannot be written at all. */
export const measure = (params: Fields): { readonly bytes: number; readonly unwritable: string | undefined } => {
  let bytes = 2
  const stack: Array<{ readonly value: unknown; readonly depth: number }> = [{ value: params, depth: 0 }]
  for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
    const { depth, value } = next
    if (typeof value === "string") bytes += value.length + 2
    else if (typeof value === "bigint") return { bytes, unwritable: "a bigint" }
    else if (typeof value === "object" && value !== null) {
      if (depth > mostDepth) return { bytes, unwritable: `more than ${mostDepth} levels, or a circle` }
      if (Array.isArray(value)) {
        bytes += value.length + 1
        for (const item of value) stack.push({ value: item, depth: depth + 1 })
      } else {
        for (const [name, item] of Object.entries(value)) {
          if (item === undefined) continue
          bytes += name.length + 4
          stack.push({ value: item, depth: depth + 1 })
        }
      }
    } else bytes += 1
    if (bytes > 16 * mostBytes) break
  }
  return { bytes, unwritable: undefined }
}

const size = ({ params }: Subject): ReadonlyArray<Violation> => {
  const { bytes: least, unwritable } = measure(params)
  if (unwritable !== undefined) {
    return [at("size", "", `The request holds ${unwritable}: it cannot be written as JSON.`, "Send plain JSON values.")]
  }
  if (least * mostBytesOfCharacter <= mostBytes) return []
  const bytes = least > mostBytes ? least : exactly(params)
  return bytes <= mostBytes ? [] : [at(
    "size",
    "",
    `The request has at least ${bytes} bytes; ${mostBytes} are the most.`,
    "Upload documents and images through the Files API and send their file_id, or split the request."
  )]
}

const required = ({ counting, messages, params }: Subject): ReadonlyArray<Violation> => {
  const found: Array<Violation> = []
  const { model } = params
  if (typeof model !== "string" || model === "") {
    found.push(at("required", "model", "The model is missing.", "Write a model's id, such as \"claude-sonnet-5-5\"."))
  }
  if (!counting && (params["max_tokens"] === undefined || params["max_tokens"] === null)) {
    found.push(at("required", "max_tokens", "max_tokens is missing.", "Say how long the answer may be."))
  }
  if (!Array.isArray(params["messages"])) {
    found.push(at("required", "messages", "The messages are missing or no list.", "Write a list of { role, content }."))
  } else if (messages.length === 0 && !isFields(params["thread"])) {
    found.push(at("required", "messages", "There is no message.", "Write at least one message of the user."))
  }
  return found
}

const objects = ["thinking", "metadata", "output_config", "cache_control"]

const shape = ({ params, tools }: Subject): ReadonlyArray<Violation> => {
  const found: Array<Violation> = []
  for (const name of objects) {
    const given = params[name]
    if (given === undefined || given === null || isFields(given)) continue
    found.push(at("shape", name, `${name} is no object.`, "Write an object, or leave it out."))
  }
  const stops = params["stop_sequences"]
  if (stops !== undefined && stops !== null && !Array.isArray(stops)) {
    found.push(at("shape", "stop_sequences", "The stop sequences are no list.", "Write a list of texts."))
  }
  for (const [index, stop] of list(stops).entries()) {
    if (typeof stop !== "string") {
      found.push(at("shape", `stop_sequences.${index}`, "This is no text.", "Write a text."))
    }
  }
  if (params["tools"] !== undefined && params["tools"] !== null && !Array.isArray(params["tools"])) {
    found.push(at("shape", "tools", "The tools are no list.", "Write a list of tools."))
  }
  for (const [index, tool] of tools.entries()) {
    if (!isFields(tool)) found.push(at("shape", `tools.${index}`, "This is no tool.", "Write an object with a name."))
  }
  const { system } = params
  if (system !== undefined && system !== null && typeof system !== "string" && !Array.isArray(system)) {
    found.push(
      at("shape", "system", "The system prompt is neither text nor a list.", "Write a text, or a list of text blocks.")
    )
  }
  for (const [index, block] of list(system).entries()) {
    if (!isFields(block)) {
      found.push(at("shape", `system.${index}`, "This is no block.", "Write { type: \"text\", text }."))
    }
  }
  return found
}

const maxTokens = ({ counting, facts, params }: Subject): ReadonlyArray<Violation> => {
  const given = params["max_tokens"]
  if (counting || given === undefined || given === null) return []
  if (typeof given !== "number" || !Number.isInteger(given) || given < 0) {
    return [
      at(
        "maxTokens",
        "max_tokens",
        `max_tokens is ${shown(given)}.`,
        "Write a whole number from 0."
      )
    ]
  }
  return facts === undefined || given <= facts.maxTokens ? [] : [at(
    "maxTokens",
    "max_tokens",
    `${given} is more than the ${facts.maxTokens} that ${String(params["model"])} can write.`,
    `Write at most ${facts.maxTokens}.`
  )]
}

const unstreamed = ({ params, streamed }: Subject): ReadonlyArray<Violation> => {
  const given = params["max_tokens"]
  return streamed !== false || typeof given !== "number" || given <= mostUnstreamed ? [] : [at(
    "unstreamed",
    "max_tokens",
    `An answer of up to ${given} tokens may take longer than the ten minutes of a JSON answer.`,
    `Stream it, or ask for at most ${mostUnstreamed}.`
  )]
}

/** What says nothing under an older version. */
const neutral: ReadonlyMap<string, number | undefined> = new Map([["temperature", 1], ["top_p", 1], [
  "top_k",
  undefined
]])

const sampling = ({ direct, facts, params }: Subject): ReadonlyArray<Violation> => {
  if (!direct && facts?.sampling !== false) return []
  const whose = direct ? "the current API version" : String(params["model"])
  return Array.from(neutral).filter(([name, value]) =>
    params[name] !== undefined && (direct || (params[name] !== null && params[name] !== value))
  ).map(([name]) => at("sampling", name, `${name} is no parameter of ${whose}.`, "Leave it out."))
}

const count = ({ messages }: Subject): ReadonlyArray<Violation> =>
  messages.length <= mostMessages ? [] : [at(
    "count",
    "messages",
    `There are ${messages.length} messages; ${mostMessages} are the most.`,
    "Drop the oldest exchanges, or have them summed up."
  )]

/** A turn that paused, a compaction and a claimed fallback end with an assistant message that is no prefill. */
const prefill = (subject: Subject): ReadonlyArray<Violation> => {
  const { counting, facts, params, turns } = subject
  const last = turns.at(-1)
  if (counting || facts?.prefill !== false || last?.role !== "assistant" || continued(subject)) return []
  if (["fallback_credit_token", "compaction"].some((name) => params[name] !== undefined)) return []
  // What warms the cache generates nothing.
  if (params["max_tokens"] === 0 || last.blocks.some((block) => block.type !== "text")) return []
  return [at(
    "prefill",
    `messages.${last.index}`,
    `${String(params["model"])} does not continue an assistant message.`,
    "End with a user message; quote the beginning there and ask to go on."
  )]
}

export const request: ReadonlyArray<Rules> = [
  { rules: { size: "At most 32 MB of JSON." }, source: "api/errors", check: size },
  { rules: { required: "model, max_tokens and messages are there." }, source: "api/messages", check: required },
  {
    rules: { shape: "Parameters are of their kind: tools and system lists of objects, thinking an object." },
    source: "api/messages",
    check: shape
  },
  {
    rules: { maxTokens: "max_tokens is a whole number from 0 to the model's own maximum." },
    source: "about-claude/models",
    check: maxTokens
  },
  { rules: { unstreamed: "What may take over ten minutes is streamed." }, source: "the SDK", check: unstreamed },
  {
    rules: {
      sampling: "No temperature, top_p or top_k since version 2026-10-21; before it none but the defaults from 4.7 on."
    },
    source: "api/migration-2026-10-21",
    check: sampling
  },
  { rules: { count: "At most 100,000 messages." }, source: "api/messages", check: count },
  {
    rules: { prefill: "From 4.6 on the last message is not a beginning of the answer." },
    source: `${documents}prefill`,
    check: prefill
  }
]
