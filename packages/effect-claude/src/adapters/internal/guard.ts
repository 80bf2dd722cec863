// @effect-diagnostics newPromise:off
/** Requests under all policies, for callers who speak promises: what comes out is a `Response`, whatever happened. */
import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Watchdog from "../../client/internal/watchdog.ts"
import type * as ClaudeError from "../../errors/ClaudeError.ts"
import { Chaos } from "../../policies/Chaos.ts"
import { ClaudeCircuitBreaker } from "../../policies/ClaudeCircuitBreaker.ts"
import { ClaudeRateLimiter } from "../../policies/ClaudeRateLimiter.ts"
import { execute, type Services } from "../../policies/internal/execute.ts"
import { Beginnings } from "../../policies/internal/hedged.ts"
import type { Settings } from "../../policies/Resilience.ts"
import { RetryBudget } from "../../policies/RetryBudget.ts"
import { befallen } from "./chaos.ts"
import { type Answer, type Ask, exchange } from "./exchange.ts"
import { disposed, failure, type Original } from "./failure.ts"
import type { Passing } from "./passing.ts"

/** Resolves with an answer or with the failure as one; rejects for the caller's own signal, and with a defect. */
export type Guard = (ask: Ask) => Promise<Response>

/** Of so many models and methods the beginnings of answers are kept. */
const mostBeginnings = 1000

/** The failed answers of a call that are kept: two attempts may be under way. */
const mostOriginals = 2

const aborted = (): DOMException => new DOMException("This operation was aborted", "AbortError")

/** Takes its limiter, breaker and budget from beneath it, once. With its scope every call ends that still runs. */
export const make = Effect.fnUntraced(function*(settings: Settings) {
  const clock = yield* Clock.Clock
  const chaos = yield* Chaos
  const services: Services = {
    limiter: yield* ClaudeRateLimiter,
    breaker: yield* ClaudeCircuitBreaker,
    budget: yield* RetryBudget
  }
  const watchdog = yield* Watchdog.make
  const now = (): number => clock.currentTimeMillisUnsafe()
  const context = yield* Effect.context<never>()
  const fork = Effect.runForkWith(context)
  const run = (effect: Effect.Effect<void>): void => void fork(effect)
  const calls = new Set<Fiber.Fiber<Answer>>()
  const streams = new Set<Passing>()
  let closed = false
  yield* Effect.addFinalizer(() =>
    Effect.suspend(() => {
      closed = true
      for (const passing of streams) passing.abandon(aborted())
      return Fiber.interruptAll(calls)
    })
  )

  const { hedge } = settings
  const beginnings = new Map<string, Beginnings>()
  const beginningsOf = (key: string): Beginnings | undefined => {
    if (hedge === undefined) return undefined
    let known = beginnings.get(key)
    if (known === undefined && beginnings.size < mostBeginnings) beginnings.set(key, known = new Beginnings(hedge))
    return known
  }

  const pause = (millis: number, signal: AbortSignal): Promise<void> =>
    Effect.runPromiseWith(context)(Effect.sleep(Duration.millis(millis)), { signal })

  const call = (given: Ask): Effect.Effect<Answer> =>
    Effect.suspend(() => {
      const ask = chaos === undefined ? given : befallen(given, chaos, pause)
      const { method, model, ...subject } = ask.subject
      const originals: Array<Original> = []
      const opened = new Set<Passing>()
      const answered = execute(services, {
        method,
        model,
        key: subject.key,
        inputBytes: subject.bytes,
        inputTokens: undefined,
        maxTokens: subject.maxTokens,
        priority: 0,
        maxAttempts: settings.maxAttempts,
        deadline: settings.deadline,
        maxServerWait: settings.maxServerWait,
        retry: settings.retry,
        resend: subject.resend,
        beginnings: beginningsOf(`${method} ${model}`),
        attempt: (lease, deadline) =>
          exchange({
            ask,
            settings,
            watchdog,
            now,
            lease,
            deadline,
            total: settings.deadline,
            began: now(),
            run,
            failed: (original) => {
              originals.push(original)
              if (originals.length > mostOriginals) originals.shift()
            },
            opened: (passing) => opened.add(passing),
            closed: (passing) => streams.delete(passing)
          })
      })
      return Effect.catch(
        answered,
        (error: ClaudeError.ClaudeError) => Effect.succeed<Answer>({ response: failure(error, originals) })
      ).pipe(
        Effect.onExit((exit) =>
          Effect.sync(() => {
            const won = Exit.isSuccess(exit) ? exit.value.passing : undefined
            for (const passing of opened) if (passing !== won) passing.abandon(undefined)
          })
        )
      )
    })

  /** An answer that is handed over ends with its caller's signal, and with us. */
  const handOver = ({ passing, response }: Answer, { leaving, signal }: Ask): Response => {
    if (passing === undefined || passing.isOver) return response
    streams.add(passing)
    if (signal !== undefined) passing.follow(signal)
    if (leaving?.aborted === false) passing.follow(leaving)
    return response
  }

  const guard: Guard = (ask) => {
    const { signal } = ask
    if (closed) return Promise.resolve(disposed())
    return new Promise<Response>((resolve, reject) => {
      if (signal?.aborted === true) return reject(signal.reason)
      const fiber = fork(call(ask))
      const leave = (): void => {
        reject(signal?.reason)
        fiber.interruptUnsafe()
      }
      calls.add(fiber)
      signal?.addEventListener("abort", leave, { once: true })
      fiber.addObserver((exit) => {
        calls.delete(fiber)
        signal?.removeEventListener("abort", leave)
        if (Exit.isSuccess(exit)) resolve(handOver(exit.value, ask))
        else reject(Cause.hasInterruptsOnly(exit.cause) ? aborted() : Cause.squash(exit.cause))
      })
    })
  }
  return guard
})
