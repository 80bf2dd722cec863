/** A request's body in parts of UTF-8 that are not copied together; only the pool's `fetch` takes it. */
export class JsonBody implements Iterable<Uint8Array> {
  /** Bytes. */
  readonly length: number
  private readonly parts: ReadonlyArray<Uint8Array>

  constructor(parts: ReadonlyArray<Uint8Array>) {
    this.parts = parts
    this.length = parts.reduce((sum, part) => sum + part.length, 0)
  }

  [Symbol.iterator](): Iterator<Uint8Array> {
    return this.parts[Symbol.iterator]()
  }
}
