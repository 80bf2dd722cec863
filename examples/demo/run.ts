/** `pnpm demo`: without a key against the fault server; with ANTHROPIC_API_KEY and --live against the API, after asking. */
import { Bulk } from "@effect-claude/cli"
import { Effect, Redacted } from "effect"
import { mkdtempSync, readFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { createInterface } from "node:readline/promises"
import { account } from "./main.ts"

const prompts = join(import.meta.dirname, "..", "data", "prompts.jsonl")
const out = join(mkdtempSync(join(tmpdir(), "effect-claude-demo-")), "results.jsonl")
const live = process.argv.includes("--live")

const show = (report: Bulk.Report) =>
  Effect.sync(() => {
    process.stdout.write(Bulk.reportText(report, out))
    process.exitCode = Bulk.exitCode(report)
  })

const common = { prompts, out, model: "claude-haiku-5-5" }

const local = Effect.scoped(Effect.gen(function*() {
  const { organization, url } = yield* account
  const lines = readFileSync(prompts, "utf8").trimEnd().split("\n").length
  console.log(`${lines} prompts against a local account with limits, overload, resets and cut streams.`)
  yield* Effect.flatMap(
    Bulk.bulk({ ...common, client: { baseUrl: url, apiKey: Redacted.make("sk-ant-local") } }),
    show
  )
  const { cut, limited, overloaded, requests, reset } = yield* organization.stats
  console.log(
    `The server saw ${requests} requests: refused ${limited} (429) and ${overloaded} (529), reset ${reset}, cut ${cut} streams.`
  )
}))

const most = () => {
  const lines = readFileSync(prompts, "utf8").trimEnd().split("\n").map((line) => JSON.parse(line))
  const output = lines.reduce((sum, line) => sum + (line.params.max_tokens ?? 0), 0)
  const input = Math.ceil(lines.reduce((sum, line) => sum + JSON.stringify(line.params).length, 0) / 3)
  return `${lines.length} requests, about ${input} input tokens and at most ${output} output tokens`
}

const agreed = async () => {
  const terminal = createInterface({ input: process.stdin, output: process.stdout })
  // Without a terminal the question is never answered: its end is a no.
  const closed = new Promise<string>((resolve) => terminal.once("close", () => resolve("no")))
  const question = terminal.question(`This calls the real API: ${most()}. You pay for it. Go on? (yes/no) `)
  const answer = await Promise.race([question, closed])
  terminal.close()
  return answer.trim() === "yes"
}

if (live && process.env["ANTHROPIC_API_KEY"] === undefined) {
  console.error("--live needs ANTHROPIC_API_KEY.")
  process.exitCode = 2
} else if (!live) {
  await Effect.runPromise(local)
} else if (await agreed()) {
  await Effect.runPromise(Effect.flatMap(Bulk.bulk(common), show))
} else {
  console.log("Nothing was sent.")
}
