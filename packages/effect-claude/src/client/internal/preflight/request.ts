/** Rules about the request as a whole. */
import { type Fields, isFields, list, type Rules, type Subject, type Violation } from "./subject.ts"

const documents = "build-with-claude/"

/** Deeper values are not sent: they could not be written as JSON. */
const mostDepth = 1000
const mostBytes = 32 * 1024 * 1024
const mostMessages = 100_000
/** Answers of more tokens take longer than ten minutes: the SDK wants them streamed. */
const mostUnstreamed = 21_333

const at = (rule: string, path: string, message: string, fix: string): Violation => ({ path, rule, message, fix })

/** The least number of bytes it has as JSON, and what cannot be written at all. */
const measure = (params: Fields): { readonly bytes: number; readonly unwritable: string | undefined } => {
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
  const { bytes, unwritable } = measure(params)
  if (unwritable !== undefined) {
    return [at("size", "", `The request holds ${unwritable}: it cannot be written as JSON.`, "Send plain JSON values.")]
  }
  return bytes <= mostBytes ? [] : [at(
    "size",
    "",
    `The request has at least ${bytes} bytes; ${mostBytes} are the most.`,
    "Upload documents and images through the Files API and send their file_id, or split the request."
  )]
}

const required = ({ messages, params }: Subject): ReadonlyArray<Violation> => {
  const found: Array<Violation> = []
  const { model } = params
  if (typeof model !== "string" || model === "") {
    found.push(at("required", "model", "The model is missing.", "Write a model's id, such as \"claude-sonnet-5-5\"."))
  }
  if (params["max_tokens"] === undefined) {
    found.push(at("required", "max_tokens", "max_tokens is missing.", "Say how long the answer may be."))
  }
  if (!Array.isArray(params["messages"])) {
    found.push(at("required", "messages", "The messages are missing or no list.", "Write a list of { role, content }."))
  } else if (messages.length === 0) {
    found.push(at("required", "messages", "There is no message.", "Write at least one message of the user."))
  }
  return found
}

const shape = ({ params, tools }: Subject): ReadonlyArray<Violation> => {
  const found: Array<Violation> = []
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

const maxTokens = ({ facts, params }: Subject): ReadonlyArray<Violation> => {
  const given = params["max_tokens"]
  if (given === undefined) return []
  if (typeof given !== "number" || !Number.isInteger(given) || given < 0) {
    return [
      at(
        "maxTokens",
        "max_tokens",
        `max_tokens is ${JSON.stringify(given) ?? "unreadable"}.`,
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

const sampling = ({ direct, params }: Subject): ReadonlyArray<Violation> =>
  direct
    ? ["temperature", "top_p", "top_k"].filter((name) => params[name] !== undefined).map((name) =>
      at("sampling", name, `${name} is no parameter of the current API version.`, "Leave it out.")
    )
    : []

const count = ({ messages }: Subject): ReadonlyArray<Violation> =>
  messages.length <= mostMessages ? [] : [at(
    "count",
    "messages",
    `There are ${messages.length} messages; ${mostMessages} are the most.`,
    "Drop the oldest exchanges, or have them summed up."
  )]

/** A turn that paused, a compaction and a claimed fallback end with an assistant message that is no prefill. */
const prefill = ({ facts, params, turns }: Subject): ReadonlyArray<Violation> => {
  const last = turns.at(-1)
  if (facts?.prefill !== false || last?.role !== "assistant") return []
  if ("fallback_credit_token" in params || last.blocks.some((block) => block.type !== "text")) return []
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
    rules: { shape: "tools and system are lists of objects, system may be a text." },
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
    rules: { sampling: "No temperature, top_p or top_k since version 2026-10-21." },
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
