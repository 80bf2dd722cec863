/**
 * A JSON text while it comes: the value so far, at a cost linear in the text. The value grows in place. It is for showing:
 * whether the text is JSON at all, `JSON.parse` says at its end.
 */
import { type Fields, isFields } from "./fields.ts"

type Container = Fields | Array<unknown>

const quote = 34
const comma = 44
const colon = 58
const backslash = 92
const isSpace = (code: number): boolean => code === 32 || code === 10 || code === 13 || code === 9

const escapes: Readonly<Record<string, string>> = { b: "\b", f: "\f", n: "\n", r: "\r", t: "\t" }
const literals: Readonly<Record<string, unknown>> = { true: true, false: false, null: null }

export class PartialJson {
  /** Strings as far as they came; numbers and words once they have ended; undefined before anything came. */
  value: unknown
  private readonly stack: Array<Container> = []
  private state: "key" | "value" | "string" | "escape" | "unicode" | "literal" = "value"
  /** The key or index of the value that comes next, in the innermost container. */
  private slot: string | number = ""
  private isKey = false
  /** Of the string, escape or literal that has not ended. */
  private text = ""
  private pending = ""

  push(piece: string): void {
    let at = 0
    while (at < piece.length) {
      switch (this.state) {
        case "string":
          at = this.string(piece, at)
          break
        case "escape":
          this.escape(piece[at++]!)
          break
        case "unicode":
          this.unicode(piece[at++]!)
          break
        case "literal":
          at = this.literal(piece, at)
          break
        default:
          this.token(piece.charCodeAt(at++))
      }
    }
    if (!this.isKey && (this.state === "string" || this.state === "escape" || this.state === "unicode")) {
      this.put(this.text)
    }
  }

  private token(code: number): void {
    if (isSpace(code) || code === colon) return
    if (code === comma) return this.next()
    if (code === quote) {
      this.isKey = this.state === "key"
      this.text = ""
      this.state = "string"
    } else if (code === 123) this.open({})
    else if (code === 91) this.open([])
    else if (code === 125 || code === 93) this.close()
    else {
      this.state = "literal"
      this.pending = String.fromCharCode(code)
    }
  }

  private open(container: Container): void {
    this.put(container)
    this.stack.push(container)
    this.slot = 0
    this.state = isFields(container) ? "key" : "value"
  }

  private close(): void {
    this.stack.pop()
    this.state = "value"
  }

  private next(): void {
    const container = this.stack.at(-1)
    if (Array.isArray(container)) this.slot = container.length
    this.state = isFields(container) ? "key" : "value"
  }

  private put(value: unknown): void {
    const container = this.stack.at(-1)
    if (container === undefined) this.value = value
    // A key of this name would change the object's prototype.
    else if (this.slot === "__proto__") {
      Object.defineProperty(container, this.slot, { value, configurable: true, enumerable: true, writable: true })
    } else Reflect.set(container, this.slot, value)
  }

  private string(piece: string, from: number): number {
    let at = from
    let code = 0
    while (at < piece.length && (code = piece.charCodeAt(at)) !== quote && code !== backslash) at++
    if (at > from) this.text += from === 0 && at === piece.length ? piece : piece.slice(from, at)
    if (at === piece.length) return at
    if (code === backslash) this.state = "escape"
    else {
      if (this.isKey) this.slot = this.text
      else this.put(this.text)
      this.isKey = false
      this.state = "value"
    }
    return at + 1
  }

  private escape(character: string): void {
    if (character === "u") {
      this.pending = ""
      this.state = "unicode"
      return
    }
    this.text += escapes[character] ?? character
    this.state = "string"
  }

  private unicode(character: string): void {
    this.pending += character
    if (this.pending.length < 4) return
    this.text += String.fromCharCode(Number.parseInt(this.pending, 16))
    this.state = "string"
  }

  private literal(piece: string, from: number): number {
    let at = from
    while (at < piece.length && /[\w.+-]/.test(piece[at]!)) at++
    this.pending += piece.slice(from, at)
    if (at === piece.length) return at
    const value = this.pending in literals ? literals[this.pending] : Number(this.pending)
    this.put(value)
    this.state = "value"
    return at
  }
}
