/** What a request needs of a limit: estimated where nobody has counted. */
import * as ClaudeError from "../../errors/ClaudeError.ts"
import type { ReserveRequest } from "../ClaudeRateLimiter.ts"
import { leastInputPerByte } from "./learn.ts"
import type { Dimension, Limit } from "./limit.ts"
import { tokens } from "./refund.ts"
import type { Need } from "./sum.ts"

/** Nothing that answers teach changes what it needs. */
export const isExact = ({ inputTokens, maxTokens, outputTokens }: ReserveRequest): boolean =>
  inputTokens !== undefined && (outputTokens !== undefined || maxTokens === undefined)

export const needOf = ({ learned }: Limit, request: ReserveRequest): Need => {
  const inputTokens = tokens(request.inputTokens ?? learned.inputTokens(request.inputBytes ?? 0))
  return {
    requests: 1,
    inputTokens,
    outputTokens: tokens(
      request.outputTokens ?? (request.maxTokens === undefined ? 0 : learned.outputTokens(request.maxTokens))
    ),
    doubt: request.inputTokens === undefined ? learned.doubt(inputTokens) : 0
  }
}

const more = (
  limit: Dimension | "concurrency",
  needed: number,
  available: number
): ClaudeError.RequestExceedsLimit | undefined =>
  needed > available ? new ClaudeError.RequestExceedsLimit({ limit, needed, available }) : undefined

/** Why a request can never be let in: even the least that it may need is more than there ever is. */
export const impossible = (
  { buckets, settings }: Limit,
  request: ReserveRequest
): ClaudeError.RequestExceedsLimit | undefined => {
  const input = tokens(request.inputTokens ?? (request.inputBytes ?? 0) * leastInputPerByte)
  const output = tokens(request.outputTokens ?? Math.min(1, request.maxTokens ?? 0))
  return more("requests", 1, buckets.requests.capacity) ??
    // However long it is, all of it may be read from the cache.
    more("inputTokens", request.cached === true ? Math.min(1, input) : input, buckets.inputTokens.capacity) ??
    more("outputTokens", output, buckets.outputTokens.capacity) ??
    more("concurrency", 1, settings.concurrency === 0 ? 0 : 1)
}
