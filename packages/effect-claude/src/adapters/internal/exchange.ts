/** One attempt: sent, its answer looked at as far as it takes to know whether it is one, and handed on as it came. */
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { isFields, parse, usageOf } from "../../client/internal/fields.ts"
import type { Opened } from "../../client/internal/sdk.ts"
import { type Bounded, insideAnswer, within } from "../../client/internal/within.ts"
import * as ClaudeError from "../../errors/ClaudeError.ts"
import * as RateLimitHeaders from "../../errors/RateLimitHeaders.ts"
import type { Answer } from "../../telemetry/internal/hook.ts"
import { copy } from "./copy.ts"
import type { Original } from "./failure.ts"
import { Passing } from "./passing.ts"
import * as Source from "./source.ts"
import type { Subject } from "./subject.ts"
import { answerOf } from "./tally.ts"

/** What one call asks. */
export interface Ask {
  readonly subject: Subject
  /** Makes one request; the signal ends it. */
  readonly send: (signal: AbortSignal) => Promise<Response>
  /** The caller's: ends the call and what it was answered with. */
  readonly signal: AbortSignal | undefined
  /** Ends what it was answered with, and nothing before. */
  readonly leaving?: AbortSignal | undefined
  /** What must not be in any error; asked for when there is one. */
  readonly secrets: () => ReadonlyArray<string>
}

export interface Context extends Bounded {
  readonly ask: Ask
  readonly run: (effect: Effect.Effect<void>) => void
  /** Told of every answer that was a failure, and of every stream that began. */
  readonly failed: (original: Original) => void
  readonly opened: (passing: Passing) => void
  readonly closed: (passing: Passing) => void
}

/**
 * An answer for the caller: `passing` where it is still on its way, `message` where it was a whole one. Made when it is
 * handed over: what holds the call must not hold the answer, or nobody would know that it was thrown away.
 */
export interface Answered {
  readonly respond: () => Response
  readonly passing?: Passing
  readonly message?: Answer | undefined
}

interface Whole {
  readonly usage: ClaudeError.Usage
  readonly message?: Answer
}

const utf8 = new TextDecoder()

/** What a whole answer says, undefined if it is none. */
const read = ({ method }: Subject, body: string): Whole | undefined => {
  const value = parse(body)
  if (!isFields(value)) return undefined
  const { content, type, usage } = value
  if (method === "countTokens") return typeof value["input_tokens"] === "number" ? { usage: usageOf({}) } : undefined
  if (type !== "message" || !Array.isArray(content)) return undefined
  return { usage: usageOf(isFields(usage) ? usage : {}), message: answerOf(value, content) }
}

const thrown = ({ ask, settings }: Context) => (cause: unknown): ClaudeError.RealReason | undefined => {
  if (cause instanceof ClaudeError.TimedOut) return cause
  const { connect, headersJson, idle } = settings.timeouts
  return ClaudeError.fromTransport(cause, { connect, headers: headersJson, idle }, ask.secrets())
}

const requestIdOf = ({ header }: Opened): string | undefined =>
  header("request-id") ?? header("x-amzn-requestid") ?? undefined

/** All of a body, as long as it does not stand still. */
const all = (context: Context, source: Opened): Effect.Effect<Uint8Array<ArrayBuffer>, ClaudeError.Reason> =>
  within(context, context.settings.timeouts.idle, "idle", {
    start: () => Source.whole(source),
    stop: () => void source.cancel(),
    failed: thrown(context)
  }).pipe(
    Effect.mapError((reason) => insideAnswer(reason, { status: source.status, requestId: requestIdOf(source) })),
    Effect.flatMap((body) =>
      body === undefined
        ? Effect.fail(
          new ClaudeError.MalformedResponse({
            message: "The body is longer than 64 MiB.",
            status: source.status,
            requestId: requestIdOf(source),
            body: ""
          })
        )
        : Effect.succeed(body)
    )
  )

/** An answer that says it is none; what it says counts, even if it breaks off. */
const refused = Effect.fnUntraced(function*(context: Context, response: Response, source: Opened) {
  yield* context.lease.observe(RateLimitHeaders.fromHeaders(source.header))
  const body = yield* Effect.orElseSucceed(all(context, source), () => new Uint8Array(0))
  const reason = ClaudeError.fromResponse({
    status: response.status,
    header: source.header,
    body: utf8.decode(body),
    now: context.now(),
    secrets: context.ask.secrets()
  })
  context.failed({ reason, response, body })
  return yield* Effect.fail<ClaudeError.Reason>(reason)
})

const json = Effect.fnUntraced(function*(context: Context, response: Response, source: Opened) {
  const body = yield* all(context, source)
  const text = utf8.decode(body)
  // Events were asked for and a message came, which nobody would look for there.
  const whole = context.ask.subject.form === "events" ? undefined : read(context.ask.subject, text)
  if (whole !== undefined) {
    yield* context.lease.succeed(whole.usage)
    return { respond: () => copy({ response, body }), message: whole.message }
  }
  const answer = { status: response.status, header: source.header, now: context.now(), secrets: context.ask.secrets() }
  return yield* Effect.fail<ClaudeError.Reason>(ClaudeError.fromBody(text, answer))
})

const stream = (
  context: Context,
  response: Response,
  source: Opened
): Effect.Effect<Answered, ClaudeError.Reason> =>
  Effect.suspend(() => {
    const passing: Passing = new Passing(source, {
      ...context,
      secrets: context.ask.secrets,
      failed: thrown(context),
      closed: () => context.closed(passing)
    })
    context.opened(passing)
    return passing.ready.pipe(
      Effect.tapError(() => Effect.sync(() => passing.abandon(undefined))),
      Effect.map(() => ({ respond: () => copy({ response, body: passing.body }), passing }))
    )
  })

const boundOf = ({ ask, settings }: Context): Duration.Duration =>
  ask.subject.method === "streamMessage" ? settings.timeouts.headers : settings.timeouts.headersJson

export const exchange = (context: Context): Effect.Effect<Answered, ClaudeError.Reason> =>
  Effect.suspend(() => {
    const controller = new AbortController()
    let came: Response | undefined
    const stop = (): void => {
      controller.abort()
      // Whoever made the request may not listen; a body that is being read is cancelled by its reader.
      came?.body?.cancel().catch(() => {})
    }
    const sent = within(context, boundOf(context), "headers", {
      start: () =>
        context.ask.send(controller.signal).then((response) => {
          came = response
          if (controller.signal.aborted) stop()
          return response
        }),
      stop,
      failed: thrown(context)
    })
    return Effect.andThen(context.lease.sent, sent).pipe(
      Effect.flatMap((response): Effect.Effect<Answered, ClaudeError.Reason> => {
        const source = Source.opened(response, stop)
        if (!response.ok) return refused(context, response, source)
        context.lease.told?.answered(response.status, requestIdOf(source))
        const isStream = /event-?stream/i.test(source.header("content-type") ?? "")
        return Effect.andThen(
          context.lease.answered(RateLimitHeaders.fromHeaders(source.header)),
          isStream && context.ask.subject.form !== "json"
            ? stream(context, response, source)
            : json(context, response, source)
        )
      })
    )
  })
