/** Whose a lock is that was found beside a result file, and what becomes of the run. */
import { RequestRules, Routes } from "@effect-claude/fault-server"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { mkdirSync, readdirSync, rmSync, utimesSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import * as Announcement from "../src/internal/announcement.ts"
import { lock } from "../src/internal/lock.ts"
import { folder, job, results, start, withServer, write } from "./fixtures/harness.ts"

const self = Announcement.own()
/** A process that lives: the one that runs this test. Its lock is another's, as it began at another time. */
const parent = { ...self, pid: process.ppid, started: "0" }

const locked = (by: Partial<Announcement.Announcement>, seen?: number): string => {
  const out = join(folder(), "results.jsonl")
  mkdirSync(`${out}.lock`)
  const file = join(`${out}.lock`, Announcement.nameOf({ ...parent, ...by }))
  writeFileSync(file, "")
  if (seen !== undefined) utimesSync(file, seen / 1000, seen / 1000)
  return out
}

/** What it says where it refuses; undefined where the lock is had. */
const tried = (out: string): Promise<string | undefined> =>
  Effect.runPromise(Effect.scoped(Effect.match(lock(out), {
    onFailure: (error) => error.message,
    onSuccess: () => undefined
  })))

describe("bulk: the lock of the result file", () => {
  it("a living process of this machine is waited for by nobody: it is named", async () => {
    assert.include(await tried(locked({})), `process ${process.ppid} is writing it`)
  })

  it("a pid that another process has now, and one from before the machine was started anew, are no lock", async () => {
    for (const by of [{ pid: process.pid, started: "1" }, { started: "1" }, { boot: "deadbeef" }]) {
      const out = locked(by)
      assert.isUndefined(await tried(out))
      assert.deepStrictEqual(readdirSync(join(out, "..")), [], "nothing is left behind")
    }
  })

  it("another machine's or container's is never taken over: it is said whether it gives signs, and what to delete", async () => {
    const now = Date.now()
    for (const by of [{ machine: "cafe0000", host: "far-away" }, { pids: "cafe0000", host: "far-away" }]) {
      const fresh = await tried(locked(by, now))
      assert.match(fresh ?? "", /another machine or container, far-away, is writing it; wait for it or stop it there/)
      const out = locked(by, now - 3 * 60_000)
      const old = (await tried(out)) ?? ""
      assert.match(old, /last sign 3 min 0\d s ago/)
      assert.include(old, `If it has ended, delete ${out}.lock and run the same command again`)
      rmSync(`${out}.lock`, { recursive: true })
      assert.isUndefined(await tried(out))
    }
  })

  it("a run whose lock is taken away stops with the reason, and can be resumed", () => {
    const api = RequestRules.make(Routes.make())
    return withServer((request) => Effect.delay(api(request), "40 millis"), async (server) => {
      const dir = folder()
      const out = join(dir, "results.jsonl")
      const prompts = write(dir, Array.from({ length: 200 }, (_, n) => job(`line-${n}`)))
      const run = start(server.url, ["bulk", prompts, "--out", out, "--concurrency", "2"])
      while ((await Effect.runPromise(server.requests)).length < 4) await new Promise((next) => setTimeout(next, 2))
      rmSync(`${out}.lock`, { recursive: true })
      const ended = await run.ended
      assert.strictEqual(ended.code, 3)
      assert.match(ended.stderr, /results\.jsonl\.lock: it was deleted while the run went on/)
      assert.isBelow(results(out).length, 200)
    })
  })
})
