/** The calls of the Message Batches API, and what comes of a request in a batch. */
import type * as Messages from "@anthropic-ai/sdk/resources/messages"
import type * as Duration from "effect/Duration"
import type * as Effect from "effect/Effect"
import type * as Stream from "effect/Stream"
import type * as ClaudeError from "../../../errors/ClaudeError.ts"

export type MessageBatch = Messages.MessageBatch

/** One request of a batch. */
export interface Request {
  readonly custom_id: string
  readonly params: Omit<Messages.MessageCreateParamsNonStreaming, "stream">
}

/** What came of one request. */
export type Result =
  | { readonly _tag: "Succeeded"; readonly customId: string; readonly message: Messages.Message }
  | { readonly _tag: "Errored"; readonly customId: string; readonly error: ClaudeError.ClaudeError }
  | { readonly _tag: "Canceled"; readonly customId: string }
  | { readonly _tag: "Expired"; readonly customId: string }

export interface CallOptions {
  readonly deadline?: Duration.Input
  readonly maxAttempts?: number
}

export interface CreateOptions extends CallOptions {
  /**
   * Looks for the batch of a create whose answer was lost, before it is sent again; undefined if there is none. Without it
   * such a create is not sent again: it would make a second batch.
   */
  readonly lost?: Effect.Effect<MessageBatch | undefined, ClaudeError.ClaudeError>
}

type Call<A> = Effect.Effect<A, ClaudeError.ClaudeError>

export interface Batches {
  /** Bytes are the body, written already. */
  readonly create: (requests: ReadonlyArray<Request> | Uint8Array, options?: CreateOptions) => Call<MessageBatch>
  readonly get: (id: string, options?: CallOptions) => Call<MessageBatch>
  /** Most recent first, page by page as they are pulled. */
  readonly list: (
    options?: CallOptions & { readonly pageSize?: number }
  ) => Stream.Stream<MessageBatch, ClaudeError.ClaudeError>
  readonly cancel: (id: string, options?: CallOptions) => Call<MessageBatch>
  /** Only once it has ended. */
  readonly remove: (id: string, options?: CallOptions) => Call<void>
  /** In any order; fails where fewer came than the batch has. */
  readonly results: (id: string, options?: CallOptions) => Stream.Stream<Result, ClaudeError.ClaudeError>
  /** What preflight says against a request in a batch. */
  readonly check: (request: Request) => ClaudeError.RequestRejected | undefined
}
