/** How an answer ended and what it used. */
import type * as Messages from "@anthropic-ai/sdk/resources/messages"
import type * as Response from "effect/ai/Response"
import { type Fields, isFields, number } from "../../../client/internal/fields.ts"
import { json } from "./metadata.ts"

const reasons: ReadonlyMap<string, Response.FinishReason> = new Map(Object.entries<Response.FinishReason>({
  end_turn: "stop",
  stop_sequence: "stop",
  tool_use: "tool-calls",
  max_tokens: "length",
  model_context_window_exceeded: "length",
  pause_turn: "pause",
  // To be sent back as it is, like a pause.
  compaction: "pause",
  refusal: "content-filter"
}))

/** Stop reasons after which the last tool call may be cut off. */
const cuts: ReadonlySet<unknown> = new Set(["max_tokens", "model_context_window_exceeded", "refusal"])

export const isCut = (stopReason: unknown): boolean => cuts.has(stopReason)

/** Null reads as nothing told. */
const tokens = (value: unknown): number | undefined => typeof value === "number" ? value : undefined

const usageOf = (usage: Fields): Response.FinishPartEncoded["usage"] => {
  const uncached = tokens(usage["input_tokens"])
  const cacheRead = tokens(usage["cache_read_input_tokens"])
  const cacheWrite = tokens(usage["cache_creation_input_tokens"])
  const total = tokens(usage["output_tokens"])
  const details = usage["output_tokens_details"]
  const reasoning = isFields(details) ? tokens(details["thinking_tokens"]) : undefined
  return {
    inputTokens: {
      uncached,
      total: uncached === undefined ? undefined : uncached + number(cacheRead) + number(cacheWrite),
      cacheRead,
      cacheWrite
    },
    outputTokens: {
      total,
      text: total === undefined || reasoning === undefined ? undefined : total - reasoning,
      reasoning
    }
  }
}

/** A message without its content, as JSON or as events told it. */
export type Ended = Pick<Messages.Message, "stop_reason" | "stop_sequence" | "stop_details" | "container" | "usage">

/** `calls`: whether there is a call of a tool; without one nobody can answer it. */
export const finish = (
  ended: { readonly [K in keyof Ended]?: unknown },
  calls: boolean,
  truncated: { readonly id: string; readonly name: string } | undefined
): Response.FinishPartEncoded => {
  const { container, stop_details, stop_reason, stop_sequence, usage } = ended
  const stop = typeof stop_reason === "string" ? stop_reason : null
  const reason = stop === null ? "unknown" : reasons.get(stop) ?? "unknown"
  return {
    type: "finish",
    reason: reason === "tool-calls" && !calls ? "other" : reason,
    usage: usageOf(isFields(usage) ? usage : {}),
    metadata: {
      anthropic: {
        stopReason: stop,
        stopSequence: typeof stop_sequence === "string" ? stop_sequence : null,
        stopDetails: json(stop_details ?? null),
        usage: json(usage ?? null),
        container: json(container ?? null),
        ...(truncated === undefined ? {} : { truncated })
      }
    }
  }
}
