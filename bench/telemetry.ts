/**
 * What a call pays for being seen: without telemetry, with metrics, with a tracer too. Whole calls with an answer from
 * memory as ratios, and what telemetry itself takes of them in nanoseconds. `ROUNDS=3 CALLS=2000` makes it short.
 */
import { Effect, Layer, ManagedRuntime, Metric, Redacted, Tracer } from "effect"
import { ClaudeClient, ClaudeTelemetry, Resilience } from "effect-claude"
import type * as Hooks from "../packages/effect-claude/src/telemetry/internal/hook.ts"
import type * as Spanning from "../packages/effect-claude/src/telemetry/internal/spans.ts"
import { median, print } from "./table.ts"

const internal = (name: string) => import(`../packages/effect-claude/src/telemetry/internal/${name}.ts`)
const Hook: typeof Hooks = await internal("hook")
const Spans: typeof Spanning = await internal("spans")

const rounds = Number(process.env["ROUNDS"] ?? 15)
const calls = Number(process.env["CALLS"] ?? 5000)
const loops = calls * 20

const params = {
  model: "claude-haiku-5-5",
  max_tokens: 256,
  messages: [{ role: "user" as const, content: "A question of usual length. ".repeat(10) }]
}

const body = JSON.stringify({
  id: "msg_bench",
  type: "message",
  role: "assistant",
  model: params.model,
  content: [{ type: "text", text: "An answer of usual length. ".repeat(10) }],
  stop_reason: "end_turn",
  stop_sequence: null,
  usage: { input_tokens: 80, output_tokens: 60, cache_creation_input_tokens: 0, cache_read_input_tokens: 0 }
})

/** Each candidate once a round, the first of them another each time; nanoseconds of CPU per turn. */
const interleaved = async <Name extends string>(
  candidates: { readonly [N in Name]: () => Promise<unknown> },
  turns: number
): Promise<{ readonly [N in Name]: ReadonlyArray<number> }> => {
  const names: ReadonlyArray<Name> = Object.keys(candidates) as ReadonlyArray<string> as ReadonlyArray<Name>
  const samples = Object.fromEntries(names.map((name) => [name, Array<number>()])) as Record<Name, Array<number>>
  for (const name of names) await candidates[name]()
  for (let round = 0; round < rounds; round++) {
    const first = round % names.length
    for (const name of [...names.slice(first), ...names.slice(0, first)]) {
      const before = process.cpuUsage()
      await candidates[name]()
      const { system, user } = process.cpuUsage(before)
      samples[name].push((user + system) * 1000 / turns)
    }
  }
  return samples
}

/** A tracer that keeps nothing, as an exporter's does until it exports. */
const tracer = Tracer.make({ span: (options) => new Tracer.NativeSpan(options) })
const telemetry = ClaudeTelemetry.layer().pipe(
  Layer.provideMerge(Layer.sync(Metric.MetricRegistry, () => new Map()))
)
const traced = telemetry.pipe(Layer.provideMerge(Layer.succeed(Tracer.Tracer, tracer)))

const whole = async (): Promise<void> => {
  const limits = { requestsPerMinute: 1e9, inputTokensPerMinute: 1e12, outputTokensPerMinute: 1e12 }
  const headers = { "content-type": "application/json", "request-id": "req_bench" }
  const client = <A>(seen: Layer.Layer<A>) =>
    ManagedRuntime.make(
      ClaudeClient.layer({
        apiKey: Redacted.make("sk-ant-bench"),
        baseUrl: "http://claude.test",
        fetch: () => Promise.resolve(new Response(body, { headers }))
      }).pipe(
        Layer.provide(Resilience.layer({ limiter: { limits: { [params.model]: limits } } })),
        Layer.provideMerge(seen)
      )
    )
  const runtimes = { none: client(Layer.empty), metrics: client(telemetry), tracer: client(traced) }
  const many = async <E>(runtime: ManagedRuntime.ManagedRuntime<ClaudeClient.ClaudeClient, E>) => {
    const { createMessage } = await runtime.runPromise(ClaudeClient.ClaudeClient)
    const one = createMessage(params)
    return () => runtime.runPromise(Effect.repeat(one, { times: calls - 1 }))
  }
  const samples = await interleaved({
    none: await many(runtimes.none),
    metrics: await many(runtimes.metrics),
    tracer: await many(runtimes.tracer)
  }, calls)
  for (const runtime of Object.values(runtimes)) await runtime.dispose()
  const row = (title: string, name: keyof typeof samples) => {
    const ratios = samples[name].map((one, at) => one / samples.none[at]!)
    return [
      title,
      `${(median(samples[name]) / 1000).toFixed(1)} us`,
      `${median(ratios).toFixed(3)} (${Math.min(...ratios).toFixed(2)}-${Math.max(...ratios).toFixed(2)})`
    ]
  }
  print(
    `createMessage with every policy on and an answer from memory, ${rounds} rounds interleaved`,
    ["", "CPU/call", "ratio"],
    [row("without telemetry", "none"), row("with metrics", "metrics"), row("with metrics and a tracer", "tracer")]
  )
}

/** What a usual call tells: one request, answered, its tokens. */
const alone = async (): Promise<void> => {
  const source: Hooks.Source = {
    provider: "anthropic",
    host: "claude.test",
    limits: Effect.succeed([]),
    circuit: () => Effect.succeed("closed" as const),
    retries: Effect.succeed(50),
    closers: new Set()
  }
  const answer: Hooks.Answer = { id: "msg_bench", model: params.model, stop_reason: "end_turn", content: [] }
  const usage = { inputTokens: 80, outputTokens: 60, cacheCreationTokens: 0, cacheReadTokens: 0, estimated: false }
  const answered = Effect.succeed(answer)
  const called: Hooks.Called = { source, method: "createMessage", model: params.model, params }
  const call = Hook.watched(undefined, () => called, (value: Hooks.Answer) => value, (watch) => {
    const attempt = watch?.attempt(params.model)
    attempt?.answered(200, "req_bench")
    attempt?.ended({ _tag: "Used", usage })
    return answered
  })
  const loop = (effect: Effect.Effect<unknown>) =>
    Effect.gen(function*() {
      for (let n = 0; n < loops; n++) yield* effect
    })
  const runtimes = { telemetry: ManagedRuntime.make(telemetry), traced: ManagedRuntime.make(traced) }
  const samples = await interleaved({
    bare: () => Effect.runPromise(loop(answered)),
    unheard: () => Effect.runPromise(loop(call)),
    heard: () => runtimes.telemetry.runPromise(loop(call)),
    traced: () => runtimes.traced.runPromise(loop(call)),
    around: () => Effect.runPromise(loop(Spans.around("chat")(answered))),
    withSpan: () => Effect.runPromise(loop(Effect.withSpan(answered, "chat")))
  }, loops)
  for (const runtime of Object.values(runtimes)) await runtime.dispose()
  const row = (title: string, name: keyof typeof samples, of: keyof typeof samples) => {
    const costs = samples[name].map((one, at) => one - samples[of][at]!)
    return [title, Math.round(median(costs)), `${Math.round(Math.min(...costs))}-${Math.round(Math.max(...costs))}`]
  }
  print(
    `what telemetry takes of a call, nanoseconds of CPU, ${rounds} rounds interleaved`,
    ["", "median", "range"],
    [
      row("nobody listens", "unheard", "bare"),
      row("metrics", "heard", "unheard"),
      row("metrics and the spans of a call and an attempt", "traced", "unheard"),
      row("Spans.around without a tracer", "around", "bare"),
      row("Effect.withSpan without a tracer", "withSpan", "bare")
    ]
  )
}

export const telemetryCost = async (): Promise<void> => {
  await alone()
  await whole()
}

if (import.meta.main) await telemetryCost()
