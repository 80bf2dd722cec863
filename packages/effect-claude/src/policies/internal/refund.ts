/** What a settlement gives back of what was reserved, in numbers that cannot poison the sums they enter. */
import type * as ClaudeError from "../../errors/ClaudeError.ts"
import type { Settlement } from "../ClaudeRateLimiter.ts"
import type { Need } from "./sum.ts"

/** One for all, read at once by whoever gets it: a call that succeeds makes none of its own. */
const given = { requests: 0, inputTokens: 0, outputTokens: 0, doubt: 0 }

const giving = (inputTokens: number, outputTokens: number): Need => {
  given.inputTokens = inputTokens
  given.outputTokens = outputTokens
  return given
}

/** More than anybody can use. */
const mostTokens = 1e12

/** A number of tokens, whatever was given for it. */
export const tokens = (number: number): number => Math.max(0, Math.min(mostTokens, number)) || 0

/** A limit: what is no number lets nothing in; one without end is none. */
export const setting = (number: number | undefined): number | undefined =>
  number === undefined || number >= mostTokens ? undefined : tokens(number)

const partialUsage = (reason: ClaudeError.Reason): ClaudeError.Usage | undefined =>
  "partial" in reason ? reason.partial?.usage : undefined

/** A request that was refused costs nothing; one that was on its way keeps request and input. */
export const refundOf = (need: Need, sent: boolean, settlement: Settlement): Need => {
  const usage = settlement._tag === "Failed" ? partialUsage(settlement.reason) : settlement.usage
  if (usage !== undefined) {
    return giving(
      need.inputTokens - tokens(usage.inputTokens + usage.cacheCreationTokens),
      need.outputTokens - tokens(usage.outputTokens)
    )
  }
  if (settlement._tag === "Failed") {
    const { outcome } = settlement.reason
    return sent && (outcome === "transient" || outcome === "local")
      ? giving(0, need.outputTokens)
      : need
  }
  return sent ? giving(0, need.outputTokens) : need
}
