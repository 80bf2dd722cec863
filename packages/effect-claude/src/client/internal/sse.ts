/** Server-sent events from bytes, linear in the input: CRLF, BOM, comments and characters split over chunks included. */

/** A line longer than this many characters is refused: no event of the API comes near it. */
export const maxLine = 16 * 1024 * 1024

export interface Frame {
  readonly event: string
  readonly data: string
}

export class SseDecoder {
  private readonly decoder = new TextDecoder()
  private pieces: Array<string> = []
  private pending = 0
  private event = ""
  private data: string | undefined
  /** True once a line outgrew the bound; nothing more is decoded. */
  overflow = false

  /** The frames that this chunk completes. */
  push(chunk: Uint8Array): Array<Frame> {
    const frames: Array<Frame> = []
    const text = this.decoder.decode(chunk, { stream: true })
    let from = 0
    for (let at = text.indexOf("\n"); at !== -1; at = text.indexOf("\n", from)) {
      let line = text.slice(from, at)
      if (this.pieces.length > 0) {
        this.pieces.push(line)
        line = this.pieces.join("")
        this.pieces = []
        this.pending = 0
      }
      from = at + 1
      this.line(line.endsWith("\r") ? line.slice(0, -1) : line, frames)
    }
    if (from < text.length) {
      this.pieces.push(text.slice(from))
      this.pending += text.length - from
      this.overflow ||= this.pending > maxLine
    }
    return frames
  }

  private line(line: string, frames: Array<Frame>): void {
    if (line === "") {
      if (this.data !== undefined) frames.push({ event: this.event, data: this.data })
      this.event = ""
      this.data = undefined
      return
    }
    if (line.startsWith("data:")) {
      const value = line.charCodeAt(5) === 32 ? line.slice(6) : line.slice(5)
      this.data = this.data === undefined ? value : `${this.data}\n${value}`
    } else if (line.startsWith("event:")) {
      this.event = line.slice(6).trim()
    }
  }
}
