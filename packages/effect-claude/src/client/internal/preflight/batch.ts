/** Rules about a batch beside those of its requests. */
import type * as ClaudeError from "../../../errors/ClaudeError.ts"
import { measure } from "./request.ts"
import { type Fields, isFields, shown } from "./subject.ts"

type Violation = ClaudeError.Violation

const customId = /^[a-zA-Z0-9_-]{1,64}$/
const mostRequests = 100_000
const mostBytes = 256 * 1024 * 1024
/** With the beta output-300k; without it the API says so itself. */
export const mostTokens = 300_000

const fault = (path: string, message: string, fix: string): Violation => ({ path, rule: "batch", message, fix })

const isGiven = (value: unknown): boolean => value !== undefined && value !== null

/** What a batch does not take, and when. */
const barred: ReadonlyArray<readonly [string, (value: unknown) => boolean]> = [
  ["stream", (value) => value === true],
  ["max_tokens", (value) => value === 0],
  ["fallbacks", isGiven],
  ["thread", isGiven],
  ["speed", (value) => value === "fast"]
]

const idOf = (id: unknown, path: string, seen: Set<unknown>): Violation | undefined => {
  if (typeof id !== "string" || !customId.test(id)) {
    return fault(path, `The id ${shown(id)} is not allowed.`, "Use 1 to 64 letters, digits, underscores and hyphens.")
  }
  if (seen.has(id)) return fault(path, `The id ${id} was used before.`, "Give every request an id of its own.")
  seen.add(id)
  return undefined
}

/** `check` is asked for each request that is one, until so many violations are found. */
export const violations = (
  requests: ReadonlyArray<unknown>,
  most: number,
  check: (params: Fields) => ReadonlyArray<Violation>
): ReadonlyArray<Violation> => {
  const found: Array<Violation> = []
  if (requests.length === 0) found.push(fault("requests", "The batch is empty.", "Write at least one request."))
  if (requests.length > mostRequests) {
    found.push(
      fault("requests", `There are ${requests.length} requests; ${mostRequests} are the most.`, "Split the batch.")
    )
  }
  const seen = new Set<unknown>()
  let bytes = 0
  for (let index = 0; index < requests.length && found.length < most; index++) {
    const request = requests[index]
    const path = `requests.${index}`
    if (!isFields(request) || !isFields(request["params"])) {
      const place = isFields(request) ? `${path}.params` : path
      found.push(fault(place, "This is no request.", "Write { custom_id, params }."))
      continue
    }
    const { custom_id: id, params } = request
    const wrong = idOf(id, `${path}.custom_id`, seen)
    if (wrong !== undefined) found.push(wrong)
    for (const [name, isBarred] of barred) {
      if (!isBarred(params[name])) continue
      found.push(
        fault(`${path}.params.${name}`, `A batch does not take ${name} ${shown(params[name])}.`, "Leave it out.")
      )
    }
    bytes += measure(params).bytes
    for (const violation of check(params)) found.push({ ...violation, path: `${path}.params.${violation.path}` })
  }
  if (bytes > mostBytes) {
    found.push(
      fault("requests", `The batch has at least ${bytes} bytes; ${mostBytes} are the most.`, "Split the batch.")
    )
  }
  return found.slice(0, most)
}
