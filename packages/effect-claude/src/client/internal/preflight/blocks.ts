/** What a block that is known cannot be without; other kinds pass. */
import { eachBlock, type Fields, isFields, type Rules, type Subject, type Violation } from "./subject.ts"

type Kind = "text" | "object" | "list"

const is: Readonly<Record<Kind, (value: unknown) => boolean>> = {
  text: (value) => typeof value === "string",
  object: isFields,
  list: Array.isArray
}
const words: Readonly<Record<Kind, string>> = { text: "text", object: "an object", list: "a list" }

type Needs = Readonly<Record<string, Kind>>

/** Signatures of thinking are the conversation's own rule. */
const blocks: ReadonlyMap<string, Needs> = new Map(Object.entries<Needs>({
  text: { text: "text" },
  image: { source: "object" },
  document: { source: "object" },
  search_result: { source: "text", title: "text", content: "list" },
  redacted_thinking: { data: "text" },
  tool_use: { id: "text", name: "text", input: "object" },
  tool_result: { tool_use_id: "text" },
  server_tool_use: { id: "text", name: "text" },
  container_upload: { file_id: "text" }
}))

const sources: ReadonlyMap<unknown, Needs> = new Map(Object.entries<Needs>({
  base64: { media_type: "text", data: "text" },
  url: { url: "text" },
  file: { file_id: "text" }
}))

const fields = (subject: Subject): ReadonlyArray<Violation> => {
  const found: Array<Violation> = []
  const check = (holder: Fields, path: string, needs: Needs | undefined): void => {
    for (const name in needs) {
      const kind = needs[name] ?? "text"
      if (is[kind](holder[name])) continue
      const rule = "blockFields"
      found.push({
        path: `${path}.${name}`,
        rule,
        message: `${name} is not ${words[kind]}.`,
        fix: `Write ${words[kind]}.`
      })
    }
  }
  eachBlock(subject, ({ fields, path, type }) => {
    check(fields, path, blocks.get(type))
    const { source } = fields
    // Images in base64 have rules of their own.
    if (type !== "image" && type !== "document" || !isFields(source)) return
    if (type === "document" || source["type"] !== "base64") check(source, `${path}.source`, sources.get(source["type"]))
  })
  return found
}

export const known: ReadonlyArray<Rules> = [
  { rules: { blockFields: "Known blocks have what they need." }, source: "api/messages", check: fields }
]
