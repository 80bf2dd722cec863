/** Requests and answers as the conventions show them on a span; only where somebody asked for content. */
import * as Result from "effect/Result"
import * as ClaudeError from "../../errors/ClaudeError.ts"
import type { Answer } from "./hook.ts"

/** Characters of one attribute. */
const most = 64 * 1024

type Fields = Readonly<Record<string, unknown>>
const isFields = (value: unknown): value is Fields => typeof value === "object" && value !== null

const part = (block: unknown): Fields => {
  if (!isFields(block)) return { type: "text", content: String(block) }
  switch (block["type"]) {
    case "text":
      return { type: "text", content: block["text"] }
    case "thinking":
      return { type: "reasoning", content: block["thinking"] }
    case "tool_use":
      return { type: "tool_call", id: block["id"], name: block["name"], arguments: block["input"] }
    case "tool_result":
      return { type: "tool_call_response", id: block["tool_use_id"], response: block["content"] }
    default:
      // Images and documents are as large as they are useless here.
      return { type: block["type"] }
  }
}

const parts = (content: unknown): ReadonlyArray<Fields> => Array.isArray(content) ? content.map(part) : [part(content)]

/** What cannot be written as JSON cannot be sent either, and is not shown. */
const text = (value: unknown): string | undefined =>
  Result.getOrUndefined(Result.try(() => ClaudeError.redact(JSON.stringify(value)).slice(0, most)))

/** What was asked. */
export const input = (params: unknown): Fields => {
  if (!isFields(params) || !Array.isArray(params["messages"])) return {}
  const messages = params["messages"].filter(isFields).map(({ content, role }) => ({ role, parts: parts(content) }))
  return {
    "gen_ai.input.messages": text(messages),
    "gen_ai.system_instructions": params["system"] === undefined ? undefined : text(parts(params["system"]))
  }
}

/** What was answered. */
export const output = ({ content, stop_reason }: Answer): Fields => ({
  "gen_ai.output.messages": text([{ role: "assistant", parts: parts(content), finish_reason: stop_reason }])
})
