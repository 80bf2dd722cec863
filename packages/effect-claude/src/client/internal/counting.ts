/** The API's own count of a request's input, taken before the limiter is asked; where there is none, the estimate stands. */
import type * as Anthropic from "@anthropic-ai/sdk/resources/messages"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as ClaudeError from "../../errors/ClaudeError.ts"

type Params = Omit<Anthropic.MessageCreateParamsNonStreaming, "stream">

/** A count that takes longer is not waited for. */
export const mostCounting = Duration.seconds(5)

/** What the count depends on; it refuses what only an answer needs. */
const toCount = (params: Params): Anthropic.MessageCountTokensParams => ({
  model: params.model,
  messages: params.messages,
  ...(params.cache_control === undefined ? {} : { cache_control: params.cache_control }),
  ...(params.output_config === undefined ? {} : { output_config: params.output_config }),
  ...(params.system === undefined ? {} : { system: params.system }),
  ...(params.thinking === undefined ? {} : { thinking: params.thinking }),
  ...(params.tool_choice === undefined ? {} : { tool_choice: params.tool_choice }),
  ...(params.tools === undefined ? {} : { tools: params.tools })
})

/** Never fails: counting is a courtesy to the limiter, not a part of the call. */
export const counted = (
  count: (
    params: Anthropic.MessageCountTokensParams
  ) => Effect.Effect<unknown, ClaudeError.ClaudeError | ClaudeError.Reason>,
  params: Params
): Effect.Effect<number | undefined> =>
  Effect.suspend(() => count(toCount(params))).pipe(
    Effect.map((answer) => {
      const tokens: unknown = typeof answer === "object" && answer !== null ? Reflect.get(answer, "input_tokens") : 0
      return typeof tokens === "number" && Number.isFinite(tokens) && tokens > 0 ? tokens : undefined
    }),
    Effect.catch(() => Effect.succeed(undefined))
  )
