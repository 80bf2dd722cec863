/** The API report: what users see of the toolkit, as comment-free declarations. `--update` writes it, else it must match. */
import { execFileSync } from "node:child_process"
import { cpSync, globSync, mkdtempSync, readFileSync, rmSync } from "node:fs"
import { mkdirSync } from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"

const report = "packages/effect-claude/api"
const fresh = mkdtempSync(join(tmpdir(), "effect-claude-api-"))
execFileSync("tsc", [
  "-p",
  "packages/effect-claude",
  "--declaration",
  "--emitDeclarationOnly",
  "--removeComments",
  "--outDir",
  fresh,
  "--declarationMap",
  "false",
  "--composite",
  "false",
  "--incremental",
  "false"
], { stdio: "inherit" })
const files = (root: string) =>
  globSync("**/*.d.ts", { cwd: root }).filter((file) =>
    !file.startsWith("policies/internal") && !file.startsWith("client/internal")
  ).toSorted()
const read = (root: string) =>
  Object.fromEntries(files(root).map((file) => [file, readFileSync(join(root, file), "utf8")]))

if (process.argv.includes("--update")) {
  rmSync(report, { recursive: true, force: true })
  for (const file of files(fresh)) {
    mkdirSync(dirname(join(report, file)), { recursive: true })
    cpSync(join(fresh, file), join(report, file))
  }
} else {
  const [before, now] = [read(report), read(fresh)]
  const changed = [...new Set([...Object.keys(before), ...Object.keys(now)])].filter((file) =>
    before[file] !== now[file]
  )
  if (changed.length > 0) {
    console.error(`The public API changed: ${changed.join(", ")}.\nReview it and run: npx -y pnpm@12 api:update`)
    process.exitCode = 1
  }
}
rmSync(fresh, { recursive: true })
