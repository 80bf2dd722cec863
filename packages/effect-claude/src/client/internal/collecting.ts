/**
 * One message from as many requests as it takes. Nothing reaches the caller before it is whole, so that what cannot go on
 * is asked for from the start.
 */
import type * as Anthropic from "@anthropic-ai/sdk/resources/messages"
import * as Effect from "effect/Effect"
import type * as ClaudeError from "../../errors/ClaudeError.ts"
import type { MessageParams, StreamOptions } from "../ClaudeClient.ts"
import * as Attempts from "./attempts.ts"
import * as Continuation from "./continuation.ts"
import type { EventReader } from "./reader.ts"
import * as Rest from "./rest.ts"
import { forMessage, type Run, type Told } from "./run.ts"
import { withPartial } from "./tries.ts"

/** `createMessage` as a stream that is joined, continued as its options say. */
export const collecting = (run: Run, params: MessageParams, options: StreamOptions & Told, until: number) => {
  const { continuations = 0, continueOnMaxTokens = 0 } = Rest.canContinue(params) ? options : {}
  let plan: Continuation.Plan | undefined
  let partial: ClaudeError.Partial | undefined
  let goesOn: Continuation.Plan | undefined
  let breaks = 0
  let reached = 0
  const broke = (reader: EventReader, reason: ClaudeError.Reason): void => {
    partial = reader.partial
    const left = breaks++ < continuations ? reader.left(reason._tag) : undefined
    plan = left && Continuation.after(plan, left)
  }
  const current = (): MessageParams => plan === undefined ? params : Rest.request(params, plan)
  const once = run(forMessage("createMessage", current, options, until), (context) => {
    if (plan !== undefined && plan !== goesOn) options.told?.continued(plan.reason)
    goesOn = plan
    // Of two attempts at once each goes on from what was there when it began.
    return Attempts.collected(context, current(), plan, broke)
  }).pipe(Effect.mapError((error) => withPartial(error, partial)))
  const all: Effect.Effect<Anthropic.Message, ClaudeError.ClaudeError> = Effect.flatMap(once, (reader) => {
    const message = reader.whole.result()
    if (message.stop_reason !== "max_tokens" || reached++ >= continueOnMaxTokens) return Effect.succeed(message)
    const left = reader.left("max_tokens")
    const next = left && Continuation.after(plan, left)
    if (next === undefined) return Effect.succeed(message)
    plan = next
    // The answer in hand is worth more than the error of what was to come.
    return Effect.catch(all, () => Effect.succeed(message))
  })
  return all
}
