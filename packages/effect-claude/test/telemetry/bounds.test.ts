import { Fault } from "@effect-claude/fault-server"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Fiber, Metric, Redacted } from "effect"
import { ClaudeClient, ClaudeTelemetry, Spend, ToolLoop } from "effect-claude"
import { Tool, Toolkit } from "effect/ai"
import { PrometheusMetrics } from "effect/observability"
import { TestClock } from "effect/testing"
import { type Hook, Listener, type Source } from "../../src/telemetry/internal/hook.ts"
import { key, params, run } from "../fixtures/harness.ts"
import { model, start, withLoop } from "../fixtures/loop.ts"

const scrape = PrometheusMetrics.format()
const isolated = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  effect.pipe(
    Effect.provide(ClaudeTelemetry.layer()),
    Effect.provideService(Metric.MetricRegistry, new Map())
  )

/** Calls of somebody, each about a model, that end at once. */
const call = (hook: Hook, source: Source, model: string) =>
  Effect.withFiber((fiber) => {
    const recording = hook.begin(fiber, { source, method: "createMessage", model, params: {} })
    recording.attempt(model).ended({ _tag: "Interrupted" })
    return recording.ended(Exit.void, undefined) ?? Effect.void
  })

describe("bounds", () => {
  it.effect("H2 of so many clients and circuits the state is asked, and no more", () =>
    isolated(Effect.gen(function*() {
      const hook = yield* Effect.map(Listener, (given) => given!)
      const asked = { retries: 0, circuits: 0 }
      const source = (): Source => ({
        provider: "anthropic",
        host: "",
        limits: Effect.succeed([]),
        circuit: () => Effect.sync(() => (asked.circuits++, "closed" as const)),
        retries: Effect.sync(() => ++asked.retries),
        closers: new Set()
      })
      const one = source()
      for (let n = 0; n < 1200; n++) yield* call(hook, one, `model-${n}`)
      yield* scrape
      assert.strictEqual(asked.circuits, 1000)
      const others = Array.from({ length: 400 }, source)
      for (const other of others) yield* call(hook, other, "m")
      asked.retries = 0
      yield* scrape
      assert.strictEqual(asked.retries, 256)
      // Whoever goes makes room.
      for (const other of others) for (const close of other.closers) close()
      yield* call(hook, source(), "m")
      asked.retries = 0
      yield* scrape
      assert.strictEqual(asked.retries, 2)
    })))

  it.effect("H2 limits that have to be asked for are shown as they were when somebody looked before", () =>
    isolated(Effect.gen(function*() {
      const hook = yield* Effect.map(Listener, (given) => given!)
      let queued = 0
      let fails = false
      const limits = { requests: undefined, inputTokens: undefined, outputTokens: undefined }
      const level = { key: "shared", name: "m", requests: 0, inputTokens: 0, outputTokens: 0, inFlight: 0, limits }
      const asked = Effect.sleep("1 second").pipe(
        Effect.andThen(
          Effect.suspend(() => fails ? Effect.die("gone") : Effect.succeed([{ ...level, queued: ++queued }]))
        )
      )
      const source: Source = {
        provider: "anthropic",
        host: "",
        limits: asked,
        circuit: () => Effect.succeed("closed" as const),
        retries: Effect.succeed(50),
        closers: new Set()
      }
      const shown = Effect.map(scrape, (text) => /effect_claude_limiter_queue\{[^}]*\} (\d+)/.exec(text)?.[1])
      yield* call(hook, source, "m")
      assert.isUndefined(yield* shown)
      yield* TestClock.adjust("1 second")
      yield* call(hook, source, "other")
      assert.strictEqual(yield* shown, "1")
      yield* TestClock.adjust("1 second")
      assert.strictEqual(yield* shown, "2")
      fails = true
      yield* TestClock.adjust("1 second")
      assert.strictEqual(yield* shown, "2")
      fails = false
      yield* TestClock.adjust("1 second")
      assert.strictEqual(yield* shown, "3")
    })))

  it("H4 a client that is gone blocks nobody", () =>
    run([], () =>
      isolated(Effect.gen(function*() {
        const other = ClaudeClient.layerStandard({
          apiKey: Redacted.make(key),
          baseUrl: "http://other.test",
          fetch: () =>
            Promise.resolve(
              Response.json({ type: "error", error: { type: "billing_error", message: "" } }, { status: 402 })
            )
        })
        const alert = Effect.map(
          scrape,
          (text) => /effect_claude_alert\{reason="BillingBlocked"\} (\d)/.exec(text)?.[1]
        )
        yield* Effect.gen(function*() {
          yield* Effect.flip(ClaudeClient.createMessage(params))
          assert.strictEqual(yield* alert, "1")
        }).pipe(Effect.provide(other))
        assert.strictEqual(yield* alert, "0")
      }))))
})

describe("money", () => {
  const prices = Spend.prices({ [model]: { input: 10, output: 50, cacheRead: 1, cacheWrite: 12 } })

  it("H2 what was reserved for a request that was interrupted is spent", () =>
    withLoop(
      [Fault.silenceBeforeHeaders(Fault.overloaded())],
      Toolkit.make(Tool.make("look", {})).toLayer({ look: () => Effect.void }),
      () =>
        isolated(Effect.gen(function*() {
          const fiber = yield* Effect.forkChild(
            ToolLoop.run({ ...start, toolkit: Toolkit.make(Tool.make("look", {})), limits: { usd: 1 } }),
            { startImmediately: true }
          )
          yield* Effect.sleep("1 second")
          yield* Fiber.interrupt(fiber)
          const spent = /effect_claude_spend_usd_total\{model="[^"]*"\} ([\d.]+)/.exec(yield* scrape)?.[1]
          assert.isAbove(Number(spent), 0)
        })),
      { prices }
    ))

  it("H2 the share of an account is that of the nearest cap above it", () => {
    const above = new Spend.Account({ usd: 1 })
    const own = new Spend.Account({ usd: 10 }, above)
    const free = new Spend.Account({}, own)
    assert.strictEqual(free.share, 0)
    const amount = { usd: 0.5, inputTokens: 0, outputTokens: 0 }
    free.reserve(amount)
    assert.strictEqual(free.share, 0.5)
    free.settle(amount, { ...amount, usd: 0.25 })
    assert.strictEqual(free.share, 0.25)
    assert.strictEqual(new Spend.Account({ usd: 0 }).share, 1)
    assert.strictEqual(new Spend.Account().share, 0)
  })
})
