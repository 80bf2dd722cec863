/** What the socket and the in-process `fetch` have in common. */
import * as Cause from "effect/Cause"
import type * as Clock from "effect/Clock"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Reply from "../Reply.ts"

export const parse = (body: string): unknown => {
  if (body === "") return undefined
  try {
    return JSON.parse(body)
  } catch {
    return undefined
  }
}

/** The handler's reply; a handler that dies answers 500 and says why, so that a broken test does not hang. */
export const answer = (handler: Reply.Handler, request: Reply.Received): Effect.Effect<Reply.Reply> =>
  Effect.catchCause(Effect.suspend(() => handler(request)), (cause) =>
    Cause.hasInterrupts(cause)
      ? Effect.failCause(cause)
      : Effect.sync(() => Reply.error(500, "api_error", `The handler died: ${String(Cause.squash(cause))}`)))

/** The bytes of a body that goes out in one piece to a clean end, undefined if it takes steps. */
export const whole = (reply: Reply.Reply): string | Uint8Array | undefined => {
  if (reply.begin !== "answer" || reply.end !== "close" || !Array.isArray(reply.body)) return undefined
  const [chunk, second] = reply.body
  return second === undefined && chunk !== undefined && chunk.delay === 0 ? chunk.bytes : undefined
}

/** The `date` header of this Clock, formatted once a second. */
export const dates = (clock: Clock.Clock): () => string => {
  let second = Number.NaN
  let text = ""
  return () => {
    const now = Math.floor(clock.currentTimeMillisUnsafe() / 1000)
    if (now !== second) {
      second = now
      text = DateTime.toDateUtc(DateTime.makeUnsafe(now * 1000)).toUTCString()
    }
    return text
  }
}
