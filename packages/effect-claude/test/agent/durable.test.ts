/** The durable loop in processes that are killed, over SQLite and over Postgres. */
import { FaultServer } from "@effect-claude/fault-server"
import { assert, describe, layer } from "@effect/vitest"
import { Effect, Layer, Logger, Option, Random, Schema } from "effect"
import { DurableToolLoop, ToolLoop } from "effect-claude"
import { join } from "node:path"
import { agent, options, results } from "../fixtures/durable.ts"
import { handler } from "../fixtures/durableModel.ts"
import * as Engines from "../fixtures/engines.ts"
import * as Journals from "../fixtures/journals.ts"
import { installed, Postgres } from "../fixtures/postgres.ts"

type Child = Effect.Success<ReturnType<typeof Journals.child>>

const decode = Schema.decodeEffect(Schema.fromJsonString(ToolLoop.Outcome))
const said = ({ lines }: Child, what: string) =>
  lines.filter((line) => line.startsWith(what)).map((line) => line.slice(what.length))
const outcomeOf = (child: Child) => {
  const [json] = said(child, "done ")
  return json === undefined ? Effect.undefined : decode(json)
}

/** With `SWEEP=1` in the environment runs are killed before each of their steps, which takes minutes. */
const sweep = process.env["SWEEP"] !== undefined
const patience = sweep ? 3_600_000 : 180_000

const once = ["pay-1", "send-1", "pay-2", "pay-3", "ask-1", "ask-2", "ask-3"]
const calls = {
  work: ["look-1", "put-1", "pay-1", "send-1", "pay-2", "pay-3"],
  ask: ["look-1", "ask-1", "ask-2", "ask-3"]
}

/** F8 and F1: every call has one true result, and what may run once has begun once at most, in all lives together. */
const assertTrue = (outcome: ToolLoop.Outcome, lives: ReadonlyArray<Child>, name: string) => {
  assert.strictEqual(outcome._tag, "Finished", `${name} ${outcome._tag === "Failed" ? outcome.error.message : ""}`)
  const ids = calls[outcome.runId.startsWith("ask") ? "ask" : "work"]
  assert.strictEqual(outcome.history.length, ids === calls.ask ? 6 : 8, name)
  const begun = lives.flatMap((life) => said(life, "begun "))
  const told = results(outcome)
  assert.sameMembers(Object.keys(told), ids, name)
  for (const [id, result] of Object.entries(told)) {
    const text = String(result)
    const times = begun.filter((one) => one === id).length
    if (once.includes(id)) assert.isAtMost(times, 1, `${name}: ${id}`)
    if (text === `${id.split("-")[0]} ${id}`) assert.isAtLeast(times, 1, `${name}: ${id}`)
    else if (id === "send-1") assert.strictEqual(text, "sent as send-1", name)
    else {
      assert.match(text, /no result is known/, `${name}: ${id}`)
      assert.include(once, id, name)
    }
  }
}

describe.skipIf(!installed)("DurableToolLoop in processes (needs postgres)", () => {
  layer(Postgres.layer, { excludeTestServices: true, timeout: 60_000 })((it) => {
    const server = Effect.map(FaultServer.make(handler, { maxRecorded: 0 }), ({ url }) => url)
    const clients = {
      SQLite: Effect.map(Journals.directory, (dir) => `sqlite ${join(dir, "w.db")}`),
      Postgres: Effect.map(Postgres, ({ path }) => `postgres ${path}`)
    }

    const live = (client: string, run: string, url: string, last = "never", ...port: ReadonlyArray<string>) =>
      Journals.child("durableChild.ts", client, run, url, last, ...port)

    /** Kills a run before so many steps drawn from all that it takes, and starts it again. */
    const killed = (client: string, url: string, rounds: number, run = "run") =>
      Effect.gen(function*() {
        const whole = yield* live(client, `${run} whole`, url)
        yield* whole.ended
        const outcome = yield* outcomeOf(whole)
        assertTrue(outcome ?? assert.fail("it never ended"), [whole], "whole")
        const steps = Number(said(whole, "steps ")[0])
        assert.isAbove(steps, 30)
        const places = sweep
          ? Array.from({ length: steps }, (_, step) => step + 1)
          : yield* Effect.replicateEffect(Random.nextIntBetween(1, steps), rounds)
        let crashes = 0
        for (const [round, last] of places.entries()) {
          const first = yield* live(client, `${run} ${round}`, url, `${last}`)
          yield* first.ended
          const second = yield* live(client, `${run} ${round}`, url)
          yield* second.ended
          if ((yield* outcomeOf(first)) === undefined) crashes++
          const outcome = yield* outcomeOf(second)
          const name = `killed before step ${last} of ${steps}`
          assertTrue(outcome ?? assert.fail(`${name}: it never ended`), [first, second], name)
        }
        assert.isAbove(crashes, places.length / 2)
      })

    it.effect(
      "F8 F1 a loop over a journal on SQLite: killed -9 at any step and run again, every call has one true result",
      () =>
        Effect.gen(function*() {
          yield* killed(`journal ${yield* clients.SQLite}`, yield* server, 6)
        }).pipe(Random.withSeed("killed over a journal")),
      patience
    )

    it.effect(
      "F8 F1 on SQLite: killed -9 at any step and started again, every call has one true result",
      () =>
        Effect.gen(function*() {
          yield* killed(yield* clients.SQLite, yield* server, 6)
        }).pipe(Random.withSeed("killed on SQLite")),
      patience
    )

    it.effect(
      "F8 F1 on SQLite: killed -9 at any step of asking, deciding and going on, every approved call has one true result",
      () =>
        Effect.gen(function*() {
          yield* killed(yield* clients.SQLite, yield* server, 5, "ask")
        }).pipe(Random.withSeed("killed while asking")),
      patience
    )

    it.effect(
      "F8 F1 on Postgres: killed -9 at any step and started again, every call has one true result",
      () =>
        Effect.gen(function*() {
          yield* killed(yield* clients.Postgres, yield* server, 3)
        }).pipe(Random.withSeed("killed on Postgres")),
      patience
    )

    it.effect(
      "F8 F1 two runners on Postgres: one is killed -9 at any instant, the other goes on",
      () =>
        Effect.gen(function*() {
          const [client, url] = [yield* clients.Postgres, yield* server]
          for (let round = 0; round < 2; round++) {
            yield* Effect.scoped(Effect.gen(function*() {
              const run = `two runners ${round}`
              const one = yield* live(client, run, url, "never", `${yield* Journals.port}`)
              const two = yield* live(client, run, url, "never", `${yield* Journals.port}`)
              const count = yield* Random.nextIntBetween(1, 6)
              yield* Effect.raceFirst(one.said(count), two.said(count))
              const [running, waiting] = one.lines.length >= count ? [one, two] : [two, one]
              yield* running.kill
              yield* waiting.ended
              const outcome = yield* outcomeOf(waiting)
              const name = `killed after ${count} calls`
              assertTrue(outcome ?? assert.fail(`${name}: it never ended`), [one, two], name)
            }))
          }
        }).pipe(Random.withSeed("two runners")),
      patience
    )

    it.effect(
      "F8 F1 two runners on Postgres: one is frozen until the other has ended the run, and changes nothing",
      () =>
        Effect.gen(function*() {
          const [client, url] = [yield* clients.Postgres, yield* server]
          const one = yield* live(client, "a frozen runner", url, "never", `${yield* Journals.port}`)
          const two = yield* live(client, "a frozen runner", url, "never", `${yield* Journals.port}`)
          yield* Effect.raceFirst(one.said(3), two.said(3))
          const [running, waiting] = one.lines.length >= 3 ? [one, two] : [two, one]
          yield* running.freeze
          yield* waiting.ended
          yield* running.thaw
          yield* running.ended
          const [outcome, same] = [yield* outcomeOf(waiting), yield* outcomeOf(running)]
          assertTrue(outcome ?? assert.fail("it never ended"), [one, two], "frozen")
          assert.deepStrictEqual(same && results(same), outcome && results(outcome))
        }),
      patience
    )

    it.effect(
      "a process that runs no agents starts a run on another, sees what it waits for, decides, and reads the end",
      () =>
        Effect.gen(function*() {
          const [client, url] = [yield* clients.Postgres, yield* server]
          const runner = yield* live(client, "", url, "never", `${yield* Journals.port}`)
          yield* runner.said(1)
          const settled = Effect.gen(function*() {
            while (true) {
              const outcome = Option.getOrUndefined(yield* DurableToolLoop.poll(agent, "asked from afar"))
              if (outcome !== undefined) return outcome
              yield* Effect.yieldNow
            }
          })
          yield* Effect.gen(function*() {
            yield* DurableToolLoop.start(agent, options("asked from afar", "ask"))
            const first = yield* settled
            if (first._tag !== "NeedsApproval") return assert.fail(first._tag)
            assert.deepStrictEqual(first.pending.calls.map(({ id }) => id), ["ask-1"])
            yield* DurableToolLoop.decide(agent, first, { "ask-1": "approve" })
            assert.deepStrictEqual(yield* DurableToolLoop.decide(agent, first, { "ask-1": "deny" }), {
              "ask-1": "approve"
            })
            const second = yield* settled
            if (second._tag !== "NeedsApproval") return assert.fail(second._tag)
            yield* DurableToolLoop.decide(agent, second, { "ask-2": "approve", "ask-3": "deny" })
            const outcome = yield* DurableToolLoop.execute(agent, options("asked from afar", "ask"))
            assert.strictEqual(outcome._tag, "Finished")
            assert.deepStrictEqual(yield* settled, outcome)
            assert.sameMembers(said(runner, "begun "), ["look-1", "ask-1", "ask-2"])
          }).pipe(Effect.provide(Engines.asking(client).pipe(Layer.provide(Logger.layer([])))))
        }),
      60_000
    )
  })
})
