import { join } from "node:path"
import { defineConfig, type TestProjectInlineConfiguration } from "vitest/config"

// Tests start the command and the examples hundreds of times: each start after the first finds its code compiled.
process.env["NODE_COMPILE_CACHE"] ??= join(import.meta.dirname, "node_modules/.cache/compiled")

/** Tests that start processes and wait for them, two files at a time. */
const starting = [
  "test/agent/ToolJournal*.test.ts",
  "test/agent/*urable*.test.ts",
  "test/policies/goodput.test.ts",
  "test/policies/redis*.test.ts"
]

const project = (
  name: string,
  root: string,
  { exclude = [], include = ["test/**/*.test.ts"], ...more }: TestProjectInlineConfiguration["test"] & object = {}
): TestProjectInlineConfiguration => ({
  test: { name, root, include, exclude: ["**/node_modules/**", ...exclude], testTimeout: 60_000, ...more }
})

/** One file at a time, and nothing beside it: some of them look at the time. */
const alone = { maxWorkers: 1, sequence: { groupOrder: 1 } }
const together = { maxWorkers: 2, sequence: { groupOrder: 0 } }

export default defineConfig({
  test: {
    projects: [
      project("effect-claude", "packages/effect-claude", { exclude: starting, ...alone }),
      project("effect-claude, starting", "packages/effect-claude", { include: starting, ...together }),
      project("fault-server", "packages/fault-server", alone),
      project("cli", "packages/cli", together),
      project("examples", "examples", { include: ["**/*.test.ts"], ...together }),
      project("docs", "docs", { include: ["*.test.ts"], globalSetup: ["./snippets.ts"], ...together })
    ]
  }
})
