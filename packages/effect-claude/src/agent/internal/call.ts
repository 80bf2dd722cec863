/** One call of a tool, from its claim to its result. Whatever the handler does, a result comes out, within bounds. */
import type Anthropic from "@anthropic-ai/sdk"
import * as AiError from "effect/ai/AiError"
import type * as Tool from "effect/ai/Tool"
import * as Cause from "effect/Cause"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import * as Schedule from "effect/Schedule"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { type Fate, synthetic } from "../../conversation/History.ts"
import type { Declared, Definition } from "./definitions.ts"
import { hex } from "./hex.ts"
import { isolated } from "./isolated.ts"
import * as Results from "./results.ts"
import { type Call, CurrentCall, CurrentRun, type Within } from "./settings.ts"

export interface Ended {
  readonly result: Anthropic.ToolResultBlockParam
  /** What became of the call where the handler gave no result. */
  readonly fate: Fate | "finished" | "failed" | "defect"
}

export interface Bounds {
  /** Milliseconds a call, where its tool does not say. */
  readonly timeout: number
  readonly grace: number
  readonly leaked: () => void
  /** An instant in Clock milliseconds at which the run's time is over. */
  readonly until: number
  readonly now: () => number
}

/** The last thing that a handler gives is its result; what came before it was preliminary. */
const lastOf = <E, R>(
  stream: Stream.Stream<Tool.HandlerResult<Tool.Any>, E, R>
): Effect.Effect<Tool.HandlerResult<Tool.Any> | undefined, E, R> =>
  Stream.runFold(stream, (): Tool.HandlerResult<Tool.Any> | undefined => undefined, (_, result) => result)

const unexpected = (tool: string, call: Call, cause: Cause.Cause<Declared>): Effect.Effect<Ended> =>
  Effect.flatMap(hex(2), (trace) =>
    Effect.as(
      Effect.logError(`Tool ${tool} failed for a reason that it does not declare.`, cause).pipe(
        Effect.annotateLogs({ traceId: trace, tool, callId: call.callId, runId: call.runId })
      ),
      { result: Results.defect(call.callId, trace), fate: "defect" }
    ))

/** A failure that the tool declares, as the model may see it; undefined for any other. */
const declared = <R>(
  definition: Definition<R>,
  id: string,
  cause: Cause.Cause<Declared>
): Effect.Effect<Ended | undefined, never, R> => {
  const error = Option.getOrUndefined(Cause.findErrorOption(cause))
  if (error === undefined || AiError.isAiError(error) || AiError.isAiErrorReason(error)) {
    return Effect.succeed(undefined)
  }
  return definition.encodeFailure(error).pipe(
    Effect.map((encoded): Ended => ({ result: Results.failed(id, encoded), fate: "failed" })),
    Effect.catchCause(() => Effect.succeed(undefined))
  )
}

const attempt = <R>(
  definition: Definition<R>,
  call: Call,
  encoded: unknown,
  bounds: Bounds
): Effect.Effect<Ended, never, R> =>
  Effect.suspend(() => {
    const own = definition.timeout ?? bounds.timeout
    const left = bounds.until - bounds.now()
    const run = Effect.flatMap(definition.handle(encoded, call.callId), lastOf)
    return Effect.flatMap(isolated(run, { ...bounds, timeout: Math.max(0, Math.min(own, left)) }), (ended) => {
      if (Option.isNone(ended)) {
        const fate: Fate = left < own ? "interrupted" : "timedOut"
        return Effect.succeed<Ended>({ result: synthetic(call.callId, fate), fate })
      }
      const exit = ended.value
      if (Exit.isFailure(exit)) {
        // The handler interrupted itself, or somebody its fiber: the loop goes on.
        if (Cause.hasInterruptsOnly(exit.cause)) {
          return Effect.succeed<Ended>({ result: synthetic(call.callId, "interrupted"), fate: "interrupted" })
        }
        return Effect.flatMap(
          declared(definition, call.callId, exit.cause),
          (shown) => shown === undefined ? unexpected(definition.name, call, exit.cause) : Effect.succeed(shown)
        )
      }
      const { value } = exit
      // What a schema encodes need not be JSON.
      const handled = Result.try(() => value === undefined ? undefined : Results.handled(call.callId, value))
      if (Result.isFailure(handled)) return unexpected(definition.name, call, Cause.die(handled.failure))
      return handled.success === undefined
        ? unexpected(definition.name, call, Cause.fail<Declared>(value?.result))
        : Effect.succeed<Ended>({ result: handled.success, fate: value?.isFailure === true ? "failed" : "finished" })
    })
  })

/** A call that ended without success, for the schedule of a tool that may run again. */
class Again extends Schema.TaggedError<Again>()("Again", { ended: Schema.Unknown }) {}

/** Runs a call whose input has been decoded. */
export const runCall = <R>(
  definition: Definition<R>,
  call: Call,
  encoded: unknown,
  within: Within,
  bounds: Bounds
): Effect.Effect<Ended, never, R> => {
  const once = attempt(definition, call, encoded, bounds)
  const { repeatable, retry } = definition
  const all = retry === undefined || !repeatable ? once : Effect.suspend(() => {
    let latest: Ended | undefined
    const inTime: Schedule.Schedule<unknown> = Schedule.while(
      retry,
      ({ duration }) => bounds.now() + Duration.toMillis(duration) < bounds.until
    )
    return once.pipe(
      Effect.flatMap((ended) => {
        latest = ended
        return ended.fate === "finished"
          ? Effect.succeed(ended)
          : Effect.fail(new Again({ ended: ended.fate }))
      }),
      // A try that would come when the run's time is over is not waited for.
      Effect.retry(inTime),
      // The schedule has come to its end: the last result stands.
      Effect.catch(() => latest === undefined ? once : Effect.succeed(latest))
    )
  })
  return all.pipe(
    Effect.provideService(CurrentCall, call),
    Effect.provideService(CurrentRun, within)
  )
}
