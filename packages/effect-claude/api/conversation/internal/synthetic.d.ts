import type Anthropic from "@anthropic-ai/sdk";
export type Fate = "notStarted" | "interrupted" | "timedOut" | "denied" | "stopped" | "truncated";
export declare const synthetic: (id: string, fate: Fate) => Anthropic.ToolResultBlockParam;
