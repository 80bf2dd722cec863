/**
 * The order of the policies, fixed here:
 * fallback > deadline > [bulkhead] > retry (hint, budget) > hedge > breaker pre-check > limiter (every attempt pays) >
 * breaker permit > attempt timeouts > [chaos] > transport.
 */
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import type * as ClaudeError from "../errors/ClaudeError.ts"
import * as ClaudeCircuitBreaker from "./ClaudeCircuitBreaker.ts"
import * as ClaudeRateLimiter from "./ClaudeRateLimiter.ts"
import * as Hedge from "./Hedge.ts"
import { type Call, execute } from "./internal/execute.ts"
import type { Lease } from "./internal/lease.ts"
import { sharedOf } from "./internal/shared.ts"
import * as RetryBudget from "./RetryBudget.ts"
import * as RetryPolicy from "./RetryPolicy.ts"
import * as Timeouts from "./Timeouts.ts"

/** Settings that cannot work together, all of them; the layer that was given them fails with this. */
export class ImpossiblePolicy extends Schema.TaggedError<ImpossiblePolicy>()("ImpossiblePolicy", {
  problems: Schema.Array(Schema.String)
}) {
  override get message(): string {
    return this.problems.join("\n")
  }
}

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

const read = (options: Options): { readonly made: Settings; readonly problems: ReadonlyArray<string> } => {
  const made: Settings = {
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
  }
  const problems: Array<string> = []
  if (!(made.maxAttempts >= 1)) problems.push(`maxAttempts is ${made.maxAttempts}; it counts the first: at least 1.`)
  if (!(Duration.toMillis(made.deadline) > 0)) problems.push("deadline must be longer than nothing.")
  for (const [name, bound] of Object.entries(made.timeouts)) {
    if (!(Duration.toMillis(bound) > 0)) problems.push(`timeouts.${name} must be longer than nothing.`)
  }
  if (Duration.isFinite(made.timeouts.attempt) && Duration.isGreaterThan(made.timeouts.attempt, made.deadline)) {
    problems.push(
      `timeouts.attempt (${Duration.format(made.timeouts.attempt)}) is longer than deadline ` +
        `(${Duration.format(made.deadline)}): no attempt could ever time out.`
    )
  }
  const { bulkhead, hedge } = made
  if (bulkhead !== undefined && !(bulkhead.concurrent >= 1)) {
    problems.push(`bulkhead.concurrent is ${bulkhead.concurrent}; at least 1: no call could ever begin.`)
  }
  if (bulkhead !== undefined && !(bulkhead.maxQueue >= 0)) {
    problems.push(`bulkhead.maxQueue is ${bulkhead.maxQueue}; at least 0.`)
  }
  if (hedge !== undefined) {
    if (!(hedge.percentile > 0 && hedge.percentile < 1)) {
      problems.push(`hedge.percentile is ${hedge.percentile}; between 0 and 1.`)
    }
    if (!(hedge.warmUp >= 1 && hedge.warmUp <= hedge.window)) {
      problems.push(
        `hedge.warmUp is ${hedge.warmUp}; from 1 to hedge.window (${hedge.window}): there would never be a hedge.`
      )
    }
    if (Duration.isGreaterThanOrEqualTo(hedge.shortest, made.deadline)) {
      problems.push("hedge.shortest is not shorter than deadline: there would never be a hedge.")
    }
  }
  return { made, problems }
}

/** The standard settings with those given in their place. Fails with `ImpossiblePolicy`, naming every problem. */
export const settings = (options: Options = {}): Effect.Effect<Settings, ImpossiblePolicy> => {
  const { made, problems } = read(options)
  return problems.length === 0 ? Effect.succeed(made) : Effect.fail(new ImpossiblePolicy({ problems }))
}

export interface LayerOptions {
  readonly limiter?: ClaudeRateLimiter.Options
  readonly breaker?: ClaudeCircuitBreaker.Options
  readonly budget?: RetryBudget.Options
}

/** Limiter, breaker and retry budget with standard settings: all that `ClaudeClient.layer` requires. */
export const layer = (
  options: LayerOptions = {}
): Layer.Layer<
  ClaudeRateLimiter.ClaudeRateLimiter | ClaudeCircuitBreaker.ClaudeCircuitBreaker | RetryBudget.RetryBudget
> =>
  Layer.mergeAll(
    ClaudeRateLimiter.layer(options.limiter),
    ClaudeCircuitBreaker.layer(options.breaker),
    RetryBudget.layer(options.budget)
  )

/** One policy of the stack as it stands, outermost first. */
export interface Described {
  readonly policy: "deadline" | "retry" | "hedge" | "breaker" | "limiter" | "timeouts"
  readonly on: boolean
  /** Durations as text, "10m". */
  readonly settings: { readonly [name: string]: string | number | boolean }
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

/** The stack that these options make, outermost first, with its settings. Fails as the layer would. */
export const describe = (
  options: Options & LayerOptions = {}
): Effect.Effect<ReadonlyArray<Described>, ImpossiblePolicy> =>
  Effect.map(settings(options), ({ deadline, hedge, maxAttempts, maxServerWait, timeouts }) => [
    { policy: "deadline", on: Duration.isFinite(deadline), settings: { deadline: shown(deadline) } },
    {
      policy: "retry",
      on: maxAttempts > 1,
      settings: {
        maxAttempts,
        maxServerWait: shown(maxServerWait),
        ...allShown({ ...RetryBudget.standard, ...options.budget })
      }
    },
    { policy: "hedge", on: hedge !== undefined, settings: hedge === undefined ? {} : allShown(hedge) },
    { policy: "breaker", on: true, settings: allShown({ ...ClaudeCircuitBreaker.standard, ...options.breaker }) },
    { policy: "limiter", on: true, settings: allShown({ ...ClaudeRateLimiter.standard, ...options.limiter }) },
    { policy: "timeouts", on: true, settings: allShown(timeouts) }
  ])

export interface Guard extends Options {
  readonly method: string
  readonly model: string
  readonly inputTokens?: number
  readonly maxTokens?: number
  readonly priority?: number
}

const noUsage: ClaudeError.Usage = {
  inputTokens: 0,
  cacheCreationTokens: 0,
  cacheReadTokens: 0,
  outputTokens: 0,
  estimated: true
}

type State = ClaudeRateLimiter.ClaudeRateLimiter | ClaudeCircuitBreaker.ClaudeCircuitBreaker | RetryBudget.RetryBudget

/** All policies in their order around any effect that fails with reasons; `ClaudeClient` does this for its own calls. */
export const withResilience = (guard: Guard) => {
  const { made, problems } = read(guard)
  const name = `${guard.method} ${guard.model}`
  const inputTokens = guard.inputTokens ?? 0
  const used: ClaudeError.Usage = { ...noUsage, inputTokens }
  return <A, R>(
    self: Effect.Effect<A, ClaudeError.Reason, R>
  ): Effect.Effect<A, ClaudeError.ClaudeError | ImpossiblePolicy, R | State> => {
    if (problems.length > 0) return Effect.fail(new ImpossiblePolicy({ problems }))
    const work = Duration.isFinite(made.timeouts.attempt) ? Timeouts.withTimeouts(self, made.timeouts) : self
    const answered = (lease: Lease) => (answer: A) =>
      // An effect begins to answer when it ends.
      Effect.flatMap(lease.answered(), () => Effect.as(lease.succeed(used), answer))
    const template = {
      method: guard.method,
      model: guard.model,
      key: guard.model,
      inputTokens,
      inputBytes: undefined,
      maxTokens: guard.maxTokens,
      priority: guard.priority ?? 0,
      maxAttempts: made.maxAttempts,
      deadline: made.deadline,
      maxServerWait: made.maxServerWait,
      retry: made.retry,
      resend: true
    }
    const runIn = (context: Context.Context<R | State>) => {
      const budget = Context.get(context, RetryBudget.RetryBudget)
      // Where it runs in this very context already, that costs nothing.
      const given = Effect.updateContext(
        work,
        (inner: Context.Context<never>): Context.Context<R | State> =>
          inner === context ? context : Context.merge(context, inner)
      )
      const call: Call<A> = {
        ...template,
        beginnings: sharedOf(budget).beginningsOf(name, made.hedge),
        bulkhead: sharedOf(budget).bulkheadOf(name, made.bulkhead),
        attempt: (lease) => Effect.flatMap(lease.sent, () => Effect.flatMap(given, answered(lease)))
      }
      return execute({
        limiter: Context.get(context, ClaudeRateLimiter.ClaudeRateLimiter),
        breaker: Context.get(context, ClaudeCircuitBreaker.ClaudeCircuitBreaker),
        budget
      }, call)
    }
    // A program calls in one context mostly: what it makes is kept for the next call.
    let last: { readonly context: Context.Context<R | State>; readonly run: ReturnType<typeof runIn> } | undefined
    return Effect.contextWith((context: Context.Context<R | State>) => {
      if (last?.context !== context) last = { context, run: runIn(context) }
      return last.run
    })
  }
}
