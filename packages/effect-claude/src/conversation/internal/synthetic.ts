/** Results for calls that have none: each says what is known of the call, and no more. */
import type Anthropic from "@anthropic-ai/sdk"

/** What became of a call that has no result of its own. */
export type Fate = "notStarted" | "interrupted" | "timedOut" | "denied" | "stopped" | "truncated"

const texts: Readonly<Record<Fate, string>> = {
  notStarted: "Not executed: the call was not started.",
  interrupted: "Interrupted: no result is known. The call may or may not have run; check before you repeat it.",
  timedOut: "Timed out: the call was started and gave no result in time. It may have had an effect.",
  denied: "Not executed: the call was not approved.",
  stopped: "Not executed: a limit of this run was reached before the call was started.",
  truncated: "Not executed: the answer was cut off, so the call's input may be incomplete."
}

export const synthetic = (id: string, fate: Fate): Anthropic.ToolResultBlockParam => ({
  type: "tool_result",
  tool_use_id: id,
  content: texts[fate],
  is_error: true
})
