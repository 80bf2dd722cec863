/** What is rejected of a request as a whole. */
import type { Rule } from "../../RequestRules.ts"
import { bodyOf, first, invalid, isCurrent, isObject, listOf, messagesOf, modelOf } from "./parts.ts"

const maxBytes = 32 * 1024 * 1024
const maxMessages = 100_000
const objects = ["thinking", "metadata", "output_config", "cache_control"]

export const request: ReadonlyArray<Rule> = [
  {
    name: "size",
    check: (received) =>
      Buffer.byteLength(received.body) > maxBytes
        ? { status: 413, type: "request_too_large", message: "Request exceeds the maximum allowed number of bytes." }
        : undefined
  },
  {
    name: "key",
    check: (received, options) => {
      const bearer = received.headers["authorization"]?.replace(/^Bearer /i, "")
      const key = received.headers["x-api-key"] ?? bearer
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
    check: (received) =>
      received.method === "POST" && received.json === undefined
        ? invalid("The request body is not valid JSON")
        : undefined
  },
  {
    name: "required",
    check: (received) => {
      const body = bodyOf(received)
      for (const name of ["model", "messages"]) {
        if (body[name] === undefined) return invalid(`${name}: Field required`)
      }
      return undefined
    }
  },
  {
    name: "required max_tokens",
    generating: true,
    check: (received) =>
      bodyOf(received)["max_tokens"] === undefined ? invalid("max_tokens: Field required") : undefined
  },
  {
    name: "shape",
    check: (received) => {
      const body = bodyOf(received)
      const { messages, model, stop_sequences: stops, system, tools } = body
      const odd = objects.find((name) => body[name] !== undefined && body[name] !== null && !isObject(body[name]))
      if (odd !== undefined) return invalid(`${odd}: Input should be an object`)
      if (stops !== undefined && stops !== null && !Array.isArray(stops)) {
        return invalid("stop_sequences: Input should be a valid list")
      }
      const stop = listOf(stops).findIndex((one) => typeof one !== "string")
      if (stop >= 0) return invalid(`stop_sequences.${stop}: Input should be a valid string`)
      if (typeof model !== "string" || model === "") return invalid("model: Input should be a valid string")
      if (!Array.isArray(messages)) return invalid("messages: Input should be a valid list")
      if (messages.length === 0) return invalid("messages: at least one message is required")
      if (tools !== undefined && tools !== null && !Array.isArray(tools)) {
        return invalid("tools: Input should be a valid list")
      }
      if (system !== undefined && system !== null && typeof system !== "string" && !Array.isArray(system)) {
        return invalid("system: Input should be a valid string or list")
      }
      return first(messages, (message, index) => {
        if (!isObject(message)) return `messages.${index}: Input should be a valid dictionary`
        const { content, role } = message
        if (typeof content === "string" || (content === undefined && role === "system")) return undefined
        if (!Array.isArray(content)) return `messages.${index}.content: Input should be a valid list`
        const at = content.findIndex((block) => !isObject(block) || typeof block["type"] !== "string")
        return at < 0 ? undefined : `messages.${index}.content.${at}: Input should be an object`
      }) ??
        first(
          listOf(tools),
          (tool, index) => isObject(tool) ? undefined : `tools.${index}: Input should be an object`
        ) ??
        first(
          listOf(system),
          (block, index) => isObject(block) ? undefined : `system.${index}: Input should be an object`
        )
    }
  },
  {
    name: "count",
    check: (received) =>
      messagesOf(received).length > maxMessages
        ? invalid(`messages: List should have at most ${maxMessages} items`)
        : undefined
  },
  {
    name: "model",
    check: (received) =>
      modelOf(received) === undefined
        ? { status: 404, type: "not_found_error", message: `model: ${String(bodyOf(received)["model"])}` }
        : undefined
  },
  {
    name: "context management",
    check: (received) => {
      const betas = received.headers["anthropic-beta"] ?? ""
      const { context_management: given } = bodyOf(received)
      if (given === undefined || /context-management-2025-06-27|compact-2026-01-12/.test(betas)) return undefined
      return invalid("context_management: Extra inputs are not permitted")
    }
  },
  {
    name: "server-side fallback",
    check: (received) =>
      bodyOf(received)["fallbacks"] === undefined ||
        (received.headers["anthropic-beta"] ?? "").includes("server-side-fallback-2026-07-01")
        ? undefined
        : invalid("fallbacks: Extra inputs are not permitted")
  },
  {
    name: "betas",
    check: (received) =>
      bodyOf(received)["betas"] === undefined ? undefined : invalid("betas: Extra inputs are not permitted")
  },
  {
    name: "max_tokens",
    generating: true,
    check: (received) => {
      const given = bodyOf(received)["max_tokens"]
      const most = modelOf(received)?.maxOutput ?? Infinity
      if (typeof given !== "number" || !Number.isInteger(given)) {
        return invalid("max_tokens: Input should be a valid integer")
      }
      if (given < 0) return invalid("max_tokens: Input should be greater than or equal to 0")
      return given > most
        ? invalid(
          `max_tokens: ${given} > ${most}, which is the maximum allowed number of output tokens for ` +
            String(bodyOf(received)["model"])
        )
        : undefined
    }
  },
  {
    name: "sampling",
    check: (received) => {
      const body = bodyOf(received)
      if (!isCurrent(received)) return undefined
      const used = ["temperature", "top_p", "top_k"].find((name) => body[name] !== undefined)
      return used === undefined ? undefined : invalid(`${used}: Extra inputs are not permitted`)
    }
  }
]
