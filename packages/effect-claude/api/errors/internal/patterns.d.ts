import type * as Schema from "effect/Schema";
import type { remote } from "./fields.ts";
import { BillingBlocked, ContextOverflow, InvalidConversation, InvalidRequest } from "./remote.ts";
type Common = Schema.Struct<typeof remote>["Type"];
declare const request: (common: Common) => InvalidRequest;
export declare const patterns: readonly [{
    readonly name: "creditBalance";
    readonly text: RegExp;
    readonly sample: "Your credit balance is too low to access the Anthropic API. Please go to Plans & Billing to upgrade.";
    readonly reason: (common: {
        readonly delivered?: boolean | undefined;
        readonly retried?: boolean | undefined;
        readonly message: string;
        readonly status?: number | undefined;
        readonly errorType?: string | undefined;
        readonly errorCode?: string | undefined;
        readonly requestId?: string | undefined;
        readonly retryAfter?: import("effect/Duration").Duration | undefined;
        readonly shouldRetry?: boolean | undefined;
        readonly partial?: {
            readonly content: readonly Schema.Json[];
            readonly complete: number;
            readonly usage: {
                readonly inputTokens: number;
                readonly cacheCreationTokens: number;
                readonly cacheReadTokens: number;
                readonly outputTokens: number;
                readonly estimated: boolean;
            };
        } | undefined;
    }) => BillingBlocked;
}, {
    readonly name: "selfSetLimit";
    readonly text: RegExp;
    readonly sample: "You have reached your specified API usage limits. You will regain access on 2026-12-01 at 00:00 UTC.";
    readonly reason: (common: {
        readonly delivered?: boolean | undefined;
        readonly retried?: boolean | undefined;
        readonly message: string;
        readonly status?: number | undefined;
        readonly errorType?: string | undefined;
        readonly errorCode?: string | undefined;
        readonly requestId?: string | undefined;
        readonly retryAfter?: import("effect/Duration").Duration | undefined;
        readonly shouldRetry?: boolean | undefined;
        readonly partial?: {
            readonly content: readonly Schema.Json[];
            readonly complete: number;
            readonly usage: {
                readonly inputTokens: number;
                readonly cacheCreationTokens: number;
                readonly cacheReadTokens: number;
                readonly outputTokens: number;
                readonly estimated: boolean;
            };
        } | undefined;
    }) => BillingBlocked;
}, {
    readonly name: "promptTooLong";
    readonly text: RegExp;
    readonly sample: "prompt is too long: 209353 tokens > 199999 maximum";
    readonly reason: (common: {
        readonly delivered?: boolean | undefined;
        readonly retried?: boolean | undefined;
        readonly message: string;
        readonly status?: number | undefined;
        readonly errorType?: string | undefined;
        readonly errorCode?: string | undefined;
        readonly requestId?: string | undefined;
        readonly retryAfter?: import("effect/Duration").Duration | undefined;
        readonly shouldRetry?: boolean | undefined;
        readonly partial?: {
            readonly content: readonly Schema.Json[];
            readonly complete: number;
            readonly usage: {
                readonly inputTokens: number;
                readonly cacheCreationTokens: number;
                readonly cacheReadTokens: number;
                readonly outputTokens: number;
                readonly estimated: boolean;
            };
        } | undefined;
    }, match: RegExpExecArray) => ContextOverflow;
}, {
    readonly name: "promptAndOutputTooLong";
    readonly text: RegExp;
    readonly sample: string;
    readonly reason: (common: {
        readonly delivered?: boolean | undefined;
        readonly retried?: boolean | undefined;
        readonly message: string;
        readonly status?: number | undefined;
        readonly errorType?: string | undefined;
        readonly errorCode?: string | undefined;
        readonly requestId?: string | undefined;
        readonly retryAfter?: import("effect/Duration").Duration | undefined;
        readonly shouldRetry?: boolean | undefined;
        readonly partial?: {
            readonly content: readonly Schema.Json[];
            readonly complete: number;
            readonly usage: {
                readonly inputTokens: number;
                readonly cacheCreationTokens: number;
                readonly cacheReadTokens: number;
                readonly outputTokens: number;
                readonly estimated: boolean;
            };
        } | undefined;
    }, match: RegExpExecArray) => ContextOverflow;
}, {
    readonly name: "prefill";
    readonly text: RegExp;
    readonly sample: "This model does not support assistant message prefill. The conversation must end with a user message.";
    readonly reason: (common: Common, match: RegExpExecArray) => InvalidConversation;
}, {
    readonly name: "thinkingEdited";
    readonly text: RegExp;
    readonly sample: string;
    readonly reason: (common: Common, match: RegExpExecArray) => InvalidConversation;
}, {
    readonly name: "signature";
    readonly text: RegExp;
    readonly sample: string;
    readonly reason: (common: Common, match: RegExpExecArray) => InvalidConversation;
}, {
    readonly name: "serverToolUnpaired";
    readonly text: RegExp;
    readonly sample: "`web_search` tool use with id `srvtoolu_01A` was found without a corresponding `web_search_tool_result` block";
    readonly reason: (common: Common, match: RegExpExecArray) => InvalidConversation;
}, {
    readonly name: "toolUseUnpaired";
    readonly text: RegExp;
    readonly sample: string;
    readonly reason: (common: Common, match: RegExpExecArray) => InvalidConversation;
}, {
    readonly name: "toolIdTwice";
    readonly text: RegExp;
    readonly sample: "messages.3.content.1: `tool_use` ids must be unique";
    readonly reason: (common: Common, match: RegExpExecArray) => InvalidConversation;
}, {
    readonly name: "thinkingMode";
    readonly text: RegExp;
    readonly sample: "\"thinking.type.enabled\" is not supported for this model. Use \"thinking.type.adaptive\".";
    readonly reason: typeof request;
}, {
    readonly name: "manyImages";
    readonly text: RegExp;
    readonly sample: string;
    readonly reason: typeof request;
}, {
    readonly name: "strictSchema";
    readonly text: RegExp;
    readonly sample: "tools.0.custom.input_schema: Unsupported regex feature in pattern field";
    readonly reason: typeof request;
}, {
    readonly name: "allDeferred";
    readonly text: RegExp;
    readonly sample: "All tools have defer_loading: true. At least one tool must be loaded.";
    readonly reason: typeof request;
}, {
    readonly name: "webIdentity";
    readonly text: RegExp;
    readonly sample: "Outbound web identity federation is disabled for your account";
    readonly reason: typeof request;
}];
export type PatternName = typeof patterns[number]["name"];
export declare const patternOf: (message: string) => PatternName | undefined;
export {};
