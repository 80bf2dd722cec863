/**
 * The Message Batches API. A batch ends when its time on the Clock has come; each of its requests then goes to a handler,
 * as if it had been sent alone, so that scripts and faults say what fails in it.
 */
import * as Effect from "effect/Effect"
import * as Semaphore from "effect/Semaphore"
import * as Batch from "./internal/batches.ts"
import * as Rules from "./internal/batchRules.ts"
import * as Reply from "./Reply.ts"

export interface Options {
  /**
   * Milliseconds from a batch's creation to its last answer, all answers evenly between; `batch` counts from 0. Default 0.
   */
  readonly duration?: number | ((batch: number) => number)
  /** Milliseconds until what is not answered expires; default 24 hours. */
  readonly expiresAfter?: number
  /** Milliseconds until somebody else cancels a batch; default never. */
  readonly canceledAfter?: number | ((batch: number) => number)
  /** Answers each request of a batch; default: the handler of messages. */
  readonly each?: Reply.Handler
  /** Default 100,000. */
  readonly maxRequests?: number
  /** Default 256 MB. */
  readonly maxBytes?: number
}

const day = 86_400_000
/** Results can be had for 29 days. */
const archivedAfter = 29 * day
const standard = { duration: 0, expiresAfter: day, canceledAfter: Infinity, maxRequests: 100_000, maxBytes: 256 << 20 }

const path = /^\/v1\/messages\/batches(?:\/([^/]+)(\/cancel|\/results)?)?$/

/** Whether a path is one of theirs. */
export const isPath = (given: string): boolean => path.test(given)

const perBatch = (given: number | ((batch: number) => number), batch: number): number =>
  typeof given === "number" ? given : given(batch)

let ids = 0

/** The routes, with batches of their own; anything that is none of theirs is a 404. */
export const make = (messages: Reply.Handler, options: Options = {}): Reply.Handler => {
  const settings = { ...standard, ...options }
  const each = options.each ?? messages
  const batches = new Map<string, Batch.Batch>()
  const turn = Semaphore.makeUnsafe(1)
  let created = 0
  const missing = (id: string): Reply.Reply => Reply.error(404, "not_found_error", `Batch ${id} was not found.`)
  const conflict = (message: string): Reply.Reply => Reply.error(400, "invalid_request_error", message)

  const create = (received: Reply.Received): Reply.Reply => {
    const requests = Rules.requestsOf(received.body, received.json, settings)
    if ("status" in requests) return Reply.error(requests.status, requests.type, requests.message)
    const number = created++
    const batch = Batch.make({
      id: `msgbatch_${String(++ids).padStart(12, "0")}`,
      // The body is as large as a batch may be: what is needed of it is in its requests.
      received: { ...received, body: "", json: undefined },
      requests,
      duration: perBatch(settings.duration, number),
      expiresAfter: settings.expiresAfter,
      archivedAfter
    })
    const cancel = perBatch(settings.canceledAfter, number)
    if (cancel < Infinity) batch.canceledAt = received.at + cancel
    batches.set(batch.id, batch)
    return Reply.json(200, Batch.info(batch, received.at))
  }

  /** Most recent first. */
  const list = ({ at, query }: Reply.Received): Reply.Reply => {
    const asked = new URLSearchParams(query)
    const all = Array.from(batches.values()).toReversed()
    const after = asked.get("after_id")
    const before = asked.get("before_id")
    const limit = Number(asked.get("limit") ?? 20)
    const from = after === null ? 0 : all.findIndex((batch) => batch.id === after) + 1
    const to = before === null ? all.length : all.findIndex((batch) => batch.id === before)
    const shown = all.slice(before === null ? from : Math.max(from, to - limit), Math.min(from + limit, to))
    return Reply.json(200, {
      data: shown.map((batch) => Batch.info(batch, at)),
      has_more: before === null ? from + limit < all.length : to - limit > from,
      first_id: shown[0]?.id ?? null,
      last_id: shown.at(-1)?.id ?? null
    })
  }

  const results = (batch: Batch.Batch): Reply.Reply => {
    const { lines } = batch
    return lines === undefined ? conflict(`Batch ${batch.id} has no results yet.`) : {
      ...Reply.text(200, "", { "content-type": "application/x-jsonl" }),
      body: lines.map((line) => ({ delay: 0, bytes: `${line}\n` }))
    }
  }

  const answer = (received: Reply.Received, id: string | undefined, action: string | undefined): Reply.Reply => {
    const { at, method } = received
    if (id === undefined) return method === "POST" ? create(received) : list(received)
    const batch = batches.get(id)
    if (batch === undefined) return missing(id)
    if (method === "GET" && action === undefined) return Reply.json(200, Batch.info(batch, at))
    if (method === "GET" && action === "/results") return results(batch)
    if (method === "POST" && action === "/cancel") {
      if (batch.lines === undefined) batch.canceledAt = Math.min(batch.canceledAt ?? Infinity, at)
      return Reply.json(200, Batch.info(batch, at))
    }
    if (method === "DELETE" && action === undefined) {
      if (batch.lines === undefined) return conflict(`Batch ${id} cannot be deleted before it has ended.`)
      batches.delete(id)
      return Reply.json(200, { id, type: "message_batch_deleted" })
    }
    return Reply.error(404, "not_found_error", "Not found")
  }

  return (received) => {
    const [, id, action] = path.exec(received.path) ?? []
    if (!isPath(received.path)) return Effect.sync(() => Reply.error(404, "not_found_error", "Not found"))
    return turn.withPermits(1)(
      Effect.map(
        Effect.forEach(batches.values(), (batch) => Batch.settle(batch, each, received.at), { discard: true }),
        () => answer(received, id, action)
      )
    )
  }
}
