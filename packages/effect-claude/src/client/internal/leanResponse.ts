// @effect-diagnostics asyncFunction:off newPromise:off
/** One answer of the lean `fetch`: pieces are pulled, and a slow reader pauses the socket at 256 kB. */
import { maxBody } from "./bounds.ts"
import { type Decoder, decoderOf } from "./coding.ts"

/** undici's handle on one request. */
interface Controller {
  readonly abort: (reason: Error) => void
  readonly pause: () => void
  readonly resume: () => void
}

const highWater = 256 * 1024
/** Read on from here: a socket that is paused and resumed piece by piece copies what it had read each time. */
const lowWater = 64 * 1024
const decoder = new TextDecoder()

const abortError = (): Error => new DOMException("This operation was aborted", "AbortError")

/** Thrown for a body that broke, as the global `fetch` does it. */
const terminated = (cause: Error): Error => new TypeError("terminated", { cause })

type Piece = Uint8Array<ArrayBuffer>

type Raw = Readonly<Record<string, string | ReadonlyArray<string>>>

/** The reading half of `Headers` over what undici parsed: names are in lower case there already. */
class LeanHeaders {
  private readonly raw: Raw
  constructor(raw: Raw) {
    this.raw = raw
  }
  get(name: string): string | null {
    const value = this.raw[name] ?? this.raw[name.toLowerCase()]
    return value === undefined ? null : typeof value === "string" ? value : value.join(", ")
  }
  has(name: string): boolean {
    return this.get(name) !== null
  }
  *entries(): IterableIterator<[string, string]> {
    for (const name of Object.keys(this.raw)) yield [name, this.get(name) ?? ""]
  }
  [Symbol.iterator](): IterableIterator<[string, string]> {
    return this.entries()
  }
  keys(): Array<string> {
    return Object.keys(this.raw)
  }
  values(): Array<string> {
    return this.keys().map((name) => this.get(name) ?? "")
  }
  forEach(each: (value: string, name: string) => void): void {
    for (const [name, value] of this.entries()) each(value, name)
  }
  getSetCookie(): ReadonlyArray<string> {
    const value = this.raw["set-cookie"] ?? []
    return typeof value === "string" ? [value] : value
  }
}

export class LeanResponse {
  status = 0
  readonly statusText = ""
  readonly redirected = false
  readonly type = "basic" as const
  bodyUsed = false
  aborted = false
  private raw: Raw = {}
  private lazyHeaders: Headers | undefined
  private lazyBody: ReadableStream<Uint8Array> | undefined
  private controller: Controller | undefined
  /** What is paused: the socket, or what reads its coding. */
  private flow: Pick<Controller, "pause" | "resume"> | undefined
  private decoder: Decoder | undefined
  private pieces: Array<Piece> = []
  private size = 0
  private paused = false
  private ended = false
  private failure: Error | undefined
  private started = false
  /** The connection is done with it; its decoder may not be. */
  private closed = false
  private waiting:
    | { readonly resolve: (piece: Piece | undefined) => void; readonly reject: (error: Error) => void }
    | undefined

  readonly url: string
  private readonly signal: AbortSignal | undefined
  private readonly resolve: (response: Response) => void
  private readonly reject: (error: Error) => void

  constructor(
    url: string,
    signal: AbortSignal | undefined,
    resolve: (response: Response) => void,
    reject: (error: Error) => void
  ) {
    this.url = url
    this.signal = signal
    this.resolve = resolve
    this.reject = reject
    if (signal?.aborted === true) this.onAbort()
    else signal?.addEventListener("abort", this.onAbort, { once: true })
  }

  get ok(): boolean {
    return this.status >= 200 && this.status < 300
  }

  get headers(): Headers {
    // Reads like `Headers`, which nobody changes on an answer; making a real one is a twentieth of the call.
    this.lazyHeaders ??= new LeanHeaders(this.raw) as unknown as Headers
    return this.lazyHeaders
  }

  /** A piece that is here already, undefined if none is. */
  take(): Piece | undefined {
    const piece = this.pieces.shift()
    if (piece === undefined) return undefined
    this.size -= piece.length
    if (this.paused && this.size <= lowWater) {
      this.paused = false
      this.flow?.resume()
    }
    return piece
  }

  /** The next piece, undefined at the end. One reader at a time. */
  pull(): Promise<Piece | undefined> {
    const piece = this.take()
    if (piece !== undefined) return Promise.resolve(piece)
    if (this.failure !== undefined) return Promise.reject(this.failure)
    if (this.ended) return Promise.resolve(undefined)
    return new Promise((resolve, reject) => {
      this.waiting = { resolve, reject }
    })
  }

  cancel(): void {
    if (this.ended) return
    if (this.closed) this.fail(abortError())
    else this.controller?.abort(abortError())
  }

  get body(): ReadableStream<Uint8Array> {
    this.lazyBody ??= new ReadableStream<Uint8Array>({
      pull: async (stream) => {
        const piece = await this.pull()
        if (piece === undefined) stream.close()
        else stream.enqueue(piece)
      },
      cancel: () => this.cancel()
    }, { highWaterMark: 0 })
    return this.lazyBody
  }

  async bytes(): Promise<Piece> {
    this.bodyUsed = true
    const pieces: Array<Piece> = []
    let size = 0
    for (let piece = await this.pull(); piece !== undefined; piece = await this.pull()) {
      pieces.push(piece)
      size += piece.length
      if (size <= maxBody) continue
      this.cancel()
      throw terminated(new Error("the body is longer than 64 MiB"))
    }
    const [only] = pieces
    if (only !== undefined && pieces.length === 1) return only
    const whole = new Uint8Array(size)
    let at = 0
    for (const piece of pieces) {
      whole.set(piece, at)
      at += piece.length
    }
    return whole
  }
  async text(): Promise<string> {
    return decoder.decode(await this.bytes())
  }
  async json(): Promise<unknown> {
    return JSON.parse(await this.text())
  }
  async arrayBuffer(): Promise<ArrayBuffer> {
    return (await this.bytes()).buffer
  }
  async blob(): Promise<Blob> {
    return new Blob([await this.bytes()])
  }
  formData(): Promise<FormData> {
    return Promise.reject(new TypeError("form data is not read here"))
  }
  clone(): Response {
    const [one, two] = this.body.tee()
    this.lazyBody = one
    return new Response(two, { status: this.status, headers: Array.from(this.headers) })
  }

  private readonly onAbort = (): void => {
    this.aborted = true
    if (this.controller === undefined) this.reject(abortError())
    else this.controller.abort(abortError())
  }

  private deliver(piece: Piece): void {
    if (this.ended) return
    if (this.waiting !== undefined) {
      const { resolve } = this.waiting
      this.waiting = undefined
      resolve(piece)
      return
    }
    this.pieces.push(piece)
    this.size += piece.length
    if (!this.paused && this.size >= highWater) {
      this.paused = true
      this.flow?.pause()
    }
  }

  private finish(): void {
    if (this.ended) return
    this.ended = true
    this.waiting?.resolve(undefined)
    this.waiting = undefined
  }

  private fail(error: Error): void {
    if (this.ended) return
    this.failure = error.name === "AbortError" ? error : terminated(error)
    this.ended = true
    this.decoder?.destroy()
    this.waiting?.reject(this.failure)
    this.waiting = undefined
  }

  /** From here on its pieces come through what reads the coding. */
  private decode(decoder: Decoder, controller: Controller): void {
    this.decoder = decoder
    this.flow = decoder
    decoder.on("data", (piece) => this.deliver(piece))
    decoder.on("end", () => this.finish())
    decoder.on("drain", () => controller.resume())
    decoder.on("error", (error) => {
      this.fail(error)
      if (!this.closed) controller.abort(error)
    })
  }

  private leave(): void {
    this.closed = true
    this.signal?.removeEventListener("abort", this.onAbort)
  }

  readonly handler = {
    onRequestStart: (controller: Controller): void => {
      this.controller = controller
      this.flow = controller
      if (this.aborted) controller.abort(abortError())
    },
    onResponseStart: (
      controller: Controller,
      status: number,
      headers: Readonly<Record<string, string | ReadonlyArray<string>>>
    ): void => {
      if (status < 200) return
      this.status = status
      this.raw = headers
      this.started = true
      const decoder = decoderOf(headers["content-encoding"])
      if (decoder !== undefined) this.decode(decoder, controller)
      // Every member of Response that the SDK, its middleware or this library reads is here; the rest of the interface
      // (constructor statics, `bytes` on older runtimes) is not, and a test holds the SDK to that.
      this.resolve(this as unknown as Response)
    },
    onResponseData: (controller: Controller, chunk: Uint8Array): void => {
      // undici owns the chunk's memory only until this call returns in pooled mode; its Buffer is never shared here.
      if (this.decoder === undefined) this.deliver(chunk as Piece)
      else if (!this.decoder.write(chunk)) controller.pause()
    },
    onResponseEnd: (): void => {
      this.leave()
      if (this.decoder === undefined) this.finish()
      else this.decoder.end()
    },
    onResponseError: (_: Controller, error: Error): void => {
      this.leave()
      const shown = this.aborted || error.name === "AbortError" ? abortError() : error
      if (this.started) this.fail(shown)
      else this.reject(shown.name === "AbortError" ? shown : new TypeError("fetch failed", { cause: shown }))
    }
  }
}
