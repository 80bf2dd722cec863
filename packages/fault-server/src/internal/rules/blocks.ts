/** What is rejected of single blocks: fields that each kind needs. */
import type { Rule } from "../../RequestRules.ts"
import * as Tokens from "../tokens.ts"
import { type Fields, first, isObject, placed } from "./parts.ts"

const needed: Readonly<Record<string, ReadonlyArray<string>>> = {
  text: ["text"],
  image: ["source"],
  document: ["source"],
  search_result: ["source", "title", "content"],
  redacted_thinking: ["data"],
  tool_use: ["id", "name", "input"],
  tool_result: ["tool_use_id"],
  server_tool_use: ["id", "name"],
  container_upload: ["file_id"]
}

const sources: Readonly<Record<string, ReadonlyArray<string>>> = {
  base64: ["media_type", "data"],
  url: ["url"],
  file: ["file_id"]
}

const missing = (holder: Fields, names: ReadonlyArray<string> = []): string | undefined =>
  names.find((name) => holder[name] === undefined)

export const blocks: ReadonlyArray<Rule> = [
  {
    name: "block",
    check: (received) =>
      first(placed(received), ({ block, path }) => {
        const type = String(block["type"])
        const name = missing(block, needed[type])
        if (name !== undefined) return `${path}.${type}.${name}: Field required`
        if (type === "text" && typeof block["text"] !== "string") {
          return `${path}.text.text: Input should be a valid string`
        }
        if (type === "tool_use" && !isObject(block["input"])) return `${path}.tool_use.input: Input should be an object`
        if (type !== "image" && type !== "document") return undefined
        const source = Tokens.fields(block["source"])
        const field = missing(source, sources[String(source["type"])])
        return field === undefined
          ? undefined
          : `${path}.${type}.source.${String(source["type"])}.${field}: Field required`
      })
  }
]
