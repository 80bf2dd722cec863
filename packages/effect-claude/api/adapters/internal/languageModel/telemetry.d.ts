import type * as Response from "effect/ai/Response";
import type { Span } from "effect/Tracer";
import type { MessageParams } from "../../../client/ClaudeClient.ts";
export declare const asked: (span: Span, { max_tokens, model, stop_sequences }: MessageParams) => void;
export declare const began: (span: Span, id: string, model: string) => void;
export declare const ended: (span: Span, { reason, usage }: Response.FinishPartEncoded) => void;
