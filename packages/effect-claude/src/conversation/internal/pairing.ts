/** Rules about calls of client tools and their results. */
import type * as ClaudeError from "../../errors/ClaudeError.ts"
import { answersOf, type Block, idOf, pathOf, type Turn } from "./turns.ts"

type Violation = ClaudeError.Violation

interface Blocks {
  readonly blocks: ReadonlyArray<Block>
}

/** Consecutive messages of one side: the API combines them into one turn before it looks at calls and results. */
interface Run extends Blocks {
  readonly role: unknown
}

const blocksOf = (turn: Turn): ReadonlyArray<Block> =>
  turn.text === undefined ? turn.blocks : [{ type: "text", fields: {}, message: turn.index, at: 0 }]

const combined = (turns: ReadonlyArray<Turn>): ReadonlyArray<Run> => {
  const runs: Array<Run> = []
  /** The blocks of the last run, where they are more than one message's. */
  let own: Array<Block> | undefined
  for (const turn of turns) {
    const last = runs.at(-1)
    const blocks = blocksOf(turn)
    if (last === undefined || last.role !== turn.role) {
      own = undefined
      runs.push({ role: turn.role, blocks })
      continue
    }
    if (own === undefined) runs[runs.length - 1] = { role: turn.role, blocks: own = [...last.blocks] }
    for (const block of blocks) own.push(block)
  }
  return runs
}

/** Each rule asks for the same. */
const known = new WeakMap<ReadonlyArray<Turn>, ReadonlyArray<Run>>()

/** None where nobody calls anything, as in most conversations. */
const runsOf = (turns: ReadonlyArray<Turn>): ReadonlyArray<Run> => {
  if (!turns.some((turn) => turn.calls)) return []
  let runs = known.get(turns)
  if (runs === undefined) known.set(turns, runs = combined(turns))
  return runs
}

/** After a switch to another model earlier calls of the turn count no more. */
export const callsOf = (turn: Blocks | undefined): ReadonlyArray<Block> => {
  if (turn === undefined) return []
  const switched = turn.blocks.findLastIndex((block) => block.type === "fallback")
  return turn.blocks.filter((block, at) => block.type === "tool_use" && at > switched)
}

const resultsOf = (turn: Blocks | undefined): ReadonlyArray<Block> =>
  turn?.blocks.filter((block) => block.type === "tool_result") ?? []

export const unanswered = (turns: ReadonlyArray<Turn>): ReadonlyArray<Violation> => {
  const found: Array<Violation> = []
  const runs = runsOf(turns)
  for (const [at, run] of runs.entries()) {
    const calls = callsOf(run)
    if (run.role !== "assistant" || calls.length === 0) continue
    const next = runs[at + 1]
    // What a system message in between does to the pairing is not documented.
    if (next?.role === "system") continue
    const answered = new Set(resultsOf(next).map(answersOf))
    for (const call of calls) {
      if (answered.has(idOf(call))) continue
      found.push({
        path: pathOf(call),
        rule: "unanswered",
        message: `The call ${idOf(call) ?? "without an id"} has no result in the next message.`,
        fix: "Answer it there with a tool_result; `is_error: true` where it did not run."
      })
    }
  }
  return found
}

export const orphan = (turns: ReadonlyArray<Turn>): ReadonlyArray<Violation> => {
  const found: Array<Violation> = []
  const runs = runsOf(turns)
  for (const [at, run] of runs.entries()) {
    const results = resultsOf(run)
    if (run.role !== "user" || results.length === 0) continue
    const before = runs[at - 1]
    if (before?.role === "system") continue
    const calls = new Set(callsOf(before).map(idOf))
    for (const result of results) {
      if (calls.has(answersOf(result))) continue
      found.push({
        path: `${pathOf(result)}.tool_use_id`,
        rule: "orphan",
        message: `The result answers ${answersOf(result) ?? "no id"}, which the message before did not call.`,
        fix: "Keep call and result together: drop the result, or bring its call back."
      })
    }
  }
  return found
}

export const order = (turns: ReadonlyArray<Turn>): ReadonlyArray<Violation> => {
  const found: Array<Violation> = []
  for (const { blocks, role } of runsOf(turns)) {
    if (role !== "user") continue
    const first = blocks.findIndex((block) => block.type !== "tool_result")
    const late = first < 0 ? undefined : blocks.find((block, at) => at > first && block.type === "tool_result")
    if (late === undefined) continue
    found.push({
      path: pathOf(late),
      rule: "resultsFirst",
      message: "A result stands behind other content.",
      fix: "Put all results first, then text."
    })
  }
  return found
}

export const duplicateResult = (turns: ReadonlyArray<Turn>): ReadonlyArray<Violation> => {
  const found: Array<Violation> = []
  for (const run of runsOf(turns)) {
    const seen = new Set<string | undefined>()
    for (const result of resultsOf(run)) {
      const id = answersOf(result)
      if (seen.has(id)) {
        found.push({
          path: `${pathOf(result)}.tool_use_id`,
          rule: "duplicateResult",
          message: `The call ${id ?? "without an id"} has two results.`,
          fix: "Keep one."
        })
      }
      seen.add(id)
    }
  }
  return found
}

export const duplicateCall = (turns: ReadonlyArray<Turn>): ReadonlyArray<Violation> => {
  const found: Array<Violation> = []
  const seen = new Set<string>()
  for (const turn of turns) {
    for (const call of turn.blocks) {
      const id = call.type === "tool_use" ? idOf(call) : undefined
      if (id === undefined) continue
      if (seen.has(id)) {
        found.push({
          path: `${pathOf(call)}.id`,
          rule: "duplicateCall",
          message: `The id ${id} was used before.`,
          fix: "Give every call an id of its own, and its result the same."
        })
      }
      seen.add(id)
    }
  }
  return found
}
