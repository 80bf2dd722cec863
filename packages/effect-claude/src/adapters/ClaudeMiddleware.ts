/**
 * The policies of `Resilience` as a middleware of the SDK. It sees the request before the backend adapts it, so that each
 * attempt is signed anew (Bedrock, Claude Platform on AWS) and streams are events on every platform. What it does with
 * requests and failures is what `ResilientFetch` does.
 */
import type { Middleware } from "@anthropic-ai/sdk"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as ClaudeError from "../errors/ClaudeError.ts"
import type { ClaudeCircuitBreaker } from "../policies/ClaudeCircuitBreaker.ts"
import type { ClaudeRateLimiter } from "../policies/ClaudeRateLimiter.ts"
import * as Resilience from "../policies/Resilience.ts"
import type { RetryBudget } from "../policies/RetryBudget.ts"
import { type Guard, make as makeGuard } from "./internal/guard.ts"
import { standing } from "./internal/standing.ts"
import * as Subject from "./internal/subject.ts"

export class ClaudeMiddleware extends Context.Service<ClaudeMiddleware, {
  readonly middleware: Middleware
}>()("effect-claude/adapters/ClaudeMiddleware") {}

/** How long the SDK's own timer ran, which it tells in whole seconds. */
const timedOut = (headers: Headers): ClaudeError.TimedOut =>
  new ClaudeError.TimedOut({
    phase: "headers",
    after: Duration.seconds(Number(headers.get("x-stainless-timeout") ?? 0))
  })

const guarded = (guard: Guard): Middleware => (request, next, { options }) => {
  const { body, headers, url } = request
  const place = Subject.place(request.method, url)
  const subject = place === undefined || typeof body !== "string" ? undefined : Subject.read(place, body)
  if (subject === undefined) return next(request)
  const own = request.signal ?? undefined
  return guard({
    subject,
    // The SDK's own signal fires when its timer has, which ends an attempt, not the call.
    signal: options === undefined ? own : options.signal ?? undefined,
    leaving: own,
    secrets: () => Subject.secrets(headers),
    send: (signal) => {
      const sent = (signal: AbortSignal): Promise<Response> =>
        next({ ...request, headers: new Headers(headers), signal })
      return own === undefined || own.aborted ?
        sent(signal) :
        sent(AbortSignal.any([signal, own])).catch((thrown) =>
          Promise.reject(own.aborted && !signal.aborted ? timedOut(headers) : thrown)
        )
    }
  })
}

type State = ClaudeRateLimiter | ClaudeCircuitBreaker | RetryBudget

/** A middleware over the limiter, breaker and budget provided beneath it; with its scope every call ends that still runs. */
export const layer = (
  options: Resilience.Options = {}
): Layer.Layer<ClaudeMiddleware, Resilience.ImpossiblePolicy, State> =>
  Layer.fresh(Layer.effect(
    ClaudeMiddleware,
    Effect.map(Effect.flatMap(Resilience.settings(options), makeGuard), (guard) => ({ middleware: guarded(guard) }))
  ))

/** A middleware with a limiter, breaker and budget of standard settings. */
export const layerStandard = (
  options: Resilience.Options & Resilience.LayerOptions = {}
): Layer.Layer<ClaudeMiddleware, Resilience.ImpossiblePolicy> =>
  layer(options).pipe(Layer.provide(Resilience.layer(options)))

/**
 * A middleware for programs without Effect. Disposing of it ends what still runs, with an `AbortError`, and resolves when
 * that has ended. Throws `ImpossiblePolicy` for settings that cannot work.
 */
export const make = (options: Resilience.Options & Resilience.LayerOptions = {}): Middleware & AsyncDisposable => {
  const { guard, ...disposable } = standing(options)
  return Object.assign(guarded(guard), disposable)
}
