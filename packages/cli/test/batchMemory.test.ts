import { Routes } from "@effect-claude/fault-server"
import { assert, it } from "@effect/vitest"
import { spawn } from "node:child_process"
import { join } from "node:path"
import { withServer } from "./fixtures/harness.ts"

const run = (count: number, url: string): Promise<{ readonly succeeded: number; readonly peak: number }> => {
  const script = join(import.meta.dirname, "fixtures", "batchMemory.ts")
  // A small heap, so that the peak shows what is kept and not how lazily it is collected.
  const heap = ["--max-semi-space-size=2", "--max-old-space-size=128"]
  // Compiled code that is read from a cache would make the first of two runs another than the second.
  const env = { ...process.env, NODE_DISABLE_COMPILE_CACHE: "1" }
  const child = spawn(process.execPath, [...heap, script, String(count), url], {
    env,
    stdio: ["ignore", "pipe", "inherit"]
  })
  let text = ""
  child.stdout.on("data", (piece) => text += piece)
  return new Promise((resolve) => child.on("close", () => resolve(JSON.parse(text.trim().split("\n").at(-1) ?? "{}"))))
}

it("G3 through batches 100,000 lines run within the memory of 10,000 plus 20 %", { timeout: 300_000 }, async () => {
  // Each its own server: the batches of the first are no burden to the second.
  const few = await withServer(Routes.make(), (server) => run(10_000, server.url))
  const many = await withServer(Routes.make(), (server) => run(100_000, server.url))
  assert.deepStrictEqual([few.succeeded, many.succeeded], [10_000, 100_000])
  assert.isAtMost(many.peak, few.peak * 1.2, JSON.stringify({ few, many }))
})
