/** What differs within a reason: by the known text, by kind, by limit, by phase. */
import type { Reason } from "../../ClaudeError.ts"
import type { PatternName } from "../patterns.ts"
import { advise, afterwards, type Diagnosis, no, page, yes } from "./advice.ts"

type Of<Tag extends Reason["_tag"]> = Extract<Reason, { readonly _tag: Tag }>

export const known: { readonly [Name in PatternName]?: Diagnosis } = {
  thinkingMode: advise(
    "you",
    "This model does not know this way of thinking.",
    [
      "Use the thinking type that the message names; current models take `{ type: \"adaptive\" }`."
    ],
    no,
    page.thinking
  ),
  manyImages: advise(
    "you",
    "With more than 20 images no image may be larger than 2,000 × 2,000 pixels.",
    [
      "Scale the images down.",
      "Or send fewer at once; an old large image in the history counts too."
    ],
    no,
    page.vision
  ),
  strictSchema: advise(
    "you",
    "A strict schema uses what the grammar cannot express.",
    [
      "Simplify the `pattern` the message names.",
      "Or leave `strict` out and check the input yourself."
    ],
    no,
    page.strict
  ),
  allDeferred: advise(
    "you",
    "Every tool is deferred, so that there is none to search with.",
    [
      "Leave `defer_loading` off at least one tool, the search tool for instance."
    ],
    no,
    page.toolSearch
  ),
  webIdentity: advise(
    "admin",
    "The AWS account does not allow outbound web identity federation.",
    [
      "Enable it in the account's IAM settings."
    ],
    afterwards,
    page.errors
  )
}

const conversation = (cause: string, ...steps: ReadonlyArray<string>): Diagnosis =>
  advise(
    "you",
    cause,
    [...steps, "Until then every call with this history fails; `effect-claude check` names all that is wrong in it."],
    no,
    page.tools
  )

export const conversations: { readonly [Kind in Of<"InvalidConversation">["kind"]]: Diagnosis } = {
  pairing: conversation(
    "A tool call has no result right after it, or a result has no call right before it.",
    "Answer every `tool_use` in the next user message, results before text; one that did not run gets `is_error: true`.",
    "Cut a history only between whole exchanges."
  ),
  duplicate: conversation(
    "A tool call's id or result appears twice.",
    "Keep one result for each call, and ids that are unique in the whole conversation."
  ),
  serverTool: conversation(
    "A server tool's call and its result were torn apart.",
    "Send both back unchanged, in the assistant message they came in.",
    "Offer the same server tool again."
  ),
  thinking: conversation(
    "Thinking blocks were changed.",
    "Send assistant messages back exactly as they came.",
    "Where they are lost, drop all thinking blocks of the conversation."
  ),
  signature: conversation(
    "A thinking block's signature is missing, or bound to another conversation.",
    "Only append to a history: never edit, trim or reorder what stands before a thinking block.",
    "Where it is done already, drop all thinking blocks of the conversation."
  ),
  prefill: conversation(
    "This model does not continue an assistant message.",
    "End the messages with a user turn; quote the beginning there and ask to go on."
  )
}

export const limits: { readonly [Limit in Of<"RateLimited">["limit"]]: string } = {
  requests: "The limit of requests a minute is reached.",
  inputTokens: "The limit of input tokens a minute is reached.",
  outputTokens: "The limit of output tokens a minute is reached.",
  ramp: "The use of the API has grown too fast.",
  unknown: "A rate limit is reached; the answer does not say which."
}

export const billed: { readonly [Kind in Of<"BillingBlocked">["kind"]]: readonly [string, string] } = {
  billing: ["The account's billing blocks the call.", "Have whoever pays look at the billing page of the Console."],
  creditBalance: ["The credit is used up.", "Buy credit on the billing page of the Console, or turn on auto-reload."],
  selfSetLimit: [
    "A spend limit that you set yourself is reached.",
    "Raise it in the Console, or wait for the day the message names."
  ],
  enforcedSpendLimit: [
    "The month's spend limit is reached.",
    "Have an admin raise the limit, or wait for the 1st, 00:00 UTC."
  ],
  contractSpendLimit: ["The spend that the contract allows is used up.", "Talk to your contact at Anthropic."],
  linkedOrganization: ["The organization that pays cannot or will not.", "Have its owner look at limit and billing."],
  userProfile: ["This user's profile cannot be billed.", "Have the user authorize billing, or act for another."]
}

export const phases: { readonly [Phase in Of<"TimedOut">["phase"]]: readonly [string, string] } = {
  connect: ["No connection came about in time.", "Check name, proxy and firewall: `effect-claude doctor` does."],
  headers: [
    "The connection stood, but no answer began in time.",
    "Stream long answers; a JSON answer only begins when it is finished."
  ],
  idle: [
    "A stream stood still.",
    "Look for a proxy that holds events back: turn its buffering off and raise its read timeout."
  ],
  attempt: ["The attempt took longer than it was given.", "Raise `timeouts.attempt`, or lower `max_tokens`."]
}

export const proxySteps = [
  "The policies have tried again where that was safe; a partial answer is in `partial`.",
  "If it happens at the same age each time, a proxy or load balancer closes the connection: raise its idle and read timeout over ten minutes and turn response buffering off (nginx: `proxy_buffering off; proxy_read_timeout 600s;`)."
]

/** A new project's quota is zero, which looks the same and never heals by waiting. */
export const googleQuota = advise(
  "admin",
  "The Google Cloud project's quota for this model is used up, or is zero.",
  [
    "Look at the quota the message names in the Google Cloud console.",
    "If it is zero, ask for quota there: no retry helps.",
    "Otherwise wait, or spread the load over regions."
  ],
  yes("With backoff, unless the quota is zero."),
  page.rateLimits
)
