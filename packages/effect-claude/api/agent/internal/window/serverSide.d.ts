import * as Effect from "effect/Effect";
import * as ClaudeClient from "../../../client/ClaudeClient.ts";
interface Tokens {
    readonly type: "input_tokens";
    readonly value: number;
}
export type Edit = {
    readonly type: "clear_tool_uses_20250919";
    readonly trigger: Tokens;
    readonly keep: {
        readonly type: "tool_uses";
        readonly value: number;
    };
} | {
    readonly type: "compact_20260112";
    readonly trigger: Tokens;
};
export interface ServerSide {
    readonly betas?: ReadonlyArray<string>;
    readonly context_management?: {
        readonly edits: ReadonlyArray<Edit>;
    };
}
export interface Settings {
    readonly clearToolResults: number | undefined;
    readonly compact: number | undefined;
    readonly keep: number;
}
export declare const serverSide: (model: string, { clearToolResults, compact, keep }: Settings) => Effect.Effect<ServerSide, never, ClaudeClient.ClaudeClient>;
export {};
