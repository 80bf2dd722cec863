/**
 * Four processes with a skewed share of the jobs on one account, each with a limiter of its own and all sharing one
 * through Redis, in real time: how long they take against the least possible, how many requests are refused, how often
 * Redis is asked. Then how fast it lets requests through where no limit holds.
 */
import { FaultServer, Organization, type Reply } from "@effect-claude/fault-server"
import { Effect } from "effect"
import { spawn, spawnSync } from "node:child_process"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { all, type Job, jobs, limits, shares, speed } from "./redisJobs.ts"
import { median, print } from "./table.ts"

const file = join(import.meta.dirname, "redisWorker.ts")
const latency = { firstToken: 800, tokensPerSecond: 80, spread: 0.1 }
const rounds = Number(process.env["ROUNDS"] ?? 3)

const leastSeconds = (() => {
  const over = (needed: number, perMinute: number) => Math.max(0, needed - perMinute) / perMinute * 60
  const sum = (pick: (job: Job) => number) => all.reduce((total, job) => total + pick(job), 0)
  const busy = Math.max(
    over(jobs, limits.requestsPerMinute),
    over(sum(({ input }) => input), limits.inputTokensPerMinute),
    over(sum(({ output }) => output), limits.outputTokensPerMinute)
  )
  return (busy + median(all.map(({ output }) => latency.firstToken / 1000 + output / latency.tokensPerSecond))) / speed
})()

/** Starts workers, lets them begin together, and returns what each said and the seconds it took all. */
const race = async (args: ReadonlyArray<ReadonlyArray<string>>) => {
  const workers = args.map((given) => {
    const child = spawn(process.execPath, [file, ...given], { stdio: ["pipe", "pipe", "inherit"] })
    let text = ""
    const lines = (count: number) =>
      new Promise<string>((resolve, reject) => {
        child.stdout.on("data", () => {
          const said = text.split("\n")
          if (said.length > count) resolve(said[count - 1]!)
        })
        child.on("exit", () => reject(new Error(`A worker ended, having said ${text}`)))
      })
    child.stdout.on("data", (piece) => text += piece)
    return { child, ready: lines(1), done: lines(2) }
  })
  await Promise.all(workers.map(({ ready }) => ready))
  const start = performance.now()
  for (const { child } of workers) child.stdin.write("go\n")
  const said = await Promise.all(workers.map(({ done }) => done))
  return { said: said.map(Number), seconds: (performance.now() - start) / 1000 }
}

const redis = async () => {
  const dir = mkdtempSync(join(tmpdir(), "effect-claude-bench-redis-"))
  const path = join(dir, "redis.sock")
  const server = spawn("redis-server", ["--port", "0", "--unixsocket", path, "--dir", dir, "--save", ""])
  await new Promise<void>((resolve) =>
    server.stdout.on("data", (piece) => /ready to accept/i.test(String(piece)) && resolve())
  )
  const cli = (...args: ReadonlyArray<string>) =>
    spawnSync("redis-cli", ["-s", path, ...args], { encoding: "utf8" }).stdout
  const stat = (field: string) =>
    Number(new RegExp(`cmdstat_evalsha:.*?\\b${field}=([\\d.]+)`).exec(cli("INFO", "commandstats"))?.[1] ?? 0)
  return {
    path,
    reset: () => void cli("FLUSHALL") + cli("CONFIG", "RESETSTAT"),
    calls: () => stat("calls"),
    micros: () => stat("usec_per_call"),
    close: () => {
      server.kill()
      rmSync(dir, { recursive: true })
    }
  }
}

const jobOf = (request: Reply.Received): Job => {
  const { messages } = request.json as { readonly messages: ReadonlyArray<{ readonly content: string }> }
  return all[Number.parseInt(messages[0]!.content, 10)]!
}

const play = (path: string, seed: number) =>
  Effect.runPromise(Effect.scoped(Effect.gen(function*() {
    const account = yield* Organization.make({
      seed,
      speed,
      limits,
      latency,
      input: (request) => jobOf(request).input,
      output: (request) => jobOf(request).output
    })
    const { url } = yield* FaultServer.make(account.handler, { maxRecorded: 0 })
    const { said, seconds } = yield* Effect.promise(() => race(shares.map((_, at) => [url, path, String(at)])))
    const { accepted, limited } = yield* account.stats
    return { accepted, limited, lost: said.reduce((sum, lost) => sum + lost, 0), makespan: seconds / leastSeconds }
  })))

export const shared = async (): Promise<void> => {
  if (spawnSync("redis-server", ["--version"]).status !== 0) {
    return console.log("\nredis-server is not installed: skipped")
  }
  const server = await redis()
  const rows: Array<ReadonlyArray<string | number>> = []
  for (const [name, path] of [["each on its own", ""], ["one limiter through Redis", server.path]] as const) {
    if (!new RegExp(process.env["STRATEGY"] ?? "", "i").test(name)) continue
    const runs = []
    for (let seed = 1; seed <= rounds; seed++) {
      server.reset()
      const run = await play(path, seed)
      runs.push({ ...run, calls: server.calls(), micros: server.micros() })
    }
    rows.push([
      name,
      median(runs.map(({ lost }) => lost)),
      median(runs.map(({ makespan }) => makespan)).toFixed(3),
      `${(median(runs.map(({ accepted, limited }) => limited / accepted)) * 100).toFixed(2)} %`,
      path === "" ? "-" : median(runs.map(({ accepted, calls }) => calls / accepted)).toFixed(2),
      path === "" ? "-" : `${median(runs.map(({ micros }) => micros)).toFixed(0)} µs`,
      runs.length
    ])
  }
  print(
    `${jobs} jobs of four processes (${
      shares.map((share) => `${Math.round(share * 100)} %`).join(", ")
    }) on one account, ` +
      `real time at ${speed} times the speed, medians (makespan as a multiple of ${leastSeconds.toFixed(1)} s)`,
    ["", "lost", "makespan", "429s per success", "round trips per request", "in the script", "rounds"],
    rows
  )
  const pumped = []
  for (const count of [1, 4]) {
    server.reset()
    const { said } = await race(Array.from({ length: count }, () => ["", server.path, "pump"]))
    const requests = said.reduce((sum, one) => sum + one, 0)
    pumped.push([`${count} process${count > 1 ? "es" : ""}`, requests, (requests * 3 / server.calls()).toFixed(1)])
  }
  print("Through Redis where no limit holds, 64 callers in each process", [
    "",
    "requests a second",
    "requests per round trip"
  ], pumped)
  server.close()
}

if (import.meta.main) await shared()
