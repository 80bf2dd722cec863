import { defineConfig } from "vitest/config"

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
