/**
 * The way to the API: every call runs under the policies of `Resilience`, in their order. What has state is required,
 * so that a forgotten limiter is a type error; `layerStandard` brings it along.
 */
import type * as Messages from "@anthropic-ai/sdk/resources/messages"
import type * as Models from "@anthropic-ai/sdk/resources/models"
import * as Config from "effect/Config"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type * as ClaudeError from "../errors/ClaudeError.ts"
import type { ClaudeCircuitBreaker } from "../policies/ClaudeCircuitBreaker.ts"
import type { ClaudeRateLimiter } from "../policies/ClaudeRateLimiter.ts"
import type { Fallback } from "../policies/Fallback.ts"
import * as Resilience from "../policies/Resilience.ts"
import type { RetryBudget } from "../policies/RetryBudget.ts"
import type { Batches } from "./internal/batches/api.ts"
import * as Complete from "./internal/complete.ts"
import { hopsOf } from "./internal/falling.ts"
import * as Key from "./internal/key.ts"
import { make } from "./internal/make.ts"
import * as Sdk from "./internal/sdk.ts"
import * as Sockets from "./internal/sockets.ts"

/** A request as the SDK types it; whether it is streamed is not the caller's to say here. */
export type MessageParams = Omit<Messages.MessageCreateParamsNonStreaming, "stream">

export interface CallOptions {
  /** In place of the client's. */
  readonly deadline?: Duration.Input
  /** In place of the client's; counts the first. */
  readonly maxAttempts?: number
  /** Place in the limiter's queue: higher goes first, default 0. */
  readonly priority?: number
}

export interface StreamOptions extends CallOptions {
  /**
   * Has the API count the input before the limiter is asked, so that it charges a count in place of an estimate: one more
   * request for each call, which costs no tokens. Without an answer within 5 seconds the estimate stands. Default false.
   */
  readonly countTokens?: boolean
  /**
   * How often a stream that broke after content goes on where it broke, by another request; see `MessageStream` for what
   * is kept. Default 0: never.
   */
  readonly continuations?: number
  /** How often an answer that reached `max_tokens` goes on, each time with as many again. Default 0: never. */
  readonly continueOnMaxTokens?: number
}

export interface CreateOptions extends StreamOptions {
  /**
   * Receives the answer as a stream and joins it. Default: from `max_tokens` 21,334, where the SDK insists on it; always
   * where a continuation is asked for.
   */
  readonly stream?: boolean
}

/** No usable key: missing, or damaged on its way here. The key is never shown. */
export class InvalidKey extends Schema.TaggedError<InvalidKey>()("InvalidKey", { problem: Schema.String }) {
  override get message(): string {
    return `ANTHROPIC_API_KEY cannot be used: ${this.problem}. Set it, or give ClaudeClient.layer({ apiKey }).`
  }
}

export class ClaudeClient extends Context.Service<ClaudeClient, {
  /** One message. Tried again as the policies say; fails with the last real reason and the log of every try. */
  readonly createMessage: (
    params: MessageParams,
    options?: CreateOptions
  ) => Effect.Effect<Messages.Message, ClaudeError.ClaudeError>
  /** The events of one message. Tried again until the first event; complete only with `message_stop`. */
  readonly streamMessage: (
    params: MessageParams,
    options?: StreamOptions
  ) => Stream.Stream<Messages.RawMessageStreamEvent, ClaudeError.ClaudeError>
  /** The API's estimate of a request's input tokens. */
  readonly countTokens: (
    params: Messages.MessageCountTokensParams,
    options?: CallOptions
  ) => Effect.Effect<Messages.MessageTokensCount, ClaudeError.ClaudeError>
  /** One model's facts. */
  readonly getModel: (id: string, options?: CallOptions) => Effect.Effect<Models.ModelInfo, ClaudeError.ClaudeError>
  /** All models the key may use. */
  readonly listModels: (
    options?: CallOptions
  ) => Effect.Effect<ReadonlyArray<Models.ModelInfo>, ClaudeError.ClaudeError>
  /** The calls of the Message Batches API; `MessageBatches` is made of them. */
  readonly batches: Batches
}>()("effect-claude/client/ClaudeClient") {}

/** See the service. */
export const createMessage = (
  params: MessageParams,
  options?: CreateOptions
): Effect.Effect<Messages.Message, ClaudeError.ClaudeError, ClaudeClient> =>
  ClaudeClient.use((client) => client.createMessage(params, options))

/** See the service. */
export const streamMessage = (
  params: MessageParams,
  options?: StreamOptions
): Stream.Stream<Messages.RawMessageStreamEvent, ClaudeError.ClaudeError, ClaudeClient> =>
  Stream.unwrap(ClaudeClient.useSync((client) => client.streamMessage(params, options)))

/** See the service. */
export const countTokens = (
  params: Messages.MessageCountTokensParams,
  options?: CallOptions
): Effect.Effect<Messages.MessageTokensCount, ClaudeError.ClaudeError, ClaudeClient> =>
  ClaudeClient.use((client) => client.countTokens(params, options))

/** See the service. */
export const getModel = (
  id: string,
  options?: CallOptions
): Effect.Effect<Models.ModelInfo, ClaudeError.ClaudeError, ClaudeClient> =>
  ClaudeClient.use((client) => client.getModel(id, options))

/** See the service. */
export const listModels = (
  options?: CallOptions
): Effect.Effect<ReadonlyArray<Models.ModelInfo>, ClaudeError.ClaudeError, ClaudeClient> =>
  ClaudeClient.use((client) => client.listModels(options))

/**
 * Fails with `Refused`, `Truncated` or `UnknownStop`, which carry the message, where an answer is not whole; a message
 * that asks for tools or pauses is.
 */
export const requireComplete: <E, R>(
  self: Effect.Effect<Messages.Message, E, R>
) => Effect.Effect<Messages.Message, E | ClaudeError.ClaudeError, R> = Complete.requireComplete

/** A fallback to another client: another region, cloud, account or set of policies. */
export interface Elsewhere {
  readonly client: ClaudeClient["Service"]
  /** Default: the model that was asked for. */
  readonly model?: string
}

/** An answer that was refused or failed before the one that counts, with what it cost as far as that is known. */
export interface Hop {
  readonly model: string
  /** The reason's tag. */
  readonly reason: string
  readonly usage?: ClaudeError.Usage | undefined
}

/** The hops before an answer that another model or client gave; none where the first did. */
export const hops: (message: Messages.Message) => ReadonlyArray<Hop> = hopsOf

export interface CheckOptions {
  /**
   * Requests that the API surely rejects are not sent. Default true. `waive` leaves rules out by name; with `fetchModels`
   * the first call with a model of which the API has not told within a day asks for all models, beside the call.
   */
  readonly preflight?: boolean | { readonly waive?: ReadonlyArray<string>; readonly fetchModels?: boolean }
  /**
   * Models, or other clients, to go to for declared reasons; default none. Where a chain for `Refused` is declared, `createMessage` walks it
   * and returns the last refusal if all refuse.
   */
  readonly fallback?: Fallback<string | Elsewhere>
  /**
   * Refusals go down the chain for `Refused` within the API itself, in one request: the first three models of it, on the
   * direct API. What comes behind them, and every chain of other platforms, is walked here. A beta; default false.
   */
  readonly serverFallback?: boolean
}

export interface Options extends Resilience.Options, CheckOptions {
  /** Default: `ANTHROPIC_API_KEY`. */
  readonly apiKey?: Redacted.Redacted<string>
  /** Default: `ANTHROPIC_BASE_URL`, else the API. */
  readonly baseUrl?: string
  /** Default: a pool of our own on Node, elsewhere the global one. */
  readonly fetch?: typeof globalThis.fetch
}

const fromOptions = Effect.fnUntraced(function*(options: Options) {
  const settings = yield* Resilience.settings(options)
  const apiKey = options.apiKey ??
    Option.getOrElse(yield* Config.option(Config.Redacted("ANTHROPIC_API_KEY")), () => Redacted.make(""))
  const key = Redacted.value(apiKey)
  const problem = Key.problem(key)
  if (problem !== undefined) return yield* new InvalidKey({ problem })
  if (!Key.hasKnownPrefix(key)) {
    yield* Effect.logWarning("The API key does not begin with sk-ant-; that is fine for a gateway that issues its own.")
  }
  const given = options.baseUrl ?? Option.getOrUndefined(yield* Config.option(Config.String("ANTHROPIC_BASE_URL")))
  const baseURL = given === "" ? undefined : given
  const sockets = yield* Sockets.Sockets
  const pooled = options.fetch === undefined
    ? yield* sockets.fetch(Duration.toMillis(settings.timeouts.connect))
    : undefined
  return yield* make({
    settings,
    preflight: options.preflight ?? true,
    direct: true,
    fallback: options.fallback,
    serverFallback: options.serverFallback ?? false,
    secrets: [key],
    sdk: Sdk.make({ apiKey: key, baseURL, fetch: options.fetch ?? pooled, pooled: pooled !== undefined })
  })
})

/** What building a client can fail with. */
export type BuildError = InvalidKey | Resilience.ImpossiblePolicy | Config.ConfigError

type State = ClaudeRateLimiter | ClaudeCircuitBreaker | RetryBudget

/** A client of its own, always fresh, over the limiter, breaker and budget provided beneath it. */
export const layer = (options: Options = {}): Layer.Layer<ClaudeClient, BuildError, State> =>
  Layer.fresh(Layer.effect(ClaudeClient, fromOptions(options))).pipe(Layer.provide(Sockets.layer))

/** A client with a limiter, breaker and budget of standard settings. */
export const layerStandard = (
  options: Options & Resilience.LayerOptions = {}
): Layer.Layer<ClaudeClient, BuildError> =>
  // What is impossible in the client and beneath it is named together.
  Layer.unwrap(
    Effect.as(Resilience.settings(options), layer(options).pipe(Layer.provide(Resilience.layer(options))))
  )

/**
 * A client around an SDK instance of yours, for other platforms and credentials; its own retries are off. Where it does not
 * speak to the direct API in its current version, preflight leaves the rules of that version and its sizes out.
 */
export const layerSdk = (
  sdk: Sdk.SdkClient,
  options: Resilience.Options & CheckOptions = {}
): Layer.Layer<ClaudeClient, Resilience.ImpossiblePolicy, State> =>
  Layer.fresh(Layer.effect(
    ClaudeClient,
    Effect.flatMap(Resilience.settings(options), (settings): Effect.Effect<
      ClaudeClient["Service"],
      never,
      State | Scope.Scope
    > =>
      make({
        sdk,
        settings,
        preflight: options.preflight ?? true,
        direct: Sdk.isDirect(sdk),
        fallback: options.fallback,
        serverFallback: options.serverFallback ?? false,
        secrets: Sdk.secretsOf(sdk)
      }))
  ))
