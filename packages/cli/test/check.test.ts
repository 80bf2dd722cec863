import { Check } from "@effect-claude/cli"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { folder, job, start } from "./fixtures/harness.ts"

const request = { model: "claude-sonnet-5-5", max_tokens: 64, messages: [{ role: "user", content: "hi" }] }
const broken = [
  { role: "user", content: "hi" },
  { role: "assistant", content: [{ type: "tool_use", id: "toolu_1", name: "a", input: {} }] },
  { role: "user", content: "and?" }
]

const check = (value: unknown) => Check.check(typeof value === "string" ? value : JSON.stringify(value))

describe("check", () => {
  it.effect("a request, a list of messages, lines of prompts", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* check(request), { kind: "request", violations: [] })
      const messages = yield* check(broken)
      assert.deepStrictEqual(messages.violations.map(({ path, rule }) => [path, rule]), [
        ["messages.1.content.0", "unanswered"]
      ])
      const lines = [job("a"), "", job("b", { max_tokens: -1 }), job("a"), "{broken"].join("\n")
      const prompts = yield* check(lines)
      assert.strictEqual(prompts.kind, "prompts")
      assert.deepStrictEqual(prompts.violations.map(({ path, rule }) => [path, rule]), [
        ["line 3 max_tokens", "maxTokens"],
        ["line 4", "line"],
        ["line 5", "line"]
      ])
      assert.deepStrictEqual((yield* check(job("one", { temperature: 1 }))).violations.map(({ path }) => path), [
        "line 1 temperature"
      ])
    }))

  it.effect("what is none of them is bad input, and says what would be", () =>
    Effect.gen(function*() {
      for (const text of ["", "hello", "7", "{}", "{\"a\":1}"]) {
        const error = yield* Effect.flip(check(text))
        assert.match(error.message, /Give a request/)
      }
    }))

  it("prints one line a violation; exit 0, 1 and 2", async () => {
    const dir = folder()
    const write = (name: string, value: unknown): string => {
      const path = join(dir, name)
      writeFileSync(path, JSON.stringify(value))
      return path
    }
    const valid = await start("http://127.0.0.1:9", ["check", write("good.json", request)]).ended
    assert.deepStrictEqual([valid.code, valid.stdout], [0, "valid request\n"])
    const wrong = await start("http://127.0.0.1:9", [
      "check",
      write("bad.json", { ...request, messages: broken, top_p: 1 })
    ]).ended
    assert.strictEqual(wrong.code, 1)
    assert.match(wrong.stdout, /^top_p: .*\[sampling\]\nmessages\.1\.content\.0: .*\[unanswered\]\n$/)
    const json = await start("http://127.0.0.1:9", ["check", "--json", join(dir, "bad.json")]).ended
    assert.lengthOf(JSON.parse(json.stdout).violations, 2)
    const missing = await start("http://127.0.0.1:9", ["check", join(dir, "none.json")]).ended
    assert.strictEqual(missing.code, 2)
    assert.match(missing.stderr, /none\.json: cannot be read/)
  })

  it("F3 --repair writes it mended, says what it changed, and leaves what is not of the messages", async () => {
    const dir = folder()
    const write = (name: string, value: unknown): string => {
      const path = join(dir, name)
      writeFileSync(path, typeof value === "string" ? value : JSON.stringify(value))
      return path
    }
    const run = (path: string, ...flags: ReadonlyArray<string>) =>
      start("http://127.0.0.1:9", ["check", "--repair", ...flags, path]).ended
    const list = await run(write("list.json", broken))
    assert.strictEqual(list.code, 0)
    assert.match(list.stderr, /^messages\.1: answered\. The call toolu_1 had no result\.\n$/)
    const mended = JSON.parse(list.stdout)
    assert.deepStrictEqual(Effect.runSync(check(mended)).violations, [])
    assert.deepStrictEqual(mended[1], broken[1])
    const rest = await run(write("request.json", { ...request, messages: broken, top_p: 1 }), "--json")
    assert.strictEqual(rest.code, 1)
    assert.deepStrictEqual(JSON.parse(rest.stdout), { ...request, messages: mended, top_p: 1 })
    const said = JSON.parse(rest.stderr)
    assert.deepStrictEqual([said.changes.length, said.violations[0].path], [1, "top_p"])
    const lines = await run(write("prompts.jsonl", job("a")))
    assert.deepStrictEqual([lines.code, lines.stdout], [2, ""])
    assert.match(lines.stderr, /Only a request and a list of messages/)
    const nothing = await run(write("nothing.json", [7]))
    assert.deepStrictEqual([nothing.code, nothing.stdout], [2, ""])
  })
})
