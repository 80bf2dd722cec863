/** Turns every `ts` fence of the documentation into a module under `_snippets`, for the compiler and the tests. */
import { globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"

const root = join(import.meta.dirname, "..")
export const out = join(import.meta.dirname, "_snippets")
const fence = /^```ts\n([\s\S]*?)^```$/gm
const assertion = /^(.*\S)\s+\/\/ => (.+)$/gm

const toModule = (code: string): string =>
  code.includes("// =>")
    ? `import { deepStrictEqual as assertEquals } from "node:assert/strict"\n` +
      code.replace(assertion, (_, actual, expected) => `assertEquals(${actual}, ${expected})`)
    : code

export const setup = (): void => {
  rmSync(out, { recursive: true, force: true })
  mkdirSync(out, { recursive: true })
  for (const page of globSync(["README.md", "docs/*.md", "packages/*/README.md"], { cwd: root })) {
    for (const [index, match] of [...readFileSync(join(root, page), "utf8").matchAll(fence)].entries()) {
      const file = join(out, page.replace(/\.md$/, ""), `${index + 1}.ts`)
      mkdirSync(dirname(file), { recursive: true })
      writeFileSync(file, `${toModule(match[1] ?? "")}export {}\n`)
    }
  }
}

if (import.meta.main) setup()
