/** The client over one SDK instance: each method is one call under all policies. */
import type * as Messages from "@anthropic-ai/sdk/resources/messages"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import * as ClaudeError from "../../errors/ClaudeError.ts"
import { noUsage } from "../../errors/internal/fields.ts"
import { Chaos } from "../../policies/Chaos.ts"
import { ClaudeCircuitBreaker } from "../../policies/ClaudeCircuitBreaker.ts"
import { ClaudeRateLimiter } from "../../policies/ClaudeRateLimiter.ts"
import type { Fallback } from "../../policies/Fallback.ts"
import * as Direct from "../../policies/internal/direct.ts"
import { execute } from "../../policies/internal/execute.ts"
import { Shared } from "../../policies/internal/shared.ts"
import type * as Resilience from "../../policies/Resilience.ts"
import { RetryBudget } from "../../policies/RetryBudget.ts"
import * as Hook from "../../telemetry/internal/hook.ts"
import type { CallOptions, ClaudeClient, CreateOptions, Elsewhere, StreamOptions } from "../ClaudeClient.ts"
import * as Attempts from "./attempts.ts"
import * as Batches from "./batches/calls.ts"
import { collecting } from "./collecting.ts"
import { counted, mostCounting } from "./counting.ts"
import { falling } from "./falling.ts"
import { Gate, type Setting } from "./gate.ts"
import { injected } from "./injected.ts"
import { Asked, forMessage, type Request, type Run, type Told } from "./run.ts"
import * as Sdk from "./sdk.ts"
import { streaming } from "./streaming.ts"
import * as Watchdog from "./watchdog.ts"
import { watched } from "./watched.ts"

/** From here the SDK refuses a request that is not streamed. */
const streamedFrom = 21_334

const hostOf = (url: string): string => URL.canParse(url) ? new URL(url).host : url

export interface Built {
  readonly sdk: Sdk.SdkClient
  readonly settings: Resilience.Settings
  readonly secrets: ReadonlyArray<string>
  readonly preflight: Setting
  /** Whether the instance speaks to the direct API in its current version. */
  readonly direct: boolean
  readonly fallback: Fallback<string | Elsewhere> | undefined
  readonly serverFallback: boolean
}

const missing = (method: string): ClaudeError.InvalidRequest =>
  new ClaudeError.InvalidRequest({ message: `This SDK client has no ${method}: its platform does not offer it.` })

/** Takes its limiter, breaker and budget from beneath it, once. */
export const make = Effect.fnUntraced(
  function*({ direct, fallback, preflight, sdk: given, secrets, serverFallback, settings }: Built) {
    const clock = yield* Clock.Clock
    const chaos = yield* Chaos
    const run = Effect.runPromiseWith(yield* Effect.context<never>())
    const sdk = chaos === undefined ?
      given :
      injected(given, chaos, (millis, signal) => run(Effect.sleep(Duration.millis(millis)), signal ? { signal } : {}))
    const services = Direct.services(yield* ClaudeRateLimiter, yield* ClaudeCircuitBreaker, yield* RetryBudget)
    const transport: Attempts.Transport = {
      sdk,
      own: Sdk.isOwn(given),
      secrets,
      watchdog: yield* Watchdog.make,
      now: () => clock.currentTimeMillisUnsafe()
    }
    const gate = new Gate({ setting: preflight, direct, now: transport.now })
    const host = hostOf(sdk.baseURL)
    const countKey = `${host} countTokens`
    const untilOf = (options: CallOptions): number =>
      transport.now() + Duration.toMillis(Duration.fromInputUnsafe(options.deadline ?? settings.deadline))

    const { hedge } = settings
    const shared = new Shared()
    const bulkhead = shared.bulkheadOf("", settings.bulkhead)

    const send = <A>(
      request: Request,
      attempt: (context: Attempts.Context) => Effect.Effect<A, ClaudeError.Reason>,
      inputTokens?: number
    ): Effect.Effect<A, ClaudeError.ClaudeError> => {
      const { model, options, size } = request
      const total = options.deadline === undefined ? settings.deadline : Duration.fromInputUnsafe(options.deadline)
      const left = request.until === undefined
        ? Duration.toMillis(total)
        : Math.max(0, request.until - transport.now())
      return execute({
        services,
        clock,
        method: request.method,
        key: `${host} ${model}`,
        request: new Asked(model, size, inputTokens, options.priority),
        maxAttempts: options.maxAttempts ?? settings.maxAttempts,
        deadline: left,
        maxServerWait: settings.maxServerWait,
        retry: settings.retry,
        mayResend: () => request.resend,
        told: options.told?.from(source),
        bulkhead: request.calls === true ? undefined : bulkhead,
        // JSON begins when it is finished, so that each way of asking has its own.
        beginnings: request.hedged === false ? undefined : shared.beginningsOf(`${request.method} ${model}`, hedge),
        attempt: (lease, { deadline, log }) =>
          attempt({ transport, settings, lease, log, began: transport.now(), deadline, total })
      })
    }

    const call: Run = (request, attempt) => {
      const { count, options } = request
      if (count === undefined) return send(request, attempt)
      return Effect.suspend(() => {
        const until = request.until ?? untilOf(options)
        const left = Duration.millis(Math.max(0, until - transport.now()))
        const once = { deadline: Duration.min(left, mostCounting), maxAttempts: 1 }
        return Effect.flatMap(
          // Where counting is known to be down it is not waited for.
          counted((params) => Effect.andThen(services.breaker.check(countKey), countOf(params, once)), count()),
          (tokens) => send({ ...request, until }, attempt, tokens)
        )
      })
    }

    const plain = <A>(
      method: string,
      options: CallOptions & Told,
      start: ((signal: AbortSignal) => Promise<A>) | undefined
    ): Effect.Effect<A, ClaudeError.ClaudeError> =>
      send({ method, model: method, size: { bytes: 0, maxTokens: undefined }, options, resend: true }, (context) => {
        if (start === undefined) return Effect.fail(missing(method))
        const controller = new AbortController()
        const bound = settings.timeouts.headers
        return context.lease.sent.pipe(
          Effect.andThen(
            Attempts.within(context, bound, "headers", () => start(controller.signal), () => controller.abort())
          ),
          Effect.tap(context.lease.succeed(noUsage))
        )
      })

    const countOf = (params: Messages.MessageCountTokensParams, options: CallOptions & Told = {}) => {
      const count = sdk.messages.countTokens
      return plain(
        "countTokens",
        options,
        count && ((signal) => Sdk.ask(params, () => count.call(sdk.messages, params, Sdk.requestOptions(signal))))
      )
    }

    const source: Hook.Source = {
      provider: Sdk.providerOf(given),
      host,
      limits: services.limiter.state,
      circuit: (model) => services.breaker.state(`${host} ${model}`),
      retries: services.budget.level,
      closers: new Set()
    }
    yield* Effect.addFinalizer(() =>
      Effect.sync(() => {
        for (const close of source.closers) close()
      })
    )
    const listener = yield* Hook.Listener
    const watch: Batches.Surroundings["watch"] = (method, call) =>
      Hook.watched(
        listener,
        () => ({ source, method, model: undefined, params: undefined }),
        () => undefined,
        (told) => call(told === undefined ? {} : { told })
      )
    const batches = Batches.make({ run: call, transport, settings, missing, gate, watch })
    const client: ClaudeClient["Service"] = {
      batches,
      createMessage: (params, options: CreateOptions & Told = {}) =>
        Effect.andThen(gate.pass("createMessage", params, options.stream), () => {
          const { continuations = 0, continueOnMaxTokens = 0 } = options
          if (continuations > 0 || continueOnMaxTokens > 0) return collecting(call, params, options, untilOf(options))
          const request = forMessage("createMessage", () => params, options)
          return options.stream ?? (request.size.maxTokens ?? 0) >= streamedFrom
            ? Effect.map(
              call(request, (context) => Attempts.collected(context, params)),
              (reader) => reader.whole.result()
            )
            : call(request, (context) => Attempts.json(context, params))
        }),
      streamMessage: (params, options: StreamOptions & Told = {}) =>
        Stream.unwrap(
          Effect.andThen(gate.pass("streamMessage", params), () =>
            streaming(
              { run: call, now: transport.now, settings, budget: services.budget },
              params,
              options,
              untilOf(options)
            ))
        ),
      countTokens: (params, options = {}) => Effect.andThen(gate.pass("countTokens", params), countOf(params, options)),
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
    const scope = yield* Effect.scope
    // What fails is asked again later; a call never waits for it.
    gate.ask = Effect.asVoid(Effect.forkIn(Effect.ignore(client.listModels()), scope))
    const whole = fallback === undefined
      ? client
      : { ...client, ...falling(fallback, client, transport.now, settings.deadline, serverFallback && direct) }
    return watched(listener, source, whole)
  }
)
