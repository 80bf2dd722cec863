/**
 * What of Claude's a prompt or a response carries through Effect AI, under the key `anthropic`: options of a request, and
 * what must go back as it came.
 */
import type * as Response from "effect/ai/Response"
import * as Option from "effect/Option"
import type * as Schema from "effect/Schema"
import { isFields } from "../../../client/internal/fields.ts"

/** A cache breakpoint behind this part, or behind the last part of this message. */
export type CacheOptions = {
  readonly cacheControl?: { readonly type: "ephemeral"; readonly ttl?: "5m" | "1h" } | null
}

/** Thinking, with what proves it, or a block that Effect AI has no part for. */
type Info =
  | { readonly type: "thinking"; readonly signature: string }
  | { readonly type: "redacted_thinking"; readonly redactedData: string }
  | { readonly type: "block"; readonly block: { readonly [name: string]: Schema.Json } }

type Reasoning = { readonly info?: Info | null }

/** How a file is read. */
export type FileOptions = CacheOptions & {
  /** A file that was uploaded, in place of the data. */
  readonly fileId?: string | null
  readonly citations?: { readonly enabled: boolean } | null
  /** In place of the part's `fileName`. */
  readonly documentTitle?: string | null
  readonly documentContext?: string | null
}

type Text = CacheOptions & {
  /** As the API gave them. */
  readonly citations?: ReadonlyArray<Schema.Json> | null
}

type ToolCall = CacheOptions & {
  /** As the model wrote it, where the tool's schema encodes it in another way. */
  readonly input?: Schema.Json
  /** Fields of the block that Effect AI has none for. */
  readonly block?: { readonly [name: string]: Schema.Json } | null
}

type ToolResult = CacheOptions & {
  /** The block of a tool that Anthropic ran. */
  readonly block?: { readonly [name: string]: Schema.Json } | null
}

/** How an answer ended, as the API told it. */
export type FinishMetadata = {
  /** As the API gave it; null where it gave none. */
  readonly stopReason: string | null
  readonly stopSequence: string | null
  readonly stopDetails: Schema.Json
  readonly usage: Schema.Json
  readonly container: Schema.Json
  /** A tool call that the end of the answer cut off; it is no part. */
  readonly truncated?: { readonly id: string; readonly name: string }
}

declare module "effect/ai/Prompt" {
  export interface SystemMessageOptions extends ProviderOptions {
    readonly anthropic?: CacheOptions | null
  }
  export interface UserMessageOptions extends ProviderOptions {
    readonly anthropic?: CacheOptions | null
  }
  export interface AssistantMessageOptions extends ProviderOptions {
    readonly anthropic?: CacheOptions | null
  }
  export interface ToolMessageOptions extends ProviderOptions {
    readonly anthropic?: CacheOptions | null
  }
  export interface TextPartOptions extends ProviderOptions {
    readonly anthropic?: Text | null
  }
  export interface ReasoningPartOptions extends ProviderOptions {
    readonly anthropic?: Reasoning | null
  }
  export interface FilePartOptions extends ProviderOptions {
    readonly anthropic?: FileOptions | null
  }
  export interface ToolCallPartOptions extends ProviderOptions {
    readonly anthropic?: ToolCall | null
  }
  export interface ToolResultPartOptions extends ProviderOptions {
    readonly anthropic?: ToolResult | null
  }
}

declare module "effect/ai/Response" {
  export interface TextPartMetadata extends ProviderMetadata {
    readonly anthropic?: Text | null
  }
  export interface TextEndPartMetadata extends ProviderMetadata {
    readonly anthropic?: Text | null
  }
  export interface ReasoningPartMetadata extends ProviderMetadata {
    readonly anthropic?: Reasoning | null
  }
  export interface ReasoningEndPartMetadata extends ProviderMetadata {
    readonly anthropic?: Reasoning | null
  }
  export interface ToolCallPartMetadata extends ProviderMetadata {
    readonly anthropic?: ToolCall | null
  }
  export interface ToolResultPartMetadata extends ProviderMetadata {
    readonly anthropic?: ToolResult | null
  }
  export interface DocumentSourcePartMetadata extends ProviderMetadata {
    readonly anthropic?: Schema.Json
  }
  export interface UrlSourcePartMetadata extends ProviderMetadata {
    readonly anthropic?: Schema.Json
  }
  export interface FinishPartMetadata extends ProviderMetadata {
    readonly anthropic?: FinishMetadata | null
  }
}

/** What was parsed from the API's JSON, or merged of it, is JSON. */
export const json = (value: unknown): Schema.Json => value as Schema.Json

export const jsonObject = (value: unknown): { readonly [name: string]: Schema.Json } =>
  isFields(value) ? value as { readonly [name: string]: Schema.Json } : {}

type Replace = (name: string, value: unknown) => unknown

/** Numbers that are too big for JSON as texts. */
export const bigAsText: Replace = (_, value) => typeof value === "bigint" ? String(value) : value

/** The value as JSON; undefined is nothing, and so is what JSON cannot hold. */
export const jsonText = (value: unknown, replace?: Replace): string | undefined =>
  Option.getOrUndefined(Option.liftThrowable((): string | undefined => JSON.stringify(value, replace))())

export type Part = Response.PartEncoded
export type StreamPart = Response.StreamPartEncoded
