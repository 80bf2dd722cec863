// @effect-diagnostics asyncFunction:off
/** An SDK client that some requests fail of: what `Chaos` says befalls them, as the API and the network would say it. */
import type { Fault, Verdict } from "../../policies/Chaos.ts"
import type { SdkClient } from "./sdk.ts"

const answer = (status: number, type: string, headers: Readonly<Record<string, string>> = {}): Error =>
  Object.assign(new Error(`${status} injected`), {
    status,
    headers: new Headers({ "request-id": "req_injected", ...headers }),
    error: { type: "error", error: { type, message: "Injected by Chaos." } }
  })

const befall: { readonly [F in Fault]: () => Promise<Response> } = {
  overloaded: () => Promise.reject(answer(529, "overloaded_error")),
  rateLimited: () => Promise.reject(answer(429, "rate_limit_error", { "retry-after": "1" })),
  serverFailed: () => Promise.reject(answer(500, "api_error")),
  reset: () =>
    Promise.reject(
      new TypeError("fetch failed", { cause: Object.assign(new Error("injected"), { code: "ECONNRESET" }) })
    ),
  empty: () => Promise.resolve(new Response("", { headers: { "content-type": "application/json" } }))
}

/** `sleep` is on the client's own clock and ends with the signal. */
export const injected = (
  sdk: SdkClient,
  chaos: () => Verdict,
  sleep: (millis: number, signal: AbortSignal | null | undefined) => Promise<void>
): SdkClient => ({
  baseURL: sdk.baseURL,
  models: sdk.models,
  messages: {
    ...(sdk.messages.countTokens === undefined ? {} : { countTokens: sdk.messages.countTokens.bind(sdk.messages) }),
    create: (body, options) => ({
      asResponse: async () => {
        const { fault, wait } = chaos()
        if (wait > 0) await sleep(wait, options?.signal)
        return fault === undefined ? sdk.messages.create(body, options).asResponse() : befall[fault]()
      }
    })
  }
})
