// @effect-diagnostics asyncFunction:off newPromise:off globalFetch:off
/**
 * A `fetch` over an undici pool of our own: Node's global `fetch` is most of what a call through the SDK costs.
 * It sends text, bytes and bodies in parts; anything else goes to the global `fetch`. Loaded on Node only.
 */
import { JsonBody } from "./jsonBody.ts"
import { LeanResponse } from "./leanResponse.ts"

type Fetch = typeof globalThis.fetch

/** The part of undici's `Pool` that is used. */
interface Pool {
  readonly dispatch: (options: object, handler: object) => boolean
  readonly destroy: () => Promise<void>
}

export interface LeanFetch {
  readonly fetch: Fetch
  readonly close: () => Promise<void>
}

export interface LeanOptions {
  /** Milliseconds until a connection must stand. */
  readonly connect: number
  /** Connections per origin at most. */
  readonly connections: number
}

// The deep path: the package's main module replaces the process's global dispatcher when it is imported.
const poolPath = "undici/lib/dispatcher/pool.js"

/** The pool's constructor, or undefined where there is no Node under us. */
export const loadPool = async (): Promise<(new(origin: string, options: object) => Pool) | undefined> => {
  const process: unknown = Reflect.get(globalThis, "process")
  const versions: unknown = typeof process === "object" && process !== null
    ? Reflect.get(process, "versions")
    : undefined
  if (typeof versions !== "object" || versions === null || !("node" in versions) || "bun" in versions) return undefined
  const loaded: { readonly default: new(origin: string, options: object) => Pool } = await import(poolPath)
  return loaded.default
}

/** What can be sent without asking what it is. */
const isPlain = (body: unknown): body is string | Uint8Array | null =>
  body === null || typeof body === "string" || body instanceof Uint8Array

const headerList = (given: ConstructorParameters<typeof Headers>[0]): Array<string> => {
  const list: Array<string> = []
  ;(given instanceof Headers ? given : new Headers(given)).forEach((value, name) => list.push(name, value))
  return list
}

export const make = (Pool: new(origin: string, options: object) => Pool, options: LeanOptions): LeanFetch => {
  const pools = new Map<string, Pool>()
  const poolOf = (origin: string): Pool => {
    let pool = pools.get(origin)
    if (pool === undefined) {
      pool = new Pool(origin, {
        allowH2: false,
        bodyTimeout: 0,
        connect: { timeout: options.connect },
        connections: options.connections,
        headersTimeout: 0
      })
      pools.set(origin, pool)
    }
    return pool
  }
  const fetch: Fetch = (input, init = {}) => {
    const body: unknown = init.body ?? null
    const isParts = body instanceof JsonBody
    if (typeof input !== "string" || !(isParts || isPlain(body))) return globalThis.fetch(input, init)
    const url = new URL(input)
    return new Promise((resolve, reject) => {
      const response = new LeanResponse(input, init.signal ?? undefined, resolve, reject)
      if (response.aborted) return
      const headers = headerList(init.headers)
      // Without it every coding would be welcome, and reading one costs more than it saves here.
      headers.push("accept-encoding", "identity")
      // The length of parts is not asked for otherwise, and they would be sent in chunks.
      if (isParts) headers.push("content-length", String(body.length))
      poolOf(url.origin).dispatch({
        path: url.pathname + url.search,
        method: init.method ?? "GET",
        headers,
        body
      }, response.handler)
    })
  }
  return {
    fetch,
    close: async () => {
      await Promise.all(Array.from(pools.values(), (pool) => pool.destroy()))
    }
  }
}
