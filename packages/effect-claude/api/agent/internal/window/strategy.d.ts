import type Anthropic from "@anthropic-ai/sdk";
import type * as Effect from "effect/Effect";
import type { ClaudeClient, MessageParams } from "../../../client/ClaudeClient.ts";
import type { InvalidHistory } from "../../../conversation/History.ts";
import type { ClaudeError, Usage } from "../../../errors/ClaudeError.ts";
export type MessageParam = Anthropic.MessageParam;
export type Prompt = Pick<MessageParams, "model" | "system" | "tools" | "tool_choice" | "thinking" | "output_config" | "cache_control">;
export interface Charge {
    readonly model: string;
    readonly usage: Usage;
}
export interface Situation {
    readonly messages: ReadonlyArray<MessageParam>;
    readonly tokensOf: (message: MessageParam) => number;
    readonly excess: number;
}
export interface Change {
    readonly messages: ReadonlyArray<MessageParam>;
    readonly cleared?: number;
    readonly charges?: ReadonlyArray<Charge>;
    readonly failed?: ClaudeError | InvalidHistory;
}
export interface Strategy {
    readonly name: string;
    readonly apply: (situation: Situation) => Effect.Effect<Change, never, ClaudeClient>;
}
