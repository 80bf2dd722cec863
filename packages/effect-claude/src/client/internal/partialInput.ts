/** The inputs of tools while they grow. */
import { type Fields, isFields, number, parse, string } from "./fields.ts"
import { PartialJson } from "./partialJson.ts"

export interface ToolInput {
  readonly index: number
  readonly id: string
  readonly name: string
  /** While it grows it is one object that changes; whole, it is what `JSON.parse` makes of the text. */
  readonly value: unknown
  /** True once, at the block's end, and only for input that is JSON. */
  readonly complete: boolean
}

interface Growing {
  readonly id: string
  readonly name: string
  readonly json: PartialJson
  readonly pieces: Array<string>
  readonly before: unknown
}

export class PartialInputs {
  private readonly blocks = new Map<number, Growing>()

  /** Undefined for an event that changes no input. */
  push(event: Fields): ToolInput | undefined {
    const index = number(event["index"])
    const block = this.blocks.get(index)
    switch (event["type"]) {
      case "content_block_start": {
        const given = event["content_block"]
        this.blocks.delete(index)
        if (!isFields(given) || !("input" in given)) return undefined
        const { id, input, name } = given
        const started = { id: string(id), name: string(name), json: new PartialJson(), pieces: [], before: input }
        this.blocks.set(index, started)
        return undefined
      }
      case "content_block_delta": {
        const delta = event["delta"]
        if (block === undefined || !isFields(delta) || delta["type"] !== "input_json_delta") return undefined
        const piece = string(delta["partial_json"])
        block.pieces.push(piece)
        block.json.push(piece)
        const { id, json: { value }, name } = block
        return value === undefined ? undefined : { index, id, name, value, complete: false }
      }
      case "content_block_stop": {
        if (block === undefined) return undefined
        this.blocks.delete(index)
        const { before, id, name, pieces } = block
        const text = pieces.join("")
        const value = text === "" ? before : parse(text)
        return value === undefined ? undefined : { index, id, name, value, complete: true }
      }
      default:
        return undefined
    }
  }
}
