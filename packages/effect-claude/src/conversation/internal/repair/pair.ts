/** Gives every call of a client tool its one result in the next message, and every result its call. */
import { synthetic } from "../synthetic.ts"
import type { Fields } from "../turns.ts"
import { type Draft, type Noted, textOf } from "./draft.ts"

/** An id that the conversation does not hold yet, the same for the same conversation. */
class Ids {
  private readonly taken = new Set<string>()
  private readonly seen = new Set<string>()
  private readonly counts = new Map<string, number>()

  constructor(drafts: ReadonlyArray<Draft>) {
    for (const { blocks = [] } of drafts) {
      for (const block of blocks) if (block["type"] === "tool_use") this.taken.add(String(block["id"]))
    }
  }

  next(id: string): string {
    if (!this.seen.has(id)) {
      this.seen.add(id)
      return id
    }
    let count = this.counts.get(id) ?? 1
    let fresh: string
    do fresh = `${id}_${++count}`
    while (this.taken.has(fresh))
    this.counts.set(id, count)
    this.taken.add(fresh)
    this.seen.add(fresh)
    return fresh
  }
}

interface Call {
  /** The message it stands in. */
  readonly asked: number
  readonly given: string
  readonly id: string
  result: Fields | undefined
}

const isResult = (block: Fields): boolean => block["type"] === "tool_result"

const withId = (block: Fields, id: string): Fields => ({ ...block, id })

/** The assistant's message with ids of its own, and its calls; calls before a switch of models count no more. */
const callsOf = (draft: Draft, ids: Ids, note: (noted: Noted) => void): readonly [Draft, ReadonlyArray<Call>] => {
  const { blocks, index } = draft
  if (blocks === undefined) return [draft, []]
  const calls: Array<Call> = []
  const switched = blocks.findLastIndex((block) => block["type"] === "fallback")
  let renamed = false
  const own = blocks.map((block, at) => {
    if (block["type"] !== "tool_use") return block
    const given = String(block["id"])
    const id = ids.next(given)
    if (at > switched) calls.push({ asked: index, given, id, result: undefined })
    if (id === given) return block
    renamed = true
    note({ index, path: `messages.${index}.content`, change: "renamed", message: `The second ${given} is now ${id}.` })
    return withId(block, id)
  })
  return [renamed ? { ...draft, blocks: own } : draft, calls]
}

const asBlocks = ({ blocks, fields }: Draft): ReadonlyArray<Fields> =>
  blocks ?? [{ type: "text", text: fields["content"] }]

const user = (index: number, blocks: ReadonlyArray<Fields>): Draft => ({
  index,
  role: "user",
  fields: { role: "user", content: blocks },
  blocks
})

/** Each call has its one result at the head of what the user says next, and no other result stands before the next answer. */
const isPaired = (calls: ReadonlyArray<Call>, group: ReadonlyArray<Draft>): boolean => {
  const end = group.findIndex(({ role }) => role !== "user")
  const head = group.slice(0, end < 0 ? group.length : end).flatMap(asBlocks).slice(0, calls.length)
  const answered = new Set(head.map((block) => isResult(block) ? block["tool_use_id"] : undefined))
  const results = group.reduce((sum, { blocks = [] }) => sum + blocks.filter(isResult).length, 0)
  return results === calls.length && calls.every(({ given, id }) => given === id && answered.has(id))
}

/** What stands between two messages of the assistant, when the first made these calls. */
const answer = (
  asked: number,
  calls: ReadonlyArray<Call>,
  group: ReadonlyArray<Draft>,
  note: (noted: Noted) => void
): ReadonlyArray<Draft> => {
  if (isPaired(calls, group)) return group
  const open = new Map<string, Array<Call>>()
  for (const call of calls) {
    const same = open.get(call.given)
    if (same === undefined) open.set(call.given, [call])
    else same.push(call)
  }
  const rest: Array<Draft> = []
  for (const [at, draft] of group.entries()) {
    const { blocks = [], index } = draft
    const others: Array<Fields> = []
    for (const block of blocks) {
      if (!isResult(block)) {
        others.push(block)
        continue
      }
      const id = textOf(block["tool_use_id"]) ?? ""
      const call = open.get(id)?.shift()
      const path = `messages.${index}`
      if (call === undefined) {
        note({
          index,
          path,
          change: "dropped",
          message: `The result of ${id} answers no open call of the message before.`
        })
        continue
      }
      call.result = call.id === id ? block : { ...block, tool_use_id: call.id }
      if (at > 0 || others.length > 0) {
        note({ index, path, change: "moved", message: `The result of ${id} now stands right behind its call.` })
      }
    }
    if (others.length === blocks.length) rest.push(draft)
    else if (others.length > 0) rest.push({ ...draft, blocks: others })
  }
  if (calls.length === 0) return rest
  const results = calls.map(({ asked: of, id, result }): Fields => {
    if (result !== undefined) return result
    note({ index: asked + 1, path: `messages.${of}`, change: "answered", message: `The call ${id} had no result.` })
    return { ...synthetic(id, "interrupted") }
  })
  const [first] = rest
  return first?.role === "user" && first.index === group[0]?.index
    ? [{ ...first, blocks: [...results, ...asBlocks(first)] }, ...rest.slice(1)]
    : [user(asked + 1, results), ...rest]
}

export const pair = (drafts: ReadonlyArray<Draft>, note: (noted: Noted) => void): Array<Draft> => {
  const ids = new Ids(drafts)
  const paired: Array<Draft> = []
  let at = 0
  const group = (): ReadonlyArray<Draft> => {
    const start = at
    while (at < drafts.length && drafts[at]?.role !== "assistant") at++
    return drafts.slice(start, at)
  }
  paired.push(...answer(-1, [], group(), note))
  while (at < drafts.length) {
    // Consecutive answers are one turn to the API, and what follows answers all of it.
    let calls: Array<Call> = []
    let asked = -1
    for (let draft = drafts[at]; draft?.role === "assistant"; draft = drafts[++at]) {
      const [message, own] = callsOf(draft, ids, note)
      if (draft.blocks?.some((block) => block["type"] === "fallback") === true) calls = []
      calls.push(...own)
      paired.push(message)
      asked = draft.index
    }
    paired.push(...answer(asked, calls, group(), note))
  }
  return paired
}
