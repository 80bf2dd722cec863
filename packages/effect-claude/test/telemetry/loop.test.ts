import { Reply } from "@effect-claude/fault-server"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Metric, Option, Tracer } from "effect"
import { ClaudeTelemetry, Spend, ToolLoop } from "effect-claude"
import { Tool, Toolkit } from "effect/ai"
import { PrometheusMetrics } from "effect/observability"
import { answers, call, model, start, withLoop } from "../fixtures/loop.ts"
import { recording } from "../fixtures/spans.ts"

const kit = Toolkit.make(Tool.make("look", {}))
/** A cent a request. */
const prices = Spend.prices({ [model]: { input: 10, output: 50, cacheRead: 1, cacheWrite: 12 } })
const cent = answers(
  Reply.toolUse([call("c", "look", {})], { usage: { input_tokens: 500, output_tokens: 100 } })
)
const done = answers(Reply.message({ text: "Done.", usage: { input_tokens: 500, output_tokens: 100 } }))

const series = Effect.map(
  PrometheusMetrics.format(),
  (text) => text.split("\n").filter((line) => line.startsWith("effect_claude_spend"))
)

describe("the tool loop, seen from outside", () => {
  it("H2 money is counted as it is settled, and the nearest cap shown while a run lasts", () => {
    const during: Array<ReadonlyArray<string>> = []
    const look = Effect.flatMap(series, (lines) => Effect.sync(() => during.push(lines))).pipe(Effect.asVoid)
    return withLoop(
      [cent, done],
      kit.toLayer({ look: () => look }),
      () =>
        Effect.gen(function*() {
          const limits = { usd: 0.1 }
          const outcome = yield* ToolLoop.run({ ...start, toolkit: kit, limits })
          assert.strictEqual(outcome._tag, "Finished")
          const [ratio = "", total] = during[0] ?? []
          assert.strictEqual(total, `effect_claude_spend_usd_total{model="${model}"} 0.01`)
          assert.closeTo(Number(ratio.replace("effect_claude_spend_ratio ", "")), 0.1, 1e-9)
          assert.deepStrictEqual(yield* series, [`effect_claude_spend_usd_total{model="${model}"} 0.02`])
        }).pipe(
          Effect.provide(ClaudeTelemetry.layer()),
          Effect.provideService(Metric.MetricRegistry, new Map())
        ),
      { prices }
    )
  })

  it("H1 invoke_agent holds the calls and the tools of its run", () => {
    const { spans, tracer } = recording()
    return withLoop(
      [cent, done],
      kit.toLayer({ look: () => Effect.void }),
      () =>
        Effect.gen(function*() {
          yield* ToolLoop.run({ ...start, toolkit: kit })
          const [agent, ...below] = spans.filter(({ name }) => name !== "attempt")
          assert.strictEqual(agent?.name, "invoke_agent")
          assert.deepStrictEqual(below.map(({ name }) => name), [`chat ${model}`, "execute_tool look", `chat ${model}`])
          assert.isTrue(below.every((span) => Option.getOrThrow(span.parent).spanId === agent?.spanId))
          assert.isTrue(spans.every(({ status }) => status._tag === "Ended"))
        }).pipe(
          Effect.provide(Layer.merge(ClaudeTelemetry.layer(), Layer.succeed(Tracer.Tracer, tracer))),
          Effect.provideService(Metric.MetricRegistry, new Map())
        )
    )
  })
})
