/** Packs each package as it would be published and checks the tarball: publint, and types as consumers resolve them. */
import { execFileSync } from "node:child_process"
import { globSync, mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"

for (const dir of globSync("packages/*")) {
  const out = mkdtempSync(join(tmpdir(), "effect-claude-pack-"))
  execFileSync("npx", ["-y", "pnpm@12", "pack", "--pack-destination", out], { cwd: dir, stdio: "ignore" })
  const [tarball] = globSync(join(out, "*.tgz"))
  if (tarball === undefined) throw new Error(`${dir} packed nothing`)
  console.log(dir)
  execFileSync("publint", ["run", tarball, "--strict"], { stdio: "inherit" })
  execFileSync("attw", [tarball, "--profile", "esm-only", "--format", "ascii", "--no-emoji", "--quiet"], {
    stdio: "inherit"
  })
  rmSync(out, { recursive: true })
}
