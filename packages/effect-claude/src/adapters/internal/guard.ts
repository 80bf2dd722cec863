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
import * as Direct from "../../policies/internal/direct.ts"
import { execute } from "../../policies/internal/execute.ts"
import { Shared } from "../../policies/internal/shared.ts"
import type { Settings } from "../../policies/Resilience.ts"
import { RetryBudget } from "../../policies/RetryBudget.ts"
import { Listener } from "../../telemetry/internal/hook.ts"
import { befallen } from "./chaos.ts"
import { type Answered, type Ask, exchange } from "./exchange.ts"
import { disposed, failure, type Original } from "./failure.ts"
import type { Passing } from "./passing.ts"
import { Sources } from "./sources.ts"

/** Resolves with an answer or with the failure as one; rejects for the caller's own signal, and with a defect. */
export type Guard = (ask: Ask) => Promise<Response>

/** The failed answers of a call that are kept: two attempts may be under way. */
const mostOriginals = 2

const aborted = (): DOMException => new DOMException("This operation was aborted", "AbortError")

/** Takes its limiter, breaker and budget from beneath it, once. With its scope every call ends that still runs. */
export const make = Effect.fnUntraced(function*(settings: Settings) {
  const clock = yield* Clock.Clock
  const chaos = yield* Chaos
  const services = Direct.services(yield* ClaudeRateLimiter, yield* ClaudeCircuitBreaker, yield* RetryBudget)
  const watchdog = yield* Watchdog.make
  const now = (): number => clock.currentTimeMillisUnsafe()
  const context = yield* Effect.context<never>()
  const fork = Effect.runForkWith(context)
  const run = (effect: Effect.Effect<void>): void => void fork(effect)
  const calls = new Set<Fiber.Fiber<Answered>>()
  const streams = new Set<Passing>()
  let closed = false
  const shared = new Shared()
  const bulkhead = shared.bulkheadOf("", settings.bulkhead)
  const sources = new Sources(services)
  const listener = yield* Listener

  yield* Effect.addFinalizer(() =>
    Effect.suspend(() => {
      closed = true
      for (const passing of streams) passing.abandon(aborted())
      return Effect.andThen(Fiber.interruptAll(calls), Effect.sync(() => sources.close()))
    })
  )

  const pause = (millis: number, signal: AbortSignal): Promise<void> =>
    Effect.runPromiseWith(context)(Effect.sleep(Duration.millis(millis)), { signal })

  const call = (given: Ask): Effect.Effect<Answered> =>
    Effect.withFiber((fiber) => {
      const ask = chaos === undefined ? given : befallen(given, chaos, pause)
      const { method, model, params, ...subject } = ask.subject
      const source = listener && sources.of(ask.subject)
      const recording = source && listener?.begin(fiber, { source, method, model, params })
      const originals: Array<Original> = []
      const opened = new Set<Passing>()
      let won: Passing | undefined
      const answered = execute({
        services,
        clock,
        method,
        key: subject.key,
        request: {
          model,
          inputBytes: subject.bytes,
          cached: subject.cached,
          maxTokens: subject.maxTokens,
          watched: true
        },
        maxAttempts: settings.maxAttempts,
        deadline: Duration.toMillis(settings.deadline),
        maxServerWait: settings.maxServerWait,
        retry: settings.retry,
        mayResend: () => subject.resend,
        told: recording,
        bulkhead,
        beginnings: shared.beginningsOf(`${method} ${model}`, settings.hedge),
        attempt: (lease, { deadline }) =>
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
            closed: (passing) => {
              streams.delete(passing)
              if (passing === won) end(passing)
            }
          })
      })
      const tell = (ended: Effect.Effect<void> | undefined): void => {
        if (ended !== undefined) run(ended)
      }
      const end = ({ exit }: Passing): void =>
        tell(recording?.ended(exit, Exit.isSuccess(exit) ? exit.value : undefined))
      return Effect.onExit(recording === undefined ? answered : recording.within(answered), (exit) =>
        Effect.sync(() => {
          won = Exit.isSuccess(exit) ? exit.value.passing : undefined
          // A fiber may be interrupted wherever it yields, also between an attempt's success and here.
          for (const passing of opened) if (passing !== won) passing.abandon(undefined)
          if (won === undefined) tell(recording?.ended(exit, Exit.isSuccess(exit) ? exit.value.message : undefined))
          else {
            recording?.began()
            if (won.isOver) end(won)
          }
        })).pipe(
          Effect.catch((error: ClaudeError.ClaudeError) =>
            Effect.succeed<Answered>({ respond: () => failure(error, originals) })
          )
        )
    })

  /** An answer that is handed over ends with its caller's signal, and with us. */
  const handOver = ({ passing, respond }: Answered, { leaving, signal }: Ask): Response => {
    const response = respond()
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
