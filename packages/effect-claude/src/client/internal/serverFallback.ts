/** Refusals that the API itself takes to other models, within one request: a beta of the direct API. */
import type * as Anthropic from "@anthropic-ai/sdk/resources/messages"
import type { MessageParams } from "../ClaudeClient.ts"
import { isFields } from "./fields.ts"

const beta = "server-side-fallback-2026-07-01"

/** The API takes no more. */
const most = 3

/** The models of a chain that the API is to try; what the caller says of it himself stands. */
export const modelsFor = (params: MessageParams, chain: ReadonlyArray<unknown>): ReadonlyArray<string> =>
  "fallbacks" in params || "thread" in params
    ? []
    : chain.filter((hop) => typeof hop === "string").filter((model) => model !== params.model).slice(0, most)

export const withModels = (params: MessageParams, models: ReadonlyArray<string>): MessageParams => {
  if (models.length === 0) return params
  const given: unknown = "betas" in params ? params.betas : undefined
  const more = { fallbacks: models.map((model) => ({ model })), betas: [...(Array.isArray(given) ? given : []), beta] }
  return { ...params, ...more }
}

/** The model that answered in place of the one that was asked, by what the answer's usage tells. */
export const answeredBy = (message: Anthropic.Message, models: ReadonlyArray<string>): string | undefined => {
  const iterations: unknown = "iterations" in message.usage ? message.usage.iterations : undefined
  const isElsewhere = Array.isArray(iterations) &&
    iterations.some((one) => isFields(one) && one["type"] === "fallback_message")
  return isElsewhere ? models.find((model) => message.model.startsWith(model)) : undefined
}
