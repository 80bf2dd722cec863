import * as Duration from "effect/Duration";
import * as Effect from "effect/Effect";
import * as Schedule from "effect/Schedule";
import * as Stream from "effect/Stream";
import type * as ClaudeError from "../errors/ClaudeError.ts";
import { BatchJournal, type BatchJournalFailed } from "./BatchJournal.ts";
import { type CallOptions, ClaudeClient } from "./ClaudeClient.ts";
import type * as Api from "./internal/batches/api.ts";
export type MessageBatch = Api.MessageBatch;
export type Request = Api.Request;
export type Result = Api.Result;
export interface Options {
    readonly poll?: Schedule.Schedule<unknown, MessageBatch | undefined>;
    readonly rounds?: number;
    readonly sendAgain?: (result: Result) => boolean;
    readonly requestsPerBatch?: number;
    readonly bytesPerBatch?: number;
    readonly concurrency?: number;
    readonly settle?: Duration.Input;
    readonly cancelOnInterrupt?: boolean;
    readonly onBatch?: (batch: MessageBatch) => Effect.Effect<void>;
}
export declare const poll: Schedule.Schedule<Duration.Duration, unknown>;
export declare const isRetryable: (result: Result) => boolean;
export declare const standard: {
    readonly rounds: 3;
    readonly requestsPerBatch: 100000;
    readonly bytesPerBatch: 256000000;
    readonly concurrency: 20;
    readonly settle: Duration.Duration;
};
export declare const run: <E, R>(requests: Stream.Stream<Request, E, R>, options?: Options) => Stream.Stream<Result, ClaudeError.ClaudeError | BatchJournalFailed | E, ClaudeClient | BatchJournal | R>;
export declare const cancelAll: Effect.Effect<ReadonlyArray<MessageBatch>, ClaudeError.ClaudeError | BatchJournalFailed, ClaudeClient | BatchJournal>;
export declare const create: (requests: ReadonlyArray<Request>, options?: Api.CreateOptions) => Effect.Effect<MessageBatch, ClaudeError.ClaudeError, ClaudeClient>;
export declare const get: (id: string, options?: CallOptions) => Effect.Effect<MessageBatch, ClaudeError.ClaudeError, ClaudeClient>;
export declare const list: (options?: CallOptions & {
    readonly pageSize?: number;
}) => Stream.Stream<MessageBatch, ClaudeError.ClaudeError, ClaudeClient>;
export declare const cancel: (id: string, options?: CallOptions) => Effect.Effect<MessageBatch, ClaudeError.ClaudeError, ClaudeClient>;
export declare const remove: (id: string, options?: CallOptions) => Effect.Effect<void, ClaudeError.ClaudeError, ClaudeClient>;
export declare const results: (id: string, options?: CallOptions) => Stream.Stream<Result, ClaudeError.ClaudeError, ClaudeClient>;
