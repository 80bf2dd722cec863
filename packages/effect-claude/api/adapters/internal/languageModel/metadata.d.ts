import type * as Response from "effect/ai/Response";
import type * as Schema from "effect/Schema";
export type CacheOptions = {
    readonly cacheControl?: {
        readonly type: "ephemeral";
        readonly ttl?: "5m" | "1h";
    } | null;
};
type Info = {
    readonly type: "thinking";
    readonly signature: string;
} | {
    readonly type: "redacted_thinking";
    readonly redactedData: string;
} | {
    readonly type: "block";
    readonly block: {
        readonly [name: string]: Schema.Json;
    };
};
type Reasoning = {
    readonly info?: Info | null;
};
export type FileOptions = CacheOptions & {
    readonly fileId?: string | null;
    readonly citations?: {
        readonly enabled: boolean;
    } | null;
    readonly documentTitle?: string | null;
    readonly documentContext?: string | null;
};
type Text = CacheOptions & {
    readonly citations?: ReadonlyArray<Schema.Json> | null;
};
type ToolCall = CacheOptions & {
    readonly input?: Schema.Json;
    readonly block?: {
        readonly [name: string]: Schema.Json;
    } | null;
};
type ToolResult = CacheOptions & {
    readonly block?: {
        readonly [name: string]: Schema.Json;
    } | null;
};
export type FinishMetadata = {
    readonly stopReason: string | null;
    readonly stopSequence: string | null;
    readonly stopDetails: Schema.Json;
    readonly usage: Schema.Json;
    readonly container: Schema.Json;
    readonly truncated?: {
        readonly id: string;
        readonly name: string;
    };
};
declare module "effect/ai/Prompt" {
    interface SystemMessageOptions extends ProviderOptions {
        readonly anthropic?: CacheOptions | null;
    }
    interface UserMessageOptions extends ProviderOptions {
        readonly anthropic?: CacheOptions | null;
    }
    interface AssistantMessageOptions extends ProviderOptions {
        readonly anthropic?: CacheOptions | null;
    }
    interface ToolMessageOptions extends ProviderOptions {
        readonly anthropic?: CacheOptions | null;
    }
    interface TextPartOptions extends ProviderOptions {
        readonly anthropic?: Text | null;
    }
    interface ReasoningPartOptions extends ProviderOptions {
        readonly anthropic?: Reasoning | null;
    }
    interface FilePartOptions extends ProviderOptions {
        readonly anthropic?: FileOptions | null;
    }
    interface ToolCallPartOptions extends ProviderOptions {
        readonly anthropic?: ToolCall | null;
    }
    interface ToolResultPartOptions extends ProviderOptions {
        readonly anthropic?: ToolResult | null;
    }
}
declare module "effect/ai/Response" {
    interface TextPartMetadata extends ProviderMetadata {
        readonly anthropic?: Text | null;
    }
    interface TextEndPartMetadata extends ProviderMetadata {
        readonly anthropic?: Text | null;
    }
    interface ReasoningPartMetadata extends ProviderMetadata {
        readonly anthropic?: Reasoning | null;
    }
    interface ReasoningEndPartMetadata extends ProviderMetadata {
        readonly anthropic?: Reasoning | null;
    }
    interface ToolCallPartMetadata extends ProviderMetadata {
        readonly anthropic?: ToolCall | null;
    }
    interface ToolResultPartMetadata extends ProviderMetadata {
        readonly anthropic?: ToolResult | null;
    }
    interface DocumentSourcePartMetadata extends ProviderMetadata {
        readonly anthropic?: Schema.Json;
    }
    interface UrlSourcePartMetadata extends ProviderMetadata {
        readonly anthropic?: Schema.Json;
    }
    interface FinishPartMetadata extends ProviderMetadata {
        readonly anthropic?: FinishMetadata | null;
    }
}
export declare const json: (value: unknown) => Schema.Json;
export declare const jsonObject: (value: unknown) => {
    readonly [name: string]: Schema.Json;
};
type Replace = (name: string, value: unknown) => unknown;
export declare const bigAsText: Replace;
export declare const jsonText: (value: unknown, replace?: Replace) => string | undefined;
export type Part = Response.PartEncoded;
export type StreamPart = Response.StreamPartEncoded;
export {};
