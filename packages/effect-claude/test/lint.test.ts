import { assert, describe, it } from "@effect/vitest"
import { spawnSync } from "node:child_process"
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"

const root = join(import.meta.dirname, "..", "..", "..")

/** What the linter says of a file at that place of the tree. */
const lint = (place: string, code: string): string => {
  const dir = join(mkdtempSync(join(root, ".tmp-")), "lint-probe")
  const file = join(dir, place)
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, `${code}\n`)
  const ended = spawnSync(join(root, "node_modules", ".bin", "oxlint"), [
    "-c",
    join(root, ".oxlintrc.json"),
    "--no-ignore",
    file
  ], {
    cwd: root,
    encoding: "utf8"
  })
  rmSync(dirname(dir), { recursive: true })
  return `${ended.stdout}${ended.stderr}`
}

describe("every rule of the house fires once", () => {
  const use = (path: string) => `import * as X from "${path}"\nexport const x = X`
  const broken: ReadonlyArray<readonly [string, string, RegExp]> = [
    ["src/errors/a.ts", use("../policies/RetryPolicy.ts"), /errors lies below policies/],
    ["src/telemetry/a.ts", use("../policies/RetryPolicy.ts"), /telemetry lies below policies/],
    ["src/policies/a.ts", use("../client/ClaudeClient.ts"), /policies lies below client/],
    ["src/conversation/a.ts", use("../client/ClaudeClient.ts"), /conversation lies below client/],
    ["src/client/a.ts", use("../agent/ToolLoop.ts"), /client lies below agent/],
    ["src/agent/a.ts", use("../adapters/ResilientFetch.ts"), /agent lies below adapters/],
    ["src/client/a.ts", use("@anthropic-ai/sdk"), /Only client\/internal\/sdk.ts/],
    ["src/client/a.ts", use("@anthropic-ai/sdk/resources/messages"), /Only client\/internal\/sdk.ts/],
    ["src/policies/a.ts", use("@effect-claude/fault-server"), /fault server is for tests/],
    ["src/client/a.ts", use("undici"), /global dispatcher/],
    ["src/errors/a.ts", use("effect"), /Deep imports/],
    ["fault-server/src/a.ts", use("effect-claude"), /knows only the wire/]
  ]
  for (const [place, code, text] of broken) {
    it(`${place}: ${text.source}`, () => assert.match(lint(place, code), text))
  }
  it("and lets the right direction, and types of the SDK, pass", () => {
    const right = use("../errors/ClaudeError.ts")
    assert.notInclude(lint("src/policies/a.ts", right), "no-restricted-imports")
    assert.notInclude(lint("src/telemetry/a.ts", right), "no-restricted-imports")
    const type = "import type Anthropic from \"@anthropic-ai/sdk\"\nexport type X = Anthropic.Message"
    assert.notInclude(lint("src/client/a.ts", type), "no-restricted-imports")
  })
})
