import { FaultServer, Organization, type Reply, VirtualClock } from "@effect-claude/fault-server"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Random, Redacted, Result } from "effect"
import { ClaudeCircuitBreaker, ClaudeClient, ClaudeRateLimiter, RetryBudget } from "effect-claude"

const model = "claude-haiku-5-5"
const jobs = 1000
const seeds = [1, 2, 3, 4, 5, 6, 7]
const limits = { requestsPerMinute: 1000, inputTokensPerMinute: 500_000, outputTokensPerMinute: 100_000 }

interface Job {
  readonly input: number
  readonly output: number
  readonly text: string
}

const median = (values: ReadonlyArray<number>): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!

/** A generator that the library does not share. */
const random = (seed: number) => {
  let state = seed * 2_654_435_761 >>> 0
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 4_294_967_296
  }
}

/** Lognormal sizes; a text's length tells its tokens but for an error of 8 %. */
const make = (input: number, output: number, seed: number): ReadonlyArray<Job> => {
  const next = random(seed)
  const normal = () => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next())
  return Array.from({ length: jobs }, (_, index) => {
    const tokens = Math.max(20, Math.round(input * Math.exp(0.8 * normal())))
    const produced = Math.max(5, Math.round(output * Math.exp(0.5 * normal())))
    const size = Math.round(tokens * 3.5 * (1 + 0.08 * normal()))
    return { input: tokens, output: produced, text: `${index} `.padEnd(size, "x") }
  })
}

const least = (all: ReadonlyArray<Job>, share: number, burst: number): number => {
  const over = (needed: number, perMinute: number) => Math.max(0, needed - perMinute * burst) / (perMinute * share) * 60
  return Math.max(
    over(all.length, limits.requestsPerMinute),
    over(all.reduce((sum, job) => sum + job.input, 0), limits.inputTokensPerMinute),
    over(all.reduce((sum, job) => sum + job.output, 0), limits.outputTokensPerMinute)
  ) + median(all.map((job) => 0.8 + job.output / 80))
}

interface Scenario {
  readonly input: number
  readonly output: number
  readonly account?: Organization.Options
  readonly share?: number
}

/** All jobs at once, in virtual time: how many are lost, how long it takes against the least possible, what is wasted. */
const play = async ({ account = {}, input, output, share = 1 }: Scenario, given: boolean, seed: number) => {
  const all = make(input, output, seed)
  const job = (request: Reply.Received): Job =>
    all[
      Number.parseInt(
        (request.json as { readonly messages: ReadonlyArray<{ readonly content: string }> }).messages[0]!.content,
        10
      )
    ]!
  const clock = VirtualClock.make()
  return clock.run(
    Effect.gen(function*() {
      const organization = yield* Organization.make({
        seed,
        limits,
        latency: { firstToken: 800, tokensPerSecond: 80, spread: 0.1 },
        ...account,
        input: (request) => job(request).input,
        output: (request) => job(request).output
      })
      const client = ClaudeClient.layer({
        apiKey: Redacted.make("sk-ant-test"),
        baseUrl: "http://claude.test",
        fetch: yield* FaultServer.fetch(organization.handler),
        deadline: Infinity,
        maxAttempts: Infinity
      }).pipe(Layer.provide(Layer.mergeAll(
        ClaudeRateLimiter.layer({ key: `${seed} ${given}`, ...(given ? { limits: { [model]: limits } } : {}) }),
        ClaudeCircuitBreaker.layer(),
        RetryBudget.layer()
      )))
      const results = yield* Effect.forEach(
        all,
        ({ text }) =>
          Effect.result(
            ClaudeClient.createMessage({ model, max_tokens: 4096, messages: [{ role: "user", content: text }] }, {
              stream: true
            })
          ),
        { concurrency: "unbounded" }
      ).pipe(Effect.provide(client))
      const { accepted, limited } = yield* organization.stats
      return {
        lost: results.filter(Result.isFailure).length,
        makespan: clock.now / 1000 / least(all, share, account.burst ?? 1),
        wasted: limited / accepted
      }
    }).pipe(Random.withSeed(`goodput ${seed}`))
  )
}

const overload = [{ from: 60, to: 90, rate: 1 }, { from: 90, to: 150, rate: 0.3 }]
const others = (seconds: number): number => 0.4 + 0.2 * Math.sin(seconds / 20)
const cases: ReadonlyArray<readonly [string, Scenario, number, number]> = [
  ["input-bound", { input: 3000, output: 60 }, 1.02, 0.005],
  ["output-bound", { input: 300, output: 600 }, 1.03, 0.005],
  ["with half a minute of 529", { input: 3000, output: 60, account: { overload } }, 1.05, 0.01],
  [
    "while others use 20 to 60 %",
    { input: 3000, output: 60, account: { foreignLoad: others }, share: 0.6 },
    1.02,
    0.02
  ],
  ["with a tenth of the burst", { input: 3000, output: 60, account: { burst: 0.1 } }, 1.02, 0.02]
]

describe("1,000 jobs at once against an account's limits, median of seven seeds", () => {
  for (const [index, [name, scenario, makespan, wasted]] of cases.entries()) {
    const given = index % 2 === 1
    it(
      `C10 ${name}, limits ${given ? "given" : "learned"}: none lost, little wasted, hardly longer than possible`,
      async () => {
        const runs = []
        for (const seed of seeds) runs.push(await play(scenario, given, seed))
        assert.deepStrictEqual(runs.map((run) => run.lost), seeds.map(() => 0))
        assert.isAtMost(median(runs.map((run) => run.makespan)), makespan)
        assert.isAtMost(median(runs.map((run) => run.wasted)), wasted)
      },
      120_000
    )
  }
})
