// @effect-diagnostics globalFetch:off
/**
 * The policies of `Resilience` as a `fetch`, for programs that keep their SDK or HTTP client. They apply to requests for a
 * message or its tokens, of the API, Bedrock and Vertex, known by their path; every other request passes untouched.
 * A call that fails for good is a `Response` too, with `x-should-retry: false`, so that the SDK does not begin again.
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type { ClaudeCircuitBreaker } from "../policies/ClaudeCircuitBreaker.ts"
import type { ClaudeRateLimiter } from "../policies/ClaudeRateLimiter.ts"
import * as Resilience from "../policies/Resilience.ts"
import type { RetryBudget } from "../policies/RetryBudget.ts"
import { type Guard, make as makeGuard } from "./internal/guard.ts"
import { standing } from "./internal/standing.ts"
import * as Subject from "./internal/subject.ts"

type Fetch = typeof globalThis.fetch

export interface Options extends Resilience.Options {
  /** What makes the requests. Default: the global one. */
  readonly fetch?: Fetch
}

export class ResilientFetch extends Context.Service<ResilientFetch, {
  readonly fetch: Fetch
}>()("effect-claude/adapters/ResilientFetch") {}

/** The text of a body that can be sent again; undefined for a stream or a form, which are none of the API's. */
const textOf = (body: unknown): string | undefined => {
  if (typeof body === "string") return body
  if (body instanceof ArrayBuffer || ArrayBuffer.isView(body)) return new TextDecoder().decode(body)
  return undefined
}

const secretsOf = (given: ConstructorParameters<typeof Headers>[0]): ReadonlyArray<string> => {
  try {
    return Subject.secrets(new Headers(given))
  } catch {
    // Headers that are none were never sent.
    return []
  }
}

const guarded = (guard: Guard, inner: Fetch): Fetch => (input, init) => {
  const given = input instanceof Request ? input : undefined
  const place = Subject.place(init?.method ?? given?.method, given?.url ?? String(input))
  if (place === undefined) return inner(input, init)
  const ask = (body: string | undefined): Promise<Response> => {
    const subject = body === undefined ? undefined : Subject.read(place, body)
    if (subject === undefined) return inner(input, init)
    return guard({
      subject,
      signal: init?.signal ?? given?.signal,
      secrets: () => secretsOf(init?.headers ?? given?.headers),
      send: (signal) => inner(given?.clone() ?? input, { ...init, signal })
    })
  }
  if (init?.body !== undefined && init.body !== null) return ask(textOf(init.body))
  return given === undefined || given.bodyUsed ? inner(input, init) : given.clone().text().then(ask)
}

const global: Fetch = (input, init) => globalThis.fetch(input, init)

type State = ClaudeRateLimiter | ClaudeCircuitBreaker | RetryBudget

/** A `fetch` over the limiter, breaker and budget provided beneath it; with its scope every call ends that still runs. */
export const layer = (
  options: Options = {}
): Layer.Layer<ResilientFetch, Resilience.ImpossiblePolicy, State> =>
  Layer.fresh(Layer.effect(
    ResilientFetch,
    Effect.map(
      Effect.flatMap(Resilience.settings(options), makeGuard),
      (guard) => ({ fetch: guarded(guard, options.fetch ?? global) })
    )
  ))

/** A `fetch` with a limiter, breaker and budget of standard settings. */
export const layerStandard = (
  options: Options & Resilience.LayerOptions = {}
): Layer.Layer<ResilientFetch, Resilience.ImpossiblePolicy> =>
  layer(options).pipe(Layer.provide(Resilience.layer(options)))

/**
 * A `fetch` for programs without Effect: `await using fetch = ResilientFetch.make()`. Disposing of it ends what still runs,
 * with an `AbortError`, and resolves when that has ended. Throws `ImpossiblePolicy` for settings that cannot work.
 */
export const make = (options: Options & Resilience.LayerOptions = {}): Fetch & AsyncDisposable => {
  const { guard, ...disposable } = standing(options)
  return Object.assign(guarded(guard, options.fetch ?? global), disposable)
}
