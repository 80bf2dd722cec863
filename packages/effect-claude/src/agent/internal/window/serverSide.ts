/** Parameters by which the API shortens a conversation itself, before the model reads it. */
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as ClaudeClient from "../../../client/ClaudeClient.ts"

/** Both are betas: of context editing and of compaction. */
const editing = "context-management-2025-06-27"
const compaction = "compact-2026-01-12"
/** Tokens at which compaction may begin at the earliest. */
const earliest = 50_000

/** What the API does not say at once is taken for a no. */
const asking = { maxAttempts: 1, deadline: "10 seconds" } as const

interface Tokens {
  readonly type: "input_tokens"
  readonly value: number
}

export type Edit =
  | {
    readonly type: "clear_tool_uses_20250919"
    readonly trigger: Tokens
    readonly keep: { readonly type: "tool_uses"; readonly value: number }
  }
  | { readonly type: "compact_20260112"; readonly trigger: Tokens }

/** Parameters of a request; none where the API has no such thing. */
export interface ServerSide {
  readonly betas?: ReadonlyArray<string>
  readonly context_management?: { readonly edits: ReadonlyArray<Edit> }
}

export interface Settings {
  readonly clearToolResults: number | undefined
  readonly compact: number | undefined
  readonly keep: number
}

const tokens = (value: number): Tokens => ({ type: "input_tokens", value })

/** Only what the Models API says that the model supports; clouds without that API get none. */
export const serverSide = (
  model: string,
  { clearToolResults, compact, keep }: Settings
): Effect.Effect<ServerSide, never, ClaudeClient.ClaudeClient> =>
  Effect.map(Effect.result(ClaudeClient.getModel(model, asking)), (info): ServerSide => {
    const able = Result.isSuccess(info) ? info.success.capabilities?.context_management : undefined
    const edits: Array<Edit> = []
    const betas: Array<string> = []
    if (clearToolResults !== undefined && able?.clear_tool_uses_20250919?.supported === true) {
      const kept = { type: "tool_uses", value: keep } as const
      edits.push({ type: "clear_tool_uses_20250919", trigger: tokens(clearToolResults), keep: kept })
      betas.push(editing)
    }
    if (compact !== undefined && able?.compact_20260112?.supported === true) {
      edits.push({ type: "compact_20260112", trigger: tokens(Math.max(earliest, compact)) })
      betas.push(compaction)
    }
    return edits.length === 0 ? {} : { betas, context_management: { edits } }
  })
