/** One turn of a line: it ends with its result in the file, or goes back to the queue, or is left when the run stops. */
import type { Messages } from "@anthropic-ai/sdk/resources"
import { ClaudeClient, ClaudeError, Diagnosis } from "effect-claude"
import * as Clock from "effect/Clock"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Random from "effect/Random"
import * as Result from "effect/Result"
import * as Flight from "./flight.ts"
import type { Job } from "./input.ts"
import type { Output } from "./output.ts"
import type { OutputFailed } from "./problems.ts"
import type { Past } from "./queue/lane.ts"
import type { Queue, Turn } from "./queue/queue.ts"
import * as Results from "./result.ts"
import * as Tally from "./tally.ts"
import { nameOf } from "./who.ts"

export interface Settings {
  readonly model: string | undefined
  readonly maxTokens: number | undefined
  /** Milliseconds for one line; Infinity for none. */
  readonly deadline: number
  readonly maxAttempts: number
  readonly stream: boolean
}

export interface Run {
  readonly settings: Settings
  readonly tally: Tally.Tally
  readonly output: Output
  readonly stop: Deferred.Deferred<void>
  /** Models of which a line has succeeded. */
  readonly worked: Set<string>
  /** Why the run was stopped, if not by hand. */
  why: string | undefined
}

/** The wait of a line in the queue after a turn that failed, in milliseconds; it doubles up to the second. */
const requeueStart = 1000
const requeueMost = 60_000

/** Requests of one turn, and the longest wait between two of them, in milliseconds: more goes through the queue. */
const triesInTurn = 3
export const longestWait = 2000

/** An open circuit is not asked again sooner, in milliseconds. */
const shortestBreak = 100

/** How often a line's answer goes on where its stream broke, before it is asked for anew. */
const continuations = 3

/** What no other line would survive either. */
export const stopsRun = (reason: ClaudeError.Reason, modelWorked: boolean): boolean => {
  switch (reason._tag) {
    case "AccountOnHold":
    case "AuthenticationFailed":
    case "BillingBlocked":
      return true
    case "PermissionDenied":
      return !modelWorked
    case "NotFound":
      return reason.resource === "model" && !modelWorked
    default:
      return false
  }
}

/** Failures that say nothing about the line itself: it goes back to the queue. */
export const isTemporary = (reason: ClaudeError.Reason): boolean =>
  reason._tag === "CircuitOpen" || reason._tag === "LimiterRejected" ||
  (reason._tag !== "MalformedResponse" && (reason.outcome === "transient" || reason.outcome === "overload"))

/** The request on a line, its gaps filled. */
export const paramsOf = (job: Job, settings: Settings): ClaudeClient.MessageParams => {
  const { stream: _, ...given } = job.params
  // The line is the user's own request: the API says what is wrong with it, in a result of its own.
  return {
    ...(settings.model === undefined ? {} : { model: settings.model }),
    ...(settings.maxTokens === undefined ? {} : { max_tokens: settings.maxTokens }),
    ...given
  } as unknown as ClaudeClient.MessageParams
}

/** Who has to do what first. */
export const firstStep = (reason: ClaudeError.Reason): string => {
  const { steps, who } = Diagnosis.of(reason)
  return `${nameOf(who)}: ${steps[0] ?? ""}`
}

/** Ends the run for everybody, with why. */
export const halt = (run: Run, why: string): Effect.Effect<void> =>
  Effect.andThen(
    Effect.sync(() => {
      run.why ??= why
    }),
    Deferred.succeed(run.stop, undefined)
  )

const fresh: Omit<Past, "began" | "since"> = { turns: 0, tries: 0, attempts: [], failure: undefined, due: 0 }

/** Undefined when the run stopped while nothing of the line was on its way. */
const ask = (
  run: Run,
  params: ClaudeClient.MessageParams,
  left: { readonly millis: number; readonly tries: number },
  flight: Flight.Flight
) =>
  Effect.suspend(() => {
    const answer = ClaudeClient.createMessage(params, {
      stream: run.settings.stream,
      continuations: run.settings.stream ? continuations : 0,
      maxAttempts: Math.min(left.tries, triesInTurn),
      ...(left.millis === Infinity ? {} : { deadline: Duration.millis(left.millis) })
    }).pipe(Effect.result, Effect.provideService(Flight.Flight, flight))
    const grounded = Effect.flatMap(
      Deferred.await(run.stop),
      () => flight.sending === undefined ? Effect.undefined : Effect.never
    )
    return Effect.raceFirst(answer, grounded)
  })

const succeed = (run: Run, { customId }: Job, params: ClaudeClient.MessageParams, message: Messages.Message) =>
  Effect.map(run.output.append(Results.succeeded(customId, message)), () => {
    const { tally, worked } = run
    worked.add(params.model)
    tally.succeeded++
    tally.recorder.line(true)
    if (message.stop_reason === "refusal") tally.refused++
  })

const giveUp = (run: Run, { customId }: Job, error: ClaudeError.ClaudeError) =>
  Effect.map(run.output.append(Results.errored(customId, error)), () => {
    const { tally } = run
    const { reason } = error
    tally.errored++
    tally.recorder.line(false)
    tally.recorder.failed(customId, error)
    Tally.count(tally.erroredBy, reason._tag)
    if (!tally.advice.has(reason._tag)) tally.advice.set(reason._tag, firstStep(reason))
  })

/** All attempts of the line; those of earlier turns were no end. */
const withEarlier = (error: ClaudeError.ClaudeError, past: Past): ClaudeError.ClaudeError =>
  past.attempts.length === 0 ? error : new ClaudeError.ClaudeError({
    method: error.method,
    reason: error.reason,
    attempts: [...past.attempts, ...error.attempts]
  })

/** The attempts of a turn after which the line waited so long and was tried again. */
const waited = (
  attempts: ReadonlyArray<ClaudeError.Attempt>,
  wait: number,
  isHint: boolean
): ReadonlyArray<ClaudeError.Attempt> =>
  attempts.map((attempt, index) => {
    if (index < attempts.length - 1) return attempt
    const { refused: _, ...rest } = attempt
    return { ...rest, wait: Duration.millis(wait), waitSource: isHint ? "server" : "schedule" }
  })

/** Every turn that a queue gave ends in this, which tells the queue. */
export const line = (
  run: Run,
  queue: Queue,
  turn: Turn
): Effect.Effect<void, OutputFailed, ClaudeClient.ClaudeClient> =>
  Effect.gen(function*() {
    // A line that was taken before the stop but not begun is left for the next run.
    if (Deferred.isDoneUnsafe(run.stop)) return
    const clock = yield* Clock.Clock
    const { deadline, maxAttempts } = run.settings
    const { tally } = run
    const { job } = turn
    const began = clock.currentTimeMillisUnsafe()
    const past = turn.past ?? { ...fresh, began, since: began }
    const { failure } = past
    if (failure !== undefined) Tally.waited(tally, "requeue", began - past.since)
    const until = past.began + deadline
    const isBounded = deadline < Infinity || maxAttempts < Infinity
    const params = paramsOf(job, run.settings)
    const heldSince = turn.past !== undefined && failure === undefined ? past.since : undefined
    const flight = Flight.make(deadline === Infinity, heldSince)
    const left = { millis: until - began, tries: maxAttempts - past.tries }
    const result = yield* ask(run, params, left, flight)
    if (result === undefined) return
    if (Result.isSuccess(result)) {
      queue.passed(turn)
      Tally.fails(tally, failure, undefined)
      return yield* succeed(run, job, params, result.success)
    }
    const error = result.failure
    const { attempts, reason } = error
    if (stopsRun(reason, run.worked.has(params.model))) {
      return yield* halt(run, `${reason._tag}: ${reason.message} → ${firstStep(reason)}`)
    }
    // The stop ended the schedule, not the line.
    if (Deferred.isDoneUnsafe(run.stop) && attempts.at(-1)?.refused === "schedule") return
    const now = clock.currentTimeMillisUnsafe()
    const { turnedAway } = flight
    if (turnedAway === undefined) queue.passed(turn)
    else {
      const open = Duration.toMillis(turnedAway.retryAfter ?? Duration.zero)
      queue.turnedAway(turn, now + Math.max(open, shortestBreak), turnedAway.openedBy)
    }
    const last = attempts.at(-1)
    if (turnedAway !== undefined && last === undefined) {
      const back = { ...past, since: failure === undefined ? heldSince ?? now : now }
      return failure === undefined ? queue.unsent(turn, back) : queue.failed(turn, back)
    }
    const tries = past.tries + attempts.length
    const hint = error.retryAfter === undefined ? 0 : Duration.toMillis(error.retryAfter)
    const spread = Math.min(requeueStart * 2 ** past.turns, requeueMost) * (0.5 + (yield* Random.next) / 2)
    const wait = Math.max(hint, spread)
    if (!isTemporary(reason) || tries >= maxAttempts || now + wait >= until) {
      Tally.fails(tally, failure, undefined)
      return yield* giveUp(run, job, withEarlier(error, past))
    }
    const fails = last?.reason ?? reason._tag
    Tally.fails(tally, failure, fails)
    tally.failingWith.set(fails, last?.message ?? reason.message)
    queue.failed(turn, {
      began: past.began,
      turns: past.turns + 1,
      tries,
      attempts: isBounded ? [...past.attempts, ...waited(attempts, wait, hint > spread)] : [],
      failure: fails,
      since: now,
      due: now + wait
    })
  }).pipe(Effect.ensuring(Effect.sync(() => queue.ended(turn))))
