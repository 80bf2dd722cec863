/** One batch: when it ends, what becomes of each of its requests, and how the API tells of it. */
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import type { Handler, Received, Reply } from "../Reply.ts"
import { hash } from "./random.ts"
import { parse } from "./serve.ts"
import { fields } from "./tokens.ts"

export interface Request {
  readonly custom_id: string
  readonly params: unknown
}

export interface Counts {
  processing: number
  succeeded: number
  errored: number
  canceled: number
  expired: number
}

export interface Batch {
  readonly id: string
  /** The request that made it. */
  readonly received: Received
  readonly requests: ReadonlyArray<Request>
  readonly duration: number
  readonly expiresAfter: number
  readonly archivedAfter: number
  canceledAt: number | undefined
  /** Lines of its result file, once it has ended. */
  lines: ReadonlyArray<string> | undefined
  counts: Counts
}

const none: Counts = { processing: 0, succeeded: 0, errored: 0, canceled: 0, expired: 0 }

export const make = (
  given: Pick<Batch, "id" | "received" | "requests" | "duration" | "expiresAfter" | "archivedAfter">
): Batch => ({
  ...given,
  canceledAt: undefined,
  lines: undefined,
  counts: { ...none, processing: given.requests.length }
})

export const endsAt = (batch: Batch): number =>
  Math.min(batch.received.at + Math.min(batch.duration, batch.expiresAfter), batch.canceledAt ?? Infinity)

const decoder = new TextDecoder()
const textOf = (reply: Reply): string => {
  let text = ""
  for (const { bytes } of reply.body) text += typeof bytes === "string" ? bytes : decoder.decode(bytes)
  return text
}

type Outcome = keyof Counts
interface Answered {
  readonly outcome: Outcome
  readonly result: object
}

const failed = (error: object, requestId: string | null): Answered => ({
  outcome: "errored",
  result: { type: "errored", error: { type: "error", error, request_id: requestId } }
})

/** A reply as a result: what breaks on the wire is an error of the server's here. */
const answered = (reply: Reply): Answered => {
  const requestId = reply.headers["request-id"] ?? null
  const body = reply.begin === "answer" && reply.end === "close" ? fields(parse(textOf(reply))) : {}
  if (reply.status === 200 && body["type"] === "message") {
    return { outcome: "succeeded", result: { type: "succeeded", message: body } }
  }
  const { message, type } = fields(body["error"])
  return failed(
    typeof type === "string" ? { ...fields(body["error"]), message } : {
      type: "api_error",
      message: "Internal server error"
    },
    requestId
  )
}

/** Ends a batch whose time has come: the requests that were reached go to the handler. */
export const settle = Effect.fnUntraced(function*(batch: Batch, each: Handler, now: number) {
  const end = endsAt(batch)
  if (batch.lines !== undefined || now < end) return
  const { canceledAt, duration, received, requests } = batch
  const lines: Array<string> = []
  const counts: Counts = { ...none }
  for (const [index, { custom_id, params }] of requests.entries()) {
    const reached = received.at + duration * (index + 1) / requests.length <= end
    const left: Outcome = canceledAt !== undefined && canceledAt <= end ? "canceled" : "expired"
    const { outcome, result } = reached
      ? answered(
        yield* each({
          ...received,
          at: end,
          path: "/v1/messages",
          query: "",
          body: JSON.stringify(params),
          json: params
        })
      )
      : { outcome: left, result: { type: left } }
    counts[outcome]++
    lines.push(JSON.stringify({ custom_id, result }))
  }
  // Results come in no order that a client could rely on.
  batch.lines = lines.map((line) => [hash(line), line] as const).toSorted(([a], [b]) => a - b).map(([, line]) => line)
  batch.counts = counts
})

const instant = (millis: number): string => DateTime.formatIso(DateTime.makeUnsafe(millis))

/** The batch as the API tells of it. */
export const info = (batch: Batch, now: number): object => {
  const { canceledAt, counts, expiresAfter, id, lines, received } = batch
  const archivedAt = received.at + batch.archivedAfter
  const canceled = canceledAt !== undefined && canceledAt <= now ? canceledAt : undefined
  const host = received.headers["host"] ?? "fault.test"
  return {
    id,
    type: "message_batch",
    processing_status: lines !== undefined ? "ended" : canceled === undefined ? "in_progress" : "canceling",
    request_counts: counts,
    created_at: instant(received.at),
    expires_at: instant(received.at + expiresAfter),
    ended_at: lines === undefined ? null : instant(endsAt(batch)),
    archived_at: now >= archivedAt ? instant(archivedAt) : null,
    cancel_initiated_at: canceled === undefined ? null : instant(canceled),
    results_url: lines === undefined || now >= archivedAt ? null : `http://${host}/v1/messages/batches/${id}/results`
  }
}
