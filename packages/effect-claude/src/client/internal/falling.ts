/** Calls that go to other models or clients for declared reasons. */
import type * as Anthropic from "@anthropic-ai/sdk/resources/messages"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as Stream from "effect/Stream"
import { withoutThinking } from "../../conversation/internal/thinking.ts"
import * as ClaudeError from "../../errors/ClaudeError.ts"
import * as Fallback from "../../policies/Fallback.ts"
import type { ClaudeClient, CreateOptions, Elsewhere, Hop, MessageParams, StreamOptions } from "../ClaudeClient.ts"
import { usageOf } from "./fields.ts"
import type { Told } from "./run.ts"
import * as ServerFallback from "./serverFallback.ts"

type Service = ClaudeClient["Service"]

/** The copy that is sent to another model: thinking is bound to the model that thought it. */
const forModel = (params: MessageParams, model: string): MessageParams => {
  if (model === params.model) return params
  return { ...params, model, messages: [...withoutThinking(params.messages)] }
}

/** The hops before an answer, as they are kept with it. */
export const hopsOf = (message: Anthropic.Message): ReadonlyArray<Hop> =>
  "hops" in message && Array.isArray(message.hops) ? message.hops : []

/** A client elsewhere may have had hops of its own. */
const after = (hops: ReadonlyArray<Hop>, answer: Anthropic.Message): Anthropic.Message =>
  hops.length === 0 ? answer : Object.assign(answer, { hops: [...hops, ...hopsOf(answer)] })

type Where = string | Elsewhere

/** The hops that are left to be tried, each once. */
class Walk {
  private readonly seen = new Set<Where>()
  private readonly queue: Array<Where> = []
  private readonly fallback: Fallback.Fallback<Where>

  constructor(fallback: Fallback.Fallback<Where>, start: Where) {
    this.fallback = fallback
    this.seen.add(start)
  }

  /** `tried`: models that the API has asked itself. */
  next(cause: Fallback.Cause, tried: ReadonlyArray<Where> = []): Where | undefined {
    for (const hop of this.fallback[cause] ?? []) {
      if (this.seen.has(hop) || tried.includes(hop)) continue
      this.seen.add(hop)
      this.queue.push(hop)
    }
    return this.queue.shift()
  }
}

type Client = Pick<Service, "createMessage" | "streamMessage">

export const falling = (
  fallback: Fallback.Fallback<Where>,
  own: Client,
  now: () => number,
  standard: Duration.Duration,
  server: boolean
): Client => {
  /** The models that the API tries by itself: where our own client asks. */
  const serverModels = (hop: Where, params: MessageParams): ReadonlyArray<string> =>
    server && typeof hop === "string" ? ServerFallback.modelsFor(params, fallback.Refused ?? []) : []

  const refusal = (message: Anthropic.Message): boolean =>
    fallback.Refused !== undefined && message.stop_reason === "refusal"

  /** Where the calls of a session were answered, by the model that was asked for. */
  const places = new WeakMap<Fallback.Session, Map<string, Where>>()
  const start = (session: Fallback.Session | undefined, model: string): Where =>
    (session && places.get(session)?.get(model)) ?? model
  const remember = (session: Fallback.Session | undefined, model: string, hop: Where): void => {
    if (session === undefined || hop === model) return
    let known = places.get(session)
    if (known === undefined) places.set(session, known = new Map())
    known.set(model, hop)
  }
  const modelOf = (hop: Where, params: MessageParams): string =>
    typeof hop === "string" ? hop : hop.model ?? params.model
  const clientOf = (hop: Where): Client => typeof hop === "string" ? own : hop.client

  const createMessage = Effect.fnUntraced(function*(
    params: MessageParams,
    options: CreateOptions & Told = {}
  ): Effect.fn.Return<Anthropic.Message, ClaudeError.ClaudeError> {
    const until = now() + Duration.toMillis(Duration.fromInputUnsafe(options.deadline ?? standard))
    const session = yield* Fallback.CurrentSession
    let hop = start(session, params.model)
    const walk = new Walk(fallback, hop)
    const attempts: Array<ClaudeError.Attempt> = []
    const hops: Array<Hop> = []
    let first: ClaudeError.ClaudeError | undefined
    let refused: Anthropic.Message | undefined
    for (;;) {
      const began = now()
      const model = modelOf(hop, params)
      const sent = forModel(params, model)
      const tried = serverModels(hop, sent)
      const result = yield* Effect.result(
        clientOf(hop).createMessage(ServerFallback.withModels(sent, tried), {
          ...options,
          deadline: Duration.millis(Math.max(1, until - began))
        })
      )
      const answer = Result.isSuccess(result) ? result.success : undefined
      if (answer !== undefined && !refusal(answer)) {
        remember(session, params.model, ServerFallback.answeredBy(answer, tried) ?? hop)
        return after(hops, answer)
      }
      if (Result.isSuccess(result)) {
        refused = after(hops, result.success)
        const usage = usageOf(result.success.usage)
        hops.push({ model, reason: "Refused", usage })
        attempts.push({
          reason: "Refused",
          message: "The model refused.",
          model,
          duration: Duration.millis(now() - began),
          usage
        })
      } else {
        first ??= result.failure
        attempts.push(...result.failure.attempts)
        hops.push({ model, reason: result.failure.reason._tag, ...ClaudeError.costOf(result.failure.reason) })
      }
      const cause = Result.isSuccess(result) ? "Refused" : Fallback.causeOf(fallback, result.failure)
      const next = cause === undefined || now() >= until
        ? undefined
        : walk.next(cause, cause === "Refused" ? tried : [])
      if (next !== undefined) {
        options.told?.fellBack(model, modelOf(next, params), cause ?? "unknown")
        hop = next
        continue
      }
      // A refusal is an answer: it counts more than the failure that led to the model that refused.
      if (refused !== undefined) return refused
      if (first !== undefined) {
        return yield* Effect.fail(
          attempts.length === first.attempts.length ? first : ClaudeError.withAttempts(first, attempts)
        )
      }
    }
  })

  const streamMessage = (
    params: MessageParams,
    options: StreamOptions & Told = {}
  ): Stream.Stream<Anthropic.RawMessageStreamEvent, ClaudeError.ClaudeError> =>
    Stream.unwrap(Effect.map(Fallback.CurrentSession, (session) => {
      const until = now() + Duration.toMillis(Duration.fromInputUnsafe(options.deadline ?? standard))
      const begin = start(session, params.model)
      const walk = new Walk(fallback, begin)
      const attempts: Array<ClaudeError.Attempt> = []
      const from = (
        hop: Where,
        first: ClaudeError.ClaudeError | undefined
      ): Stream.Stream<Anthropic.RawMessageStreamEvent, ClaudeError.ClaudeError> => {
        const model = modelOf(hop, params)
        const sent = forModel(params, model)
        const events = clientOf(hop).streamMessage(ServerFallback.withModels(sent, serverModels(hop, sent)), {
          ...options,
          deadline: Duration.millis(Math.max(1, until - now()))
        })
        // The session stays where it was answered, which its first event tells.
        const answered = hop === begin ?
          events :
          Stream.tap(events, () => Effect.sync(() => remember(session, params.model, hop)))
        return Stream.catch(answered, (error) => {
          const cause = Fallback.causeOf(fallback, error)
          const next = cause === undefined || now() >= until ? undefined : walk.next(cause)
          const known = first ?? error
          attempts.push(...error.attempts)
          if (next === undefined) {
            if (ClaudeError.reasonOf(error)?.delivered === true) return Stream.fail(error)
            return Stream.fail(
              attempts.length === known.attempts.length ? known : ClaudeError.withAttempts(known, attempts)
            )
          }
          options.told?.fellBack(model, modelOf(next, params), cause ?? "unknown")
          return from(next, known)
        })
      }
      return from(begin, undefined)
    }))

  return { createMessage, streamMessage }
}
