/** One bare request, to see where on its way it fails: below the client, so that nothing is tried again. */
import * as Effect from "effect/Effect"
import * as Dns from "node:dns/promises"
import * as Http from "node:http"
import * as Https from "node:https"
import { textOf } from "../problems.ts"

export type Seen =
  | {
    readonly _tag: "Answered"
    readonly status: number
    readonly date: string | undefined
    readonly millis: number
    readonly encrypted: boolean
  }
  | {
    readonly _tag: "Failed"
    readonly at: "name" | "connection" | "encryption" | "answer"
    readonly code: string
    readonly message: string
  }

const codeOf = (cause: unknown): string =>
  typeof cause === "object" && cause !== null && "code" in cause ? String(cause.code) : ""

const encryption = /SSL|TLS|CERT|EPROTO|SELF_SIGNED|UNABLE_TO|DEPTH_ZERO|HOSTNAME/

const request = (url: URL, key: string): Effect.Effect<Seen> =>
  Effect.callback<Seen>((resume) => {
    const began = performance.now()
    const { request: start } = url.protocol === "https:" ? Https : Http
    let connected = false
    const call = start(url, {
      headers: { "x-api-key": key, "anthropic-version": "2026-10-21" },
      agent: false
    }, (answer) => {
      answer.resume()
      resume(Effect.succeed({
        _tag: "Answered",
        status: answer.statusCode ?? 0,
        date: answer.headers.date,
        millis: performance.now() - began,
        encrypted: url.protocol === "https:"
      }))
    })
    call.on("socket", (socket) =>
      socket.once(url.protocol === "https:" ? "secureConnect" : "connect", () => connected = true))
    call.on("error", (cause) => {
      const code = codeOf(cause)
      const at = connected ? "answer" : encryption.test(`${code} ${textOf(cause)}`) ? "encryption" : "connection"
      resume(Effect.succeed({ _tag: "Failed", at, code, message: textOf(cause) }))
    })
    call.end()
    return Effect.sync(() =>
      void call.destroy()
    )
  })

/** Looks the name up, connects, and asks for the models. */
export const probe = (base: string, key: string, millis: number): Effect.Effect<Seen> => {
  const url = new URL(`${base.replace(/\/$/, "")}/v1/models?limit=1`)
  const name = url.hostname.replace(/^\[|\]$/g, "")
  return Effect.tryPromise({
    try: () => Dns.lookup(name),
    catch: (cause): Seen => ({ _tag: "Failed", at: "name", code: codeOf(cause), message: textOf(cause) })
  }).pipe(
    Effect.timeoutOrElse({
      duration: millis,
      orElse: () =>
        Effect.fail<Seen>({ _tag: "Failed", at: "name", code: "ETIMEDOUT", message: "no answer from the name server" })
    }),
    Effect.flatMap(() =>
      // A bound on the whole: headers that drip keep a socket's own timer from firing.
      Effect.timeoutOrElse(request(url, key), {
        duration: millis,
        orElse: () =>
          Effect.fail<Seen>({
            _tag: "Failed",
            at: "answer",
            code: "ETIMEDOUT",
            message: `no answer within ${millis} ms`
          })
      })
    ),
    Effect.catch((seen) => Effect.succeed(seen))
  )
}
