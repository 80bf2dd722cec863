export declare const administration: {
    readonly already_member: {
        readonly cause: string;
        readonly who: "admin" | "anthropic" | "billing" | "network" | "you";
        readonly steps: readonly string[];
        readonly retry: {
            readonly helps: "no" | "once" | "yes";
            readonly when: string;
        };
        readonly docs: string;
    };
    readonly bundle_attachment_not_supported: {
        readonly cause: string;
        readonly who: "admin" | "anthropic" | "billing" | "network" | "you";
        readonly steps: readonly string[];
        readonly retry: {
            readonly helps: "no" | "once" | "yes";
            readonly when: string;
        };
        readonly docs: string;
    };
    readonly bundle_on_call: {
        readonly cause: string;
        readonly who: "admin" | "anthropic" | "billing" | "network" | "you";
        readonly steps: readonly string[];
        readonly retry: {
            readonly helps: "no" | "once" | "yes";
            readonly when: string;
        };
        readonly docs: string;
    };
    readonly cannot_invite_emails_with_unverified_domains: {
        readonly cause: string;
        readonly who: "admin" | "anthropic" | "billing" | "network" | "you";
        readonly steps: readonly string[];
        readonly retry: {
            readonly helps: "no" | "once" | "yes";
            readonly when: string;
        };
        readonly docs: string;
    };
    readonly cannot_remove_last_member: {
        readonly cause: string;
        readonly who: "admin" | "anthropic" | "billing" | "network" | "you";
        readonly steps: readonly string[];
        readonly retry: {
            readonly helps: "no" | "once" | "yes";
            readonly when: string;
        };
        readonly docs: string;
    };
    readonly cannot_sign_out_primary_owner: {
        readonly cause: string;
        readonly who: "admin" | "anthropic" | "billing" | "network" | "you";
        readonly steps: readonly string[];
        readonly retry: {
            readonly helps: "no" | "once" | "yes";
            readonly when: string;
        };
        readonly docs: string;
    };
    readonly cannot_sign_out_self: {
        readonly cause: string;
        readonly who: "admin" | "anthropic" | "billing" | "network" | "you";
        readonly steps: readonly string[];
        readonly retry: {
            readonly helps: "no" | "once" | "yes";
            readonly when: string;
        };
        readonly docs: string;
    };
    readonly cmek_feature_unsupported: {
        readonly cause: string;
        readonly who: "admin" | "anthropic" | "billing" | "network" | "you";
        readonly steps: readonly string[];
        readonly retry: {
            readonly helps: "no" | "once" | "yes";
            readonly when: string;
        };
        readonly docs: string;
    };
    readonly email_domain_not_allowed: {
        readonly cause: string;
        readonly who: "admin" | "anthropic" | "billing" | "network" | "you";
        readonly steps: readonly string[];
        readonly retry: {
            readonly helps: "no" | "once" | "yes";
            readonly when: string;
        };
        readonly docs: string;
    };
    readonly environment_archived: {
        readonly cause: string;
        readonly who: "admin" | "anthropic" | "billing" | "network" | "you";
        readonly steps: readonly string[];
        readonly retry: {
            readonly helps: "no" | "once" | "yes";
            readonly when: string;
        };
        readonly docs: string;
    };
    readonly external_key_in_workspace_policy: {
        readonly cause: string;
        readonly who: "admin" | "anthropic" | "billing" | "network" | "you";
        readonly steps: readonly string[];
        readonly retry: {
            readonly helps: "no" | "once" | "yes";
            readonly when: string;
        };
        readonly docs: string;
    };
    readonly external_key_validation_failed: {
        readonly cause: string;
        readonly who: "admin" | "anthropic" | "billing" | "network" | "you";
        readonly steps: readonly string[];
        readonly retry: {
            readonly helps: "no" | "once" | "yes";
            readonly when: string;
        };
        readonly docs: string;
    };
    readonly external_key_validation_timed_out: {
        readonly cause: string;
        readonly who: "admin" | "anthropic" | "billing" | "network" | "you";
        readonly steps: readonly string[];
        readonly retry: {
            readonly helps: "no" | "once" | "yes";
            readonly when: string;
        };
        readonly docs: string;
    };
    readonly invalid_config_type_change: {
        readonly cause: string;
        readonly who: "admin" | "anthropic" | "billing" | "network" | "you";
        readonly steps: readonly string[];
        readonly retry: {
            readonly helps: "no" | "once" | "yes";
            readonly when: string;
        };
        readonly docs: string;
    };
    readonly invalid_metadata: {
        readonly cause: string;
        readonly who: "admin" | "anthropic" | "billing" | "network" | "you";
        readonly steps: readonly string[];
        readonly retry: {
            readonly helps: "no" | "once" | "yes";
            readonly when: string;
        };
        readonly docs: string;
    };
    readonly invite_already_exists: {
        readonly cause: string;
        readonly who: "admin" | "anthropic" | "billing" | "network" | "you";
        readonly steps: readonly string[];
        readonly retry: {
            readonly helps: "no" | "once" | "yes";
            readonly when: string;
        };
        readonly docs: string;
    };
    readonly key_profile_mismatch: {
        readonly cause: string;
        readonly who: "admin" | "anthropic" | "billing" | "network" | "you";
        readonly steps: readonly string[];
        readonly retry: {
            readonly helps: "no" | "once" | "yes";
            readonly when: string;
        };
        readonly docs: string;
    };
    readonly org_api_key_limit_exceeded: {
        readonly cause: string;
        readonly who: "admin" | "anthropic" | "billing" | "network" | "you";
        readonly steps: readonly string[];
        readonly retry: {
            readonly helps: "no" | "once" | "yes";
            readonly when: string;
        };
        readonly docs: string;
    };
    readonly org_member_limit_exceeded: {
        readonly cause: string;
        readonly who: "admin" | "anthropic" | "billing" | "network" | "you";
        readonly steps: readonly string[];
        readonly retry: {
            readonly helps: "no" | "once" | "yes";
            readonly when: string;
        };
        readonly docs: string;
    };
    readonly organization_not_enrolled_in_beta: {
        readonly cause: string;
        readonly who: "admin" | "anthropic" | "billing" | "network" | "you";
        readonly steps: readonly string[];
        readonly retry: {
            readonly helps: "no" | "once" | "yes";
            readonly when: string;
        };
        readonly docs: string;
    };
    readonly organization_type_not_supported: {
        readonly cause: string;
        readonly who: "admin" | "anthropic" | "billing" | "network" | "you";
        readonly steps: readonly string[];
        readonly retry: {
            readonly helps: "no" | "once" | "yes";
            readonly when: string;
        };
        readonly docs: string;
    };
    readonly parent_organization_required: {
        readonly cause: string;
        readonly who: "admin" | "anthropic" | "billing" | "network" | "you";
        readonly steps: readonly string[];
        readonly retry: {
            readonly helps: "no" | "once" | "yes";
            readonly when: string;
        };
        readonly docs: string;
    };
    readonly rbac_group_grants_owner_access: {
        readonly cause: string;
        readonly who: "admin" | "anthropic" | "billing" | "network" | "you";
        readonly steps: readonly string[];
        readonly retry: {
            readonly helps: "no" | "once" | "yes";
            readonly when: string;
        };
        readonly docs: string;
    };
    readonly rbac_group_order_limit_exceeded: {
        readonly cause: string;
        readonly who: "admin" | "anthropic" | "billing" | "network" | "you";
        readonly steps: readonly string[];
        readonly retry: {
            readonly helps: "no" | "once" | "yes";
            readonly when: string;
        };
        readonly docs: string;
    };
    readonly rbac_group_owner_access_unconfirmed: {
        readonly cause: string;
        readonly who: "admin" | "anthropic" | "billing" | "network" | "you";
        readonly steps: readonly string[];
        readonly retry: {
            readonly helps: "no" | "once" | "yes";
            readonly when: string;
        };
        readonly docs: string;
    };
    readonly scan_failed: {
        readonly cause: string;
        readonly who: "admin" | "anthropic" | "billing" | "network" | "you";
        readonly steps: readonly string[];
        readonly retry: {
            readonly helps: "no" | "once" | "yes";
            readonly when: string;
        };
        readonly docs: string;
    };
    readonly settings_document_limit_exceeded: {
        readonly cause: string;
        readonly who: "admin" | "anthropic" | "billing" | "network" | "you";
        readonly steps: readonly string[];
        readonly retry: {
            readonly helps: "no" | "once" | "yes";
            readonly when: string;
        };
        readonly docs: string;
    };
    readonly settings_history_limit_exceeded: {
        readonly cause: string;
        readonly who: "admin" | "anthropic" | "billing" | "network" | "you";
        readonly steps: readonly string[];
        readonly retry: {
            readonly helps: "no" | "once" | "yes";
            readonly when: string;
        };
        readonly docs: string;
    };
    readonly slack_channel_set_up_settings_refused: {
        readonly cause: string;
        readonly who: "admin" | "anthropic" | "billing" | "network" | "you";
        readonly steps: readonly string[];
        readonly retry: {
            readonly helps: "no" | "once" | "yes";
            readonly when: string;
        };
        readonly docs: string;
    };
    readonly workspace_api_key_limit_exceeded: {
        readonly cause: string;
        readonly who: "admin" | "anthropic" | "billing" | "network" | "you";
        readonly steps: readonly string[];
        readonly retry: {
            readonly helps: "no" | "once" | "yes";
            readonly when: string;
        };
        readonly docs: string;
    };
    readonly workspace_member_limit_exceeded: {
        readonly cause: string;
        readonly who: "admin" | "anthropic" | "billing" | "network" | "you";
        readonly steps: readonly string[];
        readonly retry: {
            readonly helps: "no" | "once" | "yes";
            readonly when: string;
        };
        readonly docs: string;
    };
    readonly workspace_policy_violation: {
        readonly cause: string;
        readonly who: "admin" | "anthropic" | "billing" | "network" | "you";
        readonly steps: readonly string[];
        readonly retry: {
            readonly helps: "no" | "once" | "yes";
            readonly when: string;
        };
        readonly docs: string;
    };
    readonly api_key_scope_missing: {
        readonly cause: string;
        readonly who: "admin" | "anthropic" | "billing" | "network" | "you";
        readonly steps: readonly string[];
        readonly retry: {
            readonly helps: "no" | "once" | "yes";
            readonly when: string;
        };
        readonly docs: string;
    };
    readonly cannot_sign_out_managed_member: {
        readonly cause: string;
        readonly who: "admin" | "anthropic" | "billing" | "network" | "you";
        readonly steps: readonly string[];
        readonly retry: {
            readonly helps: "no" | "once" | "yes";
            readonly when: string;
        };
        readonly docs: string;
    };
    readonly cannot_sign_out_membership_admin: {
        readonly cause: string;
        readonly who: "admin" | "anthropic" | "billing" | "network" | "you";
        readonly steps: readonly string[];
        readonly retry: {
            readonly helps: "no" | "once" | "yes";
            readonly when: string;
        };
        readonly docs: string;
    };
    readonly cannot_sign_out_owner: {
        readonly cause: string;
        readonly who: "admin" | "anthropic" | "billing" | "network" | "you";
        readonly steps: readonly string[];
        readonly retry: {
            readonly helps: "no" | "once" | "yes";
            readonly when: string;
        };
        readonly docs: string;
    };
    readonly cannot_sign_out_privileged_member: {
        readonly cause: string;
        readonly who: "admin" | "anthropic" | "billing" | "network" | "you";
        readonly steps: readonly string[];
        readonly retry: {
            readonly helps: "no" | "once" | "yes";
            readonly when: string;
        };
        readonly docs: string;
    };
    readonly claude_tag_writes_not_enabled: {
        readonly cause: string;
        readonly who: "admin" | "anthropic" | "billing" | "network" | "you";
        readonly steps: readonly string[];
        readonly retry: {
            readonly helps: "no" | "once" | "yes";
            readonly when: string;
        };
        readonly docs: string;
    };
    readonly compliance_configuration_restricted: {
        readonly cause: string;
        readonly who: "admin" | "anthropic" | "billing" | "network" | "you";
        readonly steps: readonly string[];
        readonly retry: {
            readonly helps: "no" | "once" | "yes";
            readonly when: string;
        };
        readonly docs: string;
    };
    readonly environment_create_disabled: {
        readonly cause: string;
        readonly who: "admin" | "anthropic" | "billing" | "network" | "you";
        readonly steps: readonly string[];
        readonly retry: {
            readonly helps: "no" | "once" | "yes";
            readonly when: string;
        };
        readonly docs: string;
    };
    readonly environment_update_disabled: {
        readonly cause: string;
        readonly who: "admin" | "anthropic" | "billing" | "network" | "you";
        readonly steps: readonly string[];
        readonly retry: {
            readonly helps: "no" | "once" | "yes";
            readonly when: string;
        };
        readonly docs: string;
    };
    readonly organization_level_scoped_api_key_required: {
        readonly cause: string;
        readonly who: "admin" | "anthropic" | "billing" | "network" | "you";
        readonly steps: readonly string[];
        readonly retry: {
            readonly helps: "no" | "once" | "yes";
            readonly when: string;
        };
        readonly docs: string;
    };
    readonly spend_limits_admin_api_writes_not_enabled: {
        readonly cause: string;
        readonly who: "admin" | "anthropic" | "billing" | "network" | "you";
        readonly steps: readonly string[];
        readonly retry: {
            readonly helps: "no" | "once" | "yes";
            readonly when: string;
        };
        readonly docs: string;
    };
    readonly environment_not_found: {
        readonly cause: string;
        readonly who: "admin" | "anthropic" | "billing" | "network" | "you";
        readonly steps: readonly string[];
        readonly retry: {
            readonly helps: "no" | "once" | "yes";
            readonly when: string;
        };
        readonly docs: string;
    };
    readonly rbac_group_managed_settings_not_found: {
        readonly cause: string;
        readonly who: "admin" | "anthropic" | "billing" | "network" | "you";
        readonly steps: readonly string[];
        readonly retry: {
            readonly helps: "no" | "once" | "yes";
            readonly when: string;
        };
        readonly docs: string;
    };
    readonly rbac_group_not_found: {
        readonly cause: string;
        readonly who: "admin" | "anthropic" | "billing" | "network" | "you";
        readonly steps: readonly string[];
        readonly retry: {
            readonly helps: "no" | "once" | "yes";
            readonly when: string;
        };
        readonly docs: string;
    };
    readonly rbac_role_not_found: {
        readonly cause: string;
        readonly who: "admin" | "anthropic" | "billing" | "network" | "you";
        readonly steps: readonly string[];
        readonly retry: {
            readonly helps: "no" | "once" | "yes";
            readonly when: string;
        };
        readonly docs: string;
    };
    readonly slack_channel_set_up_environment_not_found: {
        readonly cause: string;
        readonly who: "admin" | "anthropic" | "billing" | "network" | "you";
        readonly steps: readonly string[];
        readonly retry: {
            readonly helps: "no" | "once" | "yes";
            readonly when: string;
        };
        readonly docs: string;
    };
    readonly concurrent_membership_change: {
        readonly cause: string;
        readonly who: "admin" | "anthropic" | "billing" | "network" | "you";
        readonly steps: readonly string[];
        readonly retry: {
            readonly helps: "no" | "once" | "yes";
            readonly when: string;
        };
        readonly docs: string;
    };
    readonly external_key_changed: {
        readonly cause: string;
        readonly who: "admin" | "anthropic" | "billing" | "network" | "you";
        readonly steps: readonly string[];
        readonly retry: {
            readonly helps: "no" | "once" | "yes";
            readonly when: string;
        };
        readonly docs: string;
    };
    readonly plugin_name_taken: {
        readonly cause: string;
        readonly who: "admin" | "anthropic" | "billing" | "network" | "you";
        readonly steps: readonly string[];
        readonly retry: {
            readonly helps: "no" | "once" | "yes";
            readonly when: string;
        };
        readonly docs: string;
    };
    readonly scan_pending: {
        readonly cause: string;
        readonly who: "admin" | "anthropic" | "billing" | "network" | "you";
        readonly steps: readonly string[];
        readonly retry: {
            readonly helps: "no" | "once" | "yes";
            readonly when: string;
        };
        readonly docs: string;
    };
    readonly skill_name_taken: {
        readonly cause: string;
        readonly who: "admin" | "anthropic" | "billing" | "network" | "you";
        readonly steps: readonly string[];
        readonly retry: {
            readonly helps: "no" | "once" | "yes";
            readonly when: string;
        };
        readonly docs: string;
    };
    readonly slack_channel_set_up_settings_conflict: {
        readonly cause: string;
        readonly who: "admin" | "anthropic" | "billing" | "network" | "you";
        readonly steps: readonly string[];
        readonly retry: {
            readonly helps: "no" | "once" | "yes";
            readonly when: string;
        };
        readonly docs: string;
    };
    readonly heartbeat_precondition_failed: {
        readonly cause: string;
        readonly who: "admin" | "anthropic" | "billing" | "network" | "you";
        readonly steps: readonly string[];
        readonly retry: {
            readonly helps: "no" | "once" | "yes";
            readonly when: string;
        };
        readonly docs: string;
    };
    readonly registration_pending: {
        readonly cause: string;
        readonly who: "admin" | "anthropic" | "billing" | "network" | "you";
        readonly steps: readonly string[];
        readonly retry: {
            readonly helps: "no" | "once" | "yes";
            readonly when: string;
        };
        readonly docs: string;
    };
};
