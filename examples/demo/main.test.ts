import { Bulk } from "@effect-claude/cli"
import { assert, it } from "@effect/vitest"
import { Effect, Redacted } from "effect"
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { account } from "./main.ts"

const data = join(import.meta.dirname, "..", "data", "prompts.jsonl")

it("the first prompts of the file come through the demo's account, and every line of the file is a good request", () =>
  Effect.runPromise(Effect.scoped(Effect.gen(function*() {
    const { url } = yield* account
    const dir = mkdtempSync(join(tmpdir(), "effect-claude-demo-test-"))
    const lines = readFileSync(data, "utf8").trimEnd().split("\n")
    assert.isAtLeast(lines.length, 300)
    const prompts = join(dir, "prompts.jsonl")
    writeFileSync(prompts, `${lines.slice(0, 60).join("\n")}\n`)
    const report = yield* Bulk.bulk({
      prompts,
      out: join(dir, "out.jsonl"),
      model: "claude-haiku-5-5",
      progress: false,
      client: { baseUrl: url, apiKey: Redacted.make("sk-ant-local") }
    })
    assert.deepInclude(report, { outcome: "done", succeeded: 60 })
  }))))
