/** What the API says of batches and their requests. */
import type * as Messages from "@anthropic-ai/sdk/resources/messages"
import * as Duration from "effect/Duration"
import * as ClaudeError from "../../../errors/ClaudeError.ts"
import { excerpt } from "../../../errors/internal/redact.ts"
import { isFields, parse } from "../fields.ts"
import type { MessageBatch, Result } from "./api.ts"

export const isBatch = (value: unknown): value is MessageBatch =>
  isFields(value) && value["type"] === "message_batch" && typeof value["id"] === "string" &&
  typeof value["processing_status"] === "string" && isFields(value["request_counts"])

export interface Page {
  readonly data: ReadonlyArray<MessageBatch>
  readonly has_more: boolean
}

export const isPage = (value: unknown): value is Page =>
  isFields(value) && Array.isArray(value["data"]) && value["data"].every(isBatch) &&
  typeof value["has_more"] === "boolean"

/** All requests of a batch. */
export const sizeOf = ({ request_counts: counts }: MessageBatch): number =>
  counts.processing + counts.succeeded + counts.errored + counts.canceled + counts.expired

const isMessage = (value: unknown): value is Messages.Message =>
  isFields(value) && value["type"] === "message" && Array.isArray(value["content"])

const noHeader = (): null => null

const failed = (customId: string, reason: ClaudeError.RealReason): Result => {
  const tried: ClaudeError.Attempt = {
    reason: reason._tag,
    message: reason.message,
    status: "status" in reason ? reason.status : undefined,
    requestId: reason.requestId,
    duration: Duration.zero
  }
  return {
    _tag: "Errored",
    customId,
    error: new ClaudeError.ClaudeError({ method: "batch", reason, attempts: [tried] })
  }
}

/** A result that is neither a message nor an error: it may be one the next time. */
const strange = (customId: string, line: string, secrets: ReadonlyArray<string>): Result =>
  failed(
    customId,
    new ClaudeError.MalformedResponse({
      message: "The batch has a result that is no message.",
      status: 200,
      body: excerpt(line, 500, secrets)
    })
  )

/** A line of a result file; undefined for one that is torn. */
export const result = (line: string, now: number, secrets: ReadonlyArray<string>): Result | undefined => {
  const value = parse(line)
  if (!isFields(value) || typeof value["custom_id"] !== "string") return undefined
  const customId = value["custom_id"]
  const given = isFields(value["result"]) ? value["result"] : {}
  switch (given["type"]) {
    case "succeeded":
      return isMessage(given["message"])
        ? { _tag: "Succeeded", customId, message: given["message"] }
        : strange(customId, line, secrets)
    case "canceled":
      return { _tag: "Canceled", customId }
    case "expired":
      return { _tag: "Expired", customId }
    default:
      // A type newer than this library is what its error says, if it has one.
      return isFields(given["error"])
        ? failed(customId, ClaudeError.fromStreamEvent(given["error"], { header: noHeader, now, secrets }))
        : strange(customId, line, secrets)
  }
}
