/** What a turn that asked for approval has left for the time when its calls are decided. */
import type { Bounds, LimitName, Limits } from "../LoopGuard.ts"
import type { NeedsApproval, Progress } from "./outcomes.ts"
import type { Use } from "./plan.ts"

export interface Earlier {
  /** Calls whose results are counted and remembered. */
  readonly settled: ReadonlySet<string>
  /** The limit that the turn had reached. */
  readonly stop: LimitName | undefined
}

type Pending = NeedsApproval["pending"]

/** `before` and `after` are the run's limits when it asked and when it goes on. */
export const earlierOf = ({ results, stop }: Pending, before: Limits, after: Limits): Earlier => {
  const isRaised = stop === "identicalCalls" && before.identicalCalls !== after.identicalCalls
  return { settled: new Set(results.map(({ tool_use_id }) => String(tool_use_id))), stop: isRaised ? undefined : stop }
}

/** The limit that still ends the run after the turn: those on numbers of calls may have been raised. */
export const standing = (
  { stop }: Earlier,
  bounds: Bounds,
  { callsPerTool, toolCalls }: Progress,
  uses: ReadonlyArray<Use>
): LimitName | undefined => {
  if (stop === "toolCalls") return toolCalls >= bounds.toolCalls ? stop : undefined
  if (stop !== "callsPerTool") return stop
  const isReached = uses.some(({ name }) =>
    Object.hasOwn(callsPerTool, name) && (callsPerTool[name] ?? 0) >= bounds.callsPerTool(name)
  )
  return isReached ? stop : undefined
}
