/**
 * What the client and the policies tell while they work. Nobody listens unless `ClaudeTelemetry.layer` is there: then each
 * call has a `CallWatch`. All of it is synchronous and never fails, so that telling can change nothing.
 */
import * as Cause from "effect/Cause"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as Fiber from "effect/Fiber"
import * as Stream from "effect/Stream"
import type * as ClaudeError from "../../errors/ClaudeError.ts"

/** What made a call wait: its bulkhead, the limiter's queue, the server's hint, the retry schedule, an open circuit. */
export type WaitCause = "bulkhead" | "limiter" | NonNullable<ClaudeError.Attempt["waitSource"]>

export type Refusal = NonNullable<ClaudeError.Attempt["refused"]>

export type CircuitState = "closed" | "open" | "halfOpen" | "isolated"

/** One limit of a limiter as it stands; `limits` per minute, undefined while unknown. */
export interface Level {
  readonly key: string
  readonly name: string
  readonly requests: number
  readonly inputTokens: number
  readonly outputTokens: number
  readonly inFlight: number
  readonly queued: number
  readonly limits: {
    readonly requests: number | undefined
    readonly inputTokens: number | undefined
    readonly outputTokens: number | undefined
  }
}

/** Whoever makes calls: one object for all of them, with its policies as they stand. */
export interface Source {
  /** As the conventions name it: `anthropic`, `aws.bedrock`, … */
  readonly provider: string
  /** Host and port; empty for effects that are no requests of ours. */
  readonly host: string
  readonly limits: Effect.Effect<ReadonlyArray<Level>>
  readonly circuit: (model: string) => Effect.Effect<CircuitState>
  /** Retries that the budget could pay now. */
  readonly retries: Effect.Effect<number>
  /** Run when whoever makes the calls is gone. */
  readonly closers: Set<() => void>
}

/** A call that begins. */
export interface Called {
  readonly source: Source
  readonly method: string
  /** Undefined where a call is about none. */
  readonly model: string | undefined
  readonly params: unknown
}

/** The message that a call ended with. */
export interface Answer {
  readonly id: string
  readonly model: string
  readonly stop_reason: string | null
  readonly content: ReadonlyArray<unknown>
}

/** How an attempt ended. */
export type Ended =
  | { readonly _tag: "Used"; readonly usage: ClaudeError.Usage }
  | { readonly _tag: "Failed"; readonly reason: ClaudeError.Reason }
  | { readonly _tag: "Interrupted"; readonly usage?: ClaudeError.Usage }

/** One request, from its leave to the end of its answer. */
export interface AttemptWatch {
  /** Runs its work so that what the work traces belongs to it. */
  readonly within: <A, E, R>(work: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>
  /** The headers of an answer that is no failure have come. */
  readonly answered: (status: number, requestId: string | undefined) => void
  readonly ended: (ended: Ended) => void
}

/** One call, with all of its requests. */
export interface CallWatch {
  /** What follows is asked of this client: a fallback may go to another. */
  readonly from: (source: Source) => CallWatch
  readonly attempt: (model: string) => AttemptWatch
  /** After a wait. */
  readonly waited: (cause: WaitCause, millis: number) => void
  /** Before the wait for the next try. */
  readonly retrying: (reason: ClaudeError.Reason, millis: number, cause: WaitCause) => void
  /** There will be no further try after `reason`. */
  readonly refused: (by: Refusal, reason: ClaudeError.Reason) => void
  readonly circuit: (
    model: string,
    from: CircuitState,
    to: CircuitState,
    reason: ClaudeError.RealReason | undefined
  ) => void
  /** A second request left; the first, or the second, gave the answer. */
  readonly hedged: (what: "started" | "won" | "lost") => void
  readonly fellBack: (from: string, to: string, cause: string) => void
  /** A stream goes on by another request. */
  readonly continued: (reason: string) => void
  /** The first events of a stream are there for the caller. */
  readonly began: () => void
  /** The whole message of a stream. */
  readonly answered: (message: Answer) => void
}

/** A call as it is recorded, until it has ended. */
export interface Recording extends CallWatch {
  /** Runs the call so that what it traces belongs to it. */
  readonly within: <A, E, R>(call: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>
  /** What is left to do at the end, undefined if nothing is. */
  readonly ended: (exit: Exit.Exit<unknown, unknown>, answer: Answer | undefined) => Effect.Effect<void> | undefined
}

export interface Hook {
  readonly begin: (fiber: Fiber.Fiber<unknown, unknown>, called: Called) => Recording
  /** Money that was settled. */
  readonly spent: (model: string, usd: number) => void
  /** A budget of money: its used share, from 0 to 1, is read until the returned function is called. */
  readonly budget: (share: () => number) => () => void
}

/** Who listens; nobody by default. */
export const Listener = Context.Reference<Hook | undefined>("effect-claude/telemetry/internal/hook/Listener", {
  defaultValue: () => undefined
})

/** Runs a call with a watch. */
export const listened = <A, E, R>(
  hook: Hook,
  called: Called,
  answer: (value: A) => Answer | undefined,
  run: (watch: CallWatch) => Effect.Effect<A, E, R>
): Effect.Effect<A, E, R> =>
  Effect.withFiber((fiber) => {
    const recording = hook.begin(fiber, called)
    return Effect.onExitPrimitive(
      recording.within(run(recording)),
      (exit) => recording.ended(exit, Exit.isSuccess(exit) ? answer(exit.value) : undefined)
    )
  })

/** Runs a call with a watch where somebody listens, in this fiber or where the client was built. */
export const watched = <A, E, R>(
  built: Hook | undefined,
  called: () => Called,
  answer: (value: A) => Answer | undefined,
  run: (watch: CallWatch | undefined) => Effect.Effect<A, E, R>
): Effect.Effect<A, E, R> =>
  Effect.withFiber((fiber) => {
    const hook = fiber.getRef(Listener) ?? built
    return hook === undefined ? run(undefined) : listened(hook, called(), answer, run)
  })

const isLeft = (exit: Exit.Exit<unknown, unknown>): boolean =>
  Exit.isFailure(exit) && Cause.hasInterruptsOnly(exit.cause)

/** The same for a stream, from its first pull to its end. */
export const watchedStream = <A, E, R>(
  built: Hook | undefined,
  called: () => Called,
  run: (watch: CallWatch | undefined) => Stream.Stream<A, E, R>
): Stream.Stream<A, E, R> =>
  Stream.unwrap(Effect.withFiber((fiber) => {
    const hook = fiber.getRef(Listener) ?? built
    if (hook === undefined) return Effect.succeed(run(undefined))
    const recording = hook.begin(fiber, called())
    // A reader that leaves, or fails by itself, is no failure of the stream.
    let failed: Exit.Exit<never, E> | undefined
    let isOver = false
    const over = (exit: Exit.Exit<unknown, unknown>): Effect.Effect<void> => {
      if (isOver) return Effect.void
      isOver = true
      return recording.ended(failed ?? (isLeft(exit) ? exit : Exit.void), undefined) ?? Effect.void
    }
    const noted = Stream.tapCause(run(recording), (cause) =>
      Effect.sync(() => {
        failed = Exit.failCause(cause)
      }))
    // Interrupted, it is over once its requests have ended, which the scope does later.
    const ended = Stream.onExit(noted, (exit) => isLeft(exit) ? Effect.void : over(exit))
    return Effect.as(Effect.addFinalizer(over), ended)
  }))
