import { FaultServer } from "@effect-claude/fault-server"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { spawn } from "node:child_process"
import { globSync, readFileSync } from "node:fs"
import { basename, join } from "node:path"
import { out } from "./snippets.ts"
import * as Tables from "./tables.ts"

const run = (file: string, url: string) =>
  new Promise<{ readonly code: number | null; readonly text: string }>((resolve) => {
    const child = spawn(process.execPath, [file], {
      env: { ...process.env, ANTHROPIC_BASE_URL: url, ANTHROPIC_API_KEY: "sk-ant-docs" }
    })
    let text = ""
    child.stdout.on("data", (piece) => text += piece)
    child.stderr.on("data", (piece) => text += piece)
    child.on("close", (code) => resolve({ code, text }))
  })

describe("every ts fence runs, in a process of its own, against the fault server", () => {
  for (const file of globSync("**/*.ts", { cwd: out }).toSorted()) {
    it(
      file,
      () =>
        Effect.runPromise(Effect.scoped(Effect.flatMap(FaultServer.make(), (server) =>
          Effect.map(
            Effect.promise(() => run(join(out, file), server.url)),
            ({ code, text }) => assert.strictEqual(code, 0, text)
          ))))
    )
  }
})

describe("generated tables", () => {
  for (const page of Tables.pages()) {
    it(`${basename(page)} is as \`node docs/tables.ts\` writes it`, () => {
      const text = readFileSync(page, "utf8")
      assert.strictEqual(text, Tables.render(text))
    })
  }
})
