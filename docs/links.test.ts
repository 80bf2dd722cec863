import { assert, describe, it } from "@effect/vitest"
import { existsSync, readdirSync, readFileSync } from "node:fs"
import { dirname, join } from "node:path"

const root = join(import.meta.dirname, "..")
const pages = [
  "README.md",
  "CONTRIBUTING.md",
  "SECURITY.md",
  ...readdirSync(join(root, "docs")).filter((name) => name.endsWith(".md")).map((name) => `docs/${name}`),
  ...readdirSync(join(root, "packages")).map((name) => `packages/${name}/README.md`).filter((name) =>
    existsSync(join(root, name))
  )
]

/** A heading's anchor, as renderers make it. */
const anchor = (heading: string): string =>
  heading.replace(/^#+ /, "").toLowerCase().replace(/[^\w\s-]/g, "").trim().replace(/\s/g, "-")

describe("links between pages", () => {
  for (const page of pages) {
    it(`${page}: each leads to a file that is there, and to a heading of it`, () => {
      const text = readFileSync(join(root, page), "utf8").replace(/```[\s\S]*?```/g, "")
      const broken = Array.from(text.matchAll(/\]\(([^)\s]+)\)/g), ([, link]) => link!).filter((link) => {
        if (/^[a-z]+:/.test(link)) return false
        const [path, heading] = link.split("#")
        const file = path === "" ? join(root, page) : join(root, dirname(page), path!)
        if (!existsSync(file)) return true
        return heading !== undefined &&
          !readFileSync(file, "utf8").split("\n").some((line) => /^#+ /.test(line) && anchor(line) === heading)
      })
      assert.deepStrictEqual(broken, [])
    })
  }
})
