/** Where a line is on its way, told by the policies to the worker that waits for it. */
import type { ClaudeError } from "effect-claude"
import * as Context from "effect/Context"

export interface Flight {
  /** What was sent and is not answered yet: only this is worth waiting for when the run stops. */
  sending: object | undefined
  /** Since when it has waited to try again, in Clock milliseconds. */
  retryingSince: number | undefined
  /** Since when an open circuit has kept it. */
  heldSince: number | undefined
  /** An open circuit is waited for in the queue, not here. */
  readonly leaves: boolean
  /** What turned it away, where it left. */
  turnedAway: ClaudeError.CircuitOpen | undefined
}

export const Flight = Context.Reference<Flight | undefined>("@effect-claude/cli/internal/flight/Flight", {
  defaultValue: () => undefined
})

export const make = (leaves: boolean, heldSince: number | undefined): Flight => ({
  sending: undefined,
  retryingSince: undefined,
  heldSince,
  leaves,
  turnedAway: undefined
})
