/**
 * The order of the policies, fixed here:
 * fallback > deadline > [bulkhead] > retry (hint, budget) > hedge > breaker pre-check > limiter (every attempt pays) >
 * breaker permit > attempt timeouts > [chaos] > transport.
 */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as ClaudeError from "../errors/ClaudeError.ts"
import { noUsage } from "../errors/internal/fields.ts"
import { type Called, type CallWatch, type Hook, listened, Listener } from "../telemetry/internal/hook.ts"
import * as Chaos from "./Chaos.ts"
import * as ClaudeCircuitBreaker from "./ClaudeCircuitBreaker.ts"
import * as ClaudeRateLimiter from "./ClaudeRateLimiter.ts"
import type { Fallback } from "./Fallback.ts"
import * as Hedge from "./Hedge.ts"
import type { Call } from "./internal/call.ts"
import * as Direct from "./internal/direct.ts"
import { begin } from "./internal/execute.ts"
import * as Impossible from "./internal/impossible.ts"
import { sharedOf } from "./internal/shared.ts"
import * as RetryBudget from "./RetryBudget.ts"
import * as RetryPolicy from "./RetryPolicy.ts"
import * as Timeouts from "./Timeouts.ts"

export { ImpossiblePolicy } from "./internal/impossible.ts"

/** What has no state and is given as a value. */
export interface Options {
  /** When to try again; bounded by `maxAttempts` and `deadline`. Default `RetryPolicy.standard`. */
  readonly retry?: RetryPolicy.RetryPolicy
  /** Requests in all, the first included. Default 6. */
  readonly maxAttempts?: number
  /** From the call's start to its end, waits included. Default 10 minutes; "Infinity" for none. */
  readonly deadline?: Duration.Input
  readonly timeouts?: Timeouts.Options
  /** A wait that the server asks for and that is longer than this fails at once. Default 5 minutes. */
  readonly maxServerWait?: Duration.Input
  /** A second request for an answer that is slow to begin; it can double the cost. Default off; `true` for the standard. */
  readonly hedge?: boolean | Hedge.Options
  /**
   * At most so many calls at once, their waits and tries included; `maxQueue` more may wait, 200,000 by default, and
   * others are rejected. A stream holds its place until it has ended. Default off.
   */
  readonly bulkhead?: { readonly concurrent: number; readonly maxQueue?: number }
}

export interface Settings {
  readonly retry: RetryPolicy.RetryPolicy
  readonly maxAttempts: number
  readonly deadline: Duration.Duration
  readonly timeouts: Timeouts.Timeouts
  readonly maxServerWait: Duration.Duration
  readonly hedge: Hedge.Hedge | undefined
  readonly bulkhead: { readonly concurrent: number; readonly maxQueue: number } | undefined
}

/** 6 attempts within 10 minutes, the standard schedule and timeouts, a server's wait of at most 5 minutes. */
export const standard: Settings = {
  retry: RetryPolicy.standard,
  maxAttempts: 6,
  deadline: Duration.minutes(10),
  timeouts: Timeouts.standard,
  maxServerWait: Duration.minutes(5),
  hedge: undefined,
  bulkhead: undefined
}

/** Calls that may wait for a place in the bulkhead. */
const maxQueue = 200_000

const make = (options: Options): Settings => ({
  retry: options.retry ?? standard.retry,
  maxAttempts: options.maxAttempts ?? standard.maxAttempts,
  deadline: options.deadline === undefined ? standard.deadline : Duration.fromInputUnsafe(options.deadline),
  timeouts: Timeouts.make(options.timeouts),
  maxServerWait: options.maxServerWait === undefined
    ? standard.maxServerWait
    : Duration.fromInputUnsafe(options.maxServerWait),
  hedge: options.hedge === undefined || options.hedge === false
    ? undefined
    : Hedge.make(options.hedge === true ? {} : options.hedge),
  bulkhead: options.bulkhead && { maxQueue, ...options.bulkhead }
})

export interface LayerOptions {
  readonly limiter?: ClaudeRateLimiter.Options
  readonly breaker?: ClaudeCircuitBreaker.Options
  readonly budget?: RetryBudget.Options
}

const stateProblems = ({ breaker, budget, limiter = {} }: LayerOptions): ReadonlyArray<string> => [
  ...Impossible.limiter(limiter),
  ...Impossible.breaker({ ...ClaudeCircuitBreaker.standard, ...breaker }),
  ...Impossible.budget({ ...RetryBudget.standard, ...budget })
]

/**
 * The standard settings with those given in their place. Fails with `ImpossiblePolicy`, naming every problem, also of
 * limiter, breaker and budget where their options are among those given. A schedule of yours is asked for its waits once.
 */
export const settings = Effect.fnUntraced(
  function*(options: Options & LayerOptions = {}): Effect.fn.Return<Settings, Impossible.ImpossiblePolicy> {
    const made = make(options)
    const waits = options.retry === undefined ? [] : yield* Impossible.schedule(made, options.maxAttempts)
    yield* Impossible.refuse([...Impossible.settings(made), ...waits, ...stateProblems(options)])
    return made
  }
)

type State = ClaudeRateLimiter.ClaudeRateLimiter | ClaudeCircuitBreaker.ClaudeCircuitBreaker | RetryBudget.RetryBudget

/**
 * Limiter, breaker and retry budget with standard settings: all that `ClaudeClient.layer` requires. With options of yours it
 * fails with `ImpossiblePolicy`, naming every problem of all three.
 */
export function layer(): Layer.Layer<State>
export function layer(options: LayerOptions): Layer.Layer<State, Impossible.ImpossiblePolicy>
export function layer(options: LayerOptions = {}): Layer.Layer<State, Impossible.ImpossiblePolicy> {
  return Layer.unwrap(Effect.as(
    Impossible.refuse(stateProblems(options)),
    Layer.mergeAll(
      ClaudeRateLimiter.layer(options.limiter),
      ClaudeCircuitBreaker.layer(options.breaker ?? {}),
      RetryBudget.layer(options.budget ?? {})
    )
  ))
}

/** One policy of the stack as it stands, outermost first. */
export interface Described {
  readonly policy:
    | "fallback"
    | "deadline"
    | "bulkhead"
    | "retry"
    | "hedge"
    | "breaker"
    | "limiter"
    | "timeouts"
    | "chaos"
  readonly on: boolean
  /** Durations as text, "10m"; the models of a fallback by its reasons, "claude-opus-5-5, claude-haiku-5-5". */
  readonly settings: { readonly [name: string]: string | number | boolean }
}

export interface DescribeOptions extends Options, LayerOptions {
  readonly fallback?: Fallback<string | { readonly model?: string }>
  /** What `Chaos.layer` was given; whether there is chaos at all is known without. */
  readonly chaos?: Chaos.Options
}

const shown = (value: unknown): string | number | boolean =>
  Duration.isDuration(value)
    ? Duration.format(value)
    : typeof value === "number" || typeof value === "boolean"
    ? value
    : String(value)
const allShown = (given: object): Described["settings"] =>
  Object.fromEntries(
    Object.entries(given).filter(([, value]) => typeof value !== "object" || Duration.isDuration(value))
      .map(([name, value]) => [name, shown(value)])
  )

/** The stack that these options make, outermost first, with its settings. Fails as the layers would. */
export const describe = Effect.fnUntraced(
  function*(
    options: DescribeOptions = {}
  ): Effect.fn.Return<ReadonlyArray<Described>, Impossible.ImpossiblePolicy> {
    const { bulkhead, deadline, hedge, maxAttempts, maxServerWait, timeouts } = yield* settings(options)
    const { budget, breaker, chaos, fallback, limiter } = options
    const chains = Object.entries(fallback ?? {}).map(([cause, hops]) =>
      [cause, hops.map((hop) => typeof hop === "string" ? hop : hop.model ?? "another client").join(", ")] as const
    )
    const faulty = chaos !== undefined || (yield* Chaos.Chaos) !== undefined
    return [
      { policy: "fallback", on: chains.length > 0, settings: Object.fromEntries(chains) },
      { policy: "deadline", on: Duration.isFinite(deadline), settings: { deadline: shown(deadline) } },
      { policy: "bulkhead", on: bulkhead !== undefined, settings: allShown(bulkhead ?? {}) },
      {
        policy: "retry",
        on: maxAttempts > 1,
        settings: {
          maxAttempts,
          maxServerWait: shown(maxServerWait),
          ...allShown({ ...RetryBudget.standard, ...budget })
        }
      },
      { policy: "hedge", on: hedge !== undefined, settings: allShown(hedge ?? {}) },
      { policy: "breaker", on: true, settings: allShown({ ...ClaudeCircuitBreaker.standard, ...breaker }) },
      { policy: "limiter", on: true, settings: allShown({ ...ClaudeRateLimiter.standard, ...limiter }) },
      { policy: "timeouts", on: true, settings: allShown(timeouts) },
      { policy: "chaos", on: faulty, settings: allShown(chaos ?? {}) }
    ]
  }
)

export interface Guard extends Options {
  readonly method: string
  readonly model: string
  readonly inputTokens?: number
  readonly maxTokens?: number
  readonly priority?: number
}

const always = (): boolean => true

/** What a guarded effect is run with, for one context. */
interface Made<A, R> {
  readonly context: Context.Context<R | State>
  readonly hook: Hook | undefined
  readonly called: Called
  readonly run: (told?: CallWatch) => Effect.Effect<A, ClaudeError.ClaudeError, R>
}

/** All policies in their order around any effect that fails with reasons; `ClaudeClient` does this for its own calls. */
export const withResilience = (guard: Guard) => {
  const made = make(guard)
  const { method, model, inputTokens = 0 } = guard
  const name = `${method} ${model}`
  const used: ClaudeRateLimiter.Settlement = { _tag: "Used", usage: { ...noUsage, inputTokens, estimated: true } }
  let isChecked = false
  return <A, R>(
    self: Effect.Effect<A, ClaudeError.Reason, R>
  ): Effect.Effect<A, ClaudeError.ClaudeError | Impossible.ImpossiblePolicy, R | State> => {
    const work = Duration.isFinite(made.timeouts.attempt) ? Timeouts.withTimeouts(self, made.timeouts) : self
    const madeIn = (context: Context.Context<R | State>): Made<A, R> => {
      const budget = Context.get(context, RetryBudget.RetryBudget)
      const services = Direct.services(
        Context.get(context, ClaudeRateLimiter.ClaudeRateLimiter),
        Context.get(context, ClaudeCircuitBreaker.ClaudeCircuitBreaker),
        budget
      )
      const shared = sharedOf(budget)
      const call: Call<A, R> = {
        services,
        clock: Context.get(context, Clock.Clock),
        method,
        key: model,
        request: { model, inputTokens, maxTokens: guard.maxTokens, priority: guard.priority, watched: true },
        maxAttempts: made.maxAttempts,
        deadline: Duration.toMillis(made.deadline),
        maxServerWait: made.maxServerWait,
        retry: made.retry,
        mayResend: always,
        beginnings: shared.beginningsOf(name, made.hedge),
        bulkhead: shared.bulkheadOf(name, made.bulkhead),
        attempt: (lease) => {
          const rest = lease.send()
          return rest === undefined ? work : Effect.flatMap(rest, () => work)
        },
        used
      }
      return {
        context,
        hook: Context.get(context, Listener),
        called: { source: shared.sourceOf(services), method, model, params: undefined },
        run: (told) => begin(told === undefined ? call : { ...call, told })
      }
    }
    // A program calls in one context mostly: what is made for it is kept for the next call.
    let last: Made<A, R> | undefined
    const run = (context: Context.Context<R | State>): Effect.Effect<A, ClaudeError.ClaudeError, R> => {
      if (last?.context !== context) last = madeIn(context)
      const { called, hook, run } = last
      return hook === undefined ? run() : listened(hook, called, () => undefined, run)
    }
    return Effect.contextWith((context: Context.Context<R | State>) =>
      isChecked ? run(context) : Effect.flatMap(settings(guard), () => {
        isChecked = true
        return run(context)
      })
    )
  }
}
