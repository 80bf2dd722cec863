/** The parts of a request that rules look at. */
import * as Models from "../../Models.ts"
import type * as Reply from "../../Reply.ts"
import type { Rejection } from "../../RequestRules.ts"
import * as Tokens from "../tokens.ts"

export type Fields = Readonly<Record<string, unknown>>

export const invalid = (message: string): Rejection => ({ status: 400, type: "invalid_request_error", message })

export const isObject = (value: unknown): value is Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value)

export const listOf = (value: unknown): ReadonlyArray<unknown> => Array.isArray(value) ? value : []

export const bodyOf = (request: Reply.Received): Fields => Tokens.fields(request.json)

export const messagesOf = (request: Reply.Received): ReadonlyArray<Fields> =>
  listOf(bodyOf(request)["messages"]).map(Tokens.fields)

export const toolsOf = (request: Reply.Received): ReadonlyArray<Fields> =>
  listOf(bodyOf(request)["tools"]).map(Tokens.fields)

export const contentOf = (message: Fields | undefined): ReadonlyArray<Fields> =>
  listOf(message?.["content"]).map(Tokens.fields)

export const blocksOf = (message: Fields | undefined, type: string): ReadonlyArray<Fields> =>
  contentOf(message).filter((block) => block["type"] === type)

export const modelOf = (request: Reply.Received): Models.Model | undefined => {
  const id = bodyOf(request)["model"]
  return typeof id === "string" ? Models.find(id) : undefined
}

/** Whether the rules of the current version hold for a request. */
export const isCurrent = (request: Reply.Received): boolean => request.headers["anthropic-version"] === "2026-10-21"

/** A thread that goes on sends only what is new. */
export const continued = (request: Reply.Received): boolean =>
  Tokens.fields(bodyOf(request)["thread"])["type"] === "continue"

export interface Placed {
  readonly path: string
  readonly role: unknown
  readonly block: Fields
  /** Inside of a tool result. */
  readonly inner: boolean
}

/** All blocks of the messages in order, those inside tool results too. */
export const placed = (request: Reply.Received): ReadonlyArray<Placed> =>
  messagesOf(request).flatMap((message, index) => {
    const { role } = message
    return contentOf(message).flatMap((block, at): ReadonlyArray<Placed> => {
      const path = `messages.${index}.content.${at}`
      const all: Array<Placed> = [{ path, role, block, inner: false }]
      if (block["type"] !== "tool_result") return all
      for (const [place, inner] of listOf(block["content"]).entries()) {
        all.push({ path: `${path}.content.${place}`, role, block: Tokens.fields(inner), inner: true })
      }
      return all
    })
  })

/** The first rejection of a list. */
export const first = <A>(
  all: ReadonlyArray<A>,
  check: (one: A, index: number) => string | undefined
): Rejection | undefined => {
  for (const [index, one] of all.entries()) {
    const message = check(one, index)
    if (message !== undefined) return invalid(message)
  }
  return undefined
}
