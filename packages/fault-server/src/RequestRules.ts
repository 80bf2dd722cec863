/** Rejects what the API rejects, in the API's own words. One table of small pure rules. */
import * as Effect from "effect/Effect"
import * as Tokens from "./internal/tokens.ts"
import * as Models from "./Models.ts"
import * as Reply from "./Reply.ts"

export interface Options {
  /** Keys that are accepted; default: any that is not empty. */
  readonly keys?: ReadonlyArray<string>
}

export interface Rejection {
  readonly status: number
  readonly type: string
  readonly message: string
}

export interface Rule {
  readonly name: string
  /** The rejection, undefined for a request that passes. */
  readonly check: (request: Reply.Received, options: Options) => Rejection | undefined
}

const invalid = (message: string): Rejection => ({ status: 400, type: "invalid_request_error", message })

type Fields = Readonly<Record<string, unknown>>

const listOf = (value: unknown): ReadonlyArray<unknown> => Array.isArray(value) ? value : []
const messagesOf = (request: Reply.Received): ReadonlyArray<Fields> =>
  listOf(Tokens.fields(request.json)["messages"]).map(Tokens.fields)
const blocksOf = (message: Fields | undefined, type: string): ReadonlyArray<Fields> =>
  listOf(message?.["content"]).map(Tokens.fields).filter((block) => block["type"] === type)
const modelOf = (request: Reply.Received): Models.Model | undefined => {
  const id = Tokens.fields(request.json)["model"]
  return typeof id === "string" ? Models.find(id) : undefined
}

const maxBytes = 32 * 1024 * 1024

const dangling = (request: Reply.Received): Rejection | undefined => {
  const messages = messagesOf(request)
  for (const [index, message] of messages.entries()) {
    const results = new Set(blocksOf(messages[index + 1], "tool_result").map((block) => block["tool_use_id"]))
    const open = blocksOf(message, "tool_use").map((block) => block["id"]).filter((id) => !results.has(id))
    if (open.length > 0) {
      return invalid(
        `messages.${index}: \`tool_use\` ids were found without \`tool_result\` blocks immediately after: ` +
          `${
            open.join(", ")
          }. Each \`tool_use\` block must have a corresponding \`tool_result\` block in the next message.`
      )
    }
  }
  return undefined
}

const orphan = (request: Reply.Received): Rejection | undefined => {
  const messages = messagesOf(request)
  for (const [index, message] of messages.entries()) {
    const uses = new Set(blocksOf(messages[index - 1], "tool_use").map((block) => block["id"]))
    for (const [at, block] of listOf(message["content"]).map(Tokens.fields).entries()) {
      if (block["type"] === "tool_result" && !uses.has(block["tool_use_id"])) {
        return invalid(
          `messages.${index}.content.${at}: unexpected \`tool_use_id\` found in \`tool_result\` blocks: ` +
            `${
              String(block["tool_use_id"])
            }. Each \`tool_result\` block must have a corresponding \`tool_use\` block in ` +
            "the previous message."
        )
      }
    }
  }
  return undefined
}

const duplicateUse = (request: Reply.Received): Rejection | undefined => {
  const seen = new Set<unknown>()
  for (const [index, message] of messagesOf(request).entries()) {
    for (const [at, block] of listOf(message["content"]).map(Tokens.fields).entries()) {
      if (block["type"] !== "tool_use") continue
      if (seen.has(block["id"])) return invalid(`messages.${index}.content.${at}: \`tool_use\` ids must be unique`)
      seen.add(block["id"])
    }
  }
  return undefined
}

const duplicateResult = (request: Reply.Received): Rejection | undefined => {
  for (const [index, message] of messagesOf(request).entries()) {
    const seen = new Set<unknown>()
    for (const block of blocksOf(message, "tool_result")) {
      const id = block["tool_use_id"]
      if (seen.has(id)) {
        return invalid(
          `messages.${index}: each tool_use must have a single result. Found multiple \`tool_result\` blocks with id: ` +
            String(id)
        )
      }
      seen.add(id)
    }
  }
  return undefined
}

/** In the order in which the API checks them. */
export const rules: ReadonlyArray<Rule> = [
  {
    name: "size",
    check: (request) =>
      request.body.length > maxBytes
        ? { status: 413, type: "request_too_large", message: "Request exceeds the maximum allowed number of bytes." }
        : undefined
  },
  {
    name: "key",
    check: (request, options) => {
      const bearer = request.headers["authorization"]?.replace(/^Bearer /i, "")
      const key = request.headers["x-api-key"] ?? bearer
      if (key === undefined || key === "") {
        return { status: 401, type: "authentication_error", message: "x-api-key header is required" }
      }
      return options.keys === undefined || options.keys.includes(key)
        ? undefined
        : { status: 401, type: "authentication_error", message: "invalid x-api-key" }
    }
  },
  {
    name: "json",
    check: (request) =>
      request.method === "POST" && request.json === undefined
        ? invalid("The request body is not valid JSON")
        : undefined
  },
  {
    name: "required",
    check: (request) => {
      const body = Tokens.fields(request.json)
      for (const name of ["model", "max_tokens", "messages"]) {
        if (body[name] === undefined) return invalid(`${name}: Field required`)
      }
      return messagesOf(request).length === 0 ? invalid("messages: at least one message is required") : undefined
    }
  },
  {
    name: "model",
    check: (request) =>
      modelOf(request) === undefined
        ? { status: 404, type: "not_found_error", message: `model: ${String(Tokens.fields(request.json)["model"])}` }
        : undefined
  },
  {
    name: "max_tokens",
    check: (request) => {
      const given = Tokens.fields(request.json)["max_tokens"]
      const most = modelOf(request)?.maxOutput ?? Infinity
      if (typeof given !== "number" || !Number.isInteger(given) || given < 0) {
        return invalid("max_tokens: Input should be a valid integer")
      }
      return given > most
        ? invalid(
          `max_tokens: ${given} > ${most}, which is the maximum allowed number of output tokens for ` +
            String(Tokens.fields(request.json)["model"])
        )
        : undefined
    }
  },
  {
    name: "sampling",
    check: (request) => {
      const body = Tokens.fields(request.json)
      if (request.headers["anthropic-version"] !== "2026-10-21") return undefined
      const used = ["temperature", "top_p", "top_k"].find((name) => body[name] !== undefined)
      return used === undefined ? undefined : invalid(`${used}: Extra inputs are not permitted`)
    }
  },
  {
    name: "roles",
    check: (request) => {
      const at = messagesOf(request).findIndex((message) =>
        message["role"] !== "user" && message["role"] !== "assistant"
      )
      return at === -1 ? undefined : invalid(`messages.${at}.role: Input should be 'user' or 'assistant'`)
    }
  },
  { name: "dangling", check: dangling },
  { name: "orphan", check: orphan },
  { name: "duplicate result", check: duplicateResult },
  { name: "duplicate use", check: duplicateUse },
  {
    name: "prefill",
    check: (request) =>
      messagesOf(request).at(-1)?.["role"] === "assistant" && modelOf(request)?.prefill === false
        ? invalid(
          "This model does not support assistant message prefill. The conversation must end with a user message."
        )
        : undefined
  }
]

/** A handler behind the rules: what they reject never reaches it. Also checks the key of every other route. */
export const make = (handler: Reply.Handler, options: Options = {}): Reply.Handler => (request) => {
  const isMessage = request.method === "POST" && request.path === "/v1/messages"
  for (const rule of rules) {
    if (!isMessage && rule.name !== "key") continue
    const rejection = rule.check(request, options)
    if (rejection !== undefined) {
      return Effect.sync(() => Reply.error(rejection.status, rejection.type, rejection.message))
    }
  }
  return handler(request)
}
