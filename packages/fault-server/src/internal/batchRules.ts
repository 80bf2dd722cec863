/** What is rejected of a batch when it is created; its requests are checked later, each on its own. */
import type { Rejection } from "../RequestRules.ts"
import type { Request } from "./batches.ts"
import { fields } from "./tokens.ts"

export interface Limits {
  readonly maxRequests: number
  readonly maxBytes: number
}

const invalid = (message: string): Rejection => ({ status: 400, type: "invalid_request_error", message })
const tooLarge = (message: string): Rejection => ({ status: 413, type: "request_too_large", message })

const customId = /^[a-zA-Z0-9_-]{1,64}$/

/** The requests of a body, or why it is rejected. */
export const requestsOf = (body: string, json: unknown, limits: Limits): ReadonlyArray<Request> | Rejection => {
  if (Buffer.byteLength(body) > limits.maxBytes) {
    return tooLarge("Request exceeds the maximum allowed number of bytes.")
  }
  const given = fields(json)["requests"]
  if (!Array.isArray(given)) return invalid("requests: Field required")
  const list: ReadonlyArray<unknown> = given
  if (list.length === 0) return invalid("requests: List should have at least 1 item after validation, not 0")
  if (list.length > limits.maxRequests) {
    return tooLarge(`requests: List should have at most ${limits.maxRequests} items after validation`)
  }
  const seen = new Set<string>()
  const requests: Array<Request> = []
  for (const [index, item] of list.entries()) {
    const { custom_id: id, params } = fields(item)
    if (typeof id !== "string") return invalid(`requests.${index}.custom_id: Field required`)
    if (!customId.test(id)) {
      return invalid(`requests.${index}.custom_id: String should match pattern '^[a-zA-Z0-9_-]{1,64}$'`)
    }
    if (seen.has(id)) return invalid(`requests.${index}.custom_id: custom_id must be unique within a batch: ${id}`)
    if (typeof params !== "object" || params === null) return invalid(`requests.${index}.params: Field required`)
    seen.add(id)
    requests.push({ custom_id: id, params })
  }
  return requests
}
