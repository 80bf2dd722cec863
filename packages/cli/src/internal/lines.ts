// @effect-diagnostics asyncFunction:off
/** Lines of a file as they are needed, with their byte offsets; memory holds one line and one block. */
import { createReadStream } from "node:fs"
import type { FileHandle } from "node:fs/promises"
import * as Bytes from "./bytes.ts"

/** Where a line begins and the byte after its newline; the last line may lack one. */
export interface Place {
  /** From 1. */
  readonly number: number
  readonly start: number
  readonly end: number
}

export interface Line extends Place {
  readonly text: string
  /** Why it is no text. */
  readonly fault: string | undefined
  readonly whole: boolean
}

const decoded = (bytes: Buffer, start: number) => ({
  text: Bytes.textOf(bytes, start === 0),
  fault: Bytes.fault(bytes, start === 0)
})

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
      yield { number: ++number, ...decoded(Buffer.concat(pieces), start), start, end: start + size, whole: true }
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
    yield { number: ++number, ...decoded(Buffer.concat(pieces), start), start, end: start + size, whole: false }
  }
}

/** The text of a line whose place is known. */
export const lineAt = async (file: FileHandle, { end, start }: Place): Promise<string> => {
  const bytes = Buffer.alloc(end - start)
  const { bytesRead } = await file.read(bytes, 0, bytes.length, start)
  return Bytes.textOf(bytes.subarray(0, bytesRead), start === 0)
}
