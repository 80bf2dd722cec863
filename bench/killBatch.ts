/** `bulk --batch` killed with -9 at seeded instants and started again each time: what was created, what is in the file. */
import { FaultServer, RequestRules, Routes } from "@effect-claude/fault-server"
import { Effect } from "effect"
import { spawn } from "node:child_process"
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { idsIn, random } from "./kill.ts"
import { print } from "./table.ts"

const kills = Number(process.env["KILLS"] ?? 60)
const lines = Number(process.env["LINES"] ?? 400)
const seed = Number(process.env["SEED"] ?? 1)
const worker = join(import.meta.dirname, "batchWorker.ts")

export const killBatch = (): Promise<void> =>
  Effect.runPromise(Effect.scoped(Effect.gen(function*() {
    const api = RequestRules.make(Routes.make(undefined, { batches: { duration: 300 } }))
    let came = 0
    let onCome = (): void => {}
    const created: Array<string> = []
    let batches = 0
    const server = yield* FaultServer.make((request) =>
      Effect.tap(api(request), () =>
        Effect.andThen(
          Effect.sync(() => {
            came++
            onCome()
            if (request.method === "POST" && request.path === "/v1/messages/batches") {
              batches++
              for (const [, id] of request.body.matchAll(/Prompt (line-\d+)\./g)) created.push(id ?? "")
            }
          }),
          // The batch is there before its answer: a kill in between loses the answer.
          Effect.sleep(5)
        ))
    )
    const dir = mkdtempSync(join(tmpdir(), "effect-claude-kill-"))
    const [prompts, out] = [join(dir, "prompts.jsonl"), join(dir, "results.jsonl")]
    const job = (id: string) => ({
      custom_id: id,
      params: { model: "claude-haiku-5-5", max_tokens: 64, messages: [{ role: "user", content: `Prompt ${id}.` }] }
    })
    writeFileSync(prompts, Array.from({ length: lines }, (_, n) => `${JSON.stringify(job(`line-${n}`))}\n`).join(""))
    const run = (after: number) =>
      new Promise<string>((resolve) => {
        const child = spawn(process.execPath, [worker, prompts, out], {
          env: { ...process.env, ANTHROPIC_BASE_URL: server.url, ANTHROPIC_API_KEY: "sk-ant-bench" },
          stdio: "ignore"
        })
        const before = came
        onCome = () => {
          if (came >= before + after) child.kill("SIGKILL")
        }
        child.on("close", (code, signal) => {
          onCome = () => {}
          resolve(signal ?? String(code))
        })
      })
    const next = random(seed)
    const landed = { sending: 0, unknown: 0, torn: 0 }
    for (let kill = 0; kill < kills; kill++) {
      if ((yield* Effect.promise(() => run(1 + Math.floor(next() * 12)))) !== "SIGKILL") continue
      landed.sending++
      const journal = existsSync(`${out}.batches`) ? readFileSync(`${out}.batches`, "utf8") : ""
      if (/"_tag":"Intent"[^\n]*\n?$/.test(journal)) landed.unknown++
      if (existsSync(out) && !/^$|\n$/.test(readFileSync(out, "utf8"))) landed.torn++
    }
    const code = yield* Effect.promise(() => run(Infinity))
    const ids = idsIn(out)
    const journalLeft = existsSync(`${out}.batches`)
    rmSync(dir, { recursive: true })
    print(
      `bulk --batch killed with -9 and started again, ${lines} lines in batches of 20, seed ${seed}`,
      ["", "count"],
      [
        ["killed with requests sent", landed.sending],
        ["killed between a create and the journal", landed.unknown],
        ["last line torn by a kill", landed.torn],
        ["last run's exit code", code],
        ["result lines", ids.length],
        ["missing", lines - new Set(ids).size],
        ["doubled", ids.length - new Set(ids).size],
        ["batches created", batches],
        ["lines created twice", created.length - new Set(created).size],
        ["journal left", journalLeft ? "yes" : "no"]
      ]
    )
  })))

if (import.meta.main) await killBatch()
