/** One content block while it comes. Tool input is parsed once, after its `content_block_stop`, and never before. */
import { maxBlock } from "./bounds.ts"
import { type Fields, parse, string } from "./fields.ts"
import { Pieces } from "./pieces.ts"

export class Block {
  done = false
  /** Why it is not what its deltas say, if so. */
  invalid: string | undefined
  private readonly value: Fields
  /** Where the pieces belong, known from the first of them. */
  private field: "text" | "thinking" | "input" | undefined
  private readonly pieces = new Pieces()

  constructor(value: Fields) {
    this.value = { ...value }
    const { citations } = value
    if (Array.isArray(citations)) this.value["citations"] = [...citations]
    if ("input" in value) this.field = "input"
  }

  /** Returns how many characters of the model's output it brought. */
  push(delta: Fields): number {
    switch (delta["type"]) {
      case "text_delta":
        return this.add("text", string(delta["text"]))
      case "input_json_delta":
        return this.add("input", string(delta["partial_json"]))
      case "thinking_delta":
        return this.add("thinking", string(delta["thinking"]))
      case "citations_delta": {
        const { citations } = this.value
        if (Array.isArray(citations)) citations.push(delta["citation"])
        else this.value["citations"] = [delta["citation"]]
        return 0
      }
      default: {
        // `signature_delta` and `compaction_delta` carry a final value, and so may whatever is newer than this.
        const { type: _, ...fields } = delta
        Object.assign(this.value, fields)
        return 0
      }
    }
  }

  private add(field: NonNullable<Block["field"]>, text: string): number {
    this.field ??= field
    this.pieces.push(text)
    if (this.field !== field) this.invalid ??= "a block has deltas of two kinds"
    return text.length
  }

  get isTooLong(): boolean {
    return this.pieces.length > maxBlock
  }

  /** Joins the pieces of a block that has ended and parses tool input, once and only when somebody asks. */
  private finish(): void {
    const { field, pieces, value } = this
    if (field === undefined || pieces.isEmpty) return
    const text = pieces.join()
    if (field === "input") {
      const input = text === "" ? value["input"] : parse(text)
      if (input === undefined) {
        this.invalid ??= `the input of ${string(value["name"])} is no JSON`
        return
      }
      value["input"] = input
    } else value[field] = string(value[field]) + text
    pieces.clear()
  }

  /** As far as it came. Input that has not ended, or is no JSON, is the text that came: never an object to be used. */
  get whole(): Fields {
    if (this.done) this.finish()
    const { done, field, pieces, value } = this
    if (field === undefined || (done && pieces.isEmpty)) return { ...value }
    return { ...value, [field]: (field === "input" ? "" : string(value[field])) + pieces.join() }
  }

  /** Why it cannot be used in a finished message, if so. */
  get fault(): string | undefined {
    if (this.field === "input" && !this.done) return `the input of ${string(this.value["name"])} never ended`
    this.finish()
    return this.invalid
  }
}
