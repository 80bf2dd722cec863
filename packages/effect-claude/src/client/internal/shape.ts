/** What an event of a known type must hold for those who read it; of types that are newer nothing is known. */
import { type Fields, isFields } from "./fields.ts"

/** Deltas that are pieces of a text. */
const pieces: ReadonlyMap<unknown, string> = new Map([
  ["text_delta", "text"],
  ["input_json_delta", "partial_json"],
  ["thinking_delta", "thinking"]
])

const isIndex = (value: unknown): boolean => typeof value === "number" && Number.isInteger(value) && value >= 0

/** Why nobody could read it, if so. What a `message_delta` leaves out is filled in: nothing changed, nothing was counted. */
export const faultOf = (event: Fields): string | undefined => {
  const { type } = event
  switch (type) {
    case "message_start":
      return isFields(event["message"]) ? undefined : "a message_start has no message"
    case "content_block_start":
      if (!isFields(event["content_block"])) return "a content_block_start has no block"
      break
    case "content_block_delta": {
      const { delta } = event
      if (!isFields(delta)) return "a content_block_delta has no delta"
      const piece = pieces.get(delta["type"])
      if (piece !== undefined && typeof delta[piece] !== "string") return `a ${String(delta["type"])} has no text`
      break
    }
    case "content_block_stop":
      break
    case "message_delta":
      if (!isFields(event["delta"])) event["delta"] = {}
      if (!isFields(event["usage"])) event["usage"] = {}
      return undefined
    default:
      return typeof type === "string" ? undefined : "an event has no type"
  }
  return isIndex(event["index"]) ? undefined : `a ${type} has the index ${JSON.stringify(event["index"])}`
}
