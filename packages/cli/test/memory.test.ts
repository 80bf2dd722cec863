import { assert, it } from "@effect/vitest"
import { spawnSync } from "node:child_process"
import { join } from "node:path"

const run = (count: number): { readonly succeeded: number; readonly peak: number } => {
  const script = join(import.meta.dirname, "fixtures", "memory.ts")
  // A small heap, so that the peak shows what is kept and not how lazily it is collected.
  const heap = ["--max-semi-space-size=2", "--max-old-space-size=96"]
  const ended = spawnSync(process.execPath, [...heap, script, String(count)], { encoding: "utf8" })
  return JSON.parse(ended.stdout.trim().split("\n").at(-1) ?? "{}")
}

it("G3 100,000 lines run within the memory of 10,000 plus 20 %", { timeout: 300_000 }, () => {
  const few = run(10_000)
  const many = run(100_000)
  assert.deepStrictEqual([few.succeeded, many.succeeded], [10_000, 100_000])
  assert.isAtMost(many.peak, few.peak * 1.2)
})
