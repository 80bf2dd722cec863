/**
 * Sends the messages of a history as they were serialised before: the SDK writes a mark in their place, and its `fetch`
 * puts them where the mark stands. Only for an instance of our own: a cloud's client rewrites the body on its way.
 */
import type Anthropic from "@anthropic-ai/sdk"
import { log, versionOf } from "../../conversation/internal/version.ts"
import { JsonBody } from "./jsonBody.ts"

/** Where the messages belong; what else holds it is written the usual way. */
const mark = "effect-claude/messages"
const marked = JSON.stringify(mark)

/** What goes through the SDK to its `fetch`. */
const key: unique symbol = Symbol("effect-claude/client/written")

/** The whole request; `bytes` where the `fetch` takes them, which spares encoding and copying everything again. */
interface Write {
  readonly text: (body: string) => string
  readonly bytes: (body: string) => JsonBody | string
}

export interface Written<P> {
  readonly params: P
  readonly fetchOptions: NonNullable<Anthropic.RequestOptions["fetchOptions"]>
}

/** An empty list that is written as the mark. */
const stub = (): Array<never> => Object.assign([], { toJSON: () => mark })

const encoder = new TextEncoder()

/** Undefined for messages that are of no history. */
export const written = <P extends { readonly messages: unknown }>(params: P): Written<P> | undefined => {
  const version = versionOf(params.messages)
  if (version === undefined) return undefined
  /** What stands before and behind the messages; undefined where the mark is not where it belongs alone. */
  const around = (body: string): readonly [string, string] | undefined => {
    const at = body.indexOf(marked)
    return at < 0 || body.includes(marked, at + 1) ? undefined : [body.slice(0, at), body.slice(at + marked.length)]
  }
  const whole = (body: string): string => JSON.stringify({ ...JSON.parse(body), messages: params.messages })
  const write: Write = {
    text: (body) => {
      const parts = around(body)
      return parts === undefined ? whole(body) : `${parts[0]}${version[log].encoded(version.length)}${parts[1]}`
    },
    bytes: (body) => {
      const parts = around(body)
      if (parts === undefined) return whole(body)
      const [before, behind] = parts
      return new JsonBody([encoder.encode(before), version[log].bytes(version.length), encoder.encode(`]${behind}`)])
    }
  }
  // The SDK hands whatever this holds to its `fetch`, which is ours and looks for it; its types know of no symbol.
  const fetchOptions = { [key]: write } as NonNullable<Anthropic.RequestOptions["fetchOptions"]>
  return { params: { ...params, messages: stub() }, fetchOptions }
}

const isWrite = (value: unknown): value is Write => typeof value === "object" && value !== null && "bytes" in value

/** A `fetch` that puts the messages into what the SDK wrote. */
export const writing = (fetch: typeof globalThis.fetch, as: keyof Write): typeof globalThis.fetch => (input, init) => {
  const write: unknown = init === undefined ? undefined : Reflect.get(init, key)
  if (!isWrite(write) || typeof init?.body !== "string") return fetch(input, init)
  // Bytes are only given to the pool's `fetch`, which knows them; the type of a body does not.
  return fetch(input, { ...init, body: write[as](init.body) as string })
}
