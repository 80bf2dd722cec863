/** What a call's span says, in the names of the OpenTelemetry conventions for generative AI. */
import type { Usage } from "../../errors/ClaudeError.ts"
import * as Content from "./content.ts"
import type { Answer, Called } from "./hook.ts"
import { clean } from "./labels.ts"

type Fields = Readonly<Record<string, unknown>>

const operations: Readonly<Record<string, string>> = {
  createMessage: "chat",
  streamMessage: "chat",
  countTokens: "count_tokens",
  getModel: "get_model",
  listModels: "list_models",
  createBatch: "create_batch",
  getBatch: "get_batch",
  batchResults: "batch_results",
  listBatches: "list_batches",
  cancelBatch: "cancel_batch",
  removeBatch: "remove_batch"
}

/** Limits and circuits of what is about no model have the name of the method. */
export const isMethod = (model: string): boolean => Object.hasOwn(operations, model)

/** The operation of a method of the client, else the method's own name. */
export const operationOf = (method: string): string => isMethod(method) ? operations[method] ?? method : method

export const nameOf = ({ model }: Called, operation: string, label: string): string =>
  model === undefined ? operation : `${operation} ${label}`

const number = (value: unknown): number | undefined => typeof value === "number" ? value : undefined

/** `host` as the conventions split it. */
export const server = (host: string): Fields => {
  if (host === "") return {}
  const at = host.lastIndexOf(":")
  const port = at === -1 ? NaN : Number(host.slice(at + 1))
  return Number.isInteger(port)
    ? { "server.address": host.slice(0, at), "server.port": port }
    : { "server.address": host }
}

export const ofCall = ({ method, model, params, source }: Called, operation: string, content: boolean): Fields => {
  const given: Fields = typeof params === "object" && params !== null ? { ...params } : {}
  return {
    "gen_ai.operation.name": operation,
    "gen_ai.provider.name": source.provider,
    "gen_ai.request.model": model === undefined ? undefined : clean(model),
    "gen_ai.request.max_tokens": number(given["max_tokens"]),
    "gen_ai.request.temperature": number(given["temperature"]),
    "gen_ai.request.top_p": number(given["top_p"]),
    "gen_ai.request.top_k": number(given["top_k"]),
    "gen_ai.request.stream": method === "streamMessage" ? true : undefined,
    ...server(clean(source.host)),
    ...(content ? Content.input(params) : {})
  }
}

export const ofEnd = (answer: Answer | undefined, usage: Usage | undefined, content: boolean): Fields => ({
  "gen_ai.response.id": answer?.id,
  "gen_ai.response.model": answer === undefined ? undefined : clean(answer.model),
  "gen_ai.response.finish_reasons": typeof answer?.stop_reason === "string" ? [answer.stop_reason] : undefined,
  // The conventions count cached tokens as input; the API tells them apart.
  "gen_ai.usage.input_tokens": usage && usage.inputTokens + usage.cacheReadTokens + usage.cacheCreationTokens,
  "gen_ai.usage.output_tokens": usage?.outputTokens,
  "gen_ai.usage.cache_read.input_tokens": usage?.cacheReadTokens,
  "gen_ai.usage.cache_creation.input_tokens": usage?.cacheCreationTokens,
  ...(content && answer !== undefined ? Content.output(answer) : {})
})
