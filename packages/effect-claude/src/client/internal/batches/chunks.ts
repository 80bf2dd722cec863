/** Requests in chunks that the API takes as one batch: memory holds one chunk, as the bytes that will be sent. */
import * as Stream from "effect/Stream"
import type { Request } from "./api.ts"

export interface Bounds {
  readonly requests: number
  readonly bytes: number
}

/** What is to be sent as one batch. */
export interface Chunk {
  readonly ids: ReadonlyArray<string>
  /** The requests, each `{ custom_id, params }` without its id, in the order of the ids. */
  readonly params: ReadonlyArray<Uint8Array>
}

/** A request's id at the API: what is allowed there is kept readable, what is not goes by its number. */
export const markedId = (id: string, index: number, mark: string): string => {
  const marked = `${id}_${mark}`
  return /^[a-zA-Z0-9_-]{1,64}$/.test(marked) ? marked : `${index}-${mark}`
}

/** The index or the id behind a marked id; undefined for one of another batch. */
export const unmarked = (given: string, mark: string, ids: ReadonlyArray<string>): string | undefined => {
  if (given.endsWith(`_${mark}`)) return given.slice(0, -mark.length - 1)
  return given.endsWith(`-${mark}`) ? ids[Number(given.slice(0, -mark.length - 1))] : undefined
}

/** The longest id at the API, with what stands around it. */
const frame = `{"custom_id":"","params":},`.length + 64
const encoder = new TextEncoder()

/** One request that is larger than a chunk makes a chunk of its own, for the API to refuse. */
export const chunks = (bounds: Bounds) => <E, R>(requests: Stream.Stream<Request, E, R>): Stream.Stream<Chunk, E, R> =>
  Stream.suspend(() => {
    let ids: Array<string> = []
    let params: Array<Uint8Array> = []
    let bytes = 0
    const cut = (): ReadonlyArray<Chunk> => {
      const made = { ids, params }
      ids = []
      params = []
      bytes = 0
      return made.ids.length === 0 ? [] : [made]
    }
    const add = (request: Request): ReadonlyArray<Chunk> => {
      const encoded = encoder.encode(JSON.stringify(request.params))
      const size = encoded.length + frame
      const full = ids.length >= bounds.requests || bytes + size > bounds.bytes ? cut() : []
      ids.push(request.custom_id)
      params.push(encoded)
      bytes += size
      return full
    }
    return requests.pipe(
      Stream.mapAccum(() => undefined, (_, request: Request) => [undefined, add(request)] as const, { onHalt: cut })
    )
  })

/** The body that creates a chunk's batch. */
export const bodyOf = ({ ids, params }: Chunk, mark: string): Uint8Array => {
  const heads = ids.map((id, index) =>
    encoder.encode(`${index === 0 ? `{"requests":[` : ","}{"custom_id":"${markedId(id, index, mark)}","params":`)
  )
  const size = heads.reduce((sum, head) => sum + head.length, 0) + params.reduce((sum, one) => sum + one.length + 1, 0)
  const body = new Uint8Array(size + 2)
  let at = 0
  const put = (bytes: Uint8Array): void => {
    body.set(bytes, at)
    at += bytes.length
  }
  const close = encoder.encode("}")
  for (const [index, head] of heads.entries()) {
    put(head)
    put(params[index]!)
    put(close)
  }
  put(encoder.encode("]}"))
  return body
}
