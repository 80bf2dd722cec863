/** The settings of a run in words; what was left to its default is left out where the default says nothing. */
import type { Options } from "../../bulk.ts"
import type { Data } from "./data.ts"

const shown = (value: unknown): string => typeof value === "object" ? JSON.stringify(value) : String(value)

/** Without the client's own options, which may hold a key. */
export const settingsOf = (options: Options): Data["settings"] => {
  const { concurrency, deadline, maxAttempts, maxTokens, model, out, prompts } = options
  const isBatch = options.batch !== undefined && options.batch !== false
  const given = {
    prompts,
    results: out,
    "through batches": isBatch ? "yes" : undefined,
    "model for lines without one": model,
    "max_tokens for lines without one": maxTokens,
    "lines in flight at most": isBatch ? undefined : concurrency ?? 64,
    "requests a minute": options.requestsPerMinute,
    "input tokens a minute": options.inputTokensPerMinute,
    "output tokens a minute": options.outputTokensPerMinute,
    "deadline of a line": deadline,
    "attempts of a line": maxAttempts ?? "unlimited",
    "errored lines sent again": options.retryErrored === true ? "yes" : "no",
    "answers streamed": isBatch ? undefined : options.stream === false ? "no" : "yes"
  }
  return Object.fromEntries(
    Object.entries(given).flatMap(([name, value]) => value === undefined ? [] : [[name, shown(value)]])
  )
}
