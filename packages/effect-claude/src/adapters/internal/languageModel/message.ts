/** A whole message as parts. */
import type * as Messages from "@anthropic-ai/sdk/resources/messages"
import * as Effect from "effect/Effect"
import { type Fields, isFields, string } from "../../../client/internal/fields.ts"
import * as Blocks from "./blocks.ts"
import { finish, isCut } from "./finish.ts"
import type { Part } from "./metadata.ts"
import type { Context } from "./request.ts"
import * as Telemetry from "./telemetry.ts"

/** The last block, where the end of the answer may have cut off its input: it is never run, and never `{}`. */
const cutOff = ({ content, stop_reason }: Messages.Message): Messages.ToolUseBlock | undefined => {
  const last = content.at(-1)
  return last?.type === "tool_use" && isCut(stop_reason) ? last : undefined
}

/** The answer that an older model gives as a tool's input; what it writes beside it is no part of the answer. */
const isOutput = (block: Fields, context: Context): boolean =>
  context.output !== undefined && Blocks.isCall(block) && block["name"] === context.output

export const parts = Effect.fnUntraced(function*(message: Messages.Message, context: Context) {
  const truncated = cutOff(message)
  const called = new Map<string, string>()
  const all: Array<Part> = [{ type: "response-metadata", id: message.id, modelId: message.model }]
  let calls = false
  let sources = 0
  for (const given of message.content) {
    const block: unknown = given
    if (given === truncated || !isFields(block)) continue
    if (block["type"] === "text" && context.output === undefined) {
      all.push({ type: "text", text: string(block["text"]), ...Blocks.citing(block["citations"]) })
      const { citations } = block
      for (const citation of Array.isArray(citations) ? citations : []) {
        all.push(...Blocks.source(citation, `${message.id}_${sources++}`, context))
      }
    } else if (isOutput(block, context)) {
      all.push({ type: "text", text: JSON.stringify(block["input"]) })
    } else if (Blocks.isCall(block)) {
      calls = true
      all.push(yield* Blocks.call(block, context))
    } else {
      const served = Blocks.served(block, context, called)
      const thinking = Blocks.thinkingOf(block)
      all.push(
        served ?? {
          type: "reasoning",
          text: thinking === undefined ? "" : string(block["thinking"]),
          metadata: thinking ?? Blocks.carried(block)
        }
      )
    }
  }
  const end = finish(message, calls, truncated && { id: truncated.id, name: truncated.name })
  Telemetry.began(context.span, message.id, message.model)
  Telemetry.ended(context.span, end)
  return [...all, end]
})
