/**
 * The known texts of 400 answers. Their wording is unstable, so what matches nothing stays `InvalidRequest` with all
 * that the API said; some are `InvalidRequest` too, and are known for the sake of their diagnosis.
 */
import type * as Schema from "effect/Schema"
import type { remote } from "./fields.ts"
import { BillingBlocked, ContextOverflow, InvalidConversation, InvalidRequest } from "./remote.ts"

type Common = Schema.Struct<typeof remote>["Type"]

type Claimed = BillingBlocked | ContextOverflow | InvalidConversation | InvalidRequest

interface Pattern {
  readonly name: string
  readonly text: RegExp
  /** A recorded answer that matches; the tests hold every pattern to it. */
  readonly sample: string
  readonly reason: (common: Common, match: RegExpExecArray) => Claimed
}

/** Longer numbers are none that a reason could hold. */
const int = (text: string | undefined): number | undefined =>
  text === undefined || text.length > 15 ? undefined : Number.parseInt(text, 10)

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

const request = (common: Common): InvalidRequest => new InvalidRequest(common)

export const patterns = [
  {
    name: "creditBalance",
    text: /credit balance is too low/i,
    sample: "Your credit balance is too low to access the Anthropic API. Please go to Plans & Billing to upgrade.",
    reason: (common) => new BillingBlocked({ ...common, kind: "creditBalance" })
  },
  {
    name: "selfSetLimit",
    text: /reached your specified (?:workspace )?API usage limits/i,
    sample: "You have reached your specified API usage limits. You will regain access on 2026-12-01 at 00:00 UTC.",
    reason: (common) => new BillingBlocked({ ...common, kind: "selfSetLimit" })
  },
  {
    name: "promptTooLong",
    text: /prompt is too long(?:: (\d+) tokens > (\d+) maximum)?/i,
    sample: "prompt is too long: 209353 tokens > 199999 maximum",
    reason: (common, match) => new ContextOverflow({ ...common, inputTokens: int(match[1]), limit: int(match[2]) })
  },
  {
    name: "promptAndOutputTooLong",
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
    name: "prefill",
    text: /does not support assistant message prefill/i,
    sample: "This model does not support assistant message prefill. The conversation must end with a user message.",
    reason: conversation("prefill")
  },
  {
    name: "thinkingEdited",
    text: /thinking` or `redacted_thinking` blocks .* cannot be modified/i,
    sample:
      "`thinking` or `redacted_thinking` blocks in the latest assistant message cannot be modified. These blocks " +
      "must remain as they were in the original response.",
    reason: conversation("thinking")
  },
  {
    name: "signature",
    text: /Invalid `signature` in `thinking` block|thinking\.signature: Field required/i,
    sample: "messages.1.content.0: Invalid `signature` in `thinking` block. The block is bound to a different " +
      "conversation.",
    reason: conversation("signature")
  },
  {
    name: "serverToolUnpaired",
    text:
      /`\w+` tool use with id `srvtoolu_\w+` was found without|unexpected `tool_use_id` found in `advisor_tool_result`/i,
    sample:
      "`web_search` tool use with id `srvtoolu_01A` was found without a corresponding `web_search_tool_result` block",
    reason: conversation("serverTool")
  },
  {
    name: "toolUseUnpaired",
    text:
      /`tool_use` ids were found without `tool_result` blocks|unexpected `tool_use_id` found in `tool_result` blocks/i,
    sample: "messages.2: `tool_use` ids were found without `tool_result` blocks immediately after: toolu_01A. Each " +
      "`tool_use` block must have a corresponding `tool_result` block in the next message.",
    reason: conversation("pairing")
  },
  {
    name: "toolIdTwice",
    text: /Found multiple `tool_result` blocks with id|`tool_use` ids must be unique/i,
    sample: "messages.3.content.1: `tool_use` ids must be unique",
    reason: conversation("duplicate")
  },
  {
    name: "thinkingMode",
    text: /thinking\.type\.(?:enabled|disabled)" is not supported|adaptive thinking is not supported/i,
    sample: "\"thinking.type.enabled\" is not supported for this model. Use \"thinking.type.adaptive\".",
    reason: request
  },
  {
    name: "manyImages",
    text: /exceed max allowed size for many-image requests/i,
    sample: "messages.4.content.2.image.source.base64.data: At least one of the image dimensions exceed max allowed " +
      "size for many-image requests: 2000 pixels",
    reason: request
  },
  {
    name: "strictSchema",
    text: /Unsupported regex feature in pattern field/i,
    sample: "tools.0.custom.input_schema: Unsupported regex feature in pattern field",
    reason: request
  },
  {
    name: "allDeferred",
    text: /All tools have defer_loading/i,
    sample: "All tools have defer_loading: true. At least one tool must be loaded.",
    reason: request
  },
  {
    name: "webIdentity",
    text: /Outbound web identity federation is disabled/i,
    sample: "Outbound web identity federation is disabled for your account",
    reason: request
  }
] as const satisfies ReadonlyArray<Pattern>

export type PatternName = typeof patterns[number]["name"]

/** The known text that a message holds. */
export const patternOf = (message: string): PatternName | undefined =>
  patterns.find((pattern) => pattern.text.test(message))?.name
