import { type Batches, Fault, Reply, RequestRules, Routes } from "@effect-claude/fault-server"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { spawn } from "node:child_process"
import { existsSync, readFileSync, rmSync } from "node:fs"
import { join } from "node:path"
import { bulk, folder, job, results, start, withServer, write } from "./fixtures/harness.ts"

const ids = (count: number): ReadonlyArray<string> => Array.from({ length: count }, (_, n) => `line-${n}`)
const idOf = ({ body }: Reply.Received): string => /Prompt ([^"]*)/.exec(body)?.[1] ?? ""

/** All routes; `created` are the ids of each batch as it was made. */
const api = (messages: Reply.Handler = Routes.echo, batches: Batches.Options = {}) => {
  const routes = RequestRules.make(Routes.make(messages, { batches }))
  const created: Array<ReadonlyArray<string>> = []
  const calls: Array<string> = []
  const handler: Reply.Handler = (received) => {
    calls.push(`${received.method} ${received.path}`)
    return Effect.tap(routes(received), (reply) =>
      Effect.sync(() => {
        if (reply.status === 200 && received.method === "POST" && received.path === "/v1/messages/batches") {
          created.push([...received.body.matchAll(/Prompt ([^"]*)"/g)].map(([, id]) => id ?? ""))
        }
      }))
  }
  return { handler, created, calls }
}

const until = async (isTrue: () => boolean): Promise<void> => {
  while (!isTrue()) await new Promise((resolve) => setTimeout(resolve, 2))
}

describe("bulk --batch", { timeout: 180_000 }, () => {
  it("does what bulk does, in one batch: same lines, same report, same exit code, no journal left", () => {
    const { calls, created, handler } = api((received) => {
      switch (idOf(received)) {
        case "bad":
          return Effect.succeed(Fault.invalidRequest("no"))
        case "refuse":
          return Effect.succeed(Reply.json(200, Reply.refusal()))
        default:
          return Routes.echo(received)
      }
    }, { duration: 1500 })
    return withServer(handler, async (server) => {
      const dir = folder()
      const out = join(dir, "results.jsonl")
      const names = [...ids(8), "bad", "refuse", "an id with spaces", "x".repeat(80)]
      const prompts = write(dir, [...names.map((id) => job(id)), job("none", { max_tokens: 0 })])
      const ended = await bulk(server.url, [prompts, "--out", out, "--batch", "--json"])
      assert.strictEqual(ended.code, 1, ended.stderr)
      const lines = results(out)
      assert.sameMembers(lines.map((line) => line.custom_id), [...names, "none"])
      const errored = lines.filter((line) => line.result.type === "errored")
      assert.deepStrictEqual(
        Object.fromEntries(errored.map((line) => [line.custom_id, line.result.error?.reason._tag])),
        { bad: "InvalidRequest", none: "RequestRejected" }
      )
      const report = JSON.parse(ended.stdout)
      assert.deepInclude(report, {
        outcome: "done",
        succeeded: 11,
        refusals: 1,
        errored: { InvalidRequest: 1, RequestRejected: 1 }
      })
      assert.strictEqual(report.requests.sent, 12)
      assert.isAbove(report.tokens.input, 0)
      assert.strictEqual(created.length, 1)
      assert.isFalse(calls.includes("POST /v1/messages"))
      assert.isFalse(existsSync(`${out}.batches`))
      assert.isFalse(existsSync(`${out}.lock`))
      const progress = ended.stderr.trim().split("\n").map((line) => JSON.parse(line))
      assert.isTrue(progress.some((line) => line.inFlight === 12))
      const again = await bulk(server.url, [prompts, "--out", out, "--batch", "--json"])
      assert.deepInclude(JSON.parse(again.stdout), { succeeded: 0, errored: {} })
      assert.strictEqual(created.length, 1, "what has a result is not sent again")
    })
  })

  it("G1 killed at any instant and started again: one whole line each, and no batch that exists is created again", () => {
    const { created, calls, handler } = api(
      (received) =>
        // Some fail at first, so that there is a second round to be killed in.
        /line-(3|17|31)$/.test(idOf(received)) && created.flat().filter((id) => id === idOf(received)).length < 2
          ? Effect.succeed(Fault.overloaded())
          : Routes.echo(received),
      { duration: 400 }
    )
    const slow: Reply.Handler = (received) => Effect.map(handler(received), Fault.slowFirstByte(15))
    return withServer(slow, async (server) => {
      const dir = folder()
      const out = join(dir, "results.jsonl")
      const prompts = write(dir, ids(40).map((id) => job(id)))
      const script = join(import.meta.dirname, "fixtures", "batch.ts")
      const run = () => start(server.url, [prompts, out], undefined, {}, script)
      for (const more of [0, 2, 3, 5, 8, 11, 14, 20, 4]) {
        const seen = calls.length
        const { child, ended } = run()
        await Promise.race([until(() => calls.length >= seen + more), ended])
        child.kill("SIGKILL")
        await ended
      }
      const last = await run().ended
      assert.strictEqual(last.code, 0, last.stderr)
      assert.sameMembers(results(out).map((line) => line.custom_id), ids(40) as Array<string>)
      const sent = new Map<string, number>()
      for (const id of created.flat()) sent.set(id, (sent.get(id) ?? 0) + 1)
      for (const id of ids(40)) assert.strictEqual(sent.get(id), /-(3|17|31)$/.test(id) ? 2 : 1, id)
    })
  })

  it("G1 the command itself, killed while its batch runs, collects it when it is started again", () => {
    const { created, handler } = api(undefined, { duration: 1500 })
    return withServer(handler, async (server) => {
      const dir = folder()
      const out = join(dir, "results.jsonl")
      const args = ["bulk", write(dir, ids(10).map((id) => job(id))), "--out", out, "--batch"]
      const first = start(server.url, args)
      await until(() => existsSync(`${out}.batches`) && readFileSync(`${out}.batches`, "utf8").includes("Created"))
      first.child.kill("SIGKILL")
      await first.ended
      const alone = await bulk(server.url, args.slice(1, 4))
      assert.strictEqual(alone.code, 2)
      assert.match(alone.stderr, /lines of it are in batches/)
      const second = await start(server.url, args).ended
      assert.strictEqual(second.code, 0, second.stderr)
      assert.strictEqual(results(out).length, 10)
      assert.strictEqual(created.length, 1)
    })
  })

  it("Ctrl-C leaves at once and says what runs on; --cancel ends it and collects what was answered", () => {
    const { created, handler } = api(undefined, { duration: (batch) => batch === 0 ? 60_000 : 300 })
    return withServer(handler, async (server) => {
      const dir = folder()
      const out = join(dir, "results.jsonl")
      const args = ["bulk", write(dir, ids(100).map((id) => job(id))), "--out", out, "--batch"]
      const first = start(server.url, args)
      await until(() => existsSync(`${out}.batches`) && readFileSync(`${out}.batches`, "utf8").includes("Created"))
      await new Promise((resolve) => setTimeout(resolve, 400))
      first.child.kill("SIGINT")
      const left = await first.ended
      assert.strictEqual(left.code, 3, left.stderr)
      assert.match(left.stderr, /the batches run on/)
      assert.match(left.stdout, /a batch with 100 lines run on/)
      const cancelled = await start(server.url, [...args, "--cancel"]).ended
      assert.strictEqual(cancelled.code, 3, cancelled.stderr)
      const answered = results(out).length
      assert.isTrue(answered > 0 && answered < 100, String(answered))
      assert.isTrue(results(out).every((line) => line.result.type === "succeeded"))
      const last = await start(server.url, args).ended
      assert.strictEqual(last.code, 0, last.stderr)
      assert.strictEqual(results(out).length, 100)
      assert.deepStrictEqual(created.map((batch) => batch.length), [100, 100 - answered])
    })
  })

  it("a spent budget stops the run, whether it meets the batch or a line in it; paid for, the rest is sent", () => {
    let isPaid = false
    const { created, handler } = api((received) =>
      idOf(received) === "line-2" && !isPaid ? Effect.succeed(Fault.creditBalance()) : Routes.echo(received)
    )
    const billing: Reply.Handler = (received) =>
      received.method === "POST" && created.length > 0 && !isPaid
        ? Effect.succeed(Fault.creditBalance())
        : handler(received)
    return withServer(billing, async (server) => {
      const dir = folder()
      const out = join(dir, "results.jsonl")
      const args = [write(dir, ids(5).map((id) => job(id))), "--out", out, "--batch"]
      const ended = await bulk(server.url, args)
      assert.strictEqual(ended.code, 3, ended.stderr)
      assert.match(ended.stdout, /BillingBlocked.*whoever pays/)
      assert.sameMembers(results(out).map((line) => line.custom_id), ["line-0", "line-1", "line-3", "line-4"])
      isPaid = true
      assert.strictEqual((await bulk(server.url, args)).code, 0)
      assert.strictEqual(results(out).length, 5)
    })
  })

  it("G2 bad input and flags that do not go with batches are named before anything is sent", () => {
    const { calls, handler } = api()
    return withServer(handler, async (server) => {
      const dir = folder()
      const bad = await bulk(server.url, [write(dir, [job("a"), job("a")]), "--out", join(dir, "out"), "--batch"])
      assert.strictEqual(bad.code, 2)
      assert.match(bad.stderr, /line 2: custom_id "a" was used before/)
      const good = write(dir, [job("a")])
      for (
        const flags of [["--batch", "--rpm", "5"], ["--batch", "--deadline", "1 minute"], ["--cancel"], [
          "--batch",
          "--cancel"
        ]]
      ) {
        assert.strictEqual((await bulk(server.url, [good, "--out", join(dir, "out"), ...flags])).code, 2)
      }
      assert.deepStrictEqual(calls, [])
    })
  })

  it("G4 a vanished folder stops the run with the reason", () => {
    const { created, handler } = api(undefined, { duration: 1500 })
    return withServer(handler, async (server) => {
      const target = folder()
      const out = join(target, "results.jsonl")
      const run = start(server.url, ["bulk", write(folder(), ids(5).map((id) => job(id))), "--out", out, "--batch"])
      await until(() => created.length > 0)
      rmSync(target, { recursive: true, maxRetries: 20, retryDelay: 5 })
      const ended = await run.ended
      assert.strictEqual(ended.code, 3)
      assert.match(ended.stderr, /moved or deleted|NotFound/)
    })
  })

  it("G4 where the journal cannot be written nothing is created", () => {
    const { created, handler } = api()
    return withServer(handler, async (server) => {
      const dir = folder()
      const out = join(dir, "results.jsonl")
      const prompts = write(dir, ids(500).map((id) => job(id)))
      const main = join(import.meta.dirname, "..", "src", "main.ts")
      // The intent of 500 ids is larger than a file may be.
      const child = spawn("bash", [
        "-c",
        `ulimit -f 4; exec "$0" "$@"`,
        process.execPath,
        main,
        "bulk",
        prompts,
        "--out",
        out,
        "--batch"
      ], {
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
      assert.strictEqual(code, 3, stderr)
      assert.match(stderr, /results\.jsonl\.batches/)
      assert.deepStrictEqual(created, [])
      const again = await bulk(server.url, [prompts, "--out", out, "--batch"])
      assert.strictEqual(again.code, 0, again.stderr)
      assert.strictEqual(results(out).length, 500)
    })
  })

  it("a batch that the API does not know stops the run with what to do, and nothing is sent anew", () => {
    const { created, handler } = api(undefined, { duration: 60_000 })
    let isOther = false
    const other: Reply.Handler = (received) =>
      isOther && received.path !== "/v1/messages/batches" ? Effect.succeed(Fault.notFound()) : handler(received)
    return withServer(other, async (server) => {
      const dir = folder()
      const out = join(dir, "results.jsonl")
      const args = ["bulk", write(dir, ids(3).map((id) => job(id))), "--out", out, "--batch"]
      const first = start(server.url, args)
      await until(() => existsSync(`${out}.batches`) && readFileSync(`${out}.batches`, "utf8").includes("Created"))
      first.child.kill("SIGKILL")
      await first.ended
      isOther = true
      const second = await start(server.url, args).ended
      assert.strictEqual(second.code, 3)
      assert.match(second.stdout, /another key or workspace/)
      assert.strictEqual(created.length, 1)
    })
  })

  it("--retry-errored gives each errored line one more try, also while its batch is in the journal", () => {
    const tries = new Map<string, number>()
    const { created, handler } = api((received) => {
      const id = idOf(received)
      tries.set(id, (tries.get(id) ?? 0) + 1)
      return id === "line-0" && tries.get(id) === 1 || id === "line-1"
        ? Effect.succeed(Fault.invalidRequest("no"))
        : Routes.echo(received)
    }, { duration: (batch) => batch === 1 ? 4000 : 0 })
    return withServer(handler, async (server) => {
      const dir = folder()
      const out = join(dir, "results.jsonl")
      const script = join(import.meta.dirname, "fixtures", "batch.ts")
      // Two batches: the first has ended when the run is killed, the second runs on.
      const first = start(server.url, [write(dir, ids(10).map((id) => job(id))), out], undefined, {}, script)
      await until(() => existsSync(out) && results(out).length === 7)
      first.child.kill("SIGKILL")
      await first.ended
      const args = ["bulk", join(dir, "prompts.jsonl"), "--out", out, "--batch", "--retry-errored"]
      const second = start(server.url, args)
      await until(() => created.length === 3)
      second.child.kill("SIGINT")
      await second.ended
      assert.deepStrictEqual(created[2]?.toSorted(), ["line-0", "line-1"])
    })
  })
})
