/** What the adapters cost an SDK that keeps its own `fetch`: CPU of a call and of a delta, interleaved in one process. */
import Anthropic from "@anthropic-ai/sdk"
import { FaultServer, Reply, Script } from "@effect-claude/fault-server"
import { Effect, Exit, Scope } from "effect"
import { ClaudeMiddleware, ResilientFetch } from "effect-claude"
import { median, print } from "./table.ts"

const params = {
  model: "claude-haiku-5-5",
  max_tokens: 256,
  messages: [{ role: "user" as const, content: "A question of usual length. ".repeat(10) }]
}

const rounds = Number(process.env["ROUNDS"] ?? 7)
const calls = Number(process.env["CALLS"] ?? 1000)
const deltas = Number(process.env["DELTAS"] ?? 8000)

const cpuOf = async (work: () => Promise<unknown>, count: number): Promise<number> => {
  const before = process.cpuUsage()
  for (let n = 0; n < count; n += 32) {
    await Promise.all(Array.from({ length: Math.min(32, count - n) }, work))
  }
  const { system, user } = process.cpuUsage(before)
  return (user + system) / count
}

export const adapters = async (): Promise<void> => {
  const message = Reply.message("A short answer.")
  const long = Reply.stream(Reply.message("word ".repeat(deltas)), { deltaSize: 5 })
  const bytes = new TextEncoder().encode(Array.from(long.body, (chunk) => String(chunk.bytes)).join(""))
  // The reply as a handful of large pieces: what is measured is the client, not the server.
  const body = Array.from(
    { length: Math.ceil(bytes.length / 65_536) },
    (_, n) => ({ delay: 0, bytes: bytes.subarray(n * 65_536, (n + 1) * 65_536) })
  )
  const scope = Scope.makeUnsafe()
  const server = await Effect.runPromise(Scope.provide(
    FaultServer.make(
      Script.always((request) => Reply.wantsStream(request) ? { ...long, body } : Reply.json(200, message)),
      { maxRecorded: 0 }
    ),
    scope
  ))
  await using fetch = ResilientFetch.make()
  await using middleware = ClaudeMiddleware.make()
  const options = { apiKey: "sk-ant-bench", baseURL: server.url, maxRetries: 0, logLevel: "off" } as const
  const sdks = {
    bare: new Anthropic(options),
    fetch: new Anthropic({ ...options, fetch }),
    middleware: new Anthropic({ ...options, middleware: [middleware] })
  }
  const stream = async (sdk: Anthropic): Promise<void> => {
    for await (const _ of await sdk.messages.create({ ...params, stream: true }));
  }
  const names = ["bare", "fetch", "middleware"] as const
  const works = {
    "a call, us": { work: (sdk: Anthropic) => sdk.messages.create(params), count: calls, per: 1 },
    "a delta, us": { work: stream, count: 32, per: deltas }
  }
  const rows: Array<ReadonlyArray<string | number>> = []
  for (const [name, { count, per, work }] of Object.entries(works)) {
    const samples = { bare: Array<number>(), fetch: Array<number>(), middleware: Array<number>() }
    for (let round = -1; round < rounds; round++) {
      for (const which of round % 2 === 0 ? names : names.toReversed()) {
        const cpu = await cpuOf(() => work(sdks[which]), count)
        if (round >= 0) samples[which].push(cpu / per)
      }
    }
    const ratio = (which: "fetch" | "middleware"): string =>
      median(samples[which].map((one, at) => one / samples.bare[at]!)).toFixed(2)
    rows.push([name, ...names.map((which) => median(samples[which]).toFixed(2)), ratio("fetch"), ratio("middleware")])
  }
  await Effect.runPromise(Scope.close(scope, Exit.void))
  print(
    `CPU of the SDK with its own fetch, with every policy on by either adapter, ${rounds} rounds interleaved`,
    ["", "bare", "ResilientFetch", "ClaudeMiddleware", "ratio, fetch", "ratio, middleware"],
    rows
  )
}

if (import.meta.main) await adapters()
