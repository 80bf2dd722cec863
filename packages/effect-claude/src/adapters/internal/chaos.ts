/** A request that `Chaos` befalls as it says, as the API and the network would answer. */
import { broken } from "../../client/internal/injected.ts"
import type { Fault, Verdict } from "../../policies/Chaos.ts"
import type { Ask } from "./exchange.ts"

const answer =
  (status: number, type: string, headers: Readonly<Record<string, string>> = {}) => (): Promise<Response> =>
    Promise.resolve(
      new Response(JSON.stringify({ type: "error", error: { type, message: "Injected by Chaos." } }), {
        status,
        headers: { "content-type": "application/json", "request-id": "req_injected", ...headers }
      })
    )

const befall: { readonly [F in Fault]: () => Promise<Response> } = {
  overloaded: answer(529, "overloaded_error"),
  rateLimited: answer(429, "rate_limit_error", { "retry-after": "1" }),
  serverFailed: answer(500, "api_error"),
  ...broken
}

/** `sleep` ends with the signal. */
export const befallen = (
  ask: Ask,
  chaos: () => Verdict,
  sleep: (millis: number, signal: AbortSignal) => Promise<void>
): Ask => ({
  ...ask,
  send: (signal) => {
    const { fault, wait } = chaos()
    const go = (): Promise<Response> => fault === undefined ? ask.send(signal) : befall[fault]()
    return wait > 0 ? sleep(wait, signal).then(go) : go()
  }
})
