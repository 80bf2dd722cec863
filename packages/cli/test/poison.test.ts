/** Lines that fail whatever is done, on virtual time: the others finish, and the user is told what is waited for. */
import { Fault, FaultServer, Reply, VirtualClock } from "@effect-claude/fault-server"
import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Random, Redacted } from "effect"
import { join } from "node:path"
import { bulk, type Options, reportText } from "../src/bulk.ts"
import { folder, job, results, write } from "./fixtures/harness.ts"

const named = (name: string, count: number): ReadonlyArray<string> =>
  Array.from({ length: count }, (_, n) => `${name}-${n}`)

const minute = 60_000

interface Seen {
  readonly text: string
  readonly at: number
}

/** Runs the lines until all but the poisoned ones have a result, `more` milliseconds longer, and then stops by hand. */
const run = (
  lines: ReadonlyArray<string>,
  fails: (text: string) => Reply.Reply | undefined,
  { good, more = 0, ...options }: { readonly good: number; readonly more?: number } & Partial<Options>
) => {
  const clock = VirtualClock.make()
  const out = join(folder(), "results.jsonl")
  return clock.run(
    Effect.gen(function*() {
      const stop = yield* Deferred.make<void>()
      const seen: Array<Seen> = []
      const rest = { left: good, doneAt: 0 }
      const fetch = yield* FaultServer.fetch((request) =>
        Effect.suspend(() => {
          const text = JSON.stringify(request.json)
          seen.push({ text, at: clock.now })
          const failure = fails(text)
          if (failure !== undefined) return Effect.delay(Effect.succeed(failure), "200 millis")
          if (--rest.left === 0) rest.doneAt = clock.now
          return Effect.delay(Effect.succeed(Reply.forRequest(request, Reply.message("ok"))), "1 second")
        })
      )
      yield* Effect.forkChild(Effect.gen(function*() {
        while (rest.left > 0 && clock.now < 60 * minute) yield* Effect.sleep("1 second")
        yield* Effect.sleep(more + 5000)
        yield* Deferred.succeed(stop, undefined)
      }))
      const report = yield* bulk({
        prompts: write(folder(), lines),
        out,
        progress: false,
        stop,
        client: { apiKey: Redacted.make("sk-ant-test"), baseUrl: "http://claude.test", fetch },
        ...options
      })
      return { report, seen, healthyAt: rest.doneAt, text: reportText(report, out), written: results(out) }
    }).pipe(Random.withSeed("poison"))
  )
}

const ofPoison = (failure: Reply.Reply) => (text: string): Reply.Reply | undefined =>
  text.includes("poison") ? failure : undefined
describe("bulk: lines that fail for ever", () => {
  it("at the head of the file, more than there are workers: the rest finishes within minutes, and nothing is lost", async () => {
    const poison = named("poison", 50)
    const fine = named("fine", 150)
    const { healthyAt, report, seen, text, written } = await run(
      [...poison, ...fine].map((id) => job(id)),
      ofPoison(Reply.error(500, "api_error", "Internal server error")),
      { good: 150, more: 8 * minute, concurrency: 16 }
    )
    assert.sameMembers(written.map((line) => line.custom_id), fine as Array<string>)
    assert.isAtMost(healthyAt, 5 * minute)
    assert.deepInclude(report, { outcome: "stopped", succeeded: 150, errored: {}, failing: { ServerFailed: 50 } })
    assert.strictEqual(report.lines.left, 50)
    assert.match(text, /kept failing +50/)
    assert.match(text, /ServerFailed +50: .*Internal server error/)
    assert.match(text, /--max-attempts/)
    // They are still tried while the run goes on, and not in a tight loop.
    const late = seen.filter(({ at }) => at > healthyAt + minute).length
    assert.isTrue(late > 0 && late < 100, `${late} requests`)
  })

  it("one worker and a poisoned first line: the rest finishes", async () => {
    const { healthyAt, report } = await run(
      [job("poison"), ...named("fine", 20).map((id) => job(id))],
      ofPoison(Fault.overloaded()),
      { good: 20, concurrency: 1 }
    )
    assert.strictEqual(report.succeeded, 20)
    assert.isAtMost(healthyAt, minute)
  })

  it("a model that is down holds no worker: the lines of another go on while its circuit is open", async () => {
    const down = named("down", 60).map((id) => job(id, { model: "claude-opus-5-5" }))
    const up = named("up", 200).map((id) => job(id))
    const { healthyAt, report, seen } = await run(
      [...down, ...up],
      (text) => text.includes("opus") ? Fault.overloaded() : undefined,
      { good: 200, more: 20 * minute, concurrency: 8 }
    )
    assert.strictEqual(report.succeeded, 200)
    assert.isAtMost(healthyAt, minute)
    assert.isAtMost(seen.filter(({ text }) => text.includes("opus")).length, 100, "an open circuit lets only probes by")
  })

  it("a server that asks to wait five minutes for each of them holds no worker", async () => {
    const failure = { ...Fault.overloaded(), headers: { "retry-after": "300" } }
    const { healthyAt, report } = await run(
      [...named("poison", 4), ...named("fine", 40)].map((id) => job(id)),
      ofPoison(failure),
      { good: 40, concurrency: 4 }
    )
    assert.strictEqual(report.succeeded, 40)
    assert.isAtMost(healthyAt, minute)
  })

  it("an outage is waited for: every line has one result when it is over", async () => {
    let asked = 0
    const { report, written } = await run(
      named("fine", 300).map((id) => job(id)),
      () => asked++ < 20 ? Fault.overloaded() : undefined,
      { good: 300, concurrency: 16 }
    )
    assert.deepInclude(report, { outcome: "done", succeeded: 300, failing: {} })
    assert.strictEqual(new Set(written.map((line) => line.custom_id)).size, 300)
  })

  it("A7 --max-attempts counts and lists the requests of all turns", async () => {
    const { report, written } = await run(
      [...named("poison", 2), ...named("fine", 3)].map((id) => job(id)),
      ofPoison(Reply.error(500, "api_error", "no")),
      { good: 3, more: 60 * minute, maxAttempts: 8 }
    )
    assert.deepInclude(report, { outcome: "done", succeeded: 3, errored: { ServerFailed: 2 }, failing: {} })
    for (const { custom_id, result } of written) {
      if (custom_id.startsWith("fine")) continue
      const attempts = Reflect.get(Object(result.error), "attempts") as ReadonlyArray<object>
      assert.strictEqual(attempts.length, 8)
      assert.strictEqual(attempts.filter((one) => "refused" in one).length, 1, "only the last was given up")
    }
  })
})
