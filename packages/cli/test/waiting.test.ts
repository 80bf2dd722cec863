/** What is waited for, as the user reads it. */
import { assert, it } from "@effect/vitest"
import { ClaudeError } from "effect-claude"
import { Recorder } from "../src/internal/report/recorder.ts"
import * as Tally from "../src/internal/tally.ts"
import { inShort, inWords } from "../src/internal/waiting.ts"

const standing = { isRead: true, next: Infinity, shut: [] }
const tallied = (succeeded: number, failing: number): Tally.Tally => {
  const tally = Tally.make(new Recorder(() => 0), 10, 0, 0)
  tally.succeeded = succeeded
  for (let n = 0; n < failing; n++) Tally.fails(tally, undefined, "ServerFailed")
  if (failing > 0) tally.failingWith.set("ServerFailed", "Internal server error")
  return tally
}

it("nothing is said while answers are all that is waited for", () => {
  assert.isUndefined(inWords(tallied(3, 0), standing, 0))
  assert.strictEqual(inShort(tallied(3, 0), standing, 0), "")
})

it("only lines that keep failing are left: how many, why, when the next is due, what ends it", () => {
  const words = inWords(tallied(8, 2), { ...standing, next: 72_000 }, 0) ?? ""
  assert.include(words, "2 lines kept failing (ServerFailed: Internal server error); every other line has its result.")
  assert.include(words, "for as long as this runs, the next in 1 min 12 s. Ctrl-C ends it")
  assert.include(words, "--max-attempts")
  assert.strictEqual(
    inShort(tallied(8, 2), { ...standing, next: 72_000 }, 0),
    ", 2 failing (ServerFailed), next try in 1 min 12 s"
  )
})

it("others are still under way: the failed ones come after them", () => {
  assert.match(inWords(tallied(5, 1), standing, 0) ?? "", /^1 line failed so far \(.*\) and will be tried again when/)
})

it("a model whose circuit is open is named with what opened it", () => {
  const because = new ClaudeError.Overloaded({ message: "Overloaded", status: 529 })
  const shut = [{ model: "claude-haiku-5-5", because }]
  const words = inWords(tallied(5, 0), { ...standing, shut, next: 9000 }, 0) ?? ""
  assert.match(words, /claude-haiku-5-5 is left alone for a while after failures \(Overloaded: Overloaded\)/)
  assert.strictEqual(inShort(tallied(5, 0), { ...standing, shut, next: 9000 }, 0), ", circuit open, next try in 9 s")
})
