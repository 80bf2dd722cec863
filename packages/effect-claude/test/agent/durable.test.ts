/** The durable loop in processes that are killed, over SQLite and over Postgres. */
import { FaultServer } from "@effect-claude/fault-server"
import { assert, layer } from "@effect/vitest"
import { Effect, Random, Schema } from "effect"
import { ToolLoop } from "effect-claude"
import { join } from "node:path"
import { handler, results } from "../fixtures/durable.ts"
import * as Journals from "../fixtures/journals.ts"
import { Postgres } from "../fixtures/postgres.ts"

type Child = Effect.Success<ReturnType<typeof Journals.child>>

const decode = Schema.decodeEffect(Schema.fromJsonString(ToolLoop.Outcome))
const said = ({ lines }: Child, what: string) =>
  lines.filter((line) => line.startsWith(what)).map((line) => line.slice(what.length))
const outcomeOf = (child: Child) => {
  const [json] = said(child, "done ")
  return json === undefined ? Effect.undefined : decode(json)
}

const once = ["pay-1", "send-1", "pay-2", "pay-3"]

/** F8 and F1: every call has one true result, and what may run once has begun once at most, in all lives together. */
const assertTrue = (outcome: ToolLoop.Outcome, lives: ReadonlyArray<Child>, name: string) => {
  assert.strictEqual(outcome._tag, "Finished", `${name} ${outcome._tag === "Failed" ? outcome.error.message : ""}`)
  assert.strictEqual(outcome.history.length, 8, name)
  const begun = lives.flatMap((life) => said(life, "begun "))
  const told = results(outcome)
  assert.sameMembers(Object.keys(told), ["look-1", "put-1", ...once], name)
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

layer(Postgres.layer, { excludeTestServices: true, timeout: 60_000 })("DurableToolLoop in processes", (it) => {
  const server = Effect.map(FaultServer.make(handler, { maxRecorded: 0 }), ({ url }) => url)
  const clients = {
    SQLite: Effect.map(Journals.directory, (dir) => `sqlite ${join(dir, "w.db")}`),
    Postgres: Effect.map(Postgres, ({ path }) => `postgres ${path}`)
  }

  const live = (client: string, run: string, url: string, last = "never", ...port: ReadonlyArray<string>) =>
    Journals.child("durableChild.ts", client, run, url, last, ...port)

  /** Kills a run before so many steps drawn from all that it takes, and starts it again. */
  const killed = (client: string, url: string, rounds: number) =>
    Effect.gen(function*() {
      const whole = yield* live(client, "whole", url)
      yield* whole.ended
      const outcome = yield* outcomeOf(whole)
      assertTrue(outcome ?? assert.fail("it never ended"), [whole], "whole")
      const steps = Number(said(whole, "steps ")[0])
      assert.isAbove(steps, 100)
      let crashes = 0
      for (let round = 0; round < rounds; round++) {
        const last = yield* Random.nextIntBetween(1, steps)
        const first = yield* live(client, `run ${round}`, url, `${last}`)
        yield* first.ended
        const second = yield* live(client, `run ${round}`, url)
        yield* second.ended
        if ((yield* outcomeOf(first)) === undefined) crashes++
        const outcome = yield* outcomeOf(second)
        const name = `killed before step ${last} of ${steps}`
        assertTrue(outcome ?? assert.fail(`${name}: it never ended`), [first, second], name)
      }
      assert.isAbove(crashes, rounds / 2)
    })

  it.effect(
    "F8 F1 on SQLite: killed -9 at any step and started again, every call has one true result",
    () =>
      Effect.gen(function*() {
        yield* killed(yield* clients.SQLite, yield* server, 8)
      }).pipe(Random.withSeed("killed on SQLite")),
    180_000
  )

  it.effect(
    "F8 F1 on Postgres: killed -9 at any step and started again, every call has one true result",
    () =>
      Effect.gen(function*() {
        yield* killed(yield* clients.Postgres, yield* server, 4)
      }).pipe(Random.withSeed("killed on Postgres")),
    180_000
  )

  it.effect(
    "F8 F1 two runners on Postgres: one is killed -9 at any instant, the other goes on",
    () =>
      Effect.gen(function*() {
        const [client, url] = [yield* clients.Postgres, yield* server]
        for (let round = 0; round < 3; round++) {
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
    180_000
  )
})
