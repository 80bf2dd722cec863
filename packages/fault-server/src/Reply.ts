/**
 * Requests and answers as data. The socket server and the in-process `fetch` interpret a `Reply` alike, so that one test
 * runs both ways.
 */
import type * as Effect from "effect/Effect"
import * as Events from "./internal/events.ts"
import * as Sse from "./internal/sse.ts"

/** A request as it arrived. */
export interface Received {
  /** From 0, in order of arrival. */
  readonly index: number
  /** Clock milliseconds. */
  readonly at: number
  readonly method: string
  /** Without the query. */
  readonly path: string
  /** "" or "?a=b". */
  readonly query: string
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  /** The parsed body, undefined if it is no JSON. */
  readonly json: unknown
}

/** One piece of a body, sent `delay` milliseconds of Clock time after the one before. */
export interface Chunk {
  readonly delay: number
  readonly bytes: string | Uint8Array
}

/** What goes out. */
export interface Reply {
  /** Before any header: answer, reset the connection, or never answer. */
  readonly begin: "answer" | "reset" | "silence"
  /** Clock milliseconds before the headers. */
  readonly delay: number
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  /** May be endless. */
  readonly body: Iterable<Chunk>
  /** After the last chunk: a clean end, a reset, or nothing with the connection open. */
  readonly end: "close" | "reset" | "silence"
  /** Told once: all was sent, or the client left after so many chunks. */
  readonly onEnd?: (how: "sent" | "aborted", chunks: number) => void
}

/** Answers a request. Scripts, organizations and rules are all of these, and compose. */
export type Handler = (request: Received) => Effect.Effect<Reply>

export type Block = Events.Block
export type MessageOptions = Events.MessageOptions
export type Message = Events.Message

let ids = 0
/** `request-id` and the organization's, on every answer. */
const identified = (headers: Readonly<Record<string, string>>): Readonly<Record<string, string>> => ({
  "request-id": `req_${String(++ids).padStart(12, "0")}`,
  "anthropic-organization-id": "org_fault_server",
  ...headers
})

/** A whole body of any kind. */
export const text = (status: number, body: string, headers: Readonly<Record<string, string>> = {}): Reply => ({
  begin: "answer",
  delay: 0,
  status,
  headers: identified(headers),
  body: [{ delay: 0, bytes: body }],
  end: "close"
})

/** A JSON body. */
export const json = (status: number, body: unknown, headers: Readonly<Record<string, string>> = {}): Reply =>
  text(status, JSON.stringify(body), { "content-type": "application/json", ...headers })

export interface ErrorOptions {
  readonly code?: string
  readonly details?: Readonly<Record<string, unknown>>
  readonly headers?: Readonly<Record<string, string>>
}

/** The API's error body. */
export const error = (status: number, type: string, message: string, options: ErrorOptions = {}): Reply => {
  const headers = identified(options.headers ?? {})
  const details = options.code === undefined && options.details === undefined
    ? {}
    : { details: { ...(options.code === undefined ? {} : { error_code: options.code }), ...options.details } }
  return json(
    status,
    { type: "error", error: { type, message, ...details }, request_id: headers["request-id"] },
    headers
  )
}

/** A finished message; a string stands for its text. */
export const message = (options: MessageOptions | string = {}): Message =>
  Events.message(typeof options === "string" ? { text: options } : options)

export interface StreamOptions {
  /** Milliseconds before the headers; default 0. */
  readonly firstByte?: number
  /** Milliseconds between deltas; default 0. */
  readonly deltaDelay?: number
  /** Characters a delta; default 24. */
  readonly deltaSize?: number
  readonly headers?: Readonly<Record<string, string>>
}

export { pauseTurn, refusal, thinking, toolUse, toolUseWithoutBlock, truncatedToolUse } from "./internal/messages.ts"

/** A message as server-sent events, pings included. */
export const stream = (given: Message, options: StreamOptions = {}): Reply =>
  events(Events.events(given, options.deltaSize ?? 24), options)

/** Any events, one chunk each. */
export const events = (list: ReadonlyArray<Events.Event>, options: StreamOptions = {}): Reply => ({
  begin: "answer",
  delay: options.firstByte ?? 0,
  status: 200,
  headers: identified({
    "content-type": "text/event-stream; charset=utf-8",
    "cache-control": "no-cache",
    ...options.headers
  }),
  body: list.map((event) => ({
    delay: event.type === "content_block_delta" ? options.deltaDelay ?? 0 : 0,
    bytes: Sse.frame(event.type, event)
  })),
  end: "close"
})

/** True if the request asked for a stream. */
export const wantsStream = (request: Received): boolean =>
  typeof request.json === "object" && request.json !== null && "stream" in request.json && request.json.stream === true

/** The message as the request asked for it: events or JSON. */
export const forRequest = (request: Received, given: Message, options: StreamOptions = {}): Reply =>
  wantsStream(request)
    ? stream(given, options)
    : { ...json(200, Events.whole(given), options.headers), delay: options.firstByte ?? 0 }
