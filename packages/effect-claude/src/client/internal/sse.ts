/**
 * Server-sent events from bytes, linear in the input whatever the chunks: LF, CRLF and lone CR, a BOM, comments,
 * `id:` and `retry:` lines, and characters split over chunks.
 */
import { maxEvent } from "./bounds.ts"

/** What an event is by its name, as far as that says more than its data. */
export type Name = "ping" | "error" | undefined

/** Receives each event as it completes. */
export interface Sink {
  readonly frame: (name: Name, data: string) => void
}

const isLf = (text: string, at: number): boolean => text.charCodeAt(at) === 10

export class SseDecoder {
  private readonly decoder = new TextDecoder()
  private readonly sink: Sink
  /** Of the line that has not ended. */
  private pieces: Array<string> = []
  private pending = 0
  /** The last character was a CR: an LF that comes next belongs to it. */
  private afterCr = false
  private name: Name
  private data: string | undefined
  /** True once an event or line outgrew the bound; nothing more is decoded. */
  overflow = false

  constructor(sink: Sink) {
    this.sink = sink
  }

  push(chunk: Uint8Array): void {
    if (this.overflow) return
    let text = this.decoder.decode(chunk, { stream: true })
    if (this.afterCr && text !== "") {
      if (isLf(text, 0)) text = text.slice(1)
      this.afterCr = false
    }
    let from = 0
    let lf = text.indexOf("\n")
    let cr = text.indexOf("\r")
    while (lf !== -1 || cr !== -1) {
      const isCr = cr !== -1 && (lf === -1 || cr < lf)
      const end = isCr ? cr : lf
      this.end(text, from, end)
      from = end + 1
      if (isCr) {
        if (from === text.length) this.afterCr = true
        else if (isLf(text, from)) from++
        cr = text.indexOf("\r", from)
      }
      if (lf !== -1 && lf < from) lf = text.indexOf("\n", from)
    }
    if (from < text.length) {
      this.pieces.push(from === 0 ? text : text.slice(from))
      this.pending += text.length - from
      this.overflow ||= this.pending > maxEvent
    }
  }

  /** A line that ends here, in the chunk's text or begun in chunks before. */
  private end(text: string, from: number, end: number): void {
    if (this.pending === 0) return this.line(text, from, end)
    this.pieces.push(text.slice(from, end))
    const line = this.pieces.join("")
    this.pieces = []
    this.pending = 0
    this.line(line, 0, line.length)
  }

  private line(text: string, from: number, end: number): void {
    if (from === end) {
      const { data, name } = this
      this.name = undefined
      this.data = undefined
      if (data !== undefined) this.sink.frame(name, data)
      return
    }
    const first = text.charCodeAt(from)
    if (first === 100 && text.slice(from, from + 5) === "data:") {
      const value = text.slice(text.charCodeAt(from + 5) === 32 ? from + 6 : from + 5, end)
      this.data = this.data === undefined ? value : `${this.data}\n${value}`
      this.overflow ||= this.data.length > maxEvent
    } else if (first === 101 && text.slice(from, from + 6) === "event:") {
      const name = text.slice(text.charCodeAt(from + 6) === 32 ? from + 7 : from + 6, end)
      this.name = name === "ping" || name === "error" ? name : undefined
    }
  }
}
