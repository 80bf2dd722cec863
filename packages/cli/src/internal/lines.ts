// @effect-diagnostics asyncFunction:off
/** Lines of a file as they are needed, with their byte offsets; memory holds one line and one block. */
import { createReadStream } from "node:fs"

export interface Line {
  /** From 1. */
  readonly number: number
  readonly text: string
  /** Where the line begins and the byte after its newline; the last line may lack one. */
  readonly start: number
  readonly end: number
  readonly whole: boolean
}

export async function* lines(path: string): AsyncGenerator<Line> {
  let pieces: Array<Buffer> = []
  let number = 0
  let start = 0
  let size = 0
  for await (const read of createReadStream(path)) {
    // A stream without an encoding yields buffers.
    const block = read as Buffer
    let from = 0
    for (let at = block.indexOf(10); at !== -1; at = block.indexOf(10, from)) {
      pieces.push(block.subarray(from, at))
      size += at - from + 1
      yield { number: ++number, text: Buffer.concat(pieces).toString("utf8"), start, end: start + size, whole: true }
      start += size
      size = 0
      pieces = []
      from = at + 1
    }
    if (from < block.length) {
      pieces.push(block.subarray(from))
      size += block.length - from
    }
  }
  if (size > 0) {
    yield { number: ++number, text: Buffer.concat(pieces).toString("utf8"), start, end: start + size, whole: false }
  }
}
