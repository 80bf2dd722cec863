import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, Metric, Schema } from "effect"
import { ClaudeTelemetry } from "effect-claude"
import { PrometheusMetrics } from "effect/observability"
import * as Gauges from "../../src/telemetry/internal/gauges.ts"
import { Listener } from "../../src/telemetry/internal/hook.ts"
import * as Metrics from "../../src/telemetry/internal/metrics.ts"
import { counter, histogram } from "../../src/telemetry/internal/registered.ts"

const registry = () => Context.make(Metric.MetricRegistry, new Map() as Metric.MetricRegistry)
const states = (context: Context.Context<never>) => Metric.snapshotUnsafe(context).map(({ state }) => state)

describe("series that are read when they are exported", () => {
  it.prop(
    "H2 a histogram is what Effect's own is",
    [Schema.Array(Schema.Union([Schema.Finite, Schema.Literals([...Metrics.duration.boundaries])]))],
    ([values]) => {
      const [ours, theirs] = [registry(), registry()]
      const own = histogram(Metrics.duration, {}, ours)
      const reference = Metric.histogram(Metrics.duration.name, { boundaries: Metrics.duration.boundaries })
      reference.valueUnsafe(theirs)
      for (const value of values) {
        own.record(value)
        reference.updateUnsafe(value, theirs)
      }
      assert.deepStrictEqual(states(ours), states(theirs))
    }
  )

  it("H2 equal series of one registry are one, of two registries two", () => {
    const [one, other] = [registry(), registry()]
    counter(Metrics.calls, { model: "m", reason: "none" }, one).add(1)
    counter(Metrics.calls, { model: "m", reason: "none" }, one).add(1)
    counter(Metrics.calls, { model: "m", reason: "none" }, other).add(1)
    assert.deepStrictEqual(states(one), [{ count: 2, incremental: true }])
    assert.deepStrictEqual(states(other), [{ count: 1, incremental: true }])
  })

  it("H2 a gauge of several sources shows their sum, their most or their least, until the last is gone", () => {
    const context = registry()
    const removals = [3, 1, 2].flatMap((value) =>
      [Metrics.queued, Metrics.circuit, Metrics.budget].map((one) => Gauges.show(one, {}, context, () => value))
    )
    assert.deepStrictEqual(states(context), [{ value: 6 }, { value: 3 }, { value: 1 }])
    for (const remove of removals) {
      remove()
      remove()
    }
    assert.isEmpty(states(context))
  })
})

describe("money", () => {
  it.effect("H2 what is settled is counted, and the budget nearest to its cap is shown", () =>
    Effect.gen(function*() {
      const hook = yield* Listener
      const lines = Effect.map(PrometheusMetrics.format(), (text) =>
        text.split("\n").filter((one) => one.includes("spend")))
      hook?.spent("m", 0.25)
      hook?.spent("m", 0.5)
      const remove = hook?.budget(() =>
        0.9
      )
      hook?.budget(() => 0.2)
      assert.includeMembers(yield* lines, [
        "effect_claude_spend_usd_total{model=\"m\"} 0.75",
        "effect_claude_spend_ratio 0.9"
      ])
      remove?.()
      assert.include(yield* lines, "effect_claude_spend_ratio 0.2")
    }).pipe(
      Effect.provide(ClaudeTelemetry.layer()),
      Effect.provideService(Metric.MetricRegistry, new Map())
    ))
})
