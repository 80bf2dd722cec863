/** What a call tells on the span of Effect AI: names, bounds and counts, never content. */
import type * as Response from "effect/ai/Response"
import * as Telemetry from "effect/ai/Telemetry"
import type { Span } from "effect/Tracer"
import type { MessageParams } from "../../../client/ClaudeClient.ts"

export const asked = (span: Span, { max_tokens, model, stop_sequences }: MessageParams): void =>
  Telemetry.addGenAIAnnotations(span, {
    provider: { name: "anthropic" },
    operation: { name: "chat" },
    request: { model, maxTokens: max_tokens, stopSequences: stop_sequences }
  })

export const began = (span: Span, id: string, model: string): void =>
  Telemetry.addGenAIAnnotations(span, { response: { id, model } })

export const ended = (span: Span, { reason, usage }: Response.FinishPartEncoded): void =>
  Telemetry.addGenAIAnnotations(span, {
    response: { finishReasons: [reason] },
    usage: { inputTokens: usage.inputTokens.total, outputTokens: usage.outputTokens.total }
  })
