import { NodeFileSystem } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { BatchJournal } from "effect-claude"
import { appendFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"

const intent = (number: number): BatchJournal.Entry => ({
  _tag: "Intent",
  number,
  round: 0,
  mark: "mark",
  newest: "msgbatch_1",
  ids: ["a", "ü \"\n"]
})
const created: BatchJournal.Entry = { _tag: "Created", number: 0, batches: ["msgbatch_2"] }
const nothing: BatchJournal.Entry = { _tag: "Void", number: 1 }

const folder = (): string => mkdtempSync(join(tmpdir(), "effect-claude-journal-"))
const file = (path: string) => BatchJournal.layerFile(path).pipe(Layer.provide(NodeFileSystem.layer))

const append = (entry: BatchJournal.Entry) => BatchJournal.BatchJournal.use((journal) => journal.append(entry))
const read = BatchJournal.BatchJournal.use((journal) => journal.read)
const clear = BatchJournal.BatchJournal.use((journal) => journal.clear)

const program = Effect.gen(function*() {
  assert.deepStrictEqual(yield* read, [])
  yield* clear
  for (const entry of [intent(0), created, intent(1), nothing]) yield* append(entry)
  assert.deepStrictEqual(yield* read, [intent(0), created, intent(1), nothing])
  yield* clear
  assert.deepStrictEqual(yield* read, [])
  yield* append(intent(2))
  assert.deepStrictEqual(yield* read, [intent(2)])
})

describe("BatchJournal", () => {
  it.effect("layerMemory keeps what is appended until it is cleared", () =>
    Effect.provide(program, BatchJournal.layerMemory))

  it.live("layerFile does too, in a file of whole lines", () =>
    Effect.provide(program, file(join(folder(), "journal"))))

  it.live("what one process wrote the next reads; a line that a crash tore is left out and mended", () => {
    const path = join(folder(), "journal")
    return Effect.gen(function*() {
      yield* Effect.provide(Effect.andThen(append(intent(0)), append(created)), file(path))
      appendFileSync(path, `{"_tag":"Intent","number":1,"rou`)
      yield* Effect.gen(function*() {
        assert.deepStrictEqual(yield* read, [intent(0), created])
        yield* append(nothing)
        assert.deepStrictEqual(yield* read, [intent(0), created, nothing])
      }).pipe(Effect.provide(file(path)))
      assert.strictEqual(readFileSync(path, "utf8").split("\n").length, 4)
    })
  })

  it.live("a file that is no journal, and a folder that is gone, fail by name", () => {
    const dir = folder()
    const path = join(dir, "journal")
    return Effect.gen(function*() {
      writeFileSync(path, "something else\n")
      const other = yield* Effect.flip(Effect.provide(read, file(path)))
      assert.strictEqual(other._tag, "BatchJournalFailed")
      assert.include(other.message, path)
      assert.strictEqual(readFileSync(path, "utf8"), "something else\n")
      rmSync(dir, { recursive: true })
      const gone = yield* Effect.flip(Effect.provide(append(created), file(path)))
      assert.include(gone.message, path)
      assert.isFalse(existsSync(path))
    })
  })
})
