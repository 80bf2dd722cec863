import * as AiError from "effect/ai/AiError";
import type * as Response from "effect/ai/Response";
import * as Effect from "effect/Effect";
import { type Fields } from "../../../client/internal/fields.ts";
import type { Context } from "./request.ts";
type Metadata = NonNullable<Response.ReasoningPartEncoded["metadata"]>;
export declare const thinkingOf: (block: Fields) => Metadata | undefined;
export declare const carried: (block: Fields) => Metadata;
export declare const citing: (citations: unknown) => {
    readonly metadata?: Response.TextPartEncoded["metadata"];
};
export declare const source: (citation: unknown, id: string, { documents }: Context) => ReadonlyArray<Response.DocumentSourcePartEncoded | Response.UrlSourcePartEncoded>;
export declare const isCall: (block: Fields) => boolean;
export declare const call: (block: Fields, context: Context) => Effect.Effect<Response.ToolCallPartEncoded, AiError.ToolNotFoundError>;
export declare const served: (block: Fields, context: Context, called: Map<string, string>) => Response.ToolCallPartEncoded | Response.ToolResultPartEncoded | undefined;
export {};
