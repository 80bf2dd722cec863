/**
 * Amazon's binary event stream, read as far as it takes to follow an answer: linear in the input whatever the chunks.
 * Its checksums are the reader's to check; every byte reaches the reader as it came.
 */
import { maxEvent } from "../../client/internal/bounds.ts"
import { isFields, parse, string } from "../../client/internal/fields.ts"
import type { Sink } from "../../client/internal/sse.ts"

/** Lengths and their checksum before a frame, a checksum after it. */
const prelude = 12
const least = 16

/** Bytes of a header's value by its type; 6 and 7 say their length, 7 is text. */
const sizes: Readonly<Record<number, number>> = { 0: 0, 1: 0, 2: 1, 3: 2, 4: 4, 5: 8, 8: 8, 9: 16 }

const utf8 = new TextDecoder()

const headersOf = (view: DataView, bytes: Uint8Array, until: number): ReadonlyMap<string, string> => {
  const headers = new Map<string, string>()
  let at = prelude
  while (at + 2 <= until) {
    const named = at + 1 + view.getUint8(at)
    if (named + 3 > until) return headers
    const type = view.getUint8(named)
    const hasLength = type === 6 || type === 7
    const from = named + (hasLength ? 3 : 1)
    const size = hasLength ? view.getUint16(named + 1) : sizes[type]
    if (size === undefined || from + size > until) return headers
    if (type === 7) {
      headers.set(utf8.decode(bytes.subarray(at + 1, named)), utf8.decode(bytes.subarray(from, from + size)))
    }
    at = from + size
  }
  return headers
}

const isBase64 = /^[A-Za-z\d+/]*={0,2}$/

const fromBase64 = (text: string): string =>
  isBase64.test(text) ? utf8.decode(Uint8Array.from(atob(text), (character) => character.charCodeAt(0))) : ""

export class FrameDecoder {
  private readonly sink: Sink
  private pieces: Array<Uint8Array> = []
  private size = 0
  /** Nothing can be read before there are so many bytes. */
  private needed = 4
  /** True once a frame is none, or outgrew the bound; nothing more is decoded. */
  overflow = false

  constructor(sink: Sink) {
    this.sink = sink
  }

  push(chunk: Uint8Array): void {
    if (this.overflow) return
    this.pieces.push(chunk)
    this.size += chunk.length
    if (this.size < this.needed) return
    const bytes = new Uint8Array(this.size)
    let end = 0
    for (const piece of this.pieces) {
      bytes.set(piece, end)
      end += piece.length
    }
    const view = new DataView(bytes.buffer)
    let from = 0
    for (;;) {
      const left = end - from
      const length = left < 4 ? 4 : view.getUint32(from)
      if (left >= 4 && (length < least || length > maxEvent)) {
        this.overflow = true
        return
      }
      this.needed = length
      if (left < length) break
      this.frame(bytes.subarray(from, from + length))
      from += length
    }
    this.pieces = from === end ? [] : [bytes.subarray(from)]
    this.size = end - from
  }

  private frame(bytes: Uint8Array): void {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
    const end = bytes.length - 4
    const from = Math.min(prelude + view.getUint32(4), end)
    const headers = headersOf(view, bytes, from)
    const payload = parse(utf8.decode(bytes.subarray(from, end)))
    const fields = isFields(payload) ? payload : {}
    const failed = headers.get(":exception-type") ?? headers.get(":error-code")
    if (failed === undefined) return this.sink.frame(undefined, fromBase64(string(fields["bytes"])))
    const message = string(fields["message"]) || (headers.get(":error-message") ?? "")
    this.sink.frame("error", JSON.stringify({ type: "error", error: { type: failed, message } }))
  }
}
