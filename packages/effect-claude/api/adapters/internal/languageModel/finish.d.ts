import type * as Messages from "@anthropic-ai/sdk/resources/messages";
import type * as Response from "effect/ai/Response";
export declare const isCut: (stopReason: unknown) => boolean;
export type Ended = Pick<Messages.Message, "stop_reason" | "stop_sequence" | "stop_details" | "container" | "usage">;
export declare const finish: (ended: { readonly [K in keyof Ended]?: unknown; }, calls: boolean, truncated: {
    readonly id: string;
    readonly name: string;
} | undefined) => Response.FinishPartEncoded;
