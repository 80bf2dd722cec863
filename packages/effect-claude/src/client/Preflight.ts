/**
 * What can be known of a request without the network: every rule of the API that it surely breaks, in one pass. The client
 * runs it before anything is reserved or sent. A rule rejects only what the API surely rejects; what is unknown passes.
 */
import * as Effect from "effect/Effect"
import * as Rules from "../conversation/internal/rules.ts"
import type * as ClaudeError from "../errors/ClaudeError.ts"
import * as Batch from "./internal/preflight/batch.ts"
import { known } from "./internal/preflight/blocks.ts"
import { caching } from "./internal/preflight/cache.ts"
import * as Facts from "./internal/preflight/facts.ts"
import * as Fit from "./internal/preflight/fit.ts"
import { media } from "./internal/preflight/media.ts"
import * as Proven from "./internal/preflight/proven.ts"
import { request } from "./internal/preflight/request.ts"
import { continued, type Fields, isFields, type Rules as Group, subjectOf } from "./internal/preflight/subject.ts"
import { systems } from "./internal/preflight/system.ts"
import { tools } from "./internal/preflight/tools.ts"

/** What is known of a model. */
export type ModelFacts = Facts.ModelFacts

/** The facts of the models of November 2026; undefined for others. */
export const factsOf = (model: string): ModelFacts | undefined => Facts.shipped.get(model)

export interface Options {
  /** Names of rules that are not checked. */
  readonly waive?: ReadonlyArray<string>
  /** Default: those of the shipped table; for an unknown model rules that need facts pass. */
  readonly facts?: ModelFacts | undefined
  /** False for Bedrock, Vertex and others whose limits and versions differ. Default true. */
  readonly direct?: boolean
  /** False where a JSON answer is wanted whatever its length. */
  readonly streamed?: boolean | undefined
  /** True where only tokens are counted: what an answer needs is not asked for. Default false. */
  readonly counting?: boolean
}

const own: ReadonlyArray<Group> = [...request, ...systems, ...known, ...tools, ...caching, ...media]

/** More violations are not listed. */
const mostViolations = 1000

/** What a thread that goes on has left with the API. */
const leftWithThread: ReadonlyArray<string> = ["orphan", "serverTool"]

/** Every rule: its name, what it says, and where the API's documentation does. */
export const rules: ReadonlyArray<{ readonly name: string; readonly says: string; readonly source: string }> = [
  ...own.flatMap(({ rules, source }) => Object.entries(rules).map(([name, says]) => ({ name, says, source }))),
  ...Rules.rules.map(({ name, says }) => ({ name, says, source: "agents-and-tools/tool-use/handle-tool-calls" }))
]

/** All violations of a Messages request, at most 1,000, by rule and then by place; none for one that may be sent. */
export const check = (params: unknown, options: Options = {}): ReadonlyArray<ClaudeError.Violation> => {
  if (!isFields(params)) {
    return [{
      path: "",
      rule: "shape",
      message: "The request is no object.",
      fix: "Write { model, max_tokens, messages }."
    }]
  }
  const short = Proven.shortened(params)
  return short !== undefined && all(short, options, true).length === 0 ? [] : all(params, options, false)
}

/** `proven` where the messages are a part of a history, which has proved the conversation's own rules. */
const all = (params: Fields, options: Options, proven: boolean): ReadonlyArray<ClaudeError.Violation> => {
  const waived = new Set(options.waive)
  const { model } = params
  const facts = options.facts ?? (typeof model === "string" ? factsOf(model) : undefined)
  const subject = subjectOf(params, {
    facts,
    direct: options.direct ?? true,
    streamed: options.streamed,
    counting: options.counting ?? false
  })
  const found: Array<ClaudeError.Violation> = []
  for (const group of own) {
    for (const violation of group.check(subject)) if (!waived.has(violation.rule)) found.push(violation)
  }
  if (proven) return found
  const passed = continued(subject) ? new Set([...waived, ...leftWithThread]) : waived
  for (const violation of Rules.violations(subject.messages, passed)) found.push(violation)
  return found.length > mostViolations ? found.slice(0, mostViolations) : found
}

/** The same for a bare list of messages. */
export const checkMessages = (messages: ReadonlyArray<unknown>): ReadonlyArray<ClaudeError.Violation> =>
  Rules.violations(messages)

/** An image that could not be made to fit; `path` is empty where the package `sharp` is missing. */
export const ImageFitFailed = Fit.ImageFitFailed
export type ImageFitFailed = Fit.ImageFitFailed

/**
 * The request with its base64 images made to fit: a container the API reads, its true media type, at most 8,000 pixels a
 * side (2,000 with more than 20 images) and 10 MB; `changed` lists the paths of those that did not. Scaling and converting
 * need the optional peer `sharp`; images that fit stay byte for byte what they were.
 */
export const fitImages = <P extends { readonly messages: ReadonlyArray<unknown> }>(
  params: P
): Effect.Effect<{ readonly params: P; readonly changed: ReadonlyArray<string> }, ImageFitFailed> =>
  Effect.map(Fit.fitMessages(params.messages), ({ changed, messages }) => ({
    // Only sources of images were replaced, by sources of images.
    params: changed.length === 0 ? params : { ...params, messages } as P,
    changed
  }))

/** Models that give so many tokens may give more in a batch. */
const standardMost = 128_000

/**
 * The requests of a batch, each `{ custom_id, params }`: ids, count, size, and what batches do not take; each request's own
 * violations under its place. At most 1,000.
 */
export const checkBatch = (
  requests: ReadonlyArray<unknown>,
  options: Options = {}
): ReadonlyArray<ClaudeError.Violation> =>
  Batch.violations(requests, mostViolations, (params) => {
    const { model } = params
    const facts = options.facts ?? (typeof model === "string" ? factsOf(model) : undefined)
    const maxTokens = facts?.maxTokens === standardMost ? Batch.mostTokens : facts?.maxTokens
    return check(params, {
      ...options,
      facts: facts === undefined || maxTokens === undefined ? facts : { ...facts, maxTokens }
    })
  })
