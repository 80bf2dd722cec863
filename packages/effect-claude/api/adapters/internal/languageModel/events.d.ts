import type * as Messages from "@anthropic-ai/sdk/resources/messages";
import type * as AiError from "effect/ai/AiError";
import * as Stream from "effect/Stream";
import * as ClaudeError from "../../../errors/ClaudeError.ts";
import type { StreamPart } from "./metadata.ts";
import type { Context } from "./request.ts";
type Event = Messages.RawMessageStreamEvent;
export declare const parts: <E, R>(events: Stream.Stream<Event, E, R>, context: Context) => Stream.Stream<StreamPart, E | ClaudeError.ClaudeError | AiError.ToolNotFoundError, R>;
export {};
