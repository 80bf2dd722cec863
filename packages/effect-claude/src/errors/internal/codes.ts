/**
 * Every `error.details.error_code` the SDK knows, with the status it comes with and, where the status alone does not tell,
 * the reason it is. A code that the SDK adds without an entry here fails the type check; one that is newer than the SDK
 * is data, and its status decides.
 */
import type { ErrorDetails } from "@anthropic-ai/sdk/resources/shared"
import type * as Schema from "effect/Schema"
import type { ErrorBody } from "./body.ts"
import type { remote } from "./fields.ts"
import type { RealReason } from "./local.ts"
import * as Remote from "./remote.ts"

type Common = Schema.Struct<typeof remote>["Type"]

export type Code = ErrorDetails["error_code"]

interface Claim {
  readonly status: number
  readonly reason: (common: Common, body: ErrorBody) => RealReason
}

const claim = (status: number, reason: Claim["reason"]): Claim => ({ status, reason })
const billing = (status: number, kind: Remote.BillingBlocked["kind"]): Claim =>
  claim(status, (common) => new Remote.BillingBlocked({ ...common, kind }))
const conflict = (status: number): Claim => claim(status, (common) => new Remote.Conflict(common))
const missing = (resource: Remote.NotFound["resource"]): Claim =>
  claim(404, (common) => new Remote.NotFound({ ...common, resource }))

/** A number: the status decides. */
export const codes = {
  // Of calls that talk to a model, and of files.
  available_tools_limit_exceeded: 400,
  claude_code_key_creator_not_member: 400,
  claude_code_version_too_old: 400,
  cmek_key_disabled: 400,
  cmek_key_network_blocked: 400,
  compaction_block_ambiguous: 400,
  compaction_block_misplaced: 400,
  compaction_content_mismatch: 400,
  compaction_incomplete_turn: 400,
  compaction_nothing_to_summarize: 400,
  compaction_signature_invalid: 400,
  compaction_too_many_tool_references: 400,
  compaction_tool_changes_mismatch: 400,
  file_not_downloadable: 400,
  organization_on_hold: claim(
    400,
    (common, body) => new Remote.AccountOnHold({ ...common, appealUrl: body.appealUrl })
  ),
  request_body_encoding_invalid: 400,
  request_body_encoding_unsupported: 400,
  storage_quota_exceeded: 400,
  thread_already_continued: conflict(400),
  thread_continue_in_flight: conflict(400),
  thread_fingerprint_mismatch: conflict(400),
  thread_unsupported_request: 400,
  tool_name_conflict: 400,
  tool_reference_unresolved: 400,
  user_profile_required: 400,
  linked_organization_billing_unavailable: billing(402, "linkedOrganization"),
  linked_organization_spend_limit_reached: billing(402, "linkedOrganization"),
  user_profile_billing_not_authorized: billing(403, "userProfile"),
  user_profile_not_billable: billing(403, "userProfile"),
  file_expired: missing("file"),
  thread_not_found: missing("thread"),
  skill_read_blocked_undecryptable: 409,
  request_body_too_large_after_decoding: 413,
  contract_spend_limit_reached: billing(429, "contractSpendLimit"),
  enforced_spend_limit_reached: billing(429, "enforcedSpendLimit"),
  ramp_limit_exceeded: claim(429, (common) => new Remote.RateLimited({ ...common, limit: "ramp" })),
  cmek_key_unreachable: 503,
  compaction_unavailable: 529,
  // Of any call.
  sandbox_egress_restricted: 403,
  // The body did not arrive in time: a 408 by another number, which passes.
  request_body_timeout: claim(400, (common) => new Remote.ServerFailed(common)),
  unsupported_charset: 400,
  cmek_context_unavailable: 503,
  user_profile_not_found: 400,
  // Of administration and managed agents.
  already_member: 400,
  bundle_attachment_not_supported: 400,
  bundle_on_call: 400,
  cannot_invite_emails_with_unverified_domains: 400,
  cannot_remove_last_member: 400,
  cannot_sign_out_primary_owner: 400,
  cannot_sign_out_self: 400,
  cmek_feature_unsupported: 400,
  email_domain_not_allowed: 400,
  environment_archived: 400,
  external_key_in_workspace_policy: 400,
  external_key_validation_failed: 400,
  external_key_validation_timed_out: 400,
  invalid_config_type_change: 400,
  invalid_metadata: 400,
  invite_already_exists: 400,
  key_profile_mismatch: 400,
  org_api_key_limit_exceeded: 400,
  org_member_limit_exceeded: 400,
  organization_not_enrolled_in_beta: 400,
  organization_type_not_supported: 400,
  parent_organization_required: 400,
  rbac_group_grants_owner_access: 400,
  rbac_group_order_limit_exceeded: 400,
  rbac_group_owner_access_unconfirmed: 400,
  scan_failed: 400,
  settings_document_limit_exceeded: 400,
  settings_history_limit_exceeded: 400,
  slack_channel_set_up_settings_refused: 400,
  workspace_api_key_limit_exceeded: 400,
  workspace_member_limit_exceeded: 400,
  workspace_policy_violation: 400,
  api_key_scope_missing: 403,
  cannot_sign_out_managed_member: 403,
  cannot_sign_out_membership_admin: 403,
  cannot_sign_out_owner: 403,
  cannot_sign_out_privileged_member: 403,
  claude_tag_writes_not_enabled: 403,
  compliance_configuration_restricted: 403,
  environment_create_disabled: 403,
  environment_update_disabled: 403,
  organization_level_scoped_api_key_required: 403,
  spend_limits_admin_api_writes_not_enabled: 403,
  environment_not_found: missing("other"),
  rbac_group_managed_settings_not_found: missing("other"),
  rbac_group_not_found: missing("other"),
  rbac_role_not_found: missing("other"),
  slack_channel_set_up_environment_not_found: missing("other"),
  concurrent_membership_change: 409,
  external_key_changed: 409,
  plugin_name_taken: 409,
  scan_pending: 409,
  skill_name_taken: 409,
  slack_channel_set_up_settings_conflict: 409,
  heartbeat_precondition_failed: 412,
  registration_pending: 503
} as const satisfies { readonly [C in Code]: number | Claim }

export const isCode = (text: string): text is Code => Object.hasOwn(codes, text)

/** The status a code comes with. */
export const statusOf = (code: Code): number => {
  const entry: number | Claim = codes[code]
  return typeof entry === "number" ? entry : entry.status
}

/** What a code says by itself, undefined where its status decides. */
export const claimOf = (code: string | undefined): Claim["reason"] | undefined => {
  if (code === undefined || !isCode(code)) return undefined
  const entry: number | Claim = codes[code]
  return typeof entry === "number" ? undefined : entry.reason
}
