/** What the adapters cost an SDK that keeps its own `fetch`: CPU of a call and of a delta, interleaved in one process. */
import Anthropic from "@anthropic-ai/sdk"
import { ClaudeMiddleware, ResilientFetch } from "effect-claude"
import { spawn } from "node:child_process"
import { once } from "node:events"
import { join } from "node:path"
import { median, print } from "./table.ts"

const params = {
  model: "claude-haiku-5-5",
  max_tokens: 256,
  messages: [{ role: "user" as const, content: "A question of usual length. ".repeat(10) }]
}

const rounds = Number(process.env["ROUNDS"] ?? 7)
const calls = Number(process.env["CALLS"] ?? 1000)
/** As many as the server sends. */
const deltas = 2000

const cpuOf = async (work: () => Promise<unknown>, count: number): Promise<number> => {
  const before = process.cpuUsage()
  for (let n = 0; n < count; n += 32) {
    await Promise.all(Array.from({ length: Math.min(32, count - n) }, work))
  }
  const { system, user } = process.cpuUsage(before)
  return (user + system) / count
}

export const adapters = async (): Promise<void> => {
  const server = spawn(process.execPath, [join(import.meta.dirname, "server.ts")], {
    stdio: ["ignore", "pipe", "inherit"]
  })
  const [first] = await once(server.stdout, "data")
  await using fetch = ResilientFetch.make()
  await using middleware = ClaudeMiddleware.make()
  const options = { apiKey: "sk-ant-bench", baseURL: String(first).trim(), maxRetries: 0, logLevel: "off" } as const
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
  server.kill()
  print(
    `CPU of the SDK with its own fetch, with every policy on by either adapter, ${rounds} rounds interleaved`,
    ["", "bare", "ResilientFetch", "ClaudeMiddleware", "ratio, fetch", "ratio, middleware"],
    rows
  )
}

if (import.meta.main) await adapters()
