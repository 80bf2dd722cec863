/** Settings that cannot work: each found by what it would never let happen. */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Random from "effect/Random"
import * as Schema from "effect/Schema"
import { Overloaded } from "../../errors/ClaudeError.ts"
import type * as ClaudeCircuitBreaker from "../ClaudeCircuitBreaker.ts"
import type * as ClaudeRateLimiter from "../ClaudeRateLimiter.ts"
import type * as Resilience from "../Resilience.ts"
import type * as RetryBudget from "../RetryBudget.ts"
import * as Driver from "./driver.ts"

/** Settings that cannot work together, all of them; the layer that was given them fails with this. */
export class ImpossiblePolicy extends Schema.TaggedError<ImpossiblePolicy>()("ImpossiblePolicy", {
  problems: Schema.Array(Schema.String)
}) {
  override get message(): string {
    return this.problems.join("\n")
  }
}

type Problems = ReadonlyArray<string>

/** Fails with all of them, if there are any. */
export const refuse = (problems: Problems): Effect.Effect<void, ImpossiblePolicy> =>
  problems.length === 0 ? Effect.void : Effect.fail(new ImpossiblePolicy({ problems }))

/** Of what was said, what is not so: NaN is never as it must be. */
const unless = (claims: ReadonlyArray<readonly [holds: boolean, problem: string]>): Problems =>
  claims.filter(([holds]) => !holds).map(([, problem]) => problem)

const millis = (input: Duration.Input): number => Duration.toMillis(Duration.fromInputUnsafe(input))
const text = (input: Duration.Input): string => Duration.format(Duration.fromInputUnsafe(input))

export const breaker = (given: Required<ClaudeCircuitBreaker.Options>): Problems =>
  unless([
    [given.window >= 2, `breaker.window is ${given.window}; at least 2: one attempt alone would decide.`],
    [given.minimumCalls >= 1, `breaker.minimumCalls is ${given.minimumCalls}; at least 1.`],
    [
      !(given.minimumCalls > given.window),
      `breaker.minimumCalls (${given.minimumCalls}) is more than breaker.window (${given.window}): it would never open.`
    ],
    [
      given.failureRate > 0 && given.failureRate <= 1,
      `breaker.failureRate is ${given.failureRate}; above 0, at most 1.`
    ],
    [millis(given.openFor) > 0, "breaker.openFor must be longer than nothing."],
    [
      !(millis(given.openFor) > millis(given.openForMax)),
      `breaker.openFor (${text(given.openFor)}) is longer than breaker.openForMax (${text(given.openForMax)}).`
    ],
    [given.jitter >= 0 && given.jitter < 1, `breaker.jitter is ${given.jitter}; from 0, below 1.`],
    [given.probes >= 1, `breaker.probes is ${given.probes}; at least 1: it would never close.`],
    [millis(given.probeTimeout) > 0, "breaker.probeTimeout must be longer than nothing."]
  ])

export const budget = (given: Required<RetryBudget.Options>): Problems =>
  unless([
    [given.cost > 0, `budget.cost is ${given.cost}; more than 0: retries would have no bound.`],
    [given.cap >= 0, `budget.cap is ${given.cap}; at least 0.`],
    [
      !(given.cap > 0 && given.cost > given.cap),
      `budget.cost (${given.cost}) is more than budget.cap (${given.cap}): no retry could ever be paid.`
    ],
    [given.perSuccess >= 0, `budget.perSuccess is ${given.perSuccess}; at least 0.`],
    [given.perMinute >= 0, `budget.perMinute is ${given.perMinute}; at least 0.`]
  ])

export const limiter = ({ burst, concurrency, maxQueue }: ClaudeRateLimiter.Options): Problems =>
  unless([
    [burst === undefined || burst > 0, `limiter.burst is ${burst}; more than 0: nothing could ever be let in.`],
    [
      concurrency === undefined || concurrency >= 1,
      `limiter.concurrency is ${concurrency}; at least 1: nothing could ever be let in.`
    ],
    [maxQueue === undefined || maxQueue >= 0, `limiter.maxQueue is ${maxQueue}; at least 0.`]
  ])

/** All but the retry schedule, which has to be asked. */
export const settings = ({ bulkhead, deadline, hedge, maxAttempts, timeouts }: Resilience.Settings): Problems => {
  const { attempt } = timeouts
  const begins = Duration.max(timeouts.headers, timeouts.headersJson)
  return [
    ...unless([
      [maxAttempts >= 1, `maxAttempts is ${maxAttempts}; it counts the first: at least 1.`],
      [millis(deadline) > 0, "deadline must be longer than nothing."],
      ...Object.entries(timeouts).map(([name, bound]) =>
        [millis(bound) > 0, `timeouts.${name} must be longer than nothing.`] as const
      ),
      [
        !Duration.isFinite(attempt) || !Duration.isGreaterThan(attempt, deadline),
        `timeouts.attempt (${text(attempt)}) is longer than deadline (${
          text(deadline)
        }): no attempt could ever time out.`
      ]
    ]),
    ...(bulkhead === undefined ? [] : unless([
      [
        bulkhead.concurrent >= 1,
        `bulkhead.concurrent is ${bulkhead.concurrent}; at least 1: no call could ever begin.`
      ],
      [bulkhead.maxQueue >= 0, `bulkhead.maxQueue is ${bulkhead.maxQueue}; at least 0.`]
    ])),
    ...(hedge === undefined ? [] : unless([
      [hedge.percentile > 0 && hedge.percentile < 1, `hedge.percentile is ${hedge.percentile}; between 0 and 1.`],
      [
        hedge.warmUp >= 1 && hedge.warmUp <= hedge.window,
        `hedge.warmUp is ${hedge.warmUp}; from 1 to hedge.window (${hedge.window}): there would never be a hedge.`
      ],
      ...([["deadline", deadline], ["timeouts.attempt", attempt], ["the timeouts of headers", begins]] as const)
        .map(([name, bound]) =>
          [
            Duration.isLessThan(hedge.shortest, bound),
            `hedge.shortest (${text(hedge.shortest)}) is not shorter than ${name} (${text(bound)}): ` +
            "there would never be a hedge."
          ] as const
        )
    ]))
  ]
}

/** The waits of a schedule are looked at so far. */
const mostWaits = 100

const least = { nextIntUnsafe: () => 0, nextDoubleUnsafe: () => 0 }

/** A schedule of the user's whose shortest waits pass the deadline; `asked`: the attempts, where they were given too. */
export const schedule = Effect.fnUntraced(
  function*({ deadline, maxAttempts, retry }: Resilience.Settings, asked: number | undefined) {
    const driver = Driver.make(retry)
    const error = new Overloaded({ message: "asked when the layer was built" })
    const most = Math.min(maxAttempts - 1, mostWaits)
    let now = 0
    for (let tried = 1; tried <= most; tried++) {
      const next = yield* driver(error, now)
      if (next === undefined) return []
      now += Duration.toMillis(next.wait)
      if (now <= millis(deadline)) continue
      if (tried === 1) {
        return [
          `retry waits at least ${text(now)} at first, deadline is ${text(deadline)}: there could never be a retry.`
        ]
      }
      return asked === undefined ? [] : [
        `retry waits at least ${text(now)} before attempt ${tried + 1}, deadline is ${text(deadline)}: ` +
        `maxAttempts (${asked}) could never be reached.`
      ]
    }
    return []
  },
  Effect.provideService(Random.Random, least)
)
