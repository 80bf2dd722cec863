import { Fault, Reply, RequestRules, Routes, Script } from "@effect-claude/fault-server"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { spawn, spawnSync } from "node:child_process"
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { bulk as runBulk } from "../src/bulk.ts"
import { bulk, folder, job, results, start, withServer, write } from "./fixtures/harness.ts"

const ids = (count: number): ReadonlyArray<string> => Array.from({ length: count }, (_, n) => `line-${n}`)
const api = RequestRules.make(Routes.make())
const slow = (millis: number): Reply.Handler => (request) => Effect.map(api(request), Fault.slowFirstByte(millis))

describe("bulk", () => {
  it("runs a file to its end: one whole line each, exit 0, a report", () =>
    withServer(api, async (server) => {
      const dir = folder()
      const out = join(dir, "results.jsonl")
      const ended = await bulk(server.url, [write(dir, ids(40).map((id) => job(id))), "--out", out, "--json"])
      assert.strictEqual(ended.code, 0, ended.stderr)
      assert.sameMembers(results(out).map((line) => line.custom_id), ids(40) as Array<string>)
      assert.deepInclude(JSON.parse(ended.stdout), { outcome: "done", succeeded: 40, refusals: 0 })
      assert.isFalse(existsSync(`${out}.lock`))
      for (const line of ended.stderr.trim().split("\n")) assert.isObject(JSON.parse(line))
    }))

  it("--model and --max-tokens fill gaps and never override; --no-stream asks for JSON", () =>
    withServer(api, async (server) => {
      const dir = folder()
      const prompts = write(dir, [job("a", { model: undefined, max_tokens: undefined }), job("b")])
      const ended = await bulk(server.url, [
        prompts,
        "--out",
        join(dir, "out"),
        "--model",
        "claude-opus-5-5",
        "--max-tokens",
        "7",
        "--no-stream"
      ])
      assert.strictEqual(ended.code, 0, ended.stderr)
      const sent = (await Effect.runPromise(server.requests)).map(({ json }) =>
        json as { model: string; max_tokens: number; stream?: boolean }
      )
      assert.sameDeepMembers(sent.map((one) => [one.model, one.max_tokens, one.stream]), [[
        "claude-opus-5-5",
        7,
        undefined
      ], ["claude-haiku-5-5", 64, undefined]])
    }))

  it("transient failures go back to the queue; what the API rejects is errored; a refusal is succeeded and counted", () => {
    const answers: Array<Script.Answer> = [
      Fault.overloaded(),
      Fault.resetBeforeHeaders(Reply.json(200, {})),
      (request) => Fault.cutAfterEvents(3)(Reply.forRequest(request, Reply.message("cut here, please, in the middle"))),
      Fault.rateLimited("requests", 1)
    ]
    const rest: Script.Answer = (request) =>
      JSON.stringify(request.json).includes("bad")
        ? Reply.error(400, "invalid_request_error", "no")
        : Reply.forRequest(
          request,
          Reply.message(JSON.stringify(request.json).includes("refuse") ? { content: [], stopReason: "refusal" } : "ok")
        )
    return withServer(Script.sequence(answers, rest), async (server) => {
      const dir = folder()
      const out = join(dir, "results.jsonl")
      const prompts = write(dir, [...ids(8), "bad", "refuse"].map((id) => job(id)))
      const ended = await bulk(server.url, [prompts, "--out", out, "--json", "--concurrency", "3"])
      assert.strictEqual(ended.code, 1, ended.stderr)
      const lines = results(out)
      assert.strictEqual(lines.length, 10)
      assert.deepStrictEqual(
        lines.filter((line) => line.result.type === "errored").map((
          line
        ) => [line.custom_id, line.result.error?.reason._tag]),
        [["bad", "InvalidRequest"]]
      )
      const report = JSON.parse(ended.stdout)
      assert.deepInclude(report, { succeeded: 9, refusals: 1, errored: { InvalidRequest: 1 } })
      const { sent, wastedBy } = report.requests
      assert.strictEqual(sent, 14)
      assert.deepStrictEqual(wastedBy, {
        Overloaded: 1,
        ConnectionFailed: 1,
        StreamInterrupted: 1,
        RateLimited: 1,
        InvalidRequest: 1
      })
      const again = await bulk(server.url, [prompts, "--out", out, "--json"])
      assert.strictEqual(again.code, 1, "one line is still errored")
      assert.deepInclude(JSON.parse(again.stdout), {
        lines: { total: 10, before: 10, erroredBefore: 1, left: 0 },
        succeeded: 0,
        errored: {}
      })
      await Effect.runPromise(
        server.setHandler(Script.always((request) => Reply.forRequest(request, Reply.message("now"))))
      )
      const retried = await bulk(server.url, [prompts, "--out", out, "--retry-errored", "--json"])
      assert.strictEqual(retried.code, 0, retried.stderr)
      assert.strictEqual(results(out).length, 10)
      assert.isTrue(results(out).every((line) => line.result.type === "succeeded"))
    })
  })

  it("a spent budget stops the run: nothing is written for the rest, exit 3 with who must act, and it can be resumed", () => {
    const ok: Script.Answer = (request) => Reply.forRequest(request, Reply.message("ok"))
    return withServer(Script.sequence([ok, ok, ok], Fault.creditBalance()), async (server) => {
      const dir = folder()
      const out = join(dir, "results.jsonl")
      const prompts = write(dir, ids(30).map((id) => job(id)))
      const ended = await bulk(server.url, [prompts, "--out", out, "--concurrency", "2"])
      assert.strictEqual(ended.code, 3)
      assert.match(ended.stdout, /BillingBlocked.*whoever pays/)
      assert.strictEqual(results(out).length, 3)
      await Effect.runPromise(server.setHandler(Script.always(ok)))
      assert.strictEqual((await bulk(server.url, [prompts, "--out", out])).code, 0)
      assert.strictEqual(results(out).length, 30)
    })
  })

  it("G1 killed at any instant and started again: each input has exactly one whole line", () =>
    withServer(slow(15), async (server) => {
      const dir = folder()
      const out = join(dir, "results.jsonl")
      const prompts = write(dir, ids(120).map((id) => job(id)))
      const written = (): Set<string> => {
        const text = existsSync(out) ? readFileSync(out, "utf8") : ""
        const whole = text.slice(0, text.lastIndexOf("\n") + 1).split("\n").filter((line) => line !== "")
        return new Set(whole.map((line) => String(JSON.parse(line).custom_id)))
      }
      const requests = () => Effect.runPromise(server.requests)
      const before: Array<{ readonly count: number; readonly done: Set<string> }> = []
      for (const more of [0, 1, 7, 19, 30, 12]) {
        const seen = (await requests()).length
        const { child, ended } = start(server.url, ["bulk", prompts, "--out", out, "--concurrency", "8"])
        // Some die while they start, some while so many of their requests are out.
        while ((await requests()).length < seen + more) await new Promise((next) => setTimeout(next, 1))
        child.kill("SIGKILL")
        assert.strictEqual((await ended).signal, "SIGKILL")
        before.push({ count: (await requests()).length, done: written() })
      }
      assert.isAbove(before.at(-1)?.done.size ?? 0, 8)
      const last = await bulk(server.url, [prompts, "--out", out])
      assert.strictEqual(last.code, 0, last.stderr)
      assert.sameMembers(results(out).map((line) => line.custom_id), ids(120) as Array<string>)
      const sent = (await requests()).map(({ body }) => /Prompt (line-\d+)/.exec(body)?.[1] ?? "")
      assert.isAtMost(sent.length, 120 + 6 * 8, "at most what was in flight is sent again")
      for (const { count, done } of before) {
        assert.deepStrictEqual(
          sent.slice(count).filter((id) => done.has(id)),
          [],
          "what was written is never sent again"
        )
      }
    }))

  it("G1 a torn last line is cut off and its input is sent again", () =>
    withServer(api, async (server) => {
      const dir = folder()
      const out = join(dir, "results.jsonl")
      const prompts = write(dir, ids(3).map((id) => job(id)))
      const whole = `{"custom_id":"line-0","result":{"type":"succeeded","message":{}}}\n`
      writeFileSync(out, `${whole}{"custom_id":"line-1","result":{"type":"succ`)
      assert.strictEqual((await bulk(server.url, [prompts, "--out", out])).code, 0)
      assert.isTrue(readFileSync(out, "utf8").startsWith(whole))
      assert.sameMembers(results(out).map((line) => line.custom_id), ids(3) as Array<string>)
      assert.strictEqual((await Effect.runPromise(server.requests)).length, 2)
    }))

  it("G2 bad input is named by line, exit 2, before anything is sent", () =>
    withServer(api, async (server) => {
      const cases: ReadonlyArray<readonly [ReadonlyArray<string>, RegExp]> = [
        [[job("a"), "{oops"], /line 2: no JSON/],
        [[job("a"), job("b"), job("a")], /line 3: custom_id "a" was used before/],
        [[`{"params":{}}`], /line 1: custom_id is missing/],
        [[`{"custom_id":"x"}`], /line 1 \(x\): params is missing/],
        [[`{"custom_id":7,"params":{}}`], /line 1: custom_id/],
        [["[]"], /line 1: not an object/]
      ]
      for (const [lines, text] of cases) {
        const dir = folder()
        const error = await Effect.runPromise(
          Effect.flip(runBulk({ prompts: write(dir, lines), out: join(dir, "out"), progress: false }))
        )
        assert.strictEqual(error._tag, "BadInput")
        assert.match(error.message, text)
      }
      const none = await bulk(server.url, [join(folder(), "missing.jsonl"), "--out", join(folder(), "out")])
      assert.strictEqual(none.code, 2)
      assert.match(none.stderr, /missing\.jsonl: cannot be read/)
      const dir = folder()
      writeFileSync(join(dir, "out"), "something else\n")
      const foreign = await bulk(server.url, [write(dir, [job("a")]), "--out", join(dir, "out")])
      assert.strictEqual(foreign.code, 2)
      assert.strictEqual(
        readFileSync(join(dir, "out"), "utf8"),
        "something else\n",
        "another program's file is left alone"
      )
      assert.strictEqual((await Effect.runPromise(server.requests)).length, 0)
    }))

  it("a second process on the same output is refused", () => {
    let release = (): void => {}
    const gate = new Promise<void>((resolve) => {
      release = resolve
    })
    return withServer((request) => Effect.andThen(Effect.promise(() => gate), api(request)), async (server) => {
      const dir = folder()
      const out = join(dir, "results.jsonl")
      const prompts = write(dir, ids(4).map((id) => job(id)))
      const first = start(server.url, ["bulk", prompts, "--out", out])
      while (!existsSync(`${out}.lock`)) await new Promise((resolve) => setTimeout(resolve, 5))
      const second = await bulk(server.url, [prompts, "--out", out])
      release()
      assert.strictEqual(second.code, 2)
      assert.match(second.stderr, /is writing it/)
      assert.strictEqual((await first.ended).code, 0)
      assert.strictEqual(results(out).length, 4)
    })
  })

  it("Ctrl-C finishes what is in flight and says how to go on; a second one stops at once", () =>
    withServer(slow(300), async (server) => {
      const dir = folder()
      const out = join(dir, "results.jsonl")
      const prompts = write(dir, ids(50).map((id) => job(id)))
      const first = start(server.url, ["bulk", prompts, "--out", out, "--concurrency", "2"])
      while ((await Effect.runPromise(server.requests)).length < 2) {
        await new Promise((resolve) => setTimeout(resolve, 5))
      }
      first.child.kill("SIGINT")
      const ended = await first.ended
      assert.strictEqual(ended.code, 3)
      assert.match(ended.stderr, /Finishing what is in flight/)
      assert.match(ended.stdout, /Run the same command again/)
      assert.strictEqual(results(out).length, 2)
      await Effect.runPromise(server.setHandler(Script.always(Fault.silenceBeforeHeaders(Reply.json(200, {})))))
      const second = start(server.url, ["bulk", prompts, "--out", out, "--concurrency", "2"])
      while ((await Effect.runPromise(server.requests)).length < 4) {
        await new Promise((resolve) => setTimeout(resolve, 5))
      }
      second.child.kill("SIGINT")
      while (
        (await Promise.race([
          second.ended.then(() => "over"),
          new Promise((resolve) => setTimeout(resolve, 20, "on"))
        ])) === "on"
      ) {
        second.child.kill("SIGINT")
      }
      assert.strictEqual((await second.ended).code, 3)
    }))

  it("G4 a vanished folder stops the run with the reason", () =>
    withServer(slow(20), async (server) => {
      const dir = folder()
      const target = folder()
      const out = join(target, "results.jsonl")
      const run = start(server.url, [
        "bulk",
        write(dir, ids(400).map((id) => job(id))),
        "--out",
        out,
        "--concurrency",
        "2"
      ])
      while ((await Effect.runPromise(server.requests)).length < 5) {
        await new Promise((resolve) => setTimeout(resolve, 5))
      }
      rmSync(target, { recursive: true })
      const ended = await run.ended
      assert.strictEqual(ended.code, 3)
      assert.match(ended.stderr, /moved or deleted/)
    }))

  it("G4 a file that may grow no further stops the run; what was written stays whole lines", () =>
    withServer(api, async (server) => {
      const dir = folder()
      const out = join(dir, "results.jsonl")
      const prompts = write(dir, ids(200).map((id) => job(id)))
      const script = `ulimit -f 16; exec "$0" "$@"`
      const main = join(import.meta.dirname, "..", "src", "main.ts")
      const child = spawn("bash", ["-c", script, process.execPath, main, "bulk", prompts, "--out", out], {
        env: {
          ...process.env,
          ANTHROPIC_BASE_URL: server.url,
          ANTHROPIC_API_KEY: "sk-ant-test",
          npm_lifecycle_event: ""
        }
      })
      let stderr = ""
      child.stderr.on("data", (piece) => stderr += piece)
      const code = await new Promise((resolve) => child.on("close", (code, signal) => resolve(code ?? signal)))
      assert.deepStrictEqual([code, stderr.match(/EFBIG|file too large/i)?.[0]], [3, "EFBIG"], stderr)
      const written = results(out).length
      assert.isTrue(written > 10 && written < 200)
      assert.strictEqual((await bulk(server.url, [prompts, "--out", out])).code, 0)
      assert.strictEqual(results(out).length, 200)
    }))

  it("G4 a reader that leaves does not lose the run", () =>
    withServer(slow(100), async (server) => {
      const dir = folder()
      const out = join(dir, "results.jsonl")
      const run = start(server.url, ["bulk", write(dir, ids(5).map((id) => job(id))), "--out", out])
      run.child.stdout?.destroy()
      run.child.stderr?.destroy()
      assert.strictEqual((await run.ended).code, 0)
      assert.strictEqual(results(out).length, 5)
    }))

  it("a missing key is named before anything is sent", () =>
    withServer(api, async (server) => {
      const dir = folder()
      const main = join(import.meta.dirname, "..", "src", "main.ts")
      const { ANTHROPIC_API_KEY: _, ...env } = process.env
      const ended = spawnSync(process.execPath, [main, "bulk", write(dir, [job("a")]), "--out", join(dir, "out")], {
        env: { ...env, ANTHROPIC_BASE_URL: server.url, npm_lifecycle_event: "" },
        encoding: "utf8"
      })
      assert.strictEqual(ended.status, 2)
      assert.match(ended.stderr, /ANTHROPIC_API_KEY cannot be used: it is empty/)
    }))
})
