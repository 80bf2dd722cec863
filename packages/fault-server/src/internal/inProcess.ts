// @effect-diagnostics newPromise:off asyncFunction:off
/** The same replies as a `fetch`: it rejects, resets and aborts as Node's own does. */
import type * as Clock from "effect/Clock"
import type * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as Fiber from "effect/Fiber"
import type { InProcess, Options } from "../FaultServer.ts"
import type { Handler, Received, Reply } from "../Reply.ts"
import * as Record from "./record.ts"
import * as Serve from "./serve.ts"

const aborted = (): DOMException => new DOMException("This operation was aborted", "AbortError")
const connectionReset = (): Error => Object.assign(new Error("read ECONNRESET"), { code: "ECONNRESET" })

const encoder = new TextEncoder()

/** Statuses to which a `Response` refuses a body. */
const bodiless = new Set([204, 205, 304])

const textOf = async (input: string | URL | Request, init: RequestInit): Promise<string> =>
  init.body === undefined || init.body === null
    ? (input instanceof Request ? input.text() : "")
    : new Response(init.body).text()

export const inProcess = (
  initial: Handler,
  context: Context.Context<never>,
  clock: Clock.Clock,
  options: Options
): InProcess => {
  const run = Effect.runForkWith(context)
  const recorder = Record.make(options.maxRecorded)
  const date = Serve.dates(clock)
  let handler = initial

  /** Runs until done or until the signal fires, which rejects at once and interrupts. */
  const settled = <A>(effect: Effect.Effect<A>, signal: AbortSignal | undefined): Promise<A> =>
    new Promise((resolve, reject) => {
      const fiber = run(effect)
      const leave = (): void => {
        reject(aborted())
        fiber.interruptUnsafe()
      }
      signal?.addEventListener("abort", leave, { once: true })
      fiber.addObserver((exit) => {
        signal?.removeEventListener("abort", leave)
        if (Exit.isSuccess(exit)) resolve(exit.value)
        else reject(aborted())
      })
      // The handler may have brought the client to leave before there was a listener.
      if (signal?.aborted === true) leave()
    })

  const bodyOf = (reply: Reply, entry: Record.Entry, signal: AbortSignal | undefined): ReadableStream<Uint8Array> => {
    const chunks = reply.body[Symbol.iterator]()
    let fiber: Fiber.Fiber<void> | undefined
    let sent = 0
    let next = chunks.next()
    let over = false
    let stream: ReadableStreamDefaultController<Uint8Array> | undefined
    const ended = (outcome: "sent" | "aborted" | "reset"): void => {
      if (over) return
      over = true
      entry.outcome = outcome
      signal?.removeEventListener("abort", leave)
      reply.onEnd?.(outcome === "sent" ? "sent" : "aborted", sent)
    }
    const cancel = (): void => {
      ended("aborted")
      fiber?.interruptUnsafe()
    }
    const leave = (): void => {
      cancel()
      stream?.error(aborted())
    }
    const step = Effect.fnUntraced(function*(controller: ReadableStreamDefaultController<Uint8Array>) {
      while (next.done !== true) {
        const { bytes, delay } = next.value
        if (delay > 0) yield* Effect.sleep(Duration.millis(delay))
        sent++
        next = chunks.next()
        const piece = typeof bytes === "string" ? encoder.encode(bytes) : bytes.slice()
        // A reader never sees an empty piece from a socket either.
        if (piece.length === 0) continue
        controller.enqueue(piece)
        // With the last piece the end is there: a reader that has all it wants need not ask for it.
        if (next.done !== true || reply.end !== "close") return
      }
      if (reply.end === "silence") return yield* Effect.never
      ended(reply.end === "reset" ? "reset" : "sent")
      if (reply.end === "reset") return controller.error(new TypeError("terminated", { cause: connectionReset() }))
      controller.close()
    })
    return new ReadableStream<Uint8Array>({
      start: (controller) => {
        stream = controller
        signal?.addEventListener("abort", leave, { once: true })
      },
      pull: (controller) =>
        new Promise((resolve) => {
          fiber = run(step(controller))
          fiber.addObserver(() => resolve())
        }),
      cancel
    }, { highWaterMark: 0 })
  }

  const received = async (input: string | URL | Request, init: RequestInit): Promise<Received> => {
    const index = recorder.next()
    const at = clock.currentTimeMillisUnsafe()
    const given = input instanceof Request ? input : undefined
    const url = new URL(given?.url ?? String(input))
    const body = typeof init.body === "string" ? init.body : await textOf(input, init)
    return {
      index,
      at,
      method: (init.method ?? given?.method ?? "GET").toUpperCase(),
      path: url.pathname,
      query: url.search,
      headers: Object.fromEntries(new Headers(init.headers ?? given?.headers).entries()),
      body,
      json: Serve.parse(body)
    }
  }

  const fetch: typeof globalThis.fetch = async (input, init = {}) => {
    const signal = init.signal ?? (input instanceof Request ? input.signal : undefined)
    if (signal?.aborted === true) throw aborted()
    const entry = recorder.open(await received(input, init))
    let reply: Reply | undefined
    const begun = Effect.flatMap(Serve.answer(handler, entry), (made) => {
      reply = made
      entry.status = made.status
      const late = made.delay > 0 ? Effect.sleep(Duration.millis(made.delay)) : Effect.void
      return Effect.as(made.begin === "silence" ? Effect.andThen(late, Effect.never) : late, made)
    })
    const ended = (outcome: "sent" | "aborted" | "reset"): void => {
      entry.outcome = outcome
      reply?.onEnd?.(outcome === "sent" ? "sent" : "aborted", 0)
    }
    const made = await settled(begun, signal).catch((error: unknown) => {
      ended("aborted")
      throw error
    })
    if (made.begin === "reset") {
      ended("reset")
      throw new TypeError("fetch failed", { cause: connectionReset() })
    }
    const headers = { date: date(), ...made.headers }
    const whole = bodiless.has(made.status) ? "" : Serve.whole(made)
    if (whole === undefined) return new Response(bodyOf(made, entry, signal), { status: made.status, headers })
    ended("sent")
    const bytes = typeof whole === "string" ? encoder.encode(whole) : whole.slice()
    return new Response(bodiless.has(made.status) ? null : bytes, {
      status: made.status,
      headers: { "content-length": String(bytes.length), ...headers }
    })
  }

  return {
    fetch,
    requests: recorder.all,
    setHandler: (next) =>
      Effect.sync(() => {
        handler = next
      })
  }
}
