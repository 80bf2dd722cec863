// @effect-diagnostics newPromise:off
/** The body of a `Response` as it is pulled. */
import { maxBody } from "../../client/internal/bounds.ts"
import type { Opened } from "../../client/internal/sdk.ts"

/** `stop` ends its request; a body that waits for bytes may not hear of being cancelled. */
export const opened = (response: Response, stop: () => void): Opened => {
  let reader: ReadableStreamDefaultReader<Uint8Array> | undefined
  const read: Opened["read"] = (came, broke) => {
    reader ??= response.body?.getReader()
    if (reader === undefined) came(undefined)
    else void reader.read().then(({ value }) => came(value), broke)
  }
  return {
    status: response.status,
    header: (name) => response.headers.get(name),
    read,
    // One read at a time and no looking ahead: what is not asked for stays in the socket.
    take: () => undefined,
    text: () => response.text(),
    cancel: () => {
      const ended = reader === undefined ? response.body?.cancel() : reader.cancel()
      stop()
      return ended?.catch(() => {}) ?? Promise.resolve()
    }
  }
}

/** All of a body; undefined where it is longer than the bound. */
export const whole = (source: Opened): Promise<Uint8Array<ArrayBuffer> | undefined> =>
  new Promise((resolve, reject) => {
    const pieces: Array<Uint8Array> = []
    let size = 0
    const joined = (): Uint8Array<ArrayBuffer> => {
      const all = new Uint8Array(size)
      let at = 0
      for (const piece of pieces) {
        all.set(piece, at)
        at += piece.length
      }
      return all
    }
    const next = (): void =>
      source.read((chunk) => {
        if (chunk === undefined) return resolve(joined())
        pieces.push(chunk)
        size += chunk.length
        if (size <= maxBody) return next()
        void source.cancel()
        resolve(undefined)
      }, reject)
    next()
  })
