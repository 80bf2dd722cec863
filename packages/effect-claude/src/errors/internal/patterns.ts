/** The texts of 400 answers that callers act upon. Wording is unstable, so what matches nothing stays `InvalidRequest`. */
import type * as Schema from "effect/Schema"
import type { remote } from "./fields.ts"
import { BillingBlocked, ContextOverflow, InvalidConversation } from "./remote.ts"

type Common = Schema.Struct<typeof remote>["Type"]

interface Pattern {
  readonly text: RegExp
  /** A recorded answer that matches; the tests hold every pattern to it. */
  readonly sample: string
  readonly reason: (common: Common, match: RegExpExecArray) => BillingBlocked | ContextOverflow | InvalidConversation
}

const int = (text: string | undefined): number | undefined => text === undefined ? undefined : Number.parseInt(text, 10)

const conversation =
  (kind: InvalidConversation["kind"]) => (common: Common, match: RegExpExecArray): InvalidConversation => {
    const at = /messages\.(\d+)(?:\.content\.(\d+))?/.exec(match.input)
    return new InvalidConversation({
      ...common,
      kind,
      messageIndex: int(at?.[1]),
      contentIndex: int(at?.[2]),
      ids: match.input.match(/\b(?:toolu|srvtoolu)_\w+/g) ?? []
    })
  }

export const patterns: ReadonlyArray<Pattern> = [
  {
    text: /credit balance is too low/i,
    sample: "Your credit balance is too low to access the Anthropic API. Please go to Plans & Billing to upgrade.",
    reason: (common) => new BillingBlocked({ ...common, kind: "creditBalance" })
  },
  {
    text: /reached your specified (?:workspace )?API usage limits/i,
    sample: "You have reached your specified API usage limits. You will regain access on 2026-12-01 at 00:00 UTC.",
    reason: (common) => new BillingBlocked({ ...common, kind: "selfSetLimit" })
  },
  {
    text: /prompt is too long(?:: (\d+) tokens > (\d+) maximum)?/i,
    sample: "prompt is too long: 209353 tokens > 199999 maximum",
    reason: (common, match) => new ContextOverflow({ ...common, inputTokens: int(match[1]), limit: int(match[2]) })
  },
  {
    text: /input length and `max_tokens` exceed context limit(?:: (\d+) \+ (\d+) > (\d+))?/i,
    sample: "input length and `max_tokens` exceed context limit: 178959 + 64000 > 200000, decrease input length or " +
      "`max_tokens` and try again",
    reason: (common, match) =>
      new ContextOverflow({
        ...common,
        inputTokens: int(match[1]),
        maxTokens: int(match[2]),
        limit: int(match[3])
      })
  },
  {
    text: /does not support assistant message prefill/i,
    sample: "This model does not support assistant message prefill. The conversation must end with a user message.",
    reason: conversation("prefill")
  },
  {
    text: /thinking` or `redacted_thinking` blocks .* cannot be modified/i,
    sample:
      "`thinking` or `redacted_thinking` blocks in the latest assistant message cannot be modified. These blocks " +
      "must remain as they were in the original response.",
    reason: conversation("thinking")
  },
  {
    text: /Invalid `signature` in `thinking` block|thinking\.signature: Field required/i,
    sample: "messages.1.content.0: Invalid `signature` in `thinking` block. The block is bound to a different " +
      "conversation.",
    reason: conversation("signature")
  },
  {
    text:
      /`\w+` tool use with id `srvtoolu_\w+` was found without|unexpected `tool_use_id` found in `advisor_tool_result`/i,
    sample:
      "`web_search` tool use with id `srvtoolu_01A` was found without a corresponding `web_search_tool_result` block",
    reason: conversation("serverTool")
  },
  {
    text:
      /`tool_use` ids were found without `tool_result` blocks|unexpected `tool_use_id` found in `tool_result` blocks/i,
    sample: "messages.2: `tool_use` ids were found without `tool_result` blocks immediately after: toolu_01A. Each " +
      "`tool_use` block must have a corresponding `tool_result` block in the next message.",
    reason: conversation("pairing")
  },
  {
    text: /Found multiple `tool_result` blocks with id|`tool_use` ids must be unique/i,
    sample: "messages.3.content.1: `tool_use` ids must be unique",
    reason: conversation("duplicate")
  }
]
