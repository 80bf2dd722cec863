import { assert, describe, layer, vi } from "@effect/vitest"
import { Effect, Fiber, Random, type Scope } from "effect"
import { ToolJournal } from "effect-claude"
import { join } from "node:path"
import * as Journals from "../fixtures/journals.ts"
import { installed, Postgres } from "../fixtures/postgres.ts"

// Databases sync to disks, and disks may be busy.
vi.setConfig({ testTimeout: 30_000 })

type Journal = ToolJournal.ToolJournal["Service"]

let tables = 0
const stores: Record<string, Effect.Effect<string, never, Postgres | Scope.Scope>> = {
  memory: Effect.succeed("memory"),
  "node:sqlite": Effect.map(Journals.directory, (dir) => `sqlite ${join(dir, "j.db")} journal`),
  Postgres: Effect.map(Postgres, ({ path }) => `postgres ${path} journal_${tables++}`)
}

/** What JSON can say and a database may stumble over. */
const awkward = [
  "\u0000",
  "\u{1F600}",
  "\ud800",
  "\ud801",
  "\udc00x",
  "'; drop table journal; --",
  "\"\\ %_?$1:a",
  " ",
  "a ",
  "a",
  "A",
  "\u00e4",
  "a\u0308",
  "\\u0000",
  "x".repeat(256),
  "\u0000".repeat(256),
  "\u{1F600}".repeat(128)
]

describe.skipIf(!installed)("ToolJournal (needs postgres)", () => {
  layer(Postgres.layer, { excludeTestServices: true, timeout: 60_000 })((it) => {
    for (const [name, store] of Object.entries(stores)) {
      const opened = Effect.flatMap(store, Journals.open)

      it.effect(`F8 ${name}: a place is taken once, and whoever comes later is told who was first`, () =>
        Effect.gen(function*() {
          const journal = yield* opened
          assert.strictEqual(yield* journal.put("r", 0, "1"), "1")
          assert.strictEqual(yield* journal.put("r", 0, "2"), "1")
          assert.strictEqual(yield* journal.put("r", 0, "1"), "1")
          assert.strictEqual(yield* journal.put("other", 0, "2"), "2")
          assert.deepStrictEqual(yield* journal.read("r"), ["1"])
        }))

      it.effect(`F8 ${name}: of 50 fibers at each of 20 places exactly one wins, and all agree who`, () =>
        Effect.gen(function*() {
          const journal = yield* opened
          const told = yield* Effect.forEach(
            Array.from({ length: 50 }, (_, fiber) => fiber),
            (fiber) =>
              Effect.forEach(Array.from({ length: 20 }, (_, at) => at), (at) => journal.put("r", at, `${fiber}`)),
            { concurrency: "unbounded" }
          )
          const log = yield* journal.read("r")
          assert.lengthOf(log, 20)
          for (const one of told) assert.deepStrictEqual(one, log)
        }))

      it.effect(`${name}: reads in the order of the places, up to the first that is free`, () =>
        Effect.gen(function*() {
          const journal = yield* opened
          const places = [11, 3, 0, 10, 2, 1, 9]
          yield* Effect.forEach(places, (at) => journal.put("r", at, `${at}`), { concurrency: "unbounded" })
          assert.deepStrictEqual(yield* journal.read("r"), ["0", "1", "2", "3"])
          assert.deepStrictEqual(yield* journal.read("nobody"), [])
        }))

      it.effect(`${name}: a removed run is free again, and no other run is touched`, () =>
        Effect.gen(function*() {
          const journal = yield* opened
          yield* journal.put("r", 0, "1")
          yield* journal.put("r_", 0, "kept")
          yield* journal.remove("r")
          yield* journal.remove("never there")
          assert.deepStrictEqual(yield* journal.read("r"), [])
          assert.strictEqual(yield* journal.put("r", 0, "2"), "2")
          assert.deepStrictEqual(yield* journal.read("r_"), ["kept"])
        }))

      it.effect(`${name}: a run that is removed while it is written has one entry a place at any time`, () =>
        Effect.gen(function*() {
          const journal = yield* opened
          const told = yield* Effect.all([
            Effect.forEach(
              Array.from({ length: 200 }, (_, n) => `${n}`),
              (entry) => journal.put("r", 0, entry),
              { concurrency: 20 }
            ),
            Effect.forEach(Array.from({ length: 100 }), () => journal.remove("r"), { concurrency: 5, discard: true })
          ], { concurrency: "unbounded" })
          assert.lengthOf(told[0], 200)
          const [there] = yield* journal.read("r")
          assert.strictEqual(yield* journal.put("r", 0, "last"), there ?? "last")
        }))

      it.effect(`${name}: any text is a run id, and no two are one`, () =>
        Effect.gen(function*() {
          const journal = yield* opened
          for (const [at, run] of awkward.entries()) assert.strictEqual(yield* journal.put(run, 0, `${at}`), `${at}`)
          for (const [at, run] of awkward.entries()) assert.deepStrictEqual(yield* journal.read(run), [`${at}`])
        }))

      it.effect(`${name}: any JSON text comes back as it was, of 10 MB, too`, () =>
        Effect.gen(function*() {
          const journal = yield* opened
          const entries = [...awkward, "x".repeat(10_000_000)].map((text) => JSON.stringify({ text }))
          for (const [at, entry] of entries.entries()) yield* journal.put("r", at, entry)
          const read = yield* journal.read("r")
          assert.lengthOf(read, entries.length)
          for (const [at, entry] of entries.entries()) assert.isTrue(read[at] === entry, `entry ${at}`)
          const last = entries.length - 1
          assert.isTrue((yield* journal.put("r", last, "other")) === entries[last])
        }), 30_000)

      it.effect(`${name}: what is out of bounds is refused by name`, () =>
        Effect.gen(function*() {
          const journal = yield* opened
          const { entryBytes, place, runLength } = ToolJournal.bounds
          const refused = (effect: Effect.Effect<unknown, ToolJournal.JournalFailed>, text: RegExp) =>
            Effect.map(Effect.flip(effect), ({ message }) => assert.match(message, text))
          yield* refused(journal.put("", 0, ""), /1 to 256 characters, not 0/)
          yield* refused(journal.read("x".repeat(runLength + 1)), /256 characters, not 257/)
          yield* refused(journal.remove(""), /256 characters/)
          for (const at of [-1, 0.5, Number.NaN, place + 1]) {
            yield* refused(journal.put("r", at, ""), /A place is an integer/)
          }
          yield* refused(journal.put("r", 0, "ä".repeat(entryBytes / 2 + 1)), /at most 15000000 bytes/)
          assert.deepStrictEqual(yield* journal.read("r"), [])
          assert.strictEqual(yield* journal.put("r", place, "last"), "last")
        }))

      if (name === "memory") continue

      it.effect(
        `F8 ${name}: four processes that start at once on nothing make one table, and all agree on every place`,
        () =>
          Effect.gen(function*() {
            const path = yield* store
            const count = 50
            const children = yield* Effect.forEach(
              ["a", "b", "c", "d"],
              (who) => Journals.child("journalChild.ts", path, "r", who, `${count}`)
            )
            yield* Effect.forEach(children, ({ said }) => said(1))
            yield* Effect.forEach(children, ({ say }) => say("go"))
            yield* Effect.forEach(children, ({ ended }) => ended)
            const log = yield* Effect.flatMap(Journals.open(path), (journal) => journal.read("r"))
            assert.lengthOf(log, count)
            for (const { lines } of children) assert.deepStrictEqual(lines, ["ready", ...log])
          }),
        60_000
      )

      it.effect(
        `F8 ${name}: killed -9 in a loop of puts, whatever had returned is there`,
        () =>
          Effect.gen(function*() {
            const path = yield* store
            for (let round = 0; round < 4; round++) {
              const run = `round ${round}`
              const least = yield* Random.nextIntBetween(0, 40)
              yield* Effect.scoped(Effect.gen(function*() {
                const child = yield* Journals.child("journalChild.ts", path, run, "a", "1000000")
                yield* child.said(1)
                yield* child.say("go")
                yield* child.said(1 + least)
                yield* child.kill
                const [ready, ...told] = child.lines
                assert.strictEqual(ready, "ready")
                assert.isAtLeast(told.length, least)
                const log = yield* Effect.flatMap(Journals.open(path), (journal) => journal.read(run))
                assert.deepStrictEqual(log.slice(0, told.length), told)
                // The one that was on its way may be there, unheard.
                assert.isAtMost(log.length, told.length + 1)
              }))
            }
          }).pipe(Random.withSeed("kill -9")),
        60_000
      )

      it.effect(`${name}: two openers of one run: the second shuts the first out`, () =>
        Effect.gen(function*() {
          const path = yield* store
          const [first, second] = [yield* Journals.open(path), yield* Journals.open(path)]
          const opens = (journal: Journal, by: string) =>
            Effect.flatMap(journal.read("r"), (log) => journal.put("r", log.length, by))
          assert.strictEqual(yield* opens(first, "first"), "first")
          assert.strictEqual(yield* opens(second, "second"), "second")
          assert.strictEqual(yield* first.put("r", 1, "a step of the first"), "second")
          assert.strictEqual(yield* second.put("r", 2, "a step of the second"), "a step of the second")
        }))

      it.effect(`${name}: a put that is interrupted leaves a journal that goes on`, () =>
        Effect.gen(function*() {
          const journal = yield* opened
          for (let at = 0; at < 30; at++) {
            const putting = yield* Effect.forkChild(journal.put("r", at, "a"), { startImmediately: true })
            for (let n = 0; n < at % 10; n++) yield* Effect.yieldNow
            yield* Fiber.interrupt(putting)
            const there = yield* journal.put("r", at, "b")
            assert.include(["a", "b"], there)
          }
          assert.lengthOf(yield* journal.read("r"), 30)
        }))
    }
  })
})
