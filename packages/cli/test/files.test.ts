/** Files as users have them: none is harmed, and what is wrong with one is said in words with what to do. */
import { FaultServer, Reply } from "@effect-claude/fault-server"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Redacted } from "effect"
import { spawnSync } from "node:child_process"
import { readFileSync, symlinkSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { bulk } from "../src/bulk.ts"
import * as Input from "../src/internal/input.ts"
import { textIn } from "../src/internal/stdin.ts"
import { folder, job, results } from "./fixtures/harness.ts"

const file = (content: string | Buffer, name = "prompts.jsonl"): string => {
  const path = join(folder(), name)
  writeFileSync(path, content)
  return path
}

const refused = <A, E extends { readonly message: string }>(effect: Effect.Effect<A, E>): Promise<string> =>
  Effect.runPromise(Effect.map(Effect.flip(effect), (error) => error.message))

const checked = (content: string | Buffer): Promise<string> => refused(Input.check(file(content)))

describe("bulk: files are not harmed", () => {
  it("the results may not go where the prompts are, by whatever name", async () => {
    // Without a newline at its end, so that it looks torn.
    const prompts = file(job("a"))
    const link = join(folder(), "link.jsonl")
    symlinkSync(prompts, link)
    for (const out of [prompts, link]) {
      assert.match(await refused(bulk({ prompts, out, progress: false })), /the prompts are in this file; .*--out/)
      assert.strictEqual(readFileSync(prompts, "utf8"), job("a"))
    }
  })

  it("a last line that is no result of ours is not cut off", async () => {
    const text = "my only notes, without a newline"
    const out = file(text, "notes.txt")
    const problem = await refused(bulk({ prompts: file(`${job("a")}\n`), out, progress: false }))
    assert.match(problem, /line 1 is no result/)
    assert.strictEqual(readFileSync(out, "utf8"), text)
  })

  it("a report may not replace the prompts or the results", async () => {
    const prompts = file(`${job("a")}\n`, "prompts.json")
    const out = join(folder(), "results.json")
    for (const report of [prompts, out]) {
      const problem = await refused(bulk({ prompts, out, report: [report], progress: false }))
      assert.match(problem, /a report here would replace the (prompts|results)/)
    }
    assert.strictEqual(readFileSync(prompts, "utf8"), `${job("a")}\n`)
  })
})

it("a file of prompts that changes while it is sent stops the run, which can be resumed", () =>
  Effect.runPromise(Effect.gen(function*() {
    // Longer than what is read ahead.
    const lines = Array.from({ length: 400 }, (_, n) => job(`line-${n}`, { system: "x".repeat(1000) }))
    const prompts = file(`${lines.join("\n")}\n`)
    const fetch = yield* FaultServer.fetch((request) =>
      Effect.sync(() => {
        writeFileSync(prompts, `${"?".repeat(100)}\n`.repeat(5000))
        return Reply.forRequest(request, Reply.message("ok"))
      })
    )
    const client = { apiKey: Redacted.make("sk-ant-test"), baseUrl: "http://claude.test", fetch }
    const out = join(folder(), "results.jsonl")
    const report = yield* bulk({ prompts, out, concurrency: 2, progress: false, client })
    assert.strictEqual(report.outcome, "stopped")
    assert.match(report.why ?? "", /prompts\.jsonl: line \d+: .*; the file changed while it was sent/)
    assert.strictEqual(results(out).length, report.succeeded)
  })))

describe("bulk: what is wrong with a file is said", () => {
  it("G2 text that is not UTF-8 is named, and never sent as something else", async () => {
    assert.match(await checked(Buffer.from(job("é"), "latin1")), /line 1: it is not UTF-8.*iconv/)
    assert.match(await checked(Buffer.from(`\uFEFF${job("a")}\n`, "utf16le")), /UTF-16.*save it as UTF-8/)
  })

  it("a byte order mark and CRLF are no part of a line", async () => {
    const ids = await Effect.runPromise(Input.check(file(`\uFEFF${job("a")}\r\n${job("b")}\r\n`)))
    assert.isTrue(ids.size === 2 && ids.has("a") && ids.has("b"))
  })

  it("one JSON document over many lines is said to be one", async () => {
    const problem = await checked(JSON.stringify([JSON.parse(job("a"))], undefined, 2))
    assert.match(problem, /one JSON document.*jq -c '\.\[\]'/)
    assert.isBelow(problem.split("\n").length, 3)
  })

  it("G2 an id that is used twice is told with both its lines", async () => {
    const lines = [...Array.from({ length: 3000 }, (_, n) => job(`line-${n}`)), job("line-7")]
    assert.match(await checked(`${lines.join("\n")}\n`), /line 3001: custom_id "line-7" was used before, on line 8$/)
  })

  it("what the system says is said in words", async () => {
    const prompts = file(`${job("a")}\n`)
    assert.match(await refused(Input.check("/nowhere/at/all")), /\/nowhere\/at\/all: .*no such file or folder \(ENOENT/)
    assert.match(await refused(Input.check("-")), /standard input.*write it to a file first/)
    assert.match(
      await refused(bulk({ prompts, out: "/nowhere/results.jsonl", progress: false })),
      /no such file or folder \(ENOENT.*"?\/nowhere/
    )
  })

  it("`check` reads what has a byte order mark, and names UTF-16", async () => {
    assert.strictEqual(await Effect.runPromise(textIn(file("\uFEFF[]"), 100)), "[]")
    assert.match(await refused(textIn(file(Buffer.from("\uFEFF[]", "utf16le")), 100)), /UTF-16.*save it as UTF-8/)
  })
})

it("G4 what standard output does not take is no success, unless its reader has left", () => {
  const main = join(import.meta.dirname, "..", "src", "main.ts")
  const to = (redirect: string) =>
    spawnSync("bash", ["-c", `set -o pipefail; "$0" "$@" ${redirect}`, process.execPath, main, "explain", "529"], {
      env: { ...process.env, npm_lifecycle_event: "" },
      encoding: "utf8"
    })
  const full = to("> /dev/full")
  assert.strictEqual(full.status, 3)
  assert.match(full.stderr, /standard output: the disk is full \(ENOSPC/)
  const left = to("| true")
  assert.strictEqual(left.status, 0)
  assert.strictEqual(left.stderr, "")
})
