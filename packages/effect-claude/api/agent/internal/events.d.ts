import type * as Messages from "@anthropic-ai/sdk/resources/messages";
import type { History } from "../../conversation/History.ts";
import type * as ClaudeError from "../../errors/ClaudeError.ts";
import type { Fitted } from "../ContextWindow.ts";
import type { Amount } from "../Spend.ts";
import type { Outcome } from "./outcomes.ts";
export interface Turn {
    readonly runId: string;
    readonly turn: number;
    readonly history: History;
    readonly usage: ClaudeError.Usage;
    readonly spend: number | undefined;
    readonly forecast: Amount;
}
export type Event = {
    readonly _tag: "Text";
    readonly text: string;
} | {
    readonly _tag: "Thinking";
    readonly text: string;
} | {
    readonly _tag: "Answered";
    readonly message: Messages.Message;
} | {
    readonly _tag: "ToolStarted";
    readonly id: string;
    readonly name: string;
    readonly input: unknown;
} | {
    readonly _tag: "ToolFinished";
    readonly id: string;
    readonly name: string;
    readonly fate: string;
    readonly result: Messages.ToolResultBlockParam;
} | {
    readonly _tag: "Fitted";
    readonly fitted: Fitted;
} | ({
    readonly _tag: "Turn";
} & Turn) | {
    readonly _tag: "Outcome";
    readonly outcome: Outcome;
};
