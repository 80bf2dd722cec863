/**
 * 1,000 jobs submitted at once against a simulated account, in virtual time, seven seeds: how many are lost, how long it
 * takes against the least possible, how many requests are refused for each success. Beside it the bare SDK.
 */
import Anthropic from "@anthropic-ai/sdk"
import { FaultServer, Organization, type Reply, VirtualClock } from "@effect-claude/fault-server"
import { Effect, Layer, Random, Redacted, Result } from "effect"
import { ClaudeCircuitBreaker, ClaudeClient, ClaudeRateLimiter, RetryBudget } from "effect-claude"
import { median, print } from "./table.ts"

const model = "claude-haiku-5-5"
const jobs = Number(process.env["JOBS"] ?? 1000)
const seeds = Number(process.env["SEEDS"] ?? 7)

interface Job {
  readonly input: number
  readonly output: number
  readonly text: string
}

interface Scenario {
  readonly name: string
  readonly limits: Organization.Limits
  readonly input: number
  readonly output: number
  /** How the account differs from a calm one that says everything. */
  readonly account?: Organization.Options
  /** The share of the account's limits that is left to us, on average. */
  readonly share?: number
  /** Jobs come over time, at this share of the limits, in bursts. */
  readonly arrive?: number
}

const start = { requestsPerMinute: 1000, inputTokensPerMinute: 500_000, outputTokensPerMinute: 100_000 }
const scenarios: ReadonlyArray<Scenario> = [
  { name: "input-bound", limits: start, input: 3000, output: 60 },
  { name: "output-bound", limits: start, input: 300, output: 600 },
  { name: "request-bound", limits: { ...start, requestsPerMinute: 200 }, input: 300, output: 60 },
  {
    name: "input-bound, 529",
    limits: start,
    input: 3000,
    output: 60,
    account: { overload: [{ from: 60, to: 90, rate: 1 }, { from: 90, to: 150, rate: 0.3 }] }
  },
  { name: "hints until full", limits: start, input: 3000, output: 60, account: { retryAfter: "full" } },
  {
    name: "no headers, no hints",
    limits: start,
    input: 3000,
    output: 60,
    account: { retryAfter: "none", limitHeaders: false }
  },
  {
    name: "others use 20 to 60 %",
    limits: start,
    input: 3000,
    output: 60,
    account: { foreignLoad: (seconds) => 0.4 + 0.2 * Math.sin(seconds / 20) },
    share: 0.6
  },
  { name: "a tenth of the burst", limits: start, input: 3000, output: 60, account: { burst: 0.1 } },
  {
    name: "ramp limit",
    limits: start,
    input: 3000,
    output: 60,
    account: { ramp: { requestsPerMinute: 60, doubling: 30 } }
  },
  { name: "bursts at 90 %", limits: start, input: 3000, output: 60, arrive: 0.9 }
]

/** A small generator of its own: the jobs do not depend on the library under test. */
const random = (seed: number) => {
  let state = seed * 2_654_435_761 >>> 0
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 4_294_967_296
  }
}
const normal = (next: () => number) => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next())

/** Input lognormal (sigma 0.8); its text length tells the tokens but for an error of 8 %. */
const make = (scenario: Scenario, seed: number): ReadonlyArray<Job> => {
  const next = random(seed)
  return Array.from({ length: jobs }, (_, index) => {
    const input = Math.max(20, Math.round(scenario.input * Math.exp(0.8 * normal(next))))
    const output = Math.max(5, Math.round(scenario.output * Math.exp(0.5 * normal(next))))
    const size = Math.round(input * 3.5 * (1 + 0.08 * normal(next)))
    return { input, output, text: `${index} `.padEnd(size, "x") }
  })
}

const firstToken = 800
const perSecond = 80

const leastSeconds = (scenario: Scenario, all: ReadonlyArray<Job>, at: ReadonlyArray<number>): number => {
  const { share = 1 } = scenario
  const burst = scenario.account?.burst ?? 1
  const sum = (pick: (job: Job) => number): number => all.reduce((total, job) => total + pick(job), 0)
  const seconds = (needed: number, perMinute: number): number =>
    Math.max(0, needed - perMinute * burst) / (perMinute * share) * 60
  const { inputTokensPerMinute, outputTokensPerMinute, requestsPerMinute } = scenario.limits
  return Math.max(
    at.at(-1) ?? 0,
    seconds(all.length, requestsPerMinute),
    seconds(sum((job) => job.input), inputTokensPerMinute),
    seconds(sum((job) => job.output), outputTokensPerMinute)
  ) + median(all.map((job) => firstToken / 1000 + job.output / perSecond))
}

const params = (job: Job) => ({ model, max_tokens: 4096, messages: [{ role: "user" as const, content: job.text }] })

type Strategy = (
  fetch: typeof globalThis.fetch,
  scenario: Scenario,
  all: ReadonlyArray<Job>,
  at: ReadonlyArray<number>
) => Effect.Effect<number>

/** Seconds at which the jobs come: all at once, or in bursts of about twenty. */
const arrivals = (scenario: Scenario, seed: number): ReadonlyArray<number> => {
  if (scenario.arrive === undefined) return Array.from({ length: jobs }, () => 0)
  const next = random(seed + 1000)
  const perSecond = scenario.limits.inputTokensPerMinute * scenario.arrive / 60 / (scenario.input * Math.exp(0.32))
  let at = 0
  return Array.from({ length: jobs }, () => {
    if (next() < 1 / 20) at += -Math.log(1 - next()) * 20 / perSecond
    return at
  })
}

const ours = (limits: boolean): Strategy => (fetch, scenario, all, at) => {
  const services = Layer.mergeAll(
    ClaudeRateLimiter.layer({ key: "bench", ...(limits ? { limits: { [model]: scenario.limits } } : {}) }),
    ClaudeCircuitBreaker.layer(),
    RetryBudget.layer()
  )
  const layer = ClaudeClient.layer({
    apiKey: Redacted.make("sk-ant-bench"),
    baseUrl: "http://claude.test",
    fetch,
    deadline: Infinity,
    maxAttempts: Infinity
  }).pipe(Layer.provide(services))
  const one = (job: Job, index: number) =>
    Effect.andThen(
      at[index] === 0 ? Effect.void : Effect.sleep(at[index]! * 1000),
      Effect.result(ClaudeClient.createMessage(params(job), { stream: true }))
    )
  return Effect.forEach(all, one, { concurrency: "unbounded" }).pipe(
    Effect.map((results) => results.filter(Result.isFailure).length),
    Effect.provide(layer),
    Effect.orDie
  )
}

const sdk = (maxRetries: number): Strategy => (fetch, _, all, at) =>
  Effect.promise(async () => {
    const client = new Anthropic({
      apiKey: "sk-ant-bench",
      baseURL: "http://claude.test",
      fetch,
      maxRetries,
      logLevel: "off"
    })
    const one = async (job: Job, index: number) => {
      if (at[index] !== 0) await new Promise((resolve) => setTimeout(resolve, at[index]! * 1000))
      for await (const event of await client.messages.create({ ...params(job), stream: true })) void event
    }
    const results = await Promise.allSettled(all.map(one))
    return results.filter((result) => result.status === "rejected").length
  })

const strategies: ReadonlyArray<readonly [string, Strategy, number]> = [
  ["effect-claude, limits given", ours(true), seeds],
  ["effect-claude, limits learned", ours(false), seeds],
  ["SDK, 2 retries (its default)", sdk(2), Math.min(2, seeds)],
  ["SDK, 10 retries", sdk(10), Math.min(2, seeds)]
]

const play = async (scenario: Scenario, strategy: Strategy, seed: number) => {
  const all = make(scenario, seed)
  const at = arrivals(scenario, seed)
  const job = (request: Reply.Received): Job => {
    const { messages } = request.json as { readonly messages: ReadonlyArray<{ readonly content: string }> }
    return all[Number.parseInt(messages[0]!.content, 10)]!
  }
  const clock = VirtualClock.make()
  const giveBack = clock.takeTimers()
  try {
    return await clock.run(
      Effect.gen(function*() {
        const account = yield* Organization.make({
          seed,
          limits: scenario.limits,
          latency: { firstToken, tokensPerSecond: perSecond, spread: 0.1 },
          ...scenario.account,
          input: (request) => job(request).input,
          output: (request) => job(request).output
        })
        const fetch = yield* FaultServer.fetch(account.handler)
        const lost = yield* strategy(fetch, scenario, all, at)
        const { accepted, limited, overloaded } = yield* account.stats
        return {
          lost,
          makespan: clock.now / 1000 / leastSeconds(scenario, all, at),
          limited: limited / Math.max(1, accepted),
          overloaded
        }
      }).pipe(Random.withSeed(`goodput ${seed}`))
    )
  } finally {
    giveBack()
    // What the SDK hung on answers is let go by finalizers, which need a turn of the real loop.
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}

export const goodput = async (): Promise<void> => {
  const rows: Array<ReadonlyArray<string | number>> = []
  const wanted = new RegExp(process.env["SCENARIO"] ?? "", "i")
  const whose = new RegExp(process.env["STRATEGY"] ?? "", "i")
  for (const scenario of scenarios.filter(({ name }) => wanted.test(name))) {
    for (const [name, strategy, count] of strategies.filter(([name]) => whose.test(name))) {
      const runs = []
      for (let seed = 1; seed <= count; seed++) runs.push(await play(scenario, strategy, seed))
      const lost = median(runs.map((run) => run.lost))
      rows.push([
        `${scenario.name}: ${name}`,
        lost,
        lost > 0 ? "-" : `${median(runs.map((run) => run.makespan)).toFixed(3)}`,
        `${(median(runs.map((run) => run.limited)) * 100).toFixed(2)} %`,
        median(runs.map((run) => run.overloaded)),
        count
      ])
    }
  }
  print(
    `${jobs} jobs at once, virtual time, medians (makespan as a multiple of the least possible)`,
    ["scenario", "lost", "makespan", "429s per success", "529s", "seeds"],
    rows
  )
}

if (import.meta.main) await goodput()
