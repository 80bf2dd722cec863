/** How many tokens a prompt has: as the API counts, or estimated by what it said of the same conversation before. */
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as ClaudeClient from "../../../client/ClaudeClient.ts"
import { type History, toMessages } from "../../../conversation/History.ts"
import { log } from "../../../conversation/internal/version.ts"
import type { Usage } from "../../../errors/ClaudeError.ts"
import { seesLess } from "./models.ts"
import type { MessageParam, Prompt } from "./strategy.ts"
import * as Weigh from "./weigh.ts"

/** Tokens a byte before anything is known: more than most text has. */
const startRate = 1 / 3
/** No text has fewer, and none more. */
const leastRate = 1 / 12
const mostRate = 2

/** What tells the tokens of messages: those of a byte, and of images as the model sees them. */
export interface Scale {
  readonly rate: number
  readonly media: (message: MessageParam) => number
}

export const scaleOf = (prompt: Prompt, rate: number = startRate): Scale => ({
  rate,
  media: seesLess(prompt.model) ? Weigh.mediaOfOlder : Weigh.media
})

export const tokensOf = ({ media, rate }: Scale) => (message: MessageParam): number =>
  rate * Weigh.text(message) + media(message)

const weights = new WeakMap<object, number>()

/** Tools are the same values from turn to turn, whatever list they are in. */
const weightOf = (value: unknown): number => {
  if (typeof value !== "object" || value === null) return value === undefined ? 0 : Weigh.bytesOf(value)
  if (Array.isArray(value)) return value.reduce<number>((sum, item) => sum + weightOf(item), 0)
  let weight = weights.get(value)
  if (weight === undefined) weights.set(value, weight = Weigh.bytesOf(value))
  return weight
}

/** Bytes of what is sent beside the messages. */
const around = ({ output_config, system, tools }: Prompt): number =>
  weightOf(system) + weightOf(tools) + weightOf(output_config)

interface Weight {
  readonly bytes: number
  readonly media: number
}

/** Of the first messages of a history; what was weighed before is not weighed again. */
const weigh = (history: History, prompt: Prompt, length: number = history.length): Weight => ({
  bytes: around(prompt) + history[log].sum(Weigh.text, length),
  media: history[log].sum(scaleOf(prompt).media, length)
})

/** The scale by which a prompt of known weight has these tokens. */
const calibrate = (prompt: Prompt, { bytes, media }: Weight, tokens: number): Scale =>
  scaleOf(prompt, Math.min(mostRate, Math.max(leastRate, (tokens - media) / Math.max(1, bytes))))

/** Tokens, and the scale that says so. */
export interface Estimate {
  readonly tokens: number
  readonly scale: Scale
}

/** By the count of the whole prompt. */
export const known = (history: History, prompt: Prompt, tokens: number): Estimate => ({
  tokens,
  scale: calibrate(prompt, weigh(history, prompt), tokens)
})

/**
 * By the usage of the newest answer in it: what was asked and answered counts as the API counted, what came after it by the
 * same scale. Without usage by the given scale alone. Weighs only what no version of the history has weighed before.
 */
export const estimate = (
  history: History,
  prompt: Prompt,
  usage?: Usage,
  scale: Scale = scaleOf(prompt)
): Estimate => {
  const all = weigh(history, prompt)
  let answered = history.length
  while (answered > 0 && history[log].at(answered - 1)?.role !== "assistant") answered--
  if (usage === undefined || answered === 0) {
    return { tokens: Math.ceil(scale.rate * all.bytes + all.media), scale }
  }
  const told = usage.inputTokens + usage.cacheCreationTokens + usage.cacheReadTokens + usage.outputTokens
  const before = weigh(history, prompt, answered)
  const learned = calibrate(prompt, before, told)
  const added = learned.rate * (all.bytes - before.bytes) + all.media - before.media
  return { tokens: Math.ceil(told + added), scale: learned }
}

/** A count that does not come soon is done without. */
const asking = { maxAttempts: 2, deadline: "30 seconds" } as const

/** The API's own count; undefined where it gives none, as on some clouds and for some tools. */
export const count = (
  history: History,
  prompt: Prompt
): Effect.Effect<number | undefined, never, ClaudeClient.ClaudeClient> =>
  Effect.map(
    Effect.result(ClaudeClient.countTokens({ ...countable(prompt), messages: toMessages(history) }, asking)),
    (counted) => Result.isSuccess(counted) ? counted.success.input_tokens : undefined
  )

/** What the API counts: other parameters of a request it would refuse. */
const countable = ({ cache_control, model, output_config, system, thinking, tool_choice, tools }: Prompt) => ({
  model,
  ...(system === undefined ? {} : { system }),
  ...(tools === undefined ? {} : { tools }),
  ...(tool_choice === undefined ? {} : { tool_choice }),
  ...(thinking === undefined ? {} : { thinking }),
  ...(output_config === undefined ? {} : { output_config }),
  ...(cache_control === undefined ? {} : { cache_control })
})
