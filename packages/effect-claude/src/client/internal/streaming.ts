/**
 * The events of one answer as a stream. After the first of them there is no retry: where it is asked for, a stream that
 * breaks, or ends at `max_tokens`, goes on by another request instead, and a mark among the events says so.
 */
import * as Cause from "effect/Cause"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import * as ClaudeError from "../../errors/ClaudeError.ts"
import * as Driver from "../../policies/internal/driver.ts"
import type { Settings } from "../../policies/Resilience.ts"
import type { RetryBudget } from "../../policies/RetryBudget.ts"
import type { MessageParams, StreamOptions } from "../ClaudeClient.ts"
import { again } from "./again.ts"
import * as Attempts from "./attempts.ts"
import { withPartial } from "./collecting.ts"
import * as Continuation from "./continuation.ts"
import { Held } from "./held.ts"
import type { Event, EventReader, Events, StreamReason } from "./reader.ts"
import { forMessage, type Run } from "./run.ts"
import type { Opened } from "./sdk.ts"

export interface Client {
  readonly run: Run
  readonly now: () => number
  readonly settings: Settings
  readonly budget: RetryBudget["Service"]
}

/** One request of the stream. */
interface Segment {
  readonly context: Attempts.Context
  readonly opened: Opened
  readonly reader: EventReader
}

export const streaming = Effect.fnUntraced(
  function*(client: Client, params: MessageParams, options: StreamOptions, until: number): Effect.fn.Return<
    Stream.Stream<Event, ClaudeError.ClaudeError>,
    ClaudeError.ClaudeError,
    Scope.Scope
  > {
    const { budget, now, run, settings } = client
    const method = "streamMessage"
    const maxAttempts = options.maxAttempts ?? settings.maxAttempts
    const { continuations = 0, continueOnMaxTokens = 0 } = Continuation.canContinue(params) ? options : {}
    let held = continueOnMaxTokens > 0 ? new Held() : undefined
    const log: Array<ClaudeError.Attempt> = []
    let plan: Continuation.Plan | undefined
    let driver: Driver.Driver | undefined
    let breaks = 0
    let reached = 0
    let segment: Segment | undefined

    yield* Effect.addFinalizer(() =>
      Effect.suspend(() => {
        if (segment === undefined) return Effect.void
        const { context, reader } = segment
        const used = reader.accumulator.used()
        if (reader.accumulator.complete) return context.lease.succeed(used)
        reader.inflow.cancel()
        return context.lease.interrupt(used)
      })
    )

    const current = (): MessageParams => plan === undefined ? params : Continuation.request(params, plan)
    const open = (attempts: number): Effect.Effect<void, ClaudeError.ClaudeError> =>
      run(forMessage(method, current, { ...options, maxAttempts: attempts }, until), (context) => {
        let opened: EventReader | undefined
        return Attempts.begin(context, current(), plan, (streaming) => {
          opened = streaming.reader
          segment = { context, ...streaming }
        }).pipe(
          // Nothing of it was shown: what it used is all that changes.
          Effect.tapError((reason) =>
            Effect.sync(() => {
              const left = plan && opened?.left(reason._tag)
              plan = (left && Continuation.after(plan, left)) ?? plan
            })
          )
        )
      })
    /** What arrived before a request that brought nothing more. */
    const before = (partial: ClaudeError.Partial | undefined): ClaudeError.Partial | undefined =>
      partial && plan && { ...partial, usage: plan.used }

    /** The try that broke, and those before it in its request. */
    const record = ({ context, opened }: Segment, reason: StreamReason): void => {
      log.push(...context.log, {
        reason: reason._tag,
        message: reason.message,
        status: opened.status,
        requestId: opened.header("request-id") ?? undefined,
        model: params.model,
        duration: Duration.millis(now() - context.began),
        refused: "notRetryable"
      })
    }
    const verdict = (given: Partial<ClaudeError.Attempt>): void => {
      const { refused: _, ...last } = log.pop()!
      log.push({ ...last, ...given })
    }

    const broke = Effect.fnUntraced(function*(broken: Segment, reason: StreamReason) {
      const { context, reader } = broken
      const { partial } = reader
      reader.inflow.cancel()
      yield* context.lease.fail(reason)
      record(broken, reason)
      const error = Effect.suspend(() =>
        Effect.fail(
          withPartial(
            new ClaudeError.ClaudeError({
              method,
              reason: ClaudeError.mark(reason, { delivered: true, retried: true }),
              attempts: log
            }),
            partial
          )
        )
      )
      if (!ClaudeError.isReal(reason) || !reason.isRetryable || breaks++ >= continuations) return yield* error
      const left = reader.left(reason._tag)
      const next = left && Continuation.after(plan, left)
      if (next === undefined) return yield* error
      if (log.length >= maxAttempts) {
        verdict({ refused: "attempts" })
        return yield* error
      }
      driver ??= Driver.make(settings.retry)
      const given = yield* again({ budget, driver, maxServerWait: settings.maxServerWait, deadline: until }, reason, now())
      verdict(given)
      if (given.refused !== undefined) return yield* error
      plan = next
      yield* Effect.mapError(open(maxAttempts - log.length), (failed) => {
        // What a policy of ours refused is not why the answer is not whole.
        const isTold = ClaudeError.isReal(failed.reason) || failed.reason._tag === "DeadlineExceeded"
        const told = ClaudeError.mark(isTold ? failed.reason : reason, { delivered: true, retried: true })
        const attempts = [...log, ...failed.attempts]
        return withPartial(new ClaudeError.ClaudeError({ method, reason: told, attempts }), before(partial))
      })
    })

    /** After the last event of a request: what was kept back, or the next request. */
    const ended = Effect.fnUntraced(function*({ context, reader }: Segment): Effect.fn.Return<
      Events,
      ClaudeError.ClaudeError | Cause.Done
    > {
      yield* context.lease.succeed(reader.accumulator.used())
      const kept = held?.release()
      if (held?.reached !== true || kept === undefined) return yield* Cause.done()
      const left = reached++ < continueOnMaxTokens ? reader.left("max_tokens") : undefined
      const next = left && Continuation.after(plan, left)
      if (next === undefined) {
        held = undefined
        return kept
      }
      held.reached = false
      plan = next
      yield* Effect.mapError(open(maxAttempts), (failed) => withPartial(failed, before(reader.partial)))
      return yield* pull
    })

    type Pull = Effect.Effect<Events, ClaudeError.ClaudeError | Cause.Done>
    const over = (current: Segment): Pull => {
      const { failure } = current.reader
      if (failure === undefined) return ended(current)
      // What was kept back came before the failure.
      const kept = held?.release()
      return kept === undefined ? Effect.andThen(broke(current, failure), pull) : Effect.succeed(kept)
    }
    const answer = (current: Segment): Pull => {
      const events = current.reader.given()
      if (events === undefined) return over(current)
      const shown = held === undefined ? events : held.push(events)
      return shown === undefined ? pull : Effect.succeed(shown)
    }
    // One primitive a pull: what it wakes with is the answer, whatever that is.
    const pull: Pull = Effect.callback((resume) => {
      const current = segment!
      current.reader.inflow.wait(() => resume(answer(current)))
      return current.reader.inflow.leave
    })

    yield* open(maxAttempts)
    return Stream.fromPull(Effect.succeed(pull))
  }
)
