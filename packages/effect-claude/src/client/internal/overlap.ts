/**
 * What a continuation repeats of the text it goes on with, found while it comes: Knuth, Morris and Pratt's search with a
 * pattern that grows. Linear in both texts, and nothing is held back longer than it may still be a repetition.
 */

/** Fewer equal characters than this are chance. */
export const minOverlap = 16

export class Overlap {
  private readonly text: string
  private readonly white: string
  private at = 0
  private matched = 0
  private stripped = 0
  private pieces: Array<string> = []
  /** The continuation as far as it came, and for each of its prefixes the longest proper one that ends it. */
  private codes: Array<number> = []
  private falls: Array<number> = []
  /** Characters that were repeated, undefined while it is not known. */
  length: number | undefined

  /** `text`: what was there; `white`: white space at its end that the request had to leave out, so it may come again. */
  constructor(text: string, white = "") {
    this.text = text
    this.white = white
  }

  /** The next piece of the continuation; returns what of all that came is new, undefined while that is not known. */
  push(piece: string): string | undefined {
    if (this.length !== undefined) return this.strip(piece)
    this.pieces.push(piece)
    for (let at = 0; at < piece.length; at++) this.grow(piece.charCodeAt(at))
    return this.search(false)
  }

  /** Nothing more comes; returns what was held back and is new. */
  end(): string {
    return this.length === undefined ? this.search(true) ?? "" : ""
  }

  private grow(code: number): void {
    const { codes, falls } = this
    let fall = falls.at(-1) ?? 0
    while (fall > 0 && codes[fall] !== code) fall = falls[fall - 1]!
    if (codes.length > 0 && codes[fall] === code) fall++
    codes.push(code)
    falls.push(fall)
  }

  private search(ended: boolean): string | undefined {
    const { codes, falls, text } = this
    while (this.at < text.length && codes.length > 0) {
      if (this.matched === codes.length) {
        // All that came stands here in the text: whether it repeats the end, the next piece tells.
        if (!ended) return undefined
        this.matched = falls[this.matched - 1]!
      } else if (codes[this.matched] === text.charCodeAt(this.at)) {
        this.matched++
        this.at++
      } else if (this.matched > 0) this.matched = falls[this.matched - 1]!
      else this.at++
    }
    if (codes.length === 0 && !ended) return undefined
    this.length = this.matched >= minOverlap ? this.matched : 0
    const whole = this.pieces.join("")
    this.pieces = []
    this.codes = []
    this.falls = []
    return this.strip(whole.slice(this.length))
  }

  private strip(text: string): string {
    let at = 0
    while (at < text.length && text[at] === this.white[this.stripped]) {
      at++
      this.stripped++
    }
    if (at < text.length) this.stripped = this.white.length
    return text.slice(at)
  }
}
