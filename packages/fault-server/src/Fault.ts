/** What can go wrong on the wire, as functions on a reply, and every refusal of the API ready-made. */
import * as DateTime from "effect/DateTime"
import * as Sse from "./internal/sse.ts"
import * as Reply from "./Reply.ts"

export type Fault = (reply: Reply.Reply) => Reply.Reply

const encoder = new TextEncoder()
const bytesOf = (chunk: Reply.Chunk): Uint8Array =>
  typeof chunk.bytes === "string" ? encoder.encode(chunk.bytes) : chunk.bytes

/** The connection is reset before any header. */
export const resetBeforeHeaders: Fault = (reply) => ({ ...reply, begin: "reset" })

/** The request is read and never answered. */
export const silenceBeforeHeaders: Fault = (reply) => ({ ...reply, begin: "silence" })

/** The headers come so many milliseconds late. */
export const slowFirstByte = (millis: number): Fault => (reply) => ({ ...reply, delay: reply.delay + millis })

function* takeBytes(body: Iterable<Reply.Chunk>, count: number): Iterable<Reply.Chunk> {
  let left = count
  for (const chunk of body) {
    const bytes = bytesOf(chunk)
    if (bytes.length >= left) {
      yield { delay: chunk.delay, bytes: bytes.slice(0, left) }
      return
    }
    left -= bytes.length
    yield chunk
  }
}

function* takeChunks(body: Iterable<Reply.Chunk>, count: number): Iterable<Reply.Chunk> {
  let left = count
  if (left <= 0) return
  for (const chunk of body) {
    yield chunk
    if (--left === 0) return
  }
}

/** A body that can be walked more than once. */
const body = (walk: () => Iterable<Reply.Chunk>): Iterable<Reply.Chunk> => ({
  [Symbol.iterator]: () => walk()[Symbol.iterator]()
})

/** A clean end after so many bytes of the body. */
export const cutAfterBytes = (count: number): Fault => (reply) => ({
  ...reply,
  body: body(() => takeBytes(reply.body, count)),
  end: "close"
})

/** A reset after so many bytes of the body. */
export const resetAfterBytes = (count: number): Fault => (reply) => ({ ...cutAfterBytes(count)(reply), end: "reset" })

/** A clean end after so many events. */
export const cutAfterEvents = (count: number): Fault => (reply) => ({
  ...reply,
  body: body(() => takeChunks(reply.body, count)),
  end: "close"
})

/** A reset after so many events. */
export const resetAfterEvents = (count: number): Fault => (reply) => ({ ...cutAfterEvents(count)(reply), end: "reset" })

/** Silence with the connection open after so many events; 0 is silence after the headers. */
export const silenceAfterEvents = (count: number): Fault => (reply) => ({
  ...cutAfterEvents(count)(reply),
  end: "silence"
})

const isStop = (chunk: Reply.Chunk): boolean =>
  typeof chunk.bytes === "string" && chunk.bytes.startsWith("event: message_stop\n")

/** A clean end without `message_stop`. */
export const withoutMessageStop: Fault = (reply) => ({
  ...reply,
  body: body(function*() {
    for (const chunk of reply.body) if (!isStop(chunk)) yield chunk
  }),
  end: "close"
})

/** An `error` event after so many events, then a clean end. */
export const errorAfterEvents =
  (count: number, type = "overloaded_error", message = "Overloaded"): Fault => (reply) => ({
    ...reply,
    body: body(function*() {
      yield* takeChunks(reply.body, count)
      const request_id = reply.headers["request-id"] ?? null
      yield { delay: 0, bytes: Sse.frame("error", { type: "error", error: { type, message }, request_id }) }
    }),
    end: "close"
  })

/** Silence with the connection open, nothing after the headers. */
export const silenceAfterHeaders: Fault = silenceAfterEvents(0)

/** Pings for ever, one each so many milliseconds, after so many events. */
export const dripPings = (count: number, every: number): Fault => (reply) => ({
  ...reply,
  body: body(function*() {
    yield* takeChunks(reply.body, count)
    for (;;) yield { delay: every, bytes: Sse.frame("ping", { type: "ping" }) }
  })
})

const page = (status: number, title: string): string =>
  `<html>\r\n<head><title>${status} ${title}</title></head>\r\n<body>\r\n<center><h1>${status} ${title}</h1></center>` +
  "\r\n<hr><center>cloudflare</center>\r\n</body>\r\n</html>\r\n"

/** A proxy's page. */
export const html = (status = 502, title = "Bad Gateway"): Reply.Reply =>
  Reply.text(status, page(status, title), { "content-type": "text/html" })

/** The proxy before the API refuses a large body. */
export const tooLargeByProxy = (): Reply.Reply => html(413, "Payload Too Large")

/** 200 with an error in its body. */
export const okWithError = (type = "overloaded_error", message = "Overloaded"): Reply.Reply =>
  Reply.json(200, { type: "error", error: { type, message }, request_id: null })

/** 200 with nothing in it. */
export const okEmpty = (): Reply.Reply => Reply.text(200, "", { "content-type": "application/json" })

/** 200 with JSON that breaks off. */
export const okBroken = (): Reply.Reply =>
  Reply.text(200, `{"type":"message","role":"assistant","content":[{"type":"te`, { "content-type": "application/json" })

/** 200 with a page. */
export const okHtml = (): Reply.Reply => html(200, "Welcome to the hotel network")

/** RFC 3339 in whole seconds, as the API writes it. */
const instant = (millis: number): string => `${DateTime.formatIso(DateTime.makeUnsafe(millis)).slice(0, 19)}Z`

const limits = {
  requests: { name: "requests", perMinute: 50 },
  "input tokens": { name: "input-tokens", perMinute: 50_000 },
  "output tokens": { name: "output-tokens", perMinute: 10_000 }
} as const

/**
 * A 429 that heals, its bucket empty; `seconds` null leaves the hint out. With the time of the request (`request.at`) the
 * headers also tell when the bucket is full again, a minute later.
 */
export const rateLimited = (
  limit: keyof typeof limits = "requests",
  seconds: number | null = 1,
  at?: number
): Reply.Reply => {
  const { name, perMinute } = limits[limit]
  const header = `anthropic-ratelimit-${name}`
  return Reply.error(
    429,
    "rate_limit_error",
    `This request would exceed your organization's rate limit of ${
      perMinute.toLocaleString("en")
    } ${limit} per minute.`,
    {
      headers: {
        [`${header}-limit`]: String(perMinute),
        [`${header}-remaining`]: "0",
        ...(at === undefined ? {} : { [`${header}-reset`]: instant(at + 60_000) }),
        ...(seconds === null ? {} : { "retry-after": String(seconds) })
      }
    }
  )
}

/** A 429 for growing too fast. */
export const rampLimited = (seconds = 10): Reply.Reply =>
  Reply.error(429, "rate_limit_error", "Your usage grows too fast.", {
    code: "ramp_limit_exceeded",
    headers: { "retry-after": String(seconds) }
  })

/** A 429 that does not heal: the tier's cap. */
export const enforcedSpendLimit = (): Reply.Reply =>
  Reply.error(429, "rate_limit_error", "Your organization has reached its monthly spend limit.", {
    code: "enforced_spend_limit_reached"
  })

/** A 429 that does not heal: the contract's cap. */
export const contractSpendLimit = (): Reply.Reply =>
  Reply.error(429, "rate_limit_error", "Your organization has reached its contract's spend limit.", {
    code: "contract_spend_limit_reached"
  })

export const billing = (): Reply.Reply => Reply.error(402, "billing_error", "There is an issue with your billing.")
export const billingForbidden = (): Reply.Reply => Reply.error(403, "billing_error", "Billing is blocked.")
export const selfSetLimit = (): Reply.Reply =>
  Reply.error(
    400,
    "invalid_request_error",
    "You have reached your specified API usage limits. You will regain access on 2026-12-01 at 00:00 UTC."
  )
export const creditBalance = (): Reply.Reply =>
  Reply.error(400, "invalid_request_error", "Your credit balance is too low to access the Anthropic API.")
export const onHold = (): Reply.Reply =>
  Reply.error(400, "invalid_request_error", "This organization has been disabled.", {
    code: "organization_on_hold",
    details: { appeal_url: "https://example.com/appeal" }
  })
export const selfSetWorkspaceLimit = (): Reply.Reply =>
  Reply.error(
    400,
    "invalid_request_error",
    "You have reached your specified workspace API usage limits. You will regain access on 2026-12-01 at 00:00 UTC."
  )
export const invalidRequest = (message = "messages: Field required"): Reply.Reply =>
  Reply.error(400, "invalid_request_error", message)
export const notFound = (message = "Not found"): Reply.Reply => Reply.error(404, "not_found_error", message)
export const tooLarge = (): Reply.Reply =>
  Reply.error(413, "request_too_large", "Request exceeds the maximum allowed number of bytes.")
export const unauthorized = (): Reply.Reply => Reply.error(401, "authentication_error", "invalid x-api-key")
export const forbidden = (): Reply.Reply =>
  Reply.error(403, "permission_error", "Your API key does not have permission.")
export const overloaded = (): Reply.Reply => Reply.error(529, "overloaded_error", "Overloaded")
export const internal = (): Reply.Reply => Reply.error(500, "api_error", "Internal server error")
export const unavailable = (): Reply.Reply => Reply.error(503, "api_error", "Service unavailable")
export const gatewayTimeout = (): Reply.Reply => Reply.error(504, "timeout_error", "Request timed out")
export const requestTimeout = (): Reply.Reply => Reply.error(408, "api_error", "Request timeout")
export const conflict = (): Reply.Reply => Reply.error(409, "conflict_error", "Conflict")
