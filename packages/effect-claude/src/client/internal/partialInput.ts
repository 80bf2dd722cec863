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

  /** The inputs that these events change, each as it is after the last of them. */
  push(events: ReadonlyArray<unknown>): ReadonlyArray<ToolInput> {
    const changed = new Map<Growing, ToolInput>()
    for (const event of events) if (isFields(event)) this.take(event, changed)
    return Array.from(changed.values())
  }

  private take(event: Fields, changed: Map<Growing, ToolInput>): void {
    const index = number(event["index"])
    const block = this.blocks.get(index)
    const show = (of: Growing, value: unknown, complete: boolean): void => {
      const { id, name } = of
      if (value !== undefined) changed.set(of, { index, id, name, value, complete })
    }
    switch (event["type"]) {
      case "content_block_start": {
        const given = event["content_block"]
        this.blocks.delete(index)
        if (!isFields(given) || !("input" in given)) return
        const { id, input, name } = given
        const started = { id: string(id), name: string(name), json: new PartialJson(), pieces: [], before: input }
        this.blocks.set(index, started)
        return
      }
      case "content_block_delta": {
        const { delta } = event
        if (block === undefined || !isFields(delta) || delta["type"] !== "input_json_delta") return
        const piece = string(delta["partial_json"])
        block.pieces.push(piece)
        block.json.push(piece)
        return show(block, block.json.value, false)
      }
      case "content_block_stop": {
        if (block === undefined) return
        this.blocks.delete(index)
        const text = block.pieces.join("")
        return show(block, text === "" ? block.before : parse(text), true)
      }
    }
  }
}
