import { Fault, type Reply, RequestRules, Routes, Script } from "@effect-claude/fault-server"
import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect } from "effect"
import { spawnSync } from "node:child_process"
import {
  appendFileSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync
} from "node:fs"
import { join } from "node:path"
import * as Announcement from "../src/internal/announcement.ts"
import { bulk, folder, job, results, start, withServer, write } from "./fixtures/harness.ts"

const ids = (count: number): ReadonlyArray<string> => Array.from({ length: count }, (_, n) => `line-${n}`)
const jobs = (count: number): ReadonlyArray<string> => ids(count).map((id) => job(id))
const api = RequestRules.make(Routes.make())
const slow = (millis: number): Reply.Handler => (request) => Effect.map(api(request), Fault.slowFirstByte(millis))
const result = (id: string, type: string): string => `${JSON.stringify({ custom_id: id, result: { type } })}\n`
const next = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 2))
/** A pid that no process can have. */
const nobody = Announcement.nameOf({ ...Announcement.own(), pid: 4_194_305 })

describe("bulk: what others do to it", () => {
  it("G1 processes that begin together on the lock of a dead one: no line is doubled, none is paid twice", () =>
    withServer(slow(400), async (server) => {
      for (const _ of [1, 2, 3]) {
        const dir = folder()
        const out = join(dir, "results.jsonl")
        const before = (await Effect.runPromise(server.requests)).length
        mkdirSync(`${out}.lock`)
        writeFileSync(join(`${out}.lock`, nobody), "")
        const prompts = write(dir, jobs(3))
        const ended = await Promise.all([1, 2, 3, 4].map(() => bulk(server.url, [prompts, "--out", out])))
        const codes = ended.map(({ code }) => code)
        assert.include(codes, 0)
        for (const { code, stderr } of ended) if (code !== 0) assert.match(stderr, /is writing it/)
        assert.sameMembers(results(out).map((line) => line.custom_id), ids(3) as Array<string>)
        assert.strictEqual((await Effect.runPromise(server.requests)).length - before, 3)
        assert.isFalse(existsSync(`${out}.lock`))
      }
    }))

  it("G1 two names of one result file are one file, which keeps its link and its mode", () => {
    const gate = Deferred.makeUnsafe<void>()
    return withServer((request) => Effect.andThen(Deferred.await(gate), api(request)), async (server) => {
      const dir = folder()
      const [real, link] = [join(dir, "real.jsonl"), join(dir, "link.jsonl")]
      writeFileSync(real, result("line-0", "errored"), { mode: 0o600 })
      symlinkSync(real, link)
      const prompts = write(dir, jobs(2))
      const first = start(server.url, ["bulk", prompts, "--out", link, "--retry-errored"])
      while (!existsSync(`${real}.lock`)) await next()
      const second = await bulk(server.url, [prompts, "--out", real])
      assert.strictEqual(second.code, 2)
      assert.match(second.stderr, /is writing it/)
      Deferred.doneUnsafe(gate, Effect.void)
      assert.strictEqual((await first.ended).code, 0)
      assert.isTrue(lstatSync(link).isSymbolicLink())
      assert.strictEqual(statSync(real).mode & 0o777, 0o600)
      assert.sameMembers(results(real).map((line) => line.custom_id), ids(2) as Array<string>)
    })
  })

  it("results of another input in the same file are neither counted nor taken out", () =>
    withServer(api, async (server) => {
      const dir = folder()
      const out = join(dir, "results.jsonl")
      const others = result("other-0", "succeeded") + result("other-1", "errored") + result("other-2", "succeeded")
      writeFileSync(out, others)
      const ended = await bulk(server.url, [write(dir, jobs(2)), "--out", out, "--retry-errored", "--json"])
      assert.strictEqual(ended.code, 0, ended.stderr)
      assert.deepInclude(JSON.parse(ended.stdout), {
        outcome: "done",
        lines: { total: 2, before: 0, erroredBefore: 0, left: 0 },
        succeeded: 2
      })
      assert.isTrue(readFileSync(out, "utf8").startsWith(others))
    }))

  it("errored lines of an earlier run are said, and are no success", () =>
    withServer(api, async (server) => {
      const dir = folder()
      const out = join(dir, "results.jsonl")
      writeFileSync(out, result("line-0", "errored") + result("line-1", "succeeded"))
      const ended = await bulk(server.url, [write(dir, jobs(3)), "--out", out])
      assert.strictEqual(ended.code, 1)
      assert.match(ended.stdout, /succeeded +1 \(and 1 before this run\)/)
      assert.match(ended.stdout, /errored +0 \(and 1 before this run; --retry-errored sends them again\)/)
    }))

  it("lines that are added while it runs are left for the next run", () =>
    withServer(slow(200), async (server) => {
      const dir = folder()
      const out = join(dir, "results.jsonl")
      // Longer than what is read ahead, so that the end has not been seen when the line is added.
      const long = ids(400).map((id) => job(id, { system: "x".repeat(1000) }))
      const prompts = write(dir, long)
      const run = start(server.url, ["bulk", prompts, "--out", out, "--concurrency", "2", "--json"])
      while ((await Effect.runPromise(server.requests)).length < 2) await next()
      appendFileSync(prompts, `${job("added")}\n`)
      await Effect.runPromise(server.setHandler(api))
      const ended = await run.ended
      assert.strictEqual(ended.code, 0, ended.stdout)
      assert.deepInclude(JSON.parse(ended.stdout).lines, { total: 400, left: 0 })
      assert.strictEqual((await bulk(server.url, [prompts, "--out", out])).code, 0)
      assert.strictEqual(results(out).length, 401)
    }))
})

describe("bulk: what it is given", () => {
  it("A10 a line that preflight rejects is errored, is not sent, and takes no other with it", () =>
    withServer(api, async (server) => {
      const dir = folder()
      const out = join(dir, "results.jsonl")
      const deep = `{"custom_id":"deep","params":{"messages":${"[".repeat(100_000)}${"]".repeat(100_000)}}}`
      const odd = [job("null", { messages: [null] }), job("tools", { tools: 5 }), job("model", { model: 7 }), deep]
      const ended = await bulk(server.url, [write(dir, [...odd, ...jobs(5)]), "--out", out, "--json"])
      assert.strictEqual(ended.code, 1, ended.stderr)
      assert.deepInclude(JSON.parse(ended.stdout), { succeeded: 5, errored: { RequestRejected: 4 } })
      const line = results(out).find((one) => one.custom_id === "tools")
      assert.nestedPropertyVal(line, "result.error.error.type", "invalid_request_error")
      assert.nestedPropertyVal(line, "result.error.reason._tag", "RequestRejected")
      assert.nestedPropertyVal(line, "result.error.reason.violations[0].path", "tools")
      assert.strictEqual((await Effect.runPromise(server.requests)).length, 5)
      assert.strictEqual(results(out).length, 9)
    }))

  it(
    "--deadline bounds a line while the API is overloaded",
    { timeout: 30_000 },
    () =>
      withServer(Script.always(Fault.overloaded()), async (server) => {
        const dir = folder()
        const out = join(dir, "results.jsonl")
        const ended = await bulk(server.url, [write(dir, jobs(3)), "--out", out, "--deadline", "2 seconds", "--json"])
        assert.strictEqual(ended.code, 1, ended.stderr)
        assert.isTrue(results(out).every((line) => line.result.type === "errored"))
        const report = JSON.parse(ended.stdout)
        assert.isAtMost(report.wallSeconds, 3)
        const { circuit, requeue, retry } = report.waited
        assert.isAtMost(retry + circuit + requeue, 3 * 3, "three lines cannot wait longer than they lived")
      })
  )

  it("flags below 1, a pipe or a device are bad input: exit 2, nothing is sent", () =>
    withServer(api, async (server) => {
      const dir = folder()
      const prompts = write(dir, jobs(2))
      const out = join(dir, "out")
      for (const flag of ["--concurrency", "--rpm", "--itpm", "--otpm", "--max-tokens", "--max-attempts"]) {
        const ended = await bulk(server.url, [prompts, "--out", out, flag, "0"])
        assert.strictEqual(ended.code, 2, flag)
        assert.include(ended.stderr, flag)
      }
      const device = await bulk(server.url, [prompts, "--out", "/dev/full"])
      assert.strictEqual(device.code, 2)
      assert.match(device.stderr, /\/dev\/full: cannot be used: it is no regular file/)
      const pipe = join(dir, "pipe")
      assert.strictEqual(spawnSync("mkfifo", [pipe]).status, 0)
      const piped = await bulk(server.url, [pipe, "--out", out])
      assert.strictEqual(piped.code, 2)
      assert.match(piped.stderr, /pipe: cannot be read: it is no regular file/)
      assert.strictEqual((await Effect.runPromise(server.requests)).length, 0)
    }))
})

describe("bulk: Ctrl-C", () => {
  it("ends at once while every line waits to try an overloaded API again", () =>
    withServer(Script.always(Fault.overloaded()), async (server) => {
      const dir = folder()
      const out = join(dir, "results.jsonl")
      const run = start(server.url, ["bulk", write(dir, jobs(30)), "--out", out, "--concurrency", "4"])
      // Fewer than the breaker needs to open.
      while ((await Effect.runPromise(server.requests)).length < 6) await next()
      run.child.kill("SIGINT")
      const ended = await run.ended
      assert.strictEqual(ended.code, 3)
      assert.match(ended.stdout, /30 lines are left/)
      assert.deepStrictEqual(results(out), [])
    }))

  it("ends when what was sent is answered, although more lines wait for the limiter", () =>
    withServer(slow(500), async (server) => {
      const dir = folder()
      const out = join(dir, "results.jsonl")
      const flags = ["--concurrency", "20", "--rpm", "4"]
      const run = start(server.url, ["bulk", write(dir, jobs(50)), "--out", out, ...flags])
      while ((await Effect.runPromise(server.requests)).length < 4) await next()
      run.child.kill("SIGINT")
      const ended = await run.ended
      assert.strictEqual(ended.code, 3)
      assert.strictEqual(results(out).length, 4)
      assert.strictEqual((await Effect.runPromise(server.requests)).length, 4)
    }))
})

describe("serve", () => {
  it("says why it cannot listen", () =>
    withServer(api, async (server) => {
      const ended = await start(server.url, ["serve", "--port", new URL(server.url).port]).ended
      assert.strictEqual(ended.code, 2)
      assert.match(ended.stderr, /EADDRINUSE/)
    }))
})
