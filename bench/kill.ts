/** `bulk` killed with -9 at random instants and started again each time: what is in the file at the end. */
import { Fault, FaultServer, RequestRules, Routes } from "@effect-claude/fault-server"
import { Effect } from "effect"
import { spawn } from "node:child_process"
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { print } from "./table.ts"

const kills = Number(process.env["KILLS"] ?? 200)
const lines = Number(process.env["LINES"] ?? 500)
const main = join(import.meta.dirname, "..", "packages", "cli", "src", "main.ts")

/** Deterministic instants: most fall where the process sends, some where it starts. */
const instant = (n: number): number => 150 + (n * 7919 % 1000) * 0.6

export const kill = (): Promise<void> =>
  Effect.runPromise(Effect.scoped(Effect.gen(function*() {
    const api = RequestRules.make(Routes.make())
    const server = yield* FaultServer.make((request) => Effect.map(api(request), Fault.slowFirstByte(400)))
    const dir = mkdtempSync(join(tmpdir(), "effect-claude-kill-"))
    const [prompts, out] = [join(dir, "prompts.jsonl"), join(dir, "results.jsonl")]
    const params = { model: "claude-haiku-5-5", max_tokens: 64, messages: [{ role: "user", content: "hi" }] }
    writeFileSync(
      prompts,
      Array.from({ length: lines }, (_, n) => `${JSON.stringify({ custom_id: `line-${n}`, params })}\n`).join("")
    )
    const run = (after: number | undefined) =>
      new Promise<number | null>((resolve) => {
        const child = spawn(process.execPath, [main, "bulk", prompts, "--out", out, "--concurrency", "4"], {
          env: { ...process.env, ANTHROPIC_BASE_URL: server.url, ANTHROPIC_API_KEY: "sk-ant-bench" },
          stdio: "ignore"
        })
        const timer = after === undefined ? undefined : setTimeout(() => child.kill("SIGKILL"), after)
        child.on("close", (code) => {
          clearTimeout(timer)
          resolve(code)
        })
      })
    let killed = 0
    for (let n = 0; n < kills; n++) if ((yield* Effect.promise(() => run(instant(n)))) === null) killed++
    const code = yield* Effect.promise(() => run(undefined))
    const text = readFileSync(out, "utf8")
    const ids = text.trimEnd().split("\n").map((line) => String(JSON.parse(line).custom_id))
    const answered = (yield* server.requests).filter((request) => request.outcome === "sent").length
    rmSync(dir, { recursive: true })
    print(`bulk killed with -9 and started again, ${lines} lines`, ["", "count"], [
      ["killed", killed],
      ["last exit code", String(code)],
      ["result lines", ids.length],
      ["missing", lines - new Set(ids).size],
      ["doubled", ids.length - new Set(ids).size],
      ["last line whole", text.endsWith("\n") ? "yes" : "no"],
      ["answers paid for twice", answered - lines]
    ])
  })))

if (import.meta.main) await kill()
