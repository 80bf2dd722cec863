import { Fault, Reply, RequestRules, Routes } from "@effect-claude/fault-server"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { spawnSync } from "node:child_process"
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Histogram } from "../src/internal/report/histogram.ts"
import { page } from "../src/internal/report/page.ts"
import { Series } from "../src/internal/report/series.ts"
import { dom, domAfter, screenshot } from "./fixtures/chromium.ts"
import { bulk, folder, job, start, withServer, write } from "./fixtures/harness.ts"
import { many } from "./fixtures/runs.ts"

const ids = (count: number): ReadonlyArray<string> => Array.from({ length: count }, (_, n) => `line-${n}`)
const idOf = ({ body }: Reply.Received): string => /Prompt ([^"]*)/.exec(body)?.[1] ?? ""

const secret = "sk-ant-test"
const evil = "<img src=x onerror=alert(1)>"

const faulty: Reply.Handler = RequestRules.make(Routes.make((received) => {
  switch (idOf(received)) {
    case "bad":
      return Effect.succeed(Fault.invalidRequest(`no ${evil} with ${secret}-0123456789`))
    case "line-3":
      return Effect.succeed(
        received.index % 2 === 0 ? Fault.internal() : Reply.forRequest(received, Reply.message("ok"))
      )
    default:
      return Routes.echo(received)
  }
}))

describe("the report", { timeout: 120_000 }, () => {
  it("is one page that loads nothing and reads without scripts, and the same as data", () =>
    withServer(faulty, async (server) => {
      const dir = folder()
      const [html, json] = [join(dir, "run.html"), join(dir, "run.json")]
      const prompts = write(dir, [...ids(20), "bad", evil].map((id) => job(id)))
      const ended = await bulk(server.url, [prompts, "--out", join(dir, "out"), "--report", html, "--report", json])
      assert.strictEqual(ended.code, 1, ended.stderr)
      const text = readFileSync(html, "utf8")
      assert.notMatch(text, /<(?:script|link|img|iframe|object)|@import|url\(/)
      assert.include(text, "default-src 'none'")
      assert.isFalse(text.includes(evil), "what came from elsewhere is escaped")
      assert.isFalse(text.includes(secret), "A9")
      const data = JSON.parse(readFileSync(json, "utf8"))
      assert.deepInclude(data.totals, { outcome: "done", succeeded: 21, errored: { InvalidRequest: 1 } })
      assert.strictEqual(data.outcomes.Succeeded, 21)
      assert.strictEqual(data.outcomes.InvalidRequest, 1)
      assert.strictEqual(
        data.timeline.reduce(
          (sum: number, { outcomes }: { outcomes: { Succeeded?: number } }) => sum + (outcomes.Succeeded ?? 0),
          0
        ),
        21
      )
      assert.strictEqual(data.latency.count, 21)
      assert.strictEqual(data.failed.length, 1)
      assert.deepInclude(data.failed[0], { customId: "bad", reason: "InvalidRequest", status: 400, diagnosis: 0 })
      assert.deepInclude(data.diagnoses[0], { who: "you", reason: "InvalidRequest", lines: 1 })
      assert.isFalse(JSON.stringify(data).includes(secret), "A9")
      const seen = dom(html)
      for (
        const part of ["Done, with errors", "Attempts a second", "Latency of answers", "Who has to act", "Settings"]
      ) {
        assert.include(seen, part)
      }
      assert.include(seen, "&lt;img src=x onerror=alert(1)&gt;")
      assert.isAbove(seen.match(/<rect/g)?.length ?? 0, 3)
    }))

  it("is written when the run stops too, and a path that no report can go to is named before anything is sent", () =>
    withServer(
      (received) =>
        Effect.succeed(received.index === 0 ? Reply.forRequest(received, Reply.message("ok")) : Fault.creditBalance()),
      async (server) => {
        const dir = folder()
        const prompts = write(dir, ids(4).map((id) => job(id)))
        for (const path of [join(dir, "run.pdf"), join(dir, "nowhere", "run.html")]) {
          const refused = await bulk(server.url, [prompts, "--out", join(dir, "out"), "--report", path])
          assert.strictEqual(refused.code, 2, path)
        }
        assert.strictEqual((await Effect.runPromise(server.requests)).length, 0)
        const json = join(dir, "run.json")
        const stopped = await bulk(server.url, [
          prompts,
          "--out",
          join(dir, "out"),
          "--concurrency",
          "1",
          "--report",
          json
        ])
        assert.strictEqual(stopped.code, 3)
        const { totals } = JSON.parse(readFileSync(json, "utf8"))
        assert.strictEqual(totals.outcome, "stopped")
        assert.match(totals.why, /BillingBlocked/)
        assert.isFalse(existsSync(`${json}.tmp`))
      }
    ))

  it("tells of batches as well", () =>
    withServer(Routes.make(undefined, { batches: { duration: 100 } }), async (server) => {
      const dir = folder()
      const [html, json] = [join(dir, "run.html"), join(dir, "run.json")]
      const prompts = write(dir, ids(6).map((id) => job(id)))
      const args = [prompts, "--out", join(dir, "out"), "--batch", "--report", html, "--report", json]
      assert.strictEqual((await bulk(server.url, args)).code, 0)
      const data = JSON.parse(readFileSync(json, "utf8"))
      assert.strictEqual(data.batches.length, 1)
      assert.deepInclude(data.batches[0].counts, { succeeded: 6, processing: 0 })
      assert.strictEqual(data.inputTokens.count, 6)
      assert.include(readFileSync(html, "utf8"), data.batches[0].id)
    }))

  it("of 100,000 attempts stays under 5 MB, is drawn within a second, and every drawing fits its width", () => {
    const data = many(100_000)
    const began = performance.now()
    const text = page(data)
    const drawn = performance.now() - began
    assert.isBelow(Buffer.byteLength(text), 5_000_000)
    assert.isBelow(drawn, 1000)
    assert.isAtMost(data.timeline.length, 240)
    assert.strictEqual(data.failed.length + data.more, 4000)
    const dir = mkdtempSync(join(tmpdir(), "effect-claude-report-"))
    const html = join(dir, "run.html")
    writeFileSync(html, text)
    // The page tells in its title how wide it has become, and how long the browser took to lay it out.
    const probe = text.replace(
      "</main>",
      `</main><script>
      const began = performance.now()
      const wide = document.documentElement.scrollWidth
      document.title = JSON.stringify({ wide, inner: innerWidth, took: performance.now() - began })
    </script>`
    ).replace(/<meta http-equiv="Content-Security-Policy"[^>]*>/, "")
    for (const width of [400, 800, 1400]) {
      const { inner, took, wide } = JSON.parse(
        /<title>(\{.*?\})<\/title>/.exec(dom(probe, { width, dir }))?.[1]?.replaceAll("&quot;", "\"") ?? "{}"
      )
      assert.strictEqual(inner, width)
      assert.isAtMost(wide, width, "nothing is cut off at the side")
      assert.isBelow(took, 1000)
      const png = join(dir, `${width}.png`)
      screenshot(html, png, width)
      assert.isAbove(statSync(png).size, 20_000)
    }
    rmSync(dir, { recursive: true })
  })
})

describe("--watch", { timeout: 120_000 }, () => {
  it("shows the run while it goes on and how it ended, to this machine only", () => {
    const slow: Reply.Handler = (received) => Effect.map(faulty(received), Fault.slowFirstByte(400))
    return withServer(slow, async (server) => {
      const dir = folder()
      const prompts = write(dir, ids(12).map((id) => job(id)))
      const run = start(server.url, ["bulk", prompts, "--out", join(dir, "out"), "--concurrency", "2", "--watch"])
      const address = await new Promise<string>((resolve) => {
        let text = ""
        run.child.stderr?.on("data", (piece) => {
          text += piece
          const found = /http:\/\/127\.0\.0\.1:\d+\//.exec(text)?.[0]
          if (found !== undefined) resolve(found)
        })
      })
      const first = await (await fetch(address)).text()
      assert.include(first, "Running")
      assert.include(first, "script-src 'self'")
      const other = spawnSync("curl", ["-s", "-o", "/dev/null", "-w", "%{http_code}", "-H", "Host: evil.test", address])
      assert.strictEqual(String(other.stdout), "403")
      assert.strictEqual((await fetch(`${address}etc/passwd`)).status, 404)
      const events = await (await fetch(`${address}events`)).text()
      const told = events.split("\n\n").filter((event) => event !== "").map((event) => ({
        name: /^event: (\w+)/.exec(event)?.[1],
        main: String(JSON.parse(event.slice(event.indexOf("data: ") + 6)))
      }))
      assert.isAtLeast(told.length, 3)
      assert.deepStrictEqual(new Set(told.slice(0, -1).map(({ name }) => name)), new Set(["message"]))
      assert.strictEqual(told.at(-1)?.name, "end")
      assert.include(told.at(-1)?.main, "Done")
      assert.include(told[0]?.main, "Running")
      assert.strictEqual((await run.ended).code, 0)
    })
  })

  it("a browser follows it", () => {
    const slow: Reply.Handler = (received) => Effect.map(faulty(received), Fault.slowFirstByte(700))
    return withServer(slow, async (server) => {
      const dir = folder()
      const prompts = write(dir, ids(60).map((id) => job(id)))
      const run = start(server.url, ["bulk", prompts, "--out", join(dir, "out"), "--concurrency", "4", "--watch"])
      const address = await new Promise<string>((resolve) => {
        run.child.stderr?.once("data", (piece) => resolve(/http:\S+/.exec(String(piece))?.[0] ?? ""))
      })
      const seen = await domAfter(address, 3000)
      assert.match(seen, /Answered<\/dt><dd>[1-9]/, "what it was served first had no answer yet")
      assert.include(seen, "Running")
      run.child.kill("SIGKILL")
      await run.ended
    })
  })
})

describe("bounded memory", () => {
  it("a series of any length has at most 240 buckets, and none of what was counted is lost", () => {
    const series = new Series(0)
    for (let at = 0; at < 400_000; at += 7) {
      const { outcomes } = series.at(at)
      outcomes["Succeeded"] = (outcomes["Succeeded"] ?? 0) + 1
    }
    series.sample(399_999, { requests: 0.25, inputTokens: undefined, outputTokens: 1, queued: 3, inFlight: 9 })
    assert.isAtMost(series.all.length, 240)
    assert.isAtLeast(series.all.length, 100)
    const sum = series.all.reduce((total, { outcomes }) => total + (outcomes["Succeeded"] ?? 0), 0)
    assert.strictEqual(sum, Math.ceil(400_000 / 7))
    assert.deepInclude(series.all.at(-1), { requests: 0.25, queued: 3, inFlight: 9 })
  })

  it("a distribution's quantiles are right to 5 %", () => {
    const histogram = new Histogram()
    for (let value = 1; value <= 10_000; value++) histogram.add(value)
    const read = histogram.read()
    assert.deepInclude(read, { count: 10_000, least: 1, most: 10_000 })
    for (const [told, known] of [[read?.p50, 5000], [read?.p90, 9000], [read?.p99, 9900]] as const) {
      assert.isTrue(Math.abs((told ?? 0) / known - 1) < 0.05, `${told} ${known}`)
    }
    assert.isAtMost(read?.bins.length ?? 0, 320)
    assert.strictEqual(read?.bins.reduce((sum, bin) => sum + bin.count, 0), 10_000)
  })
})
