/** The client over one SDK instance: each method is one call under all policies. */
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import * as ClaudeError from "../../errors/ClaudeError.ts"
import { Chaos } from "../../policies/Chaos.ts"
import { ClaudeCircuitBreaker } from "../../policies/ClaudeCircuitBreaker.ts"
import { ClaudeRateLimiter } from "../../policies/ClaudeRateLimiter.ts"
import type { Fallback } from "../../policies/Fallback.ts"
import { execute, type Services } from "../../policies/internal/execute.ts"
import { Beginnings } from "../../policies/internal/hedged.ts"
import type * as Resilience from "../../policies/Resilience.ts"
import { RetryBudget } from "../../policies/RetryBudget.ts"
import type { CallOptions, ClaudeClient } from "../ClaudeClient.ts"
import * as Attempts from "./attempts.ts"
import * as Batches from "./batches/calls.ts"
import { collecting } from "./collecting.ts"
import { falling } from "./falling.ts"
import { Gate, type Setting } from "./gate.ts"
import { injected } from "./injected.ts"
import { forMessage, type Run } from "./run.ts"
import * as Sdk from "./sdk.ts"
import { streaming } from "./streaming.ts"
import * as Watchdog from "./watchdog.ts"

/** From here the SDK refuses a request that is not streamed. */
const streamedFrom = 21_334

/** Of so many models and methods the beginnings of answers are kept. */
const mostBeginnings = 1000

const hostOf = (url: string): string => URL.canParse(url) ? new URL(url).host : url

export interface Built {
  readonly sdk: Sdk.SdkClient
  readonly settings: Resilience.Settings
  readonly secrets: ReadonlyArray<string>
  readonly preflight: Setting
  /** Whether the instance speaks to the direct API in its current version. */
  readonly direct: boolean
  readonly fallback: Fallback | undefined
}

const missing = (method: string): ClaudeError.InvalidRequest =>
  new ClaudeError.InvalidRequest({ message: `This SDK client has no ${method}: its platform does not offer it.` })

/** Takes its limiter, breaker and budget from beneath it, once. */
export const make = Effect.fnUntraced(function*({ direct, fallback, preflight, sdk: given, secrets, settings }: Built) {
  const clock = yield* Clock.Clock
  const chaos = yield* Chaos
  const run = Effect.runPromiseWith(yield* Effect.context<never>())
  const sdk = chaos === undefined ?
    given :
    injected(given, chaos, (millis, signal) => run(Effect.sleep(Duration.millis(millis)), signal ? { signal } : {}))
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
  const gate = new Gate({ setting: preflight, direct, now: transport.now })
  const host = hostOf(sdk.baseURL)
  const untilOf = (options: CallOptions): number =>
    transport.now() + Duration.toMillis(Duration.fromInputUnsafe(options.deadline ?? settings.deadline))

  const { hedge } = settings
  const beginnings = new Map<string, Beginnings>()
  /** JSON begins when it is finished, so that each way of asking has its own. */
  const beginningsOf = (key: string): Beginnings | undefined => {
    if (hedge === undefined) return undefined
    let known = beginnings.get(key)
    if (known === undefined && beginnings.size < mostBeginnings) beginnings.set(key, known = new Beginnings(hedge))
    return known
  }

  const call: Run = (request, attempt) => {
    const { model, options, size } = request
    const total = options.deadline === undefined ? settings.deadline : Duration.fromInputUnsafe(options.deadline)
    const deadline = request.until === undefined
      ? total
      : Duration.millis(Math.max(0, request.until - transport.now()))
    return execute(services, {
      method: request.method,
      model,
      key: `${host} ${model}`,
      get inputBytes() {
        return size.bytes
      },
      inputTokens: undefined,
      get maxTokens() {
        return size.maxTokens
      },
      priority: options.priority ?? 0,
      maxAttempts: options.maxAttempts ?? settings.maxAttempts,
      deadline,
      maxServerWait: settings.maxServerWait,
      retry: settings.retry,
      get resend() {
        return request.resend
      },
      beginnings: hedge === undefined || request.hedged === false
        ? undefined
        : beginningsOf(`${request.method} ${model}`),
      attempt: (lease, instant, log) =>
        attempt({ transport, settings, lease, log, began: transport.now(), deadline: instant, total })
    })
  }

  const plain = <A>(
    method: string,
    options: CallOptions,
    start: ((signal: AbortSignal) => Promise<A>) | undefined
  ): Effect.Effect<A, ClaudeError.ClaudeError> =>
    call({ method, model: method, size: { bytes: 0, maxTokens: undefined }, options, resend: true }, (context) => {
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

  const batches = Batches.make({ run: call, transport, settings, missing, gate })
  const client: ClaudeClient["Service"] = {
    batches,
    createMessage: (params, options = {}) =>
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
    streamMessage: (params, options = {}) =>
      Stream.unwrap(
        Effect.andThen(gate.pass("streamMessage", params), () =>
          streaming(
            { run: call, now: transport.now, settings, budget: services.budget },
            params,
            options,
            untilOf(options)
          ))
      ),
    countTokens: (params, options = {}) => {
      const count = sdk.messages.countTokens
      return Effect.andThen(
        gate.pass("countTokens", params),
        plain(
          "countTokens",
          options,
          count && ((signal) => Sdk.ask(params, () => count.call(sdk.messages, params, Sdk.requestOptions(signal))))
        )
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
  const scope = yield* Effect.scope
  // What fails is asked again later; a call never waits for it.
  gate.ask = Effect.asVoid(Effect.forkIn(Effect.ignore(client.listModels()), scope))
  return fallback === undefined ? client : { ...client, ...falling(fallback, client, transport.now, settings.deadline) }
})
