/** Builds the packages into `dist`, from nothing, so that no deleted module stays behind. */
import { execFileSync } from "node:child_process"
import { globSync, rmSync } from "node:fs"

for (const stale of globSync(["packages/*/dist", "packages/*/*.tsbuildinfo"])) rmSync(stale, { recursive: true })
execFileSync("tsc", ["-b", "tsconfig.build.json"], { stdio: "inherit" })
