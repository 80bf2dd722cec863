export declare const inference: {
    readonly available_tools_limit_exceeded: {
        readonly cause: string;
        readonly who: "admin" | "anthropic" | "billing" | "network" | "you";
        readonly steps: readonly string[];
        readonly retry: {
            readonly helps: "no" | "once" | "yes";
            readonly when: string;
        };
        readonly docs: string;
    };
    readonly claude_code_key_creator_not_member: {
        readonly cause: string;
        readonly who: "admin" | "anthropic" | "billing" | "network" | "you";
        readonly steps: readonly string[];
        readonly retry: {
            readonly helps: "no" | "once" | "yes";
            readonly when: string;
        };
        readonly docs: string;
    };
    readonly claude_code_version_too_old: {
        readonly cause: string;
        readonly who: "admin" | "anthropic" | "billing" | "network" | "you";
        readonly steps: readonly string[];
        readonly retry: {
            readonly helps: "no" | "once" | "yes";
            readonly when: string;
        };
        readonly docs: string;
    };
    readonly cmek_key_disabled: {
        readonly cause: string;
        readonly who: "admin" | "anthropic" | "billing" | "network" | "you";
        readonly steps: readonly string[];
        readonly retry: {
            readonly helps: "no" | "once" | "yes";
            readonly when: string;
        };
        readonly docs: string;
    };
    readonly cmek_key_network_blocked: {
        readonly cause: string;
        readonly who: "admin" | "anthropic" | "billing" | "network" | "you";
        readonly steps: readonly string[];
        readonly retry: {
            readonly helps: "no" | "once" | "yes";
            readonly when: string;
        };
        readonly docs: string;
    };
    readonly compaction_block_ambiguous: {
        readonly cause: string;
        readonly who: "admin" | "anthropic" | "billing" | "network" | "you";
        readonly steps: readonly string[];
        readonly retry: {
            readonly helps: "no" | "once" | "yes";
            readonly when: string;
        };
        readonly docs: string;
    };
    readonly compaction_block_misplaced: {
        readonly cause: string;
        readonly who: "admin" | "anthropic" | "billing" | "network" | "you";
        readonly steps: readonly string[];
        readonly retry: {
            readonly helps: "no" | "once" | "yes";
            readonly when: string;
        };
        readonly docs: string;
    };
    readonly compaction_content_mismatch: {
        readonly cause: string;
        readonly who: "admin" | "anthropic" | "billing" | "network" | "you";
        readonly steps: readonly string[];
        readonly retry: {
            readonly helps: "no" | "once" | "yes";
            readonly when: string;
        };
        readonly docs: string;
    };
    readonly compaction_incomplete_turn: {
        readonly cause: string;
        readonly who: "admin" | "anthropic" | "billing" | "network" | "you";
        readonly steps: readonly string[];
        readonly retry: {
            readonly helps: "no" | "once" | "yes";
            readonly when: string;
        };
        readonly docs: string;
    };
    readonly compaction_nothing_to_summarize: {
        readonly cause: string;
        readonly who: "admin" | "anthropic" | "billing" | "network" | "you";
        readonly steps: readonly string[];
        readonly retry: {
            readonly helps: "no" | "once" | "yes";
            readonly when: string;
        };
        readonly docs: string;
    };
    readonly compaction_signature_invalid: {
        readonly cause: string;
        readonly who: "admin" | "anthropic" | "billing" | "network" | "you";
        readonly steps: readonly string[];
        readonly retry: {
            readonly helps: "no" | "once" | "yes";
            readonly when: string;
        };
        readonly docs: string;
    };
    readonly compaction_too_many_tool_references: {
        readonly cause: string;
        readonly who: "admin" | "anthropic" | "billing" | "network" | "you";
        readonly steps: readonly string[];
        readonly retry: {
            readonly helps: "no" | "once" | "yes";
            readonly when: string;
        };
        readonly docs: string;
    };
    readonly compaction_tool_changes_mismatch: {
        readonly cause: string;
        readonly who: "admin" | "anthropic" | "billing" | "network" | "you";
        readonly steps: readonly string[];
        readonly retry: {
            readonly helps: "no" | "once" | "yes";
            readonly when: string;
        };
        readonly docs: string;
    };
    readonly file_not_downloadable: {
        readonly cause: string;
        readonly who: "admin" | "anthropic" | "billing" | "network" | "you";
        readonly steps: readonly string[];
        readonly retry: {
            readonly helps: "no" | "once" | "yes";
            readonly when: string;
        };
        readonly docs: string;
    };
    readonly organization_on_hold: {
        readonly cause: string;
        readonly who: "admin" | "anthropic" | "billing" | "network" | "you";
        readonly steps: readonly string[];
        readonly retry: {
            readonly helps: "no" | "once" | "yes";
            readonly when: string;
        };
        readonly docs: string;
    };
    readonly request_body_encoding_invalid: {
        readonly cause: string;
        readonly who: "admin" | "anthropic" | "billing" | "network" | "you";
        readonly steps: readonly string[];
        readonly retry: {
            readonly helps: "no" | "once" | "yes";
            readonly when: string;
        };
        readonly docs: string;
    };
    readonly request_body_encoding_unsupported: {
        readonly cause: string;
        readonly who: "admin" | "anthropic" | "billing" | "network" | "you";
        readonly steps: readonly string[];
        readonly retry: {
            readonly helps: "no" | "once" | "yes";
            readonly when: string;
        };
        readonly docs: string;
    };
    readonly storage_quota_exceeded: {
        readonly cause: string;
        readonly who: "admin" | "anthropic" | "billing" | "network" | "you";
        readonly steps: readonly string[];
        readonly retry: {
            readonly helps: "no" | "once" | "yes";
            readonly when: string;
        };
        readonly docs: string;
    };
    readonly thread_already_continued: {
        readonly cause: string;
        readonly who: "admin" | "anthropic" | "billing" | "network" | "you";
        readonly steps: readonly string[];
        readonly retry: {
            readonly helps: "no" | "once" | "yes";
            readonly when: string;
        };
        readonly docs: string;
    };
    readonly thread_continue_in_flight: {
        readonly cause: string;
        readonly who: "admin" | "anthropic" | "billing" | "network" | "you";
        readonly steps: readonly string[];
        readonly retry: {
            readonly helps: "no" | "once" | "yes";
            readonly when: string;
        };
        readonly docs: string;
    };
    readonly thread_fingerprint_mismatch: {
        readonly cause: string;
        readonly who: "admin" | "anthropic" | "billing" | "network" | "you";
        readonly steps: readonly string[];
        readonly retry: {
            readonly helps: "no" | "once" | "yes";
            readonly when: string;
        };
        readonly docs: string;
    };
    readonly thread_unsupported_request: {
        readonly cause: string;
        readonly who: "admin" | "anthropic" | "billing" | "network" | "you";
        readonly steps: readonly string[];
        readonly retry: {
            readonly helps: "no" | "once" | "yes";
            readonly when: string;
        };
        readonly docs: string;
    };
    readonly tool_name_conflict: {
        readonly cause: string;
        readonly who: "admin" | "anthropic" | "billing" | "network" | "you";
        readonly steps: readonly string[];
        readonly retry: {
            readonly helps: "no" | "once" | "yes";
            readonly when: string;
        };
        readonly docs: string;
    };
    readonly tool_reference_unresolved: {
        readonly cause: string;
        readonly who: "admin" | "anthropic" | "billing" | "network" | "you";
        readonly steps: readonly string[];
        readonly retry: {
            readonly helps: "no" | "once" | "yes";
            readonly when: string;
        };
        readonly docs: string;
    };
    readonly user_profile_required: {
        readonly cause: string;
        readonly who: "admin" | "anthropic" | "billing" | "network" | "you";
        readonly steps: readonly string[];
        readonly retry: {
            readonly helps: "no" | "once" | "yes";
            readonly when: string;
        };
        readonly docs: string;
    };
    readonly linked_organization_billing_unavailable: {
        readonly cause: string;
        readonly who: "admin" | "anthropic" | "billing" | "network" | "you";
        readonly steps: readonly string[];
        readonly retry: {
            readonly helps: "no" | "once" | "yes";
            readonly when: string;
        };
        readonly docs: string;
    };
    readonly linked_organization_spend_limit_reached: {
        readonly cause: string;
        readonly who: "admin" | "anthropic" | "billing" | "network" | "you";
        readonly steps: readonly string[];
        readonly retry: {
            readonly helps: "no" | "once" | "yes";
            readonly when: string;
        };
        readonly docs: string;
    };
    readonly user_profile_billing_not_authorized: {
        readonly cause: string;
        readonly who: "admin" | "anthropic" | "billing" | "network" | "you";
        readonly steps: readonly string[];
        readonly retry: {
            readonly helps: "no" | "once" | "yes";
            readonly when: string;
        };
        readonly docs: string;
    };
    readonly user_profile_not_billable: {
        readonly cause: string;
        readonly who: "admin" | "anthropic" | "billing" | "network" | "you";
        readonly steps: readonly string[];
        readonly retry: {
            readonly helps: "no" | "once" | "yes";
            readonly when: string;
        };
        readonly docs: string;
    };
    readonly file_expired: {
        readonly cause: string;
        readonly who: "admin" | "anthropic" | "billing" | "network" | "you";
        readonly steps: readonly string[];
        readonly retry: {
            readonly helps: "no" | "once" | "yes";
            readonly when: string;
        };
        readonly docs: string;
    };
    readonly thread_not_found: {
        readonly cause: string;
        readonly who: "admin" | "anthropic" | "billing" | "network" | "you";
        readonly steps: readonly string[];
        readonly retry: {
            readonly helps: "no" | "once" | "yes";
            readonly when: string;
        };
        readonly docs: string;
    };
    readonly skill_read_blocked_undecryptable: {
        readonly cause: string;
        readonly who: "admin" | "anthropic" | "billing" | "network" | "you";
        readonly steps: readonly string[];
        readonly retry: {
            readonly helps: "no" | "once" | "yes";
            readonly when: string;
        };
        readonly docs: string;
    };
    readonly request_body_too_large_after_decoding: {
        readonly cause: string;
        readonly who: "admin" | "anthropic" | "billing" | "network" | "you";
        readonly steps: readonly string[];
        readonly retry: {
            readonly helps: "no" | "once" | "yes";
            readonly when: string;
        };
        readonly docs: string;
    };
    readonly contract_spend_limit_reached: {
        readonly cause: string;
        readonly who: "admin" | "anthropic" | "billing" | "network" | "you";
        readonly steps: readonly string[];
        readonly retry: {
            readonly helps: "no" | "once" | "yes";
            readonly when: string;
        };
        readonly docs: string;
    };
    readonly enforced_spend_limit_reached: {
        readonly cause: string;
        readonly who: "admin" | "anthropic" | "billing" | "network" | "you";
        readonly steps: readonly string[];
        readonly retry: {
            readonly helps: "no" | "once" | "yes";
            readonly when: string;
        };
        readonly docs: string;
    };
    readonly ramp_limit_exceeded: {
        readonly cause: string;
        readonly who: "admin" | "anthropic" | "billing" | "network" | "you";
        readonly steps: readonly string[];
        readonly retry: {
            readonly helps: "no" | "once" | "yes";
            readonly when: string;
        };
        readonly docs: string;
    };
    readonly cmek_key_unreachable: {
        readonly cause: string;
        readonly who: "admin" | "anthropic" | "billing" | "network" | "you";
        readonly steps: readonly string[];
        readonly retry: {
            readonly helps: "no" | "once" | "yes";
            readonly when: string;
        };
        readonly docs: string;
    };
    readonly compaction_unavailable: {
        readonly cause: string;
        readonly who: "admin" | "anthropic" | "billing" | "network" | "you";
        readonly steps: readonly string[];
        readonly retry: {
            readonly helps: "no" | "once" | "yes";
            readonly when: string;
        };
        readonly docs: string;
    };
    readonly sandbox_egress_restricted: {
        readonly cause: string;
        readonly who: "admin" | "anthropic" | "billing" | "network" | "you";
        readonly steps: readonly string[];
        readonly retry: {
            readonly helps: "no" | "once" | "yes";
            readonly when: string;
        };
        readonly docs: string;
    };
    readonly request_body_timeout: {
        readonly cause: string;
        readonly who: "admin" | "anthropic" | "billing" | "network" | "you";
        readonly steps: readonly string[];
        readonly retry: {
            readonly helps: "no" | "once" | "yes";
            readonly when: string;
        };
        readonly docs: string;
    };
    readonly unsupported_charset: {
        readonly cause: string;
        readonly who: "admin" | "anthropic" | "billing" | "network" | "you";
        readonly steps: readonly string[];
        readonly retry: {
            readonly helps: "no" | "once" | "yes";
            readonly when: string;
        };
        readonly docs: string;
    };
    readonly cmek_context_unavailable: {
        readonly cause: string;
        readonly who: "admin" | "anthropic" | "billing" | "network" | "you";
        readonly steps: readonly string[];
        readonly retry: {
            readonly helps: "no" | "once" | "yes";
            readonly when: string;
        };
        readonly docs: string;
    };
    readonly user_profile_not_found: {
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
