/** CPU and latency of a call with every policy on, as a ratio to the bare SDK's, interleaved in one process. */
import Anthropic from "@anthropic-ai/sdk"
import { Effect, Layer, ManagedRuntime, Redacted } from "effect"
import { ClaudeClient, Resilience } from "effect-claude"
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
const calls = Number(process.env["CALLS"] ?? 3000)

interface Sample {
  readonly cpu: number
  readonly p50: number
}

const measure = async (call: () => Promise<unknown>, concurrency: number, count: number): Promise<Sample> => {
  const times: Array<number> = []
  let left = count
  const before = process.cpuUsage()
  await Promise.all(Array.from({ length: concurrency }, async () => {
    while (left-- > 0) {
      const start = performance.now()
      await call()
      times.push(performance.now() - start)
    }
  }))
  const { system, user } = process.cpuUsage(before)
  return { cpu: (user + system) / times.length, p50: median(times) }
}

export const overhead = async (): Promise<void> => {
  const server = spawn(process.execPath, [join(import.meta.dirname, "server.ts")], {
    stdio: ["ignore", "pipe", "inherit"]
  })
  const [first] = await once(server.stdout, "data")
  const baseURL = String(first).trim()
  const apiKey = "sk-ant-bench"
  const sdk = new Anthropic({ apiKey, baseURL, logLevel: "off" })
  const limits = { requestsPerMinute: 1e9, inputTokensPerMinute: 1e12, outputTokensPerMinute: 1e12 }
  const runtime = ManagedRuntime.make(
    ClaudeClient.layer({ apiKey: Redacted.make(apiKey), baseUrl: baseURL }).pipe(
      Layer.provide(Resilience.layer({ limiter: { key: "bench", limits: { [params.model]: limits } } }))
    )
  )
  const client = await runtime.runPromise(ClaudeClient.ClaudeClient)
  const candidates = {
    sdk: () => sdk.messages.create(params),
    ours: () => Effect.runPromise(client.createMessage(params))
  }
  const rows: Array<ReadonlyArray<string | number>> = []
  for (const concurrency of [1, 64, 512]) {
    const count = concurrency === 1 ? Math.ceil(calls / 3) : calls
    for (const call of Object.values(candidates)) await measure(call, concurrency, Math.ceil(count / 3))
    const samples = { sdk: Array<Sample>(), ours: Array<Sample>() }
    for (let round = 0; round < rounds; round++) {
      const order = round % 2 === 0 ? (["sdk", "ours"] as const) : (["ours", "sdk"] as const)
      for (const name of order) samples[name].push(await measure(candidates[name], concurrency, count))
    }
    const cpu = samples.ours.map((one, at) => one.cpu / samples.sdk[at]!.cpu)
    const p50 = samples.ours.map((one, at) => one.p50 / samples.sdk[at]!.p50)
    rows.push([
      `concurrency ${concurrency}`,
      `${Math.round(median(samples.sdk.map((one) => one.cpu)))} us`,
      `${Math.round(median(samples.ours.map((one) => one.cpu)))} us`,
      `${median(cpu).toFixed(2)} (${Math.min(...cpu).toFixed(2)}-${Math.max(...cpu).toFixed(2)})`,
      `${median(p50).toFixed(2)} (${Math.min(...p50).toFixed(2)}-${Math.max(...p50).toFixed(2)})`
    ])
  }
  await runtime.dispose()
  server.kill()
  print(
    `createMessage with every policy on against the bare SDK's messages.create, ${rounds} rounds interleaved`,
    ["", "SDK CPU/call", "ours CPU/call", "CPU ratio", "p50 ratio"],
    rows
  )
}

if (import.meta.main) await overhead()
