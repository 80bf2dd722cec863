import { assert, describe, layer, vi } from "@effect/vitest"
import { Effect, Layer, Random, Schema } from "effect"
import { ToolJournal } from "effect-claude"
import { DurableDeferred, Workflow, WorkflowEngine } from "effect/workflow"
import { join } from "node:path"
import * as Engines from "../fixtures/engines.ts"
import * as Journals from "../fixtures/journals.ts"
import { installed, Postgres } from "../fixtures/postgres.ts"

// Databases sync to disks, and disks may be busy.
vi.setConfig({ testTimeout: 30_000 })

const Approved = DurableDeferred.make("approved", { success: Schema.String })

const Run = Workflow.make("Run", {
  payload: { run: Schema.String },
  idempotencyKey: ({ run }) => run,
  success: Schema.Array(Schema.String),
  error: ToolJournal.JournalFailed
})

/** Puts, waits to be approved, puts on: each pass of the body writes entries of its own. */
const passes = () => {
  let pass = 0
  const body = Run.toLayer(({ run }) =>
    Effect.gen(function*() {
      const by = `pass ${++pass}`
      const journal = yield* ToolJournal.ToolJournal
      assert.deepStrictEqual(yield* journal.read(run), [])
      const before = yield* Effect.forEach(
        [0, 1, 2],
        (at) => journal.put(run, at, `${by} ${at}`),
        { concurrency: "unbounded" }
      )
      const approved = yield* DurableDeferred.await(Approved)
      yield* journal.remove(run)
      const after = yield* Effect.forEach([3, 4, 0], (at) => journal.put(run, at, `${by} ${at} ${approved}`))
      return [...before, ...after]
    }).pipe(Effect.provide(ToolJournal.layerWorkflow))
  )
  return { body, passes: () => pass }
}

const total = 20
const decodeLog = Schema.decodeEffect(Schema.fromJsonString(Schema.Array(Schema.String)))

type Child = Effect.Success<ReturnType<typeof Journals.child>>

/** The entries that a child has told, and the log it ended with, if it did. */
const told = ({ lines }: Child) => lines.filter((line) => !line.startsWith("done "))
const doneOf = ({ lines }: Child) => {
  const done = lines.find((line) => line.startsWith("done "))
  return done === undefined ? Effect.undefined : decodeLog(done.slice("done ".length))
}

describe.skipIf(!installed)("ToolJournal.layerWorkflow (needs postgres)", () => {
  layer(Postgres.layer, { excludeTestServices: true, timeout: 60_000 })((it) => {
    const engines = {
      "in memory": Effect.succeed(WorkflowEngine.layerMemory),
      "on SQLite": Effect.map(Journals.directory, (dir) => Engines.single(`sqlite ${join(dir, "w.db")}`)),
      "on Postgres": Effect.map(Postgres, ({ path }) => Engines.single(`postgres ${path}`))
    }
    for (const [name, engine] of Object.entries(engines)) {
      it.effect(
        `F8 ${name}: a replay gets the entries that were recorded, whatever it puts`,
        () =>
          Effect.gen(function*() {
            const { body, passes: count } = passes()
            const layer = body.pipe(Layer.provideMerge(yield* engine))
            yield* Effect.gen(function*() {
              const run = `replayed ${name}`
              const id = yield* Run.execute({ run }, { discard: true })
              const token = yield* DurableDeferred.tokenFromPayload(Approved, { workflow: Run, payload: { run } })
              // Until the body waits, there is nothing to approve.
              while ((yield* Run.poll(id))._tag === "None") yield* Effect.yieldNow
              yield* DurableDeferred.succeed(Approved, { token, value: "yes" })
              const log = yield* Run.execute({ run })
              assert.deepStrictEqual(log, [
                "pass 1 0",
                "pass 1 1",
                "pass 1 2",
                "pass 2 3 yes",
                "pass 2 4 yes",
                "pass 1 0"
              ])
              assert.strictEqual(count(), 2)
            }).pipe(Effect.provide(layer))
          }),
        30_000
      )
    }

    const clients = {
      SQLite: Effect.map(Journals.directory, (dir) => `sqlite ${join(dir, "w.db")}`),
      Postgres: Effect.map(Postgres, ({ path }) => `postgres ${path}`)
    }
    const start = (client: string, run: string, who: string, ...port: ReadonlyArray<string>) =>
      Journals.child("workflowChild.ts", client, run, who, `${total}`, ...port)

    const killed = (client: string, run: string) =>
      Effect.gen(function*() {
        let known: ReadonlyArray<string> = []
        for (let life = 0;; life++) {
          const child = yield* start(client, run, `life ${life}`)
          // A later life first tells again what is there, so it is let live a little longer.
          yield* child.said(known.length + (yield* Random.nextIntBetween(0, 12)))
          yield* child.kill
          const heard = told(child)
          assert.deepStrictEqual(heard.slice(0, known.length), known.slice(0, heard.length))
          if (heard.length > known.length) known = heard
          const done = yield* doneOf(child)
          if (done !== undefined) return assert.deepStrictEqual([...done], known)
        }
      })
    it.effect(
      "F8 on SQLite: killed -9 in the middle and started again, ends with the log that was told",
      () =>
        Effect.gen(function*() {
          const client = yield* clients.SQLite
          yield* killed(client, "a run")
        }).pipe(Random.withSeed("lives on SQLite")),
      120_000
    )

    it.effect(
      "F8 on Postgres: killed -9 in the middle and started again, ends with the log that was told",
      () =>
        Effect.gen(function*() {
          const client = yield* clients.Postgres
          yield* killed(client, "a run")
        }).pipe(Random.withSeed("lives on Postgres")),
      120_000
    )

    /** Two runners of one run, when one of them has told so many entries. */
    const twoRunners = (run: string, count: number) =>
      Effect.gen(function*() {
        const client = yield* clients.Postgres
        const one = yield* start(client, run, "one", `${yield* Journals.port}`)
        const two = yield* start(client, run, "two", `${yield* Journals.port}`)
        // The run may wander from one to the other while they find each other.
        yield* Effect.raceFirst(one.said(count), two.said(count))
        return one.lines.length >= count ? { running: one, waiting: two } : { running: two, waiting: one }
      })
    /** A run that wanders is told from its beginning again; an entry names its place, so it is there or it is not. */
    const assertTold = (child: Child, log: ReadonlyArray<string>) => {
      for (const line of told(child)) assert.include(log, line)
    }

    it.effect(
      "F8 two runners on Postgres: one is killed -9 at any instant, the other goes on with the same log",
      () =>
        Effect.forEach([0, 1, 2], (round) =>
          Effect.scoped(Effect.gen(function*() {
            const count = yield* Random.nextIntBetween(1, total - 1)
            const { running, waiting } = yield* twoRunners(`two runners ${round}`, count)
            yield* running.kill
            yield* waiting.ended
            const done = [...(yield* doneOf(waiting)) ?? []]
            assert.lengthOf(done, total)
            assertTold(running, done)
            assertTold(waiting, done)
          }))).pipe(Random.withSeed("two runners")),
      120_000
    )

    it.effect(
      "F8 two runners on Postgres: one is frozen until the other has gone on, and does not spoil the log",
      () =>
        Effect.gen(function*() {
          const { running, waiting } = yield* twoRunners("a frozen runner", 7)
          yield* running.freeze
          yield* waiting.ended
          const done = [...(yield* doneOf(waiting)) ?? []]
          assert.lengthOf(done, total)
          yield* running.thaw
          yield* running.ended
          assert.deepStrictEqual([...(yield* doneOf(running)) ?? []], done)
          assert.isAtLeast(told(running).length, 7)
          assertTold(running, done)
          assertTold(waiting, done)
        }),
      120_000
    )
  })
})
