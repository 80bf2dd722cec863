/** Bodies that a proxy compressed although nobody asked for it: the pool hands them on as they came. */

/** What is used of a stream of `node:zlib`. */
export interface Decoder {
  readonly write: (chunk: Uint8Array) => boolean
  readonly end: () => void
  readonly destroy: () => void
  readonly pause: () => void
  readonly resume: () => void
  readonly on: {
    (event: "data", heard: (chunk: Uint8Array<ArrayBuffer>) => void): void
    (event: "end" | "drain", heard: () => void): void
    (event: "error", heard: (error: Error) => void): void
  }
}

const makers: ReadonlyMap<string, string> = new Map([
  ["gzip", "createGunzip"],
  ["x-gzip", "createGunzip"],
  ["deflate", "createInflate"],
  ["br", "createBrotliDecompress"],
  ["zstd", "createZstdDecompress"]
])

/** Undefined for a body that is as it is, and for a coding that nobody here can read. */
export const decoderOf = (coding: string | ReadonlyArray<string> | undefined): Decoder | undefined => {
  const name = typeof coding === "string" ? makers.get(coding.trim().toLowerCase()) : undefined
  if (name === undefined) return undefined
  const process: { readonly getBuiltinModule?: (id: string) => object | undefined } | undefined = Reflect.get(
    globalThis,
    "process"
  )
  const zlib = process?.getBuiltinModule?.("node:zlib")
  const make: unknown = zlib && Reflect.get(zlib, name)
  // Node's own: each of its makers gives such a stream.
  return typeof make === "function" ? make() as Decoder : undefined
}
