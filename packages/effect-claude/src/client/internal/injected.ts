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

/** What befalls a request alike, whoever sends it. */
export const broken = {
  reset: () =>
    Promise.reject(
      new TypeError("fetch failed", { cause: Object.assign(new Error("injected"), { code: "ECONNRESET" }) })
    ),
  empty: () => Promise.resolve(new Response("", { headers: { "content-type": "application/json" } }))
}

const befall: { readonly [F in Fault]: () => Promise<Response> } = {
  overloaded: () => Promise.reject(answer(529, "overloaded_error")),
  rateLimited: () => Promise.reject(answer(429, "rate_limit_error", { "retry-after": "1" })),
  serverFailed: () => Promise.reject(answer(500, "api_error")),
  ...broken
}

/** `sleep` is on the client's own clock and ends with the signal. */
export const injected = (
  sdk: SdkClient,
  chaos: () => Verdict,
  sleep: (millis: number, signal: AbortSignal | null | undefined) => Promise<void>
): SdkClient => {
  const befallen =
    (ask: () => Promise<Response>, options: { readonly signal?: AbortSignal | null | undefined } = {}) => async () => {
      const { fault, wait } = chaos()
      if (wait > 0) await sleep(wait, options.signal)
      return fault === undefined ? ask() : befall[fault]()
    }
  const by = (method: "get" | "post" | "delete"): Pick<SdkClient, "get" | "post" | "delete"> => {
    const ask: SdkClient["get"] = (path, options) => ({
      asResponse: befallen(() => sdk[method]!(path, options).asResponse(), options)
    })
    return sdk[method] === undefined ? {} : { [method]: ask }
  }
  return {
    baseURL: sdk.baseURL,
    models: sdk.models,
    ...by("get"),
    ...by("post"),
    ...by("delete"),
    messages: {
      ...(sdk.messages.batches === undefined ? {} : { batches: sdk.messages.batches }),
      ...(sdk.messages.countTokens === undefined ? {} : { countTokens: sdk.messages.countTokens.bind(sdk.messages) }),
      create: (body, options) => ({
        asResponse: befallen(() => sdk.messages.create(body, options).asResponse(), options)
      })
    }
  }
}
