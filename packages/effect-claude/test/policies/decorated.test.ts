/** A call takes its policies in one step where they are the toolkit's own; whoever wraps one of them is never passed by. */
import { Fault, Reply } from "@effect-claude/fault-server"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, type Layer, Stream } from "effect"
import {
  ClaudeCircuitBreaker,
  ClaudeClient,
  type ClaudeError,
  ClaudeRateLimiter,
  Resilience,
  RetryBudget
} from "effect-claude"
import * as Decorated from "../fixtures/decorated.ts"
import { params, runHandler, type Services, type State } from "../fixtures/harness.ts"

type Guarded = Effect.Effect<string, unknown, State>
type Wrapper = (self: Guarded, tell: Decorated.Told) => Guarded

const wrappers: { readonly [name: string]: readonly [Wrapper, ReadonlyArray<string>] } = {
  limiter: [(self, tell) => Effect.provide(self, Decorated.limiter(tell)), ["reserve", "sent", "settle Used"]],
  breaker: [(self, tell) => Effect.provide(self, Decorated.breaker(tell)), ["acquire", "record success"]],
  check: [(self, tell) => Effect.provide(self, Decorated.check(tell)), ["check"]],
  budget: [(self, tell) => Effect.provide(self, Decorated.budget(tell)), ["deposit"]]
}

const work: Effect.Effect<string, ClaudeError.Reason> = Effect.succeed("done")
const guards: { readonly [name: string]: Guarded } = {
  withResilience: Resilience.withResilience({ method: "ask", model: "m", inputTokens: 10 })(work),
  withRateLimit: ClaudeRateLimiter.withRateLimit(work, { model: "m", inputTokens: 10 }),
  withCircuitBreaker: ClaudeCircuitBreaker.withCircuitBreaker(work, { key: "m" })
}

/** What of a service each guard uses. */
const used: { readonly [guard: string]: ReadonlyArray<string> } = {
  withResilience: ["reserve", "sent", "settle Used", "acquire", "record success", "check", "deposit"],
  withRateLimit: ["reserve", "sent", "settle Used"],
  withCircuitBreaker: ["acquire", "record success"]
}

describe("policies that somebody has wrapped", () => {
  for (const [name, [wrapper, steps]] of Object.entries(wrappers)) {
    for (const [guard, guarded] of Object.entries(guards)) {
      const expected = steps.filter((step) => used[guard]!.includes(step))
      it.effect(`${guard}: of a wrapped ${name} ${expected.length === 0 ? "nothing" : expected.join(", ")} is run`, () => {
        const told: Array<string> = []
        const own = Resilience.layer({ limiter: { key: `${name} ${guard}` } })
        return Effect.gen(function*() {
          assert.strictEqual(yield* wrapper(guarded, (what) => void told.push(what)), "done")
          assert.deepStrictEqual(told, expected)
        }).pipe(Effect.provide(own))
      })
    }
  }

  const message = Reply.message("An answer.")
  const answer = Reply.stream(Reply.message("An answer that is long enough to come in pieces."))
  const faults: { readonly [name: string]: ReadonlyArray<Reply.Reply> } = {
    "nothing": [],
    "a 429 with a hint": [Fault.rateLimited("input tokens", 2)],
    "overload": [Fault.overloaded(), Fault.overloaded()],
    "a cut stream": [Fault.cutAfterEvents(5)(answer)],
    "a bad request": [Fault.invalidRequest()],
    "more than the attempts": Array.from({ length: 7 }, () => Fault.overloaded())
  }
  const calls = {
    "JSON": ClaudeClient.createMessage(params),
    "a stream": Stream.runCollect(ClaudeClient.streamMessage(params)).pipe(Effect.map((events) => events.length))
  }
  const seenOf = (
    faulty: ReadonlyArray<Reply.Reply>,
    call: Effect.Effect<unknown, unknown, Services>,
    policies?: Layer.Layer<State, never, State>
  ) => {
    const left = [...faulty]
    return runHandler(
      (request) => Effect.sync(() => left.shift() ?? Reply.forRequest(request, message)),
      ({ clock, seen }) =>
        Effect.gen(function*() {
          const exit = yield* Effect.exit(call)
          return {
            exit: JSON.stringify(Exit.isSuccess(exit) ? exit.value : exit),
            requests: (yield* seen).map(({ at }) => at),
            limits: yield* ClaudeRateLimiter.ClaudeRateLimiter.use((limiter) => limiter.state),
            circuit: yield* ClaudeCircuitBreaker.ClaudeCircuitBreaker.use((breaker) =>
              breaker.state(`claude.test ${params.model}`)
            ),
            budget: yield* RetryBudget.RetryBudget.use((budget) => budget.level),
            ended: clock.now
          }
        }),
      { limiter: { limits: { [params.model]: { requestsPerMinute: 60, concurrency: 2 } } } },
      policies
    )
  }
  for (const [name, faulty] of Object.entries(faults)) {
    for (const [kind, call] of Object.entries(calls)) {
      it(`${kind} through ${name}: in one step or effect by effect, all is the same to the millisecond`, async () => {
        const told: Array<string> = []
        const [own, others] = [
          await seenOf(faulty, call),
          await seenOf(faulty, call, Decorated.policies((what) => void told.push(what)))
        ]
        assert.deepStrictEqual(others, own)
        assert.includeMembers(told, ["check", "reserve", "acquire", "sent"])
      })
    }
  }
})
