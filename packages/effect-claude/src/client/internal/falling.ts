/** Calls that go to other models for declared reasons. */
import type * as Anthropic from "@anthropic-ai/sdk/resources/messages"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as Stream from "effect/Stream"
import * as ClaudeError from "../../errors/ClaudeError.ts"
import * as Fallback from "../../policies/Fallback.ts"
import type { ClaudeClient, CreateOptions, MessageParams, StreamOptions } from "../ClaudeClient.ts"
import type { Told } from "./run.ts"

type Service = ClaudeClient["Service"]

const isThinking = (block: Anthropic.ContentBlockParam): boolean =>
  block.type === "thinking" || block.type === "redacted_thinking"

/** The copy that is sent to another model: thinking is bound to the model that thought it. */
const forModel = (params: MessageParams, model: string): MessageParams => {
  if (model === params.model) return params
  const messages = params.messages.flatMap((message): ReadonlyArray<Anthropic.MessageParam> => {
    if (message.role !== "assistant" || typeof message.content === "string" || !message.content.some(isThinking)) {
      return [message]
    }
    const content = message.content.filter((block) => !isThinking(block))
    return content.length === 0 ? [] : [{ ...message, content }]
  })
  return { ...params, model, messages }
}

/** The models that are left to be tried, each once. */
class Walk {
  private readonly seen: Set<string>
  private readonly queue: Array<string> = []
  private readonly fallback: Fallback.Fallback

  constructor(fallback: Fallback.Fallback, model: string) {
    this.fallback = fallback
    this.seen = new Set([model])
  }

  next(cause: Fallback.Cause): string | undefined {
    for (const model of this.fallback[cause] ?? []) {
      if (this.seen.has(model)) continue
      this.seen.add(model)
      this.queue.push(model)
    }
    return this.queue.shift()
  }
}

export const falling = (
  fallback: Fallback.Fallback,
  client: Pick<Service, "createMessage" | "streamMessage">,
  now: () => number,
  standard: Duration.Duration
): Pick<Service, "createMessage" | "streamMessage"> => {
  const refusal = (message: Anthropic.Message): boolean =>
    fallback.Refused !== undefined && message.stop_reason === "refusal"

  const createMessage = Effect.fnUntraced(function*(
    params: MessageParams,
    options: CreateOptions & Told = {}
  ): Effect.fn.Return<Anthropic.Message, ClaudeError.ClaudeError> {
    const until = now() + Duration.toMillis(Duration.fromInputUnsafe(options.deadline ?? standard))
    const session = yield* Fallback.CurrentSession
    let model = session?.modelFor(params.model) ?? params.model
    const walk = new Walk(fallback, model)
    const attempts: Array<ClaudeError.Attempt> = []
    let first: ClaudeError.ClaudeError | undefined
    let refused: Anthropic.Message | undefined
    for (;;) {
      const left = Math.max(1, until - now())
      const result = yield* Effect.result(
        client.createMessage(forModel(params, model), { ...options, deadline: Duration.millis(left) })
      )
      if (Result.isSuccess(result) && !refusal(result.success)) {
        if (model !== params.model) session?.remember(params.model, model)
        return result.success
      }
      if (Result.isSuccess(result)) refused = result.success
      else {
        first ??= result.failure
        attempts.push(...result.failure.attempts)
      }
      const cause = Result.isSuccess(result) ? "Refused" : Fallback.causeOf(fallback, result.failure)
      const next = cause === undefined || now() >= until ? undefined : walk.next(cause)
      if (next !== undefined) {
        options.told?.fellBack(model, next, cause ?? "unknown")
        model = next
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
      const start = session?.modelFor(params.model) ?? params.model
      const walk = new Walk(fallback, start)
      const from = (
        model: string,
        first: ClaudeError.ClaudeError | undefined
      ): Stream.Stream<Anthropic.RawMessageStreamEvent, ClaudeError.ClaudeError> =>
        Stream.catch(
          client.streamMessage(forModel(params, model), {
            ...options,
            deadline: Duration.millis(Math.max(1, until - now()))
          }),
          (error) => {
            const cause = Fallback.causeOf(fallback, error)
            const next = cause === undefined || now() >= until ? undefined : walk.next(cause)
            const known = first ?? error
            if (next === undefined) return Stream.fail(ClaudeError.reasonOf(error)?.delivered === true ? error : known)
            session?.remember(params.model, next)
            options.told?.fellBack(model, next, cause ?? "unknown")
            return from(next, known)
          }
        )
      return from(start, undefined)
    }))

  return { createMessage, streamMessage }
}
