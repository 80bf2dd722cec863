// @effect-diagnostics newPromise:off asyncFunction:off
/** The same replies as a `fetch`: it rejects, resets and aborts as Node's own does. */
import type * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type { Handler, Received, Reply } from "../Reply.ts"

const aborted = (): DOMException => new DOMException("This operation was aborted", "AbortError")
const connectionReset = (): Error => Object.assign(new Error("read ECONNRESET"), { code: "ECONNRESET" })

const encoder = new TextEncoder()

const parse = (body: string): unknown => {
  try {
    return JSON.parse(body)
  } catch {
    return undefined
  }
}

export const inProcess = (
  handler: Handler,
  context: Context.Context<never>,
  now: () => number
): typeof globalThis.fetch => {
  let index = 0
  const run = Effect.runPromiseWith(context)

  const bodyOf = (reply: Reply, signal: AbortSignal | undefined): ReadableStream<Uint8Array> => {
    const chunks = reply.body[Symbol.iterator]()
    let count = 0
    let over = false
    const ended = (how: "sent" | "aborted"): void => {
      if (over) return
      over = true
      reply.onEnd?.(how, count)
    }
    return new ReadableStream<Uint8Array>({
      start: (controller) => {
        signal?.addEventListener("abort", () => {
          ended("aborted")
          controller.error(aborted())
        }, { once: true })
      },
      pull: async (controller) => {
        const next = chunks.next()
        if (next.done === true) {
          if (reply.end === "silence") return new Promise<void>(() => {})
          if (reply.end === "reset") {
            ended("aborted")
            return controller.error(new TypeError("terminated", { cause: connectionReset() }))
          }
          ended("sent")
          return controller.close()
        }
        const { bytes, delay } = next.value
        if (delay > 0) {
          await run(Effect.sleep(Duration.millis(delay)), signal === undefined ? {} : { signal }).catch(() => {})
        }
        if (over) return
        count++
        const piece = typeof bytes === "string" ? encoder.encode(bytes) : bytes
        if (piece.length > 0) controller.enqueue(piece)
        else controller.enqueue(new Uint8Array(0))
      },
      cancel: () => ended("aborted")
    }, { highWaterMark: 0 })
  }

  const received = (input: string, init: RequestInit): Received => {
    const url = new URL(input)
    const body = typeof init.body === "string" ? init.body : ""
    return {
      index: index++,
      at: now(),
      method: (init.method ?? "GET").toUpperCase(),
      path: url.pathname,
      query: url.search,
      headers: Object.fromEntries(new Headers(init.headers).entries()),
      body,
      json: parse(body)
    }
  }

  return async (input, init = {}) => {
    const signal = init.signal ?? undefined
    const gone = (): boolean => signal?.aborted === true
    if (gone()) throw aborted()
    const request = received(input instanceof Request ? input.url : String(input), init)
    const waited = Effect.flatMap(
      handler(request),
      (reply) =>
        Effect.as(reply.begin === "silence" ? Effect.never : Effect.sleep(Duration.millis(reply.delay)), reply).pipe(
          Effect.onInterrupt(() => Effect.sync(() => reply.onEnd?.("aborted", 0)))
        )
    )
    let reply: Reply
    try {
      reply = await run(waited, signal === undefined ? {} : { signal })
    } catch (error) {
      throw gone() ? aborted() : error
    }
    if (gone()) throw aborted()
    if (reply.begin === "reset") {
      reply.onEnd?.("aborted", 0)
      throw new TypeError("fetch failed", { cause: connectionReset() })
    }
    return new Response(bodyOf(reply, signal), { status: reply.status, headers: reply.headers })
  }
}
