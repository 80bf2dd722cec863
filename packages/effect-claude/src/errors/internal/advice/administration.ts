/** What to do about each error code of administration and managed agents: one step each, nothing heals but a few. */
import { advise, afterwards, type Diagnosis, no, page, yes } from "./advice.ts"

const admin = (cause: string, step: string): Diagnosis => advise("admin", cause, [step], afterwards, page.admin)
const you = (cause: string, step: string): Diagnosis => advise("you", cause, [step], no, page.admin)
const heals = (cause: string, step: string): Diagnosis =>
  advise("you", cause, [step], yes("After a few seconds."), page.admin)

export const administration = {
  already_member: you("This person is a member already.", "Nothing is left to do."),
  bundle_attachment_not_supported: you("This bundle cannot be attached here.", "Attach one of a kind that can."),
  bundle_on_call: you("The bundle is on call and cannot be changed now.", "Take it off call first."),
  cannot_invite_emails_with_unverified_domains: admin(
    "The address is of a domain that is not verified.",
    "Verify the domain, then invite."
  ),
  cannot_remove_last_member: admin("This is the last member.", "Add another member first."),
  cannot_sign_out_primary_owner: admin(
    "The primary owner cannot be signed out.",
    "Make somebody else primary owner first."
  ),
  cannot_sign_out_self: you("Nobody can sign themselves out this way.", "Sign out in the Console."),
  cmek_feature_unsupported: admin(
    "This feature does not work with customer-managed keys.",
    "Use it in a workspace without one."
  ),
  email_domain_not_allowed: admin(
    "Addresses of this domain are not allowed.",
    "Allow the domain, or use another address."
  ),
  environment_archived: you("The environment is archived.", "Use or create another."),
  external_key_in_workspace_policy: admin(
    "A workspace's policy still names this key.",
    "Take it out of the policy first."
  ),
  external_key_validation_failed: admin("The external key could not be used.", "Check its policy and its principal."),
  external_key_validation_timed_out: admin(
    "The external key's service did not answer in time.",
    "Look at the key service, then validate again."
  ),
  invalid_config_type_change: you(
    "The kind of this configuration cannot be changed.",
    "Create a new one of the other kind."
  ),
  invalid_metadata: you("The metadata breaks its rules.", "The message names what; correct it."),
  invite_already_exists: you("There is an open invitation already.", "Use it, or withdraw it first."),
  key_profile_mismatch: admin("The key does not fit the workspace's profile.", "Use a key of that profile."),
  org_api_key_limit_exceeded: admin(
    "The organization has as many keys as it may have.",
    "Delete keys that are not used."
  ),
  org_member_limit_exceeded: admin(
    "The organization has as many members as it may have.",
    "Remove members, or ask for more seats."
  ),
  organization_not_enrolled_in_beta: admin(
    "The organization is not in this beta.",
    "Enrol it, or leave the beta header out."
  ),
  organization_type_not_supported: admin("This kind of organization cannot do that.", "Use another organization."),
  parent_organization_required: admin("Only a parent organization can do that.", "Use a key of the parent."),
  rbac_group_grants_owner_access: admin("The group would give owner access.", "Choose a smaller role."),
  rbac_group_order_limit_exceeded: admin("There are as many ordered groups as there may be.", "Remove one first."),
  rbac_group_owner_access_unconfirmed: admin("Owner access has to be confirmed.", "Confirm it in the request."),
  scan_failed: you("The upload did not pass its scan.", "The message says why; correct it and upload again."),
  settings_document_limit_exceeded: admin("There are as many settings documents as there may be.", "Delete one first."),
  settings_history_limit_exceeded: admin(
    "The settings have as many versions as they may have.",
    "Ask Anthropic's support."
  ),
  slack_channel_set_up_settings_refused: admin(
    "The settings of the Slack channel are not allowed.",
    "Choose other settings."
  ),
  workspace_api_key_limit_exceeded: admin(
    "The workspace has as many keys as it may have.",
    "Delete keys that are not used."
  ),
  workspace_member_limit_exceeded: admin("The workspace has as many members as it may have.", "Remove members first."),
  workspace_policy_violation: admin("The workspace's policy forbids this.", "Ask its admin, or use another workspace."),
  api_key_scope_missing: admin("The key lacks a scope.", "Create a key with the scope the message names."),
  cannot_sign_out_managed_member: admin("This member is managed elsewhere.", "Sign them out where they are managed."),
  cannot_sign_out_membership_admin: admin(
    "A membership admin cannot be signed out this way.",
    "Change the role first."
  ),
  cannot_sign_out_owner: admin("An owner cannot be signed out this way.", "Change the role first."),
  cannot_sign_out_privileged_member: admin("This member's role protects them from it.", "Change the role first."),
  claude_tag_writes_not_enabled: admin("Writing Claude tags is not enabled.", "Enable it for the organization."),
  compliance_configuration_restricted: admin("The compliance settings forbid this.", "Ask whoever owns them."),
  environment_create_disabled: admin("Creating environments is disabled.", "Enable it, or use one that exists."),
  environment_update_disabled: admin("Changing environments is disabled.", "Enable it, or leave it as it is."),
  organization_level_scoped_api_key_required: admin(
    "This needs a key of the whole organization.",
    "Create one and use it."
  ),
  spend_limits_admin_api_writes_not_enabled: admin(
    "Spend limits cannot be written by API here.",
    "Change them in the Console."
  ),
  environment_not_found: you("There is no such environment.", "Check its id and the workspace of the key."),
  rbac_group_managed_settings_not_found: you("The group has no managed settings.", "Create them first."),
  rbac_group_not_found: you("There is no such group.", "Check its id."),
  rbac_role_not_found: you("There is no such role.", "Check its id."),
  slack_channel_set_up_environment_not_found: you("The channel's environment does not exist.", "Choose one that does."),
  concurrent_membership_change: heals("Another change to the members is under way.", "Try again."),
  external_key_changed: heals("The external key was changed meanwhile.", "Read it again and repeat the change."),
  plugin_name_taken: you("Another plugin has that name.", "Choose another name."),
  scan_pending: heals("The upload is still being scanned.", "Try again when the scan is done."),
  skill_name_taken: you("Another skill has that name.", "Choose another name."),
  slack_channel_set_up_settings_conflict: you(
    "The settings of the Slack channel contradict each other.",
    "Read them again and correct one."
  ),
  heartbeat_precondition_failed: you("The work has been handed to somebody else meanwhile.", "Stop working on it."),
  registration_pending: heals("The registration is not finished yet.", "Try again.")
} as const satisfies { readonly [code: string]: Diagnosis }
