/** Both adapters around the real SDK, over the in-process fault server on the virtual clock. */
import Anthropic from "@anthropic-ai/sdk"
import { FaultServer, type Reply, Script, VirtualClock } from "@effect-claude/fault-server"
import { Context, Effect, Layer, Random } from "effect"
import { ClaudeMiddleware, ClaudeRateLimiter, Resilience, ResilientFetch } from "effect-claude"
import { key } from "../fixtures/harness.ts"

export type Options = Resilience.Options & Resilience.LayerOptions
type Fetch = typeof globalThis.fetch
type SdkOptions = ConstructorParameters<typeof Anthropic>[0]

export interface Tried {
  readonly sdk: Anthropic
  readonly clock: VirtualClock.VirtualClock
  /** When each request arrived, in milliseconds. */
  readonly times: ReadonlyArray<number>
  /** How each request ended so far. */
  readonly outcomes: () => Promise<ReadonlyArray<FaultServer.Recorded["outcome"]>>
  readonly inFlight: () => Promise<number>
  readonly limits: () => Promise<ReadonlyArray<ClaudeRateLimiter.LimitState>>
  readonly sleep: (millis: number) => Promise<void>
}

export const ways = ["fetch", "middleware"] as const
export type Way = typeof ways[number]

export const params = {
  model: "claude-sonnet-5-5",
  max_tokens: 100,
  messages: [{ role: "user" as const, content: "Hello, Claude" }]
}

/** What an SDK client gets of the adapter. */
class Adapter extends Context.Service<Adapter, SdkOptions>()("test/Adapter") {}

const layerOf = (way: Way, fetch: Fetch, options: Options) =>
  way === "fetch"
    ? Layer.effect(Adapter, Effect.map(ResilientFetch.ResilientFetch, (own) => ({ fetch: own.fetch }))).pipe(
      Layer.provide(ResilientFetch.layer({ ...options, fetch }))
    )
    : Layer.effect(
      Adapter,
      Effect.map(ClaudeMiddleware.ClaudeMiddleware, ({ middleware }) => ({ fetch, middleware: [middleware] }))
    ).pipe(Layer.provide(ClaudeMiddleware.layer(options)))

/** Runs a program of promises whose SDK keeps its own retries: they must never act. */
export const tried = <A>(
  way: Way,
  answers: ReadonlyArray<Script.Answer> | Reply.Handler | Effect.Effect<Reply.Handler>,
  program: (tried: Tried) => Promise<A>,
  options: Options = {},
  below: Layer.Layer<never> = Layer.empty
): Promise<A> => {
  const clock = VirtualClock.make()
  return clock.run(
    Effect.gen(function*() {
      const times: Array<number> = []
      const handler = Effect.isEffect(answers)
        ? yield* answers
        : typeof answers === "function"
        ? answers
        : Script.sequence(answers)
      const server = yield* FaultServer.inProcess((request) => {
        times.push(clock.now)
        return handler(request)
      })
      const run = Effect.runPromiseWith(yield* Effect.context<never>())
      const scenario = Effect.gen(function*() {
        const limiter = yield* ClaudeRateLimiter.ClaudeRateLimiter
        const sdk = new Anthropic({ apiKey: key, baseURL: "http://claude.test", ...yield* Adapter })
        const limits = () => run(limiter.state)
        return yield* Effect.promise(() =>
          program({
            sdk,
            clock,
            times,
            limits,
            outcomes: () => run(Effect.map(server.requests, (all) => all.map(({ outcome }) => outcome))),
            inFlight: () => limits().then((all) => all.reduce((sum, { inFlight }) => sum + inFlight, 0)),
            sleep: (millis) => run(Effect.sleep(millis))
          })
        )
      })
      const own = layerOf(way, server.fetch, options).pipe(Layer.provide(below))
      return yield* Effect.provide(scenario, Layer.provideMerge(own, Resilience.layer(options)))
    }).pipe(Random.withSeed("ways"))
  )
}

/** What a promise was rejected with. */
export const thrownBy = (promise: PromiseLike<unknown>): Promise<unknown> =>
  Promise.resolve(promise).then(
    () => {
      throw new Error("it did not fail")
    },
    (thrown: unknown) => thrown
  )

export interface Alone {
  readonly fetch: Fetch
  readonly clock: VirtualClock.VirtualClock
  readonly inFlight: () => Promise<number>
  readonly sleep: (millis: number) => Promise<void>
}

/** `ResilientFetch` around any `fetch`, without an SDK, on the virtual clock. */
export const alone = <A>(
  inner: Fetch | Effect.Effect<Fetch>,
  program: (alone: Alone) => Promise<A>,
  options: Options = {}
): Promise<A> => {
  const clock = VirtualClock.make()
  const given = Effect.isEffect(inner) ? inner : Effect.succeed(inner)
  const layer = Layer.unwrap(Effect.map(given, (fetch) => ResilientFetch.layer({ ...options, fetch })))
  return clock.run(Effect.provide(
    Effect.gen(function*() {
      const run = Effect.runPromiseWith(yield* Effect.context<never>())
      const limiter = yield* ClaudeRateLimiter.ClaudeRateLimiter
      const own = yield* ResilientFetch.ResilientFetch
      return yield* Effect.promise(() =>
        program({
          fetch: own.fetch,
          clock,
          inFlight: () => run(limiter.state).then((all) => all.reduce((sum, { inFlight }) => sum + inFlight, 0)),
          sleep: (millis) => run(Effect.sleep(millis))
        })
      )
    }).pipe(Random.withSeed("alone")),
    Layer.provideMerge(layer, Resilience.layer(options))
  ))
}
