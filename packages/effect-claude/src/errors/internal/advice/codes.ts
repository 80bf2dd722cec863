/** What to do about each error code of calls that talk to a model, and the generic ones. */
import { advise, afterwards, type Diagnosis, no, once, page, yes } from "./advice.ts"

const compaction = (cause: string, ...steps: ReadonlyArray<string>): Diagnosis =>
  advise("you", cause, steps, no, page.compaction)
const thread = (cause: string, ...steps: ReadonlyArray<string>): Diagnosis =>
  advise("you", cause, steps, once("With the whole conversation and `thread: { type: \"create\" }`."), page.threads)
const replay =
  "Send the whole conversation again with `thread: { type: \"create\" }`; keep the history on your side for that."
const resetsMonthly = "Or wait: it ends with the month, at 00:00 UTC on the 1st."

export const inference = {
  available_tools_limit_exceeded: advise(
    "you",
    "The request offers more tools than the API allows.",
    [
      "Offer fewer tools.",
      "Or mark tools with `defer_loading` and add a tool-search tool."
    ],
    no,
    page.toolSearch
  ),
  claude_code_key_creator_not_member: advise(
    "admin",
    "The person who made this key is no longer a member.",
    [
      "Have a member create a new key.",
      "Put it in place of this one."
    ],
    afterwards,
    page.errors
  ),
  claude_code_version_too_old: advise(
    "you",
    "The Claude Code that made this request is too old.",
    [
      "Update Claude Code."
    ],
    no,
    page.errors
  ),
  cmek_key_disabled: advise(
    "admin",
    "The customer-managed encryption key of this workspace is disabled.",
    [
      "Enable the key in the key service.",
      "Check that Anthropic's principal may still use it."
    ],
    afterwards,
    page.errors
  ),
  cmek_key_network_blocked: advise(
    "admin",
    "The key service refuses the network Anthropic calls from.",
    [
      "Allow that network in the key service's policy."
    ],
    afterwards,
    page.errors
  ),
  compaction_block_ambiguous: compaction(
    "More than one compaction block claims to stand for the same messages.",
    "Send back only the newest compaction block.",
    "Put it first in the message list."
  ),
  compaction_block_misplaced: compaction(
    "A compaction block stands where none may stand.",
    "Put it first, where the messages it sums up were."
  ),
  compaction_content_mismatch: compaction(
    "The compaction block was changed, or belongs to another conversation.",
    "Send it back byte for byte as it came."
  ),
  compaction_incomplete_turn: compaction(
    "The conversation ends inside a turn, which cannot be summed up.",
    "Answer the open tool calls first.",
    "Then ask for the compaction."
  ),
  compaction_nothing_to_summarize: compaction(
    "There is nothing before the newest turn to sum up.",
    "Leave the compaction out until the conversation is longer."
  ),
  compaction_signature_invalid: compaction(
    "The signature of the compaction block does not fit it.",
    "Send it back byte for byte, with the model that wrote it.",
    "Without the original, drop the block and send the messages it stood for."
  ),
  compaction_too_many_tool_references: compaction(
    "The part to be summed up refers to more tools than a compaction can keep.",
    "Compact earlier, or load fewer tools by reference."
  ),
  compaction_tool_changes_mismatch: compaction(
    "The tools differ from those the conversation was compacted with.",
    "Send the same `tools` as before the compaction."
  ),
  file_not_downloadable: advise(
    "you",
    "Only files that a tool made can be downloaded.",
    [
      "Keep your own copy of what you upload."
    ],
    no,
    page.files
  ),
  organization_on_hold: advise(
    "admin",
    "Anthropic has put the organization on hold.",
    [
      "Have the organization's owner appeal, at the address in the error where there is one.",
      "Stop what runs unattended until then."
    ],
    afterwards,
    page.errors
  ),
  request_body_encoding_invalid: advise(
    "you",
    "The body is not what its content-encoding says.",
    [
      "Send the body uncompressed, or compress all of it.",
      "Look for a proxy that recompresses requests."
    ],
    no,
    page.errors
  ),
  request_body_encoding_unsupported: advise(
    "you",
    "The API does not read this content-encoding.",
    [
      "Send the body uncompressed."
    ],
    no,
    page.errors
  ),
  storage_quota_exceeded: advise(
    "you",
    "The organization's file storage is full (1 TB).",
    [
      "Delete files that are no longer used.",
      "Give new ones `expires_in_seconds`."
    ],
    afterwards,
    page.files
  ),
  thread_already_continued: thread(
    "This answer of the thread has been continued already: a lost answer arrived after all.",
    replay
  ),
  thread_continue_in_flight: thread(
    "Another request is continuing this thread.",
    "Send one request of a thread at a time.",
    replay
  ),
  thread_fingerprint_mismatch: thread(
    "System prompt, tools or settings differ from those the thread was made with.",
    replay
  ),
  thread_unsupported_request: advise(
    "you",
    "The request uses what threads do not support; the error lists it.",
    [
      "Leave it out, or send the whole conversation without a thread."
    ],
    no,
    page.threads
  ),
  tool_name_conflict: advise(
    "you",
    "Two tools have the same name.",
    [
      "Rename one; tools of MCP servers and server tools count too."
    ],
    no,
    page.tools
  ),
  tool_reference_unresolved: advise(
    "you",
    "A tool reference names a tool that the request does not offer.",
    [
      "Send the same `tools` as when the reference was made."
    ],
    no,
    page.toolSearch
  ),
  user_profile_required: advise(
    "you",
    "This organization's requests must name a user profile.",
    [
      "Send the profile of the user you act for."
    ],
    no,
    page.errors
  ),
  linked_organization_billing_unavailable: advise(
    "billing",
    "The organization that pays cannot be charged now.",
    [
      "Have its owner look at its billing settings."
    ],
    afterwards,
    page.errors
  ),
  linked_organization_spend_limit_reached: advise(
    "billing",
    "The organization that pays has reached its spend limit.",
    [
      "Have its owner raise the limit.",
      resetsMonthly
    ],
    afterwards,
    page.rateLimits
  ),
  user_profile_billing_not_authorized: advise(
    "billing",
    "This user profile has not agreed to be billed.",
    [
      "Have the user authorize billing.",
      "Or send the request for another profile."
    ],
    afterwards,
    page.errors
  ),
  user_profile_not_billable: advise(
    "billing",
    "This user profile has nothing that can be billed.",
    [
      "Have the user add a way to pay.",
      "Or send the request for another profile."
    ],
    afterwards,
    page.errors
  ),
  file_expired: advise(
    "you",
    "The file's time has run out.",
    [
      "Upload it again and use the new `file_id`.",
      "Give it a longer `expires_in_seconds`, at most 90 days."
    ],
    no,
    page.files
  ),
  thread_not_found: thread("The thread is gone: it lives five minutes after its last request.", replay),
  skill_read_blocked_undecryptable: advise(
    "admin",
    "A skill's content cannot be decrypted.",
    [
      "Restore the encryption key it was stored under.",
      "Or upload the skill again."
    ],
    afterwards,
    page.errors
  ),
  request_body_too_large_after_decoding: advise(
    "you",
    "The body is too large once it is decompressed.",
    [
      "Upload large documents and images through the Files API and send their `file_id`.",
      "Split the request."
    ],
    no,
    page.files
  ),
  contract_spend_limit_reached: advise(
    "billing",
    "The spend that the contract allows is used up.",
    [
      "Talk to your contact at Anthropic about a higher limit."
    ],
    afterwards,
    page.rateLimits
  ),
  enforced_spend_limit_reached: advise(
    "billing",
    "The month's spend limit is reached.",
    [
      "Have an admin raise the limit in the Console.",
      resetsMonthly,
      "Stop what runs unattended: no retry helps."
    ],
    afterwards,
    page.rateLimits
  ),
  ramp_limit_exceeded: advise(
    "you",
    "The use of the API has grown too fast.",
    [
      "Wait as the answer says, then grow slowly.",
      "Start with few calls at once; the limiter's slow start does."
    ],
    yes("After the time in `retry-after`, at a slower pace."),
    page.rateLimits
  ),
  cmek_key_unreachable: advise(
    "admin",
    "The customer-managed encryption key cannot be reached now.",
    [
      "Try again.",
      "If it lasts, look at the key service."
    ],
    yes("With backoff; the key service may be down for a moment."),
    page.errors
  ),
  compaction_unavailable: advise(
    "anthropic",
    "Compaction is overloaded.",
    [
      "Try again with backoff.",
      "Or send the request without compaction."
    ],
    yes("With backoff."),
    page.compaction
  ),
  sandbox_egress_restricted: advise(
    "admin",
    "The sandbox may not reach that address.",
    [
      "Have an admin allow the address."
    ],
    afterwards,
    page.errors
  ),
  request_body_timeout: advise(
    "network",
    "The request's body did not arrive in time.",
    [
      "Try again.",
      "Send large documents through the Files API and their `file_id` in the request."
    ],
    yes("At once, on a better connection."),
    page.errors
  ),
  unsupported_charset: advise(
    "you",
    "The body is in a character set the API does not read.",
    [
      "Send UTF-8."
    ],
    no,
    page.errors
  ),
  cmek_context_unavailable: advise(
    "anthropic",
    "The encryption context could not be read now.",
    [
      "Try again."
    ],
    yes("With backoff."),
    page.errors
  ),
  user_profile_not_found: advise(
    "you",
    "There is no such user profile.",
    [
      "Check the profile's id and the workspace of the key."
    ],
    no,
    page.errors
  )
} as const satisfies { readonly [code: string]: Diagnosis }
