/**
 * The events of one answer as a stream. After the first of them there is no retry: where it is asked for, a stream that
 * breaks, or ends at `max_tokens`, goes on by another request instead, and a mark among the events says so.
 */
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import * as ClaudeError from "../../errors/ClaudeError.ts"
import * as Driver from "../../policies/internal/driver.ts"
import { type Verdict, waited } from "../../policies/internal/retrying.ts"
import type { Settings } from "../../policies/Resilience.ts"
import type { RetryBudget } from "../../policies/RetryBudget.ts"
import type { MessageParams, StreamOptions } from "../ClaudeClient.ts"
import * as Attempts from "./attempts.ts"
import * as Continuation from "./continuation.ts"
import { Held } from "./held.ts"
import type { Event, EventReader, Events, StreamReason } from "./reader.ts"
import * as Rest from "./rest.ts"
import { forMessage, nameOf, type Run, type Told } from "./run.ts"
import type { Opened } from "./sdk.ts"
import { Tries } from "./tries.ts"

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

const mayGoOn = (reason: StreamReason): boolean => ClaudeError.isReal(reason) && reason.isRetryable

export const streaming = Effect.fnUntraced(
  function*(client: Client, params: MessageParams, options: StreamOptions & Told, until: number): Effect.fn.Return<
    Stream.Stream<Event, ClaudeError.ClaudeError>,
    ClaudeError.ClaudeError,
    Scope.Scope
  > {
    const { budget, now, run, settings } = client
    const { told } = options
    const method = "streamMessage"
    const maxAttempts = options.maxAttempts ?? settings.maxAttempts
    const { continuations = 0, continueOnMaxTokens = 0 } = Rest.canContinue(params) ? options : {}
    let held = continueOnMaxTokens > 0 ? new Held() : undefined
    const tries = new Tries(method, nameOf(params.model))
    let plan: Continuation.Plan | undefined
    let driver: Driver.Driver | undefined
    let breaks = 0
    let reached = 0
    /** The request whose events are shown, and all that were opened: of two at once, or of one just before it is let go. */
    let segment: Segment | undefined
    const opened: Array<Segment> = []

    yield* Effect.addFinalizer(() =>
      Effect.forEach(opened, ({ context, reader }) => {
        const used = reader.accumulator.used()
        if (reader.accumulator.complete) {
          told?.answered(reader.whole.result())
          return context.lease.succeed(used)
        }
        reader.inflow.cancel()
        return context.lease.interrupt(used)
      }, { discard: true })
    )

    const current = (): MessageParams => plan === undefined ? params : Rest.request(params, plan)
    const open = (attempts: number): Effect.Effect<void, ClaudeError.ClaudeError> =>
      run(forMessage(method, current, { ...options, maxAttempts: attempts }, until), (context) => {
        let mine: Segment | undefined
        return Attempts.begin(context, current(), plan, (streaming) => {
          mine = { context, ...streaming }
          opened.push(mine)
        }).pipe(
          // Nothing of it was shown: what it used is all that changes.
          Effect.tapError((reason) =>
            Effect.sync(() => {
              const left = plan && mine?.reader.left(reason._tag)
              plan = (left && Continuation.after(plan, left)) ?? plan
            })
          ),
          Effect.map(() => mine)
        )
      }).pipe(
        Effect.map((begun) => {
          segment = begun
        })
      )

    const broke = Effect.fnUntraced(function*({ context, opened, reader }: Segment, reason: StreamReason) {
      reader.inflow.cancel()
      yield* context.lease.fail(reason)
      tries.broke(context, opened, reason)
      const { partial } = reader
      const left = mayGoOn(reason) && breaks++ < continuations ? reader.left(reason._tag) : undefined
      const next = left && Continuation.after(plan, left)
      driver ??= Driver.make(settings.retry)
      const verdict: Verdict = next === undefined || !ClaudeError.isReal(reason)
        ? { refused: "notRetryable" }
        : tries.count >= maxAttempts
        ? { refused: "attempts" }
        : yield* waited({ budget, driver, maxServerWait: settings.maxServerWait, deadline: until, told }, reason, now())
      tries.judge(verdict)
      if (verdict.refused !== undefined) {
        told?.refused(verdict.refused, reason)
        return yield* Effect.fail(tries.error(reason, partial))
      }
      plan = next
      told?.continued(reason._tag)
      yield* Effect.mapError(
        open(maxAttempts - tries.count),
        (failed) => tries.unanswered(reason, failed, partial && plan && { ...partial, usage: plan.used })
      )
    })

    /** After the last event of a request: the next request, or what was kept back if none can be had. */
    const ended = Effect.fnUntraced(function*({ context, reader }: Segment): Effect.fn.Return<
      Events,
      ClaudeError.ClaudeError | Cause.Done
    > {
      yield* context.lease.succeed(reader.accumulator.used())
      told?.answered(reader.whole.result())
      const kept = held?.release()
      if (held?.reached !== true || kept === undefined) return yield* Cause.done()
      held.reached = false
      const left = reached++ < continueOnMaxTokens ? reader.left("max_tokens") : undefined
      const next = left && Continuation.after(plan, left)
      if (next !== undefined) {
        plan = next
        told?.continued("max_tokens")
        if (Result.isSuccess(yield* Effect.result(open(maxAttempts)))) return yield* pull
      }
      held = undefined
      segment = undefined
      return kept
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
      const current = segment
      if (current === undefined) return resume(Cause.done())
      current.reader.inflow.wait(() => resume(answer(current)))
      return current.reader.inflow.leave
    })

    yield* open(maxAttempts)
    told?.began()
    return Stream.fromPull(Effect.succeed(pull))
  }
)
