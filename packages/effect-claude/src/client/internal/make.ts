/** The client over one SDK instance: each method is one call under all policies. */
import type * as Messages from "@anthropic-ai/sdk/resources/messages"
import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import * as ClaudeError from "../../errors/ClaudeError.ts"
import { ClaudeCircuitBreaker } from "../../policies/ClaudeCircuitBreaker.ts"
import { ClaudeRateLimiter } from "../../policies/ClaudeRateLimiter.ts"
import { type Call, execute, type Services } from "../../policies/internal/execute.ts"
import type { Lease } from "../../policies/internal/lease.ts"
import type * as Resilience from "../../policies/Resilience.ts"
import { RetryBudget } from "../../policies/RetryBudget.ts"
import type { CallOptions, ClaudeClient } from "../ClaudeClient.ts"
import * as Attempts from "./attempts.ts"
import type { Gate } from "./gate.ts"
import { measure } from "./measure.ts"
import type { EventReader } from "./reader.ts"
import * as Sdk from "./sdk.ts"
import * as Watchdog from "./watchdog.ts"

/** From here the SDK refuses a request that is not streamed. */
const streamedFrom = 21_334

const hostOf = (url: string): string => URL.canParse(url) ? new URL(url).host : url

export interface Built {
  readonly sdk: Sdk.SdkClient
  readonly settings: Resilience.Settings
  readonly secrets: ReadonlyArray<string>
  readonly gate: Gate
}

const missing = (method: string): ClaudeError.InvalidRequest =>
  new ClaudeError.InvalidRequest({ message: `This SDK client has no ${method}: its platform does not offer it.` })

/** Takes its limiter, breaker and budget from beneath it, once. */
export const make = Effect.fnUntraced(function*({ gate, sdk, secrets, settings }: Built) {
  const clock = yield* Clock.Clock
  const services: Services = {
    limiter: yield* ClaudeRateLimiter,
    breaker: yield* ClaudeCircuitBreaker,
    budget: yield* RetryBudget
  }
  const transport: Attempts.Transport = {
    sdk,
    secrets,
    watchdog: yield* Watchdog.make,
    now: () => clock.currentTimeMillisUnsafe()
  }
  const host = hostOf(sdk.baseURL)

  const run = <A>(
    method: string,
    model: string,
    size: { readonly bytes: number; readonly maxTokens: number | undefined },
    options: CallOptions,
    resend: boolean,
    attempt: (context: Attempts.Context) => Effect.Effect<A, ClaudeError.Reason>
  ): Effect.Effect<A, ClaudeError.ClaudeError> => {
    const deadline = options.deadline === undefined ? settings.deadline : Duration.fromInputUnsafe(options.deadline)
    const call: Call<A> = {
      method,
      // With preflight off it may be anything.
      model: String(model),
      key: `${host} ${String(model)}`,
      inputBytes: size.bytes,
      inputTokens: undefined,
      maxTokens: size.maxTokens,
      priority: options.priority ?? 0,
      maxAttempts: options.maxAttempts ?? settings.maxAttempts,
      deadline,
      maxServerWait: settings.maxServerWait,
      retry: settings.retry,
      resend,
      attempt: (lease, instant, log) =>
        attempt({ transport, settings, lease, log, began: transport.now(), deadline: instant, total: deadline })
    }
    return execute(services, call)
  }

  /** A thread that goes on is never sent again: the first may have arrived. */
  const resend = (params: object): boolean =>
    !("thread" in params && typeof params.thread === "object" && params.thread !== null && "type" in params.thread &&
      params.thread.type === "continue")

  const plain = <A>(
    method: string,
    options: CallOptions,
    start: ((signal: AbortSignal) => Promise<A>) | undefined
  ): Effect.Effect<A, ClaudeError.ClaudeError> =>
    run(method, method, { bytes: 0, maxTokens: undefined }, options, true, (context) => {
      if (start === undefined) return Effect.fail(missing(method))
      const controller = new AbortController()
      const bound = settings.timeouts.headers
      return context.lease.sent.pipe(
        Effect.andThen(
          Attempts.within(context, bound, "headers", () => start(controller.signal), () => controller.abort())
        ),
        Effect.tap(context.lease.succeed(Attempts.usageOf(undefined)))
      )
    })

  const client: ClaudeClient["Service"] = {
    createMessage: (params, options = {}) =>
      Effect.andThen(gate.pass("createMessage", params, options.stream), () =>
        run(
          "createMessage",
          params.model,
          { bytes: measure(params), maxTokens: params.max_tokens },
          options,
          resend(params),
          (context) =>
            options.stream ?? params.max_tokens >= streamedFrom
              ? Attempts.collected(context, params)
              : Attempts.json(context, params)
        )),
    streamMessage: (params, options = {}) =>
      Stream.unwrap(Effect.gen(function*() {
        const open: { context?: Attempts.Context; lease?: Lease; reader?: EventReader; cancel?: () => void } = {}
        yield* Effect.addFinalizer(() =>
          Effect.suspend(() => {
            open.cancel?.()
            return open.lease === undefined ? Effect.void : open.lease.interrupt(open.reader?.accumulator.used())
          })
        )
        yield* gate.pass("streamMessage", params)
        const size = { bytes: measure(params), maxTokens: params.max_tokens }
        const begun = yield* run("streamMessage", params.model, size, options, resend(params), (context) =>
          Attempts.begin(context, params, (opened, reader) => {
            open.context = context
            open.lease = context.lease
            open.reader = reader
            open.cancel = opened.cancel
          }))
        const { context, lease } = open
        const tries = (reason: ClaudeError.Reason): ReadonlyArray<ClaudeError.Attempt> =>
          context === undefined ? [] : [...context.log, {
            reason: reason._tag,
            message: reason.message,
            status: begun.opened.status,
            requestId: begun.opened.header("request-id") ?? undefined,
            model: params.model,
            duration: Duration.millis(transport.now() - context.began),
            refused: "notRetryable"
          }]
        let first: ReadonlyArray<Messages.RawMessageStreamEvent> | undefined = begun.first
        const pull = Effect.suspend(() => {
          const now = first
          first = undefined
          return now === undefined ? begun.reader.next : Effect.succeed(now)
        }).pipe(
          Effect.catch((reason) => {
            const delivered = ClaudeError.mark(reason, { delivered: true, retried: true })
            const error = new ClaudeError.ClaudeError({
              method: "streamMessage",
              reason: delivered,
              attempts: tries(delivered)
            })
            return Effect.andThen(lease?.fail(reason) ?? Effect.void, Effect.fail(error))
          }),
          Effect.flatMap((events) => {
            const [head, ...tail] = events ?? []
            if (head !== undefined) {
              return Effect.succeed([head, ...tail] as const)
            }
            return Effect.andThen(lease?.succeed(begun.reader.accumulator.used()) ?? Effect.void, Cause.done())
          })
        )
        return Stream.fromPull(Effect.succeed(pull))
      })),
    countTokens: (params, options = {}) => {
      const count = sdk.messages.countTokens
      return plain(
        "countTokens",
        options,
        count && ((signal) => Promise.resolve(count.call(sdk.messages, params, Sdk.requestOptions(signal))))
      )
    },
    getModel: (id, options = {}) => {
      const { models } = sdk
      return Effect.tap(
        plain(
          "getModel",
          options,
          models && ((signal) => Promise.resolve(models.retrieve(id, null, Sdk.requestOptions(signal))))
        ),
        (info) => Effect.sync(() => gate.facts.learn(info))
      )
    },
    listModels: (options = {}) => {
      const { models } = sdk
      return Effect.tap(
        plain(
          "listModels",
          options,
          models && ((signal) => Sdk.collect(models.list(null, Sdk.requestOptions(signal))))
        ),
        (all) => Effect.sync(() => all.forEach((info) => gate.facts.learn(info)))
      )
    }
  }
  return client
})
