/**
 * Our client as the `LanguageModel` of Effect AI: a program that knows only that service gets the limits, errors and streams
 * of `ClaudeClient` by providing another layer.
 */
import * as AnthropicStructuredOutput from "effect/ai/AnthropicStructuredOutput"
import * as LanguageModel from "effect/ai/LanguageModel"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import * as ClaudeClient from "../client/ClaudeClient.ts"
import { shipped } from "../client/internal/preflight/facts.ts"
import type * as ClaudeError from "../errors/ClaudeError.ts"
import * as Errors from "./internal/languageModel/errors.ts"
import * as Events from "./internal/languageModel/events.ts"
import * as Message from "./internal/languageModel/message.ts"
import * as Request from "./internal/languageModel/request.ts"

/** What a prompt may ask of Claude beside what Effect AI says, under the key `anthropic` of its options, and how a part tells it. */
export type { CacheOptions, FileOptions, FinishMetadata } from "./internal/languageModel/metadata.ts"

/** Whatever a request takes beside what Effect AI says itself: thinking, effort, stop sequences, service tier, … */
export interface Options extends Omit<Request.Settings, "max_tokens"> {
  /** Default 16,384. */
  readonly max_tokens?: number
  /** Deadline, attempts and priority, in place of the client's. */
  readonly call?: ClaudeClient.CallOptions
}

/** Options of the calls within, in place of the layer's: `Effect.provideService(Overrides, { max_tokens: 64 })`. */
export const Overrides = Context.Reference<Partial<Options>>("effect-claude/adapters/ClaudeLanguageModel/Overrides", {
  defaultValue: () => ({})
})

const maxTokens = 16_384

const make = Effect.fnUntraced(function*(options: Options) {
  const client = yield* ClaudeClient.ClaudeClient
  const current = Effect.map(Overrides, (overrides) => {
    const { call, ...settings } = { max_tokens: maxTokens, ...options, ...overrides }
    return { call: { ...options.call, ...call }, settings }
  })
  return yield* LanguageModel.make({
    codecTransformer: AnthropicStructuredOutput.toCodecAnthropic,
    supportsSystemMessagesInHistory: Effect.map(current, ({ settings }) => {
      const facts = shipped.get(settings.model)
      return facts !== undefined && facts.systemMessages !== false
    }),
    generateText: (provider) => {
      const isText = provider.responseFormat.type === "text"
      const answered = Effect.gen(function*() {
        const { call, settings } = yield* current
        const { context, params } = yield* Request.build(settings, provider)
        const created = client.createMessage(params, call)
        // An object that is not whole is none; a text says how it ended.
        const message = yield* isText ? created : ClaudeClient.requireComplete(created)
        return yield* Message.parts(message, context)
      })
      return Effect.mapError(answered, Errors.toAiError(isText ? "generateText" : "generateObject"))
    },
    streamText: (provider) => {
      const answering = Effect.gen(function*() {
        const { call, settings } = yield* current
        const { context, params } = yield* Request.build(settings, provider)
        return Events.parts(client.streamMessage(params, call), context)
      })
      return Stream.mapError(Stream.unwrap(answering), Errors.toAiError("streamText"))
    }
  })
})

/**
 * The model over the client provided beneath it, always fresh. Fails with `AiError`; `claudeErrorOf` gives the original.
 */
export const layer = (options: Options): Layer.Layer<LanguageModel.LanguageModel, never, ClaudeClient.ClaudeClient> =>
  Layer.fresh(Layer.effect(LanguageModel.LanguageModel, make(options)))

/**
 * The error of the client behind an error of Effect AI, with its reason and the log of every try; undefined for an error
 * that is not ours. It is there after encoding and decoding, too.
 */
export const claudeErrorOf: (error: unknown) => ClaudeError.ClaudeError | undefined = Errors.claudeErrorOf
