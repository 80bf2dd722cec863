import * as Duration from "effect/Duration";
import { ClaudeClient } from "../../client/ClaudeClient.ts";
import { type ToolJournal } from "../ToolJournal.ts";
import type * as ToolLoop from "../ToolLoop.ts";
export interface Settings extends Omit<ToolLoop.Options, "journal"> {
    readonly client: ClaudeClient["Service"];
    readonly journal: ToolJournal["Service"] | undefined;
    readonly concurrency: number;
    readonly toolTimeout: Duration.Input;
    readonly grace: Duration.Input;
}
export declare const make: (settings: Settings) => ToolLoop.ToolLoop["Service"];
