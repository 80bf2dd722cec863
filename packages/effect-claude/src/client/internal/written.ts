/**
 * Sends the messages of a history as they were serialised before: the SDK writes a mark in their place, and its `fetch`
 * puts them where the mark stands. Only for an instance of our own: a cloud's client rewrites the body on its way.
 */
import type Anthropic from "@anthropic-ai/sdk"
import { log, versionOf } from "../../conversation/internal/version.ts"

/** Where the messages belong; what else holds it is written the usual way. */
const mark = "effect-claude/messages"
const marked = JSON.stringify(mark)

/** What goes through the SDK to its `fetch`. */
const key: unique symbol = Symbol("effect-claude/client/written")

type Write = (body: string) => string

export interface Written<P> {
  readonly params: P
  readonly fetchOptions: NonNullable<Anthropic.RequestOptions["fetchOptions"]>
}

/** An empty list that is written as the mark. */
const stub = (): Array<never> => Object.assign([], { toJSON: () => mark })

/** Undefined for messages that are of no history. */
export const written = <P extends { readonly messages: unknown }>(params: P): Written<P> | undefined => {
  const version = versionOf(params.messages)
  if (version === undefined) return undefined
  const write: Write = (body) => {
    const at = body.indexOf(marked)
    return at < 0 || body.includes(marked, at + 1)
      ? JSON.stringify({ ...JSON.parse(body), messages: params.messages })
      : `${body.slice(0, at)}${version[log].encoded(version.length)}${body.slice(at + marked.length)}`
  }
  // The SDK hands whatever this holds to its `fetch`, which is ours and looks for it; its types know of no symbol.
  const fetchOptions = { [key]: write } as NonNullable<Anthropic.RequestOptions["fetchOptions"]>
  return { params: { ...params, messages: stub() }, fetchOptions }
}

/** A `fetch` that puts the messages into what the SDK wrote. */
export const writing = (fetch: typeof globalThis.fetch): typeof globalThis.fetch => (input, init) => {
  const write: unknown = init === undefined ? undefined : Reflect.get(init, key)
  return typeof write === "function" && typeof init?.body === "string"
    ? fetch(input, { ...init, body: write(init.body) })
    : fetch(input, init)
}
