import { join } from "node:path"
import { defineConfig } from "vitest/config"

// Tests start the command and the examples hundreds of times: each start after the first finds its code compiled.
process.env["NODE_COMPILE_CACHE"] ??= join(import.meta.dirname, "node_modules/.cache/compiled")

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: "effect-claude",
          root: "packages/effect-claude",
          include: ["test/**/*.test.ts"],
          testTimeout: 60_000
        }
      },
      {
        test: {
          name: "fault-server",
          root: "packages/fault-server",
          include: ["test/**/*.test.ts"],
          testTimeout: 60_000
        }
      },
      { test: { name: "cli", root: "packages/cli", include: ["test/**/*.test.ts"], testTimeout: 60_000 } },
      { test: { name: "examples", root: "examples", include: ["**/*.test.ts"], testTimeout: 60_000 } },
      {
        test: {
          name: "docs",
          root: "docs",
          include: ["*.test.ts"],
          globalSetup: ["./snippets.ts"],
          testTimeout: 60_000
        }
      }
    ]
  }
})
