import type * as Messages from "@anthropic-ai/sdk/resources/messages";
import * as Effect from "effect/Effect";
import type { Context } from "./request.ts";
export declare const parts: (message: Messages.Message, context: Context) => Effect.Effect<import("effect/ai/Response").PartEncoded[], import("effect/ai/AiError").ToolNotFoundError, never>;
