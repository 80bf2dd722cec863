/** One request of the loop, paid for: reserved before it is sent, written down, and settled whatever comes of it. */
import type * as Messages from "@anthropic-ai/sdk/resources/messages"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import { usageOf } from "../../client/internal/fields.ts"
import * as History from "../../conversation/History.ts"
import type * as ClaudeError from "../../errors/ClaudeError.ts"
import type { LimitName } from "../LoopGuard.ts"
import { billed } from "./billed.ts"
import type { Broken, Job } from "./job.ts"
import type { State } from "./state.ts"
import type { Format } from "./structured.ts"
import { readable } from "./wellFormed.ts"

type Params = Messages.MessageCreateParamsNonStreaming

const formatOf = ({ schema }: Format): Messages.JSONOutputFormat => ({ type: "json_schema", schema: { ...schema } })

const paramsOf = <R>({ definitions, format, request }: Job<R>, state: State, maxTokens: number): Params => ({
  ...request,
  ...(format === undefined ? {} : { output_config: { ...request.output_config, format: formatOf(format) } }),
  ...(definitions.params.length === 0 ? {} : { tools: [...definitions.params] }),
  max_tokens: maxTokens,
  messages: History.toMessages(state.history)
})

/** The answer or why there is none; the limit if it may not be asked for, or its time was over. */
export const ask = <R>(
  job: Job<R>,
  state: State,
  maxTokens: number,
  more: Partial<Params> = {}
): Effect.Effect<LimitName | Result.Result<Messages.Message, ClaudeError.ClaudeError>, Broken> =>
  // A reserve is settled once, whatever ends the request: interruption is let in only while it is under way.
  Effect.uninterruptibleMask((restore) =>
    Effect.gen(function*() {
      const { recorder } = job
      const reserved = state.forecast(maxTokens)
      const short = state.account.reserve(reserved)
      if (short !== undefined) return short.limit
      const turns = state.progress.turns + 1
      if (recorder !== undefined) {
        // Before it is sent: whoever goes on after a crash cannot know whether it was, and counts it.
        const asked = { ...state.counted, turns }
        yield* restore(recorder.write({ _tag: "Asked", progress: asked, spent: state.ifForfeited(reserved) })).pipe(
          Effect.onExit((exit) => Exit.isFailure(exit) ? Effect.sync(() => state.release(reserved)) : Effect.void)
        )
      }
      state.count({ turns })
      const asked = Effect.suspend(() => job.ask({ ...paramsOf(job, state, maxTokens), ...more }, job.call))
      const answer = yield* restore(
        Effect.timeoutOption(Effect.result(asked), Duration.millis(Math.max(0, state.left)))
      ).pipe(
        Effect.onExit((exit) => Exit.isFailure(exit) ? Effect.sync(() => state.forfeit(reserved)) : Effect.void)
      )
      if (Option.isNone(answer)) {
        state.forfeit(reserved)
        return "wallTime" as const
      }
      if (Result.isFailure(answer.value)) state.lose(reserved, billed(answer.value.failure))
      else state.settle(reserved, usageOf(answer.value.success.usage), answer.value.success.model)
      return Result.map(answer.value, readable)
    })
  )
