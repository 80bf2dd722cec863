/** One attempt at a call: sent, its headers observed, its answer read, its lease settled. */
import type * as Anthropic from "@anthropic-ai/sdk/resources/messages"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as ClaudeError from "../../errors/ClaudeError.ts"
import * as RateLimitHeaders from "../../errors/RateLimitHeaders.ts"
import type { Lease } from "../../policies/internal/lease.ts"
import type { Settings } from "../../policies/Resilience.ts"
import type { Plan } from "./continuation.ts"
import { parse, usageOf } from "./fields.ts"
import { Joiner } from "./joiner.ts"
import { EventReader } from "./reader.ts"
import * as Sdk from "./sdk.ts"
import type { Watchdog } from "./watchdog.ts"
import * as Within from "./within.ts"

export interface Transport {
  readonly sdk: Sdk.SdkClient
  /** Whether the instance behind it is of our own making. */
  readonly own: boolean
  readonly watchdog: Watchdog
  readonly now: () => number
  readonly secrets: ReadonlyArray<string>
}

type Params = Anthropic.MessageCreateParams

/** What one call's attempts share. */
export interface Context {
  readonly transport: Transport
  readonly settings: Settings
  readonly lease: Lease
  /** An instant in Clock milliseconds. */
  readonly deadline: number
  readonly total: Duration.Duration
  readonly began: number
  /** The tries before this one. */
  readonly log: ReadonlyArray<ClaudeError.Attempt>
}

const late = (context: Context, partial?: ClaudeError.Partial): ClaudeError.DeadlineExceeded =>
  new ClaudeError.DeadlineExceeded({ deadline: context.total, partial })

/** What was thrown in an attempt, as a reason. */
export const failed = (context: Context) => (thrown: unknown): ClaudeError.RealReason | undefined =>
  Sdk.reasonOf(thrown, {
    now: context.transport.now(),
    secrets: context.transport.secrets,
    bounds: {
      connect: context.settings.timeouts.connect,
      headers: context.settings.timeouts.headersJson,
      idle: context.settings.timeouts.idle
    }
  })

/** A promise within the smaller of a bound and the deadline; the limiter learns from an answer that failed too. */
export const within = <A>(
  context: Context,
  bound: Duration.Duration,
  phase: ClaudeError.TimedOut["phase"],
  start: () => Promise<A>,
  stop: () => void
): Effect.Effect<A, ClaudeError.Reason> =>
  Effect.suspend(() => {
    let seen: ((name: string) => string | null) | undefined
    const work = Within.within({ ...context, ...context.transport }, bound, phase, {
      start,
      stop,
      failed: (thrown) => {
        seen = Sdk.headersOf(thrown)
        return failed(context)(thrown)
      }
    })
    return Effect.tapError(
      work,
      () => seen === undefined ? Effect.void : context.lease.observe(RateLimitHeaders.fromHeaders(seen))
    )
  })

const requestIdOf = ({ header }: Sdk.Opened): string | undefined =>
  header("request-id") ?? header("x-amzn-requestid") ?? undefined

const open = (context: Context, params: Params): Effect.Effect<Sdk.Opened, ClaudeError.Reason> =>
  Effect.suspend(() => {
    const controller = new AbortController()
    const { headers, headersJson } = context.settings.timeouts
    const bound = params.stream === true ? headers : headersJson
    return context.lease.sent.pipe(
      Effect.andThen(
        within(
          context,
          bound,
          "headers",
          () => Sdk.open(context.transport.sdk, params, controller.signal, context.transport.own),
          () => controller.abort()
        )
      ),
      Effect.tap((opened) => {
        context.lease.told?.answered(opened.status, requestIdOf(opened))
        return context.lease.answered(RateLimitHeaders.fromHeaders(opened.header))
      })
    )
  })

const isMessage = (value: unknown): value is Anthropic.Message =>
  typeof value === "object" && value !== null && "type" in value && value.type === "message" && "content" in value &&
  Array.isArray(value.content)

/** The body of a JSON answer. */
export const whole = (context: Context, opened: Sdk.Opened): Effect.Effect<string, ClaudeError.Reason> =>
  within(context, context.settings.timeouts.idle, "idle", opened.text, opened.cancel).pipe(
    Effect.mapError((reason) =>
      Within.insideAnswer(reason, { status: opened.status, requestId: opened.header("request-id") ?? undefined })
    )
  )

/** The reason for a body that is not what was asked for. */
export const malformed = (context: Context, opened: Sdk.Opened, body: string): ClaudeError.Reason =>
  ClaudeError.fromBody(body, {
    status: opened.status,
    header: opened.header,
    now: context.transport.now(),
    secrets: context.transport.secrets
  })

/** One JSON request. */
export const json = (context: Context, params: Params): Effect.Effect<Anthropic.Message, ClaudeError.Reason> =>
  Effect.flatMap(open(context, params), (opened) =>
    Effect.flatMap(whole(context, opened), (body) => {
      const message = parse(body)
      if (!isMessage(message)) return Effect.fail(malformed(context, opened, body))
      return Effect.as(context.lease.succeed(usageOf(message.usage)), message)
    }))

/** A stream whose headers have come. */
interface Streaming {
  readonly opened: Sdk.Opened
  readonly reader: EventReader
}

const streaming = (
  context: Context,
  params: Params,
  plan: Plan | undefined
): Effect.Effect<Streaming, ClaudeError.Reason> =>
  Effect.flatMap(open(context, { ...params, stream: true }), (opened) => {
    const type = opened.header("content-type") ?? ""
    if (!/event-?stream/i.test(type)) {
      return Effect.flatMap(whole(context, opened), (body) => Effect.fail(malformed(context, opened, body)))
    }
    const reader = new EventReader(opened, {
      watchdog: context.transport.watchdog,
      timeouts: context.settings.timeouts,
      now: context.transport.now,
      secrets: context.transport.secrets,
      failed: failed(context),
      attemptEnds: context.began + Duration.toMillis(context.settings.timeouts.attempt),
      deadline: context.deadline,
      late: (partial) => late(context, partial),
      keepUntil: (work) => context.lease.keepUntil(work),
      joiner: plan && new Joiner(plan, params.model)
    })
    return Effect.succeed({ opened, reader })
  })

/** Opens a stream and waits for its first events: until here it may be tried again. */
export const begin = (
  context: Context,
  params: Params,
  plan: Plan | undefined,
  opening: (streaming: Streaming) => void
): Effect.Effect<void, ClaudeError.Reason> =>
  Effect.flatMap(streaming(context, params, plan), ({ opened, reader }) => {
    opening({ opened, reader })
    return Effect.tapError(reader.ready, () => Effect.sync(() => reader.inflow.cancel()))
  })

const broken = (opened: Sdk.Opened, what: string): ClaudeError.MalformedResponse =>
  new ClaudeError.MalformedResponse({
    message: `The stream ended, but ${what}.`,
    status: opened.status,
    requestId: opened.header("request-id") ?? undefined,
    body: ""
  })

/** A stream read to its end; nothing reaches the caller before, so it may be tried again. `broke` is told what is left. */
export const collected = (
  context: Context,
  params: Params,
  plan?: Plan,
  broke?: (reader: EventReader, reason: ClaudeError.Reason) => void
): Effect.Effect<EventReader, ClaudeError.Reason> =>
  Effect.flatMap(streaming(context, params, plan), ({ opened, reader }) => {
    const { accumulator } = reader
    return reader.drain.pipe(
      Effect.andThen(
        Effect.suspend(() =>
          accumulator.fault !== undefined
            ? Effect.fail(broken(opened, accumulator.fault))
            : Effect.as(context.lease.succeed(accumulator.used()), reader)
        )
      ),
      Effect.onInterrupt(() => context.lease.interrupt(accumulator.used())),
      Effect.tapError((reason) =>
        Effect.sync(() => {
          reader.inflow.cancel()
          broke?.(reader, reason)
        })
      )
    )
  })
