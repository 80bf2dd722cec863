/** `bulk` killed with -9 at seeded instants and started again each time: what is in the file at the end, what was paid. */
import { Fault, FaultServer, RequestRules, Routes } from "@effect-claude/fault-server"
import { Effect } from "effect"
import { spawn } from "node:child_process"
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { print } from "./table.ts"

const kills = Number(process.env["KILLS"] ?? 200)
const lines = Number(process.env["LINES"] ?? 500)
const seed = Number(process.env["SEED"] ?? 1)
const main = join(import.meta.dirname, "..", "packages", "cli", "src", "main.ts")

/** Mulberry32. */
export const random = (state: number) => (): number => {
  state = state + 0x6d2b79f5 | 0
  let mixed = Math.imul(state ^ state >>> 15, 1 | state)
  mixed = mixed + Math.imul(mixed ^ mixed >>> 7, 61 | mixed) ^ mixed
  return ((mixed ^ mixed >>> 14) >>> 0) / 2 ** 32
}

/** One of ten dies so many milliseconds after its start; the others so many after their n-th request has come. */
interface Instant {
  readonly requests: number
  readonly millis: number
}
const instants = (): ReadonlyArray<Instant> => {
  const next = random(seed)
  return Array.from({ length: kills }, () =>
    next() < 0.1
      ? { requests: 0, millis: next() * 600 }
      : { requests: 1 + Math.floor(next() * 6), millis: next() * 25 })
}

/** The ids of a result file's whole lines. */
export const idsIn = (path: string): ReadonlyArray<string> => {
  const text = existsSync(path) ? readFileSync(path, "utf8") : ""
  const whole = text.slice(0, text.lastIndexOf("\n") + 1)
  return whole.split("\n").filter((line) => line !== "").map((line) => String(JSON.parse(line).custom_id))
}

export const kill = (): Promise<void> =>
  Effect.runPromise(Effect.scoped(Effect.gen(function*() {
    const api = RequestRules.make(Routes.make())
    let came = 0
    let onCome = (): void => {}
    const server = yield* FaultServer.make((request) => {
      came++
      onCome()
      return Effect.map(api(request), Fault.slowFirstByte(20))
    })
    const dir = mkdtempSync(join(tmpdir(), "effect-claude-kill-"))
    const [prompts, out] = [join(dir, "prompts.jsonl"), join(dir, "results.jsonl")]
    const job = (id: string) => ({
      custom_id: id,
      params: { model: "claude-haiku-5-5", max_tokens: 64, messages: [{ role: "user", content: `Prompt ${id}.` }] }
    })
    writeFileSync(
      prompts,
      Array.from({ length: lines }, (_, n) => `${JSON.stringify(job(`line-${n}`))}\n`).join("")
    )
    const run = (instant: Instant | undefined) =>
      new Promise<string>((resolve) => {
        const child = spawn(process.execPath, [main, "bulk", prompts, "--out", out, "--concurrency", "4"], {
          env: { ...process.env, ANTHROPIC_BASE_URL: server.url, ANTHROPIC_API_KEY: "sk-ant-bench" },
          stdio: "ignore"
        })
        const before = came
        let timer: NodeJS.Timeout | undefined
        onCome = () => {
          if (instant === undefined || timer !== undefined || came < before + instant.requests) return
          timer = setTimeout(() => child.kill("SIGKILL"), instant.millis)
        }
        if (instant?.requests === 0) onCome()
        child.on("close", (code, signal) => {
          clearTimeout(timer)
          onCome = () => {}
          resolve(signal ?? String(code))
        })
      })
    const landed = { starting: 0, sending: 0, torn: 0 }
    /** What was in the file at each kill, and the requests that had come until then. */
    const written: Array<{ readonly ids: ReadonlySet<string>; readonly before: number; readonly came: number }> = []
    for (const instant of instants()) {
      const before = came
      const ended = yield* Effect.promise(() => run(instant))
      if (ended !== "SIGKILL") continue
      landed[came > before ? "sending" : "starting"]++
      if (existsSync(out) && !/^$|\n$/.test(readFileSync(out, "utf8"))) landed.torn++
      written.push({ ids: new Set(idsIn(out)), before, came })
    }
    const by = written.at(-1)?.ids.size ?? 0
    const code = yield* Effect.promise(() => run(undefined))
    const text = readFileSync(out, "utf8")
    const ids = idsIn(out)
    const requests = (yield* server.requests).map(({ body, outcome }) => ({
      id: /Prompt (line-\d+)\./.exec(body)?.[1] ?? "",
      outcome
    }))
    const again = written.reduce(
      (sum, { came, ids }) => sum + requests.slice(came).filter(({ id }) => ids.has(id)).length,
      0
    )
    // Answers that were sent whole and are not in the file: what a kill caught between the socket and the disk.
    const lost = written.map(({ before, came, ids }) =>
      requests.slice(before, came).filter(({ id, outcome }) => outcome === "sent" && !ids.has(id)).length
    )
    const answered = requests.filter(({ outcome }) => outcome === "sent").length
    rmSync(dir, { recursive: true })
    print(`bulk killed with -9 and started again, ${lines} lines, seed ${seed}`, ["", "count"], [
      ["killed while starting", landed.starting],
      ["killed with requests sent", landed.sending],
      ["last line torn by a kill", landed.torn],
      ["lines written before the last run", by],
      ["last run's exit code", code],
      ["result lines", ids.length],
      ["missing", lines - new Set(ids).size],
      ["doubled", ids.length - new Set(ids).size],
      ["last line whole", text.endsWith("\n") ? "yes" : "no"],
      ["requests broken off by a kill", requests.length - answered],
      ["sent again though written", again],
      ["answers paid for twice", answered - lines],
      ["most of them by one kill, of 4 in flight", Math.max(0, ...lost)]
    ])
  })))

if (import.meta.main) await kill()
