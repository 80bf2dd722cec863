import { Fault, FaultServer, Reply, Script, VirtualClock } from "@effect-claude/fault-server"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Logger, Metric, Redacted, Stream, Tracer } from "effect"
import { ClaudeClient, ClaudeError, ClaudeTelemetry } from "effect-claude"
import { readFileSync } from "node:fs"
import { join } from "node:path"

const read = (file: string) => readFileSync(join(import.meta.dirname, file), "utf8")
const plain = (name: string) => name.replaceAll(".", "_")

/** Every name Prometheus can know, with the labels of its series. */
const known = new Map(ClaudeTelemetry.metrics.flatMap(({ labels, name, type }) => {
  const suffixes = type === "histogram" ? ["_bucket", "_sum", "_count"] : [""]
  return suffixes.map((suffix) =>
    [
      plain(name) + suffix,
      [...labels.map(plain), ...(suffix === "_bucket" ? ["le"] : [])]
    ] as const
  )
}))

const reasons = new Set([
  ...ClaudeError.Reason.members.map((member) => member.identifier),
  "none",
  "interrupted",
  "defect"
])
const policies = new Set([
  "bulkhead",
  "limiter",
  "server",
  "schedule",
  "breaker",
  "notRetryable",
  "attempts",
  "deadline",
  "budget",
  "hint"
])

/** The expressions of a rule file, whole. */
const rules = (yaml: string): ReadonlyArray<string> =>
  Array.from(yaml.matchAll(/^ +expr: (?:\|\n((?: {10,}.*\n)+)|(.*)\n)/gm), ([, block, line]) => block ?? line ?? "")

const queries = (dashboard: string): ReadonlyArray<string> =>
  JSON.parse(dashboard).panels.flatMap((panel: { readonly targets: ReadonlyArray<{ readonly expr: string }> }) =>
    panel.targets.map(({ expr }) => expr)
  )

/** What an expression asks for that does not exist. */
const problems = (expression: string): ReadonlyArray<string> => {
  const found: Array<string> = []
  const names = Array.from(expression.matchAll(/\b(?:gen_ai_client|effect_claude)_\w+/g), ([name]) => name)
  if (names.length === 0) found.push(`no metric in ${expression}`)
  for (const name of names) if (!known.has(name)) found.push(name)
  for (const [, name = "", labels = ""] of expression.matchAll(/\b(\w+)\{([^}]*)\}/g)) {
    for (const [, label = "", value = ""] of labels.matchAll(/(\w+)\s*[!=]~?\s*"([^"]*)"/g)) {
      if (!known.get(name)?.includes(label)) found.push(`${name}{${label}}`)
      for (const one of value.split("|")) {
        if (label === "reason" && !reasons.has(one)) found.push(`${label} ${one}`)
        if (label === "policy" && !policies.has(one)) found.push(`${label} ${one}`)
      }
    }
  }
  const labels = new Set(names.flatMap((name) => known.get(name) ?? []))
  for (const [, by = ""] of expression.matchAll(/\bby \(([^)]*)\)/g)) {
    for (const label of by.split(",").map((one) => one.trim())) if (!labels.has(label)) found.push(`by ${label}`)
  }
  return found
}

describe("the dashboard and the alert rules ask for metrics and labels that exist", () => {
  const alerts = rules(read("alerts.yaml"))
  const panels = queries(read("grafana-dashboard.json"))

  it("alerts.yaml", () => {
    assert.strictEqual(alerts.length, read("alerts.yaml").match(/- alert:/g)?.length)
    assert.deepStrictEqual(alerts.flatMap(problems), [])
  })

  it("grafana-dashboard.json", () => {
    assert.isAbove(panels.length, 20)
    assert.deepStrictEqual(panels.flatMap(problems), [])
  })

  it("and no metric is without a panel", () => {
    const shown = panels.join("\n")
    const missing = ClaudeTelemetry.metrics.filter(({ name }) => !shown.includes(plain(name)))
    assert.deepStrictEqual(missing.map(({ name }) => name), [])
  })

  it("what does not exist is found", () => {
    assert.deepStrictEqual(problems("rate(effect_claude_cals_total[5m])"), ["effect_claude_cals_total"])
    assert.deepStrictEqual(problems(`effect_claude_calls_total{resaon="none"}`), ["effect_claude_calls_total{resaon}"])
    assert.deepStrictEqual(problems(`effect_claude_calls_total{reason="Overlooded"}`), ["reason Overlooded"])
    assert.deepStrictEqual(problems("sum by (id) (effect_claude_calls_total)"), ["by id"])
  })
})

describe("telemetry.md", () => {
  const page = read("telemetry.md")
  const hello: Script.Answer = (request) => Reply.forRequest(request, Reply.message("Hello!"))
  const answers = [Fault.overloaded(), hello, hello, Fault.billing()]
  const params = {
    model: "claude-haiku-5-5",
    max_tokens: 64,
    temperature: 0.5,
    top_p: 0.9,
    top_k: 4,
    system: "Be brief.",
    messages: [{ role: "user" as const, content: "Hello" }]
  }

  it("names every attribute of a span, every event and every field of a log line", () => {
    const spans: Array<Tracer.NativeSpan> = []
    const events: Array<ClaudeTelemetry.Event> = []
    const fields = new Set<string>()
    const tracer = Tracer.make({
      span: (options) => {
        const span = new Tracer.NativeSpan(options)
        spans.push(span)
        return span
      }
    })
    const logger = Logger.make<unknown, void>((options) => {
      const { annotations } = Logger.formatStructured.log(options)
      for (const name of Object.keys(annotations)) fields.add(name)
    })
    const clock = VirtualClock.make()
    return clock.run(
      Effect.gen(function*() {
        const fetch = yield* FaultServer.fetch(Script.sequence(answers))
        const client = ClaudeClient.layerStandard({
          apiKey: Redacted.make("sk-ant-docs"),
          baseUrl: "http://claude.test:8080",
          fetch,
          preflight: false
        })
        yield* Effect.gen(function*() {
          yield* ClaudeTelemetry.events.pipe(
            Stream.runForEach((event) => Effect.sync(() => events.push(event))),
            Effect.forkScoped({ startImmediately: true })
          )
          yield* ClaudeClient.createMessage(params)
          yield* Stream.runDrain(ClaudeClient.streamMessage(params))
          yield* Effect.flip(ClaudeClient.createMessage(params))
          yield* Effect.sleep("1 millis")
        }).pipe(
          Effect.scoped,
          Effect.provide(client),
          Effect.provide(ClaudeTelemetry.layer({ content: true })),
          Effect.provide(Layer.merge(Logger.layer([logger]), Layer.succeed(Tracer.Tracer, tracer)))
        )
        const attributes = new Set(spans.flatMap((span) => Array.from(span.attributes.keys())))
        assert.isAbove(attributes.size, 20)
        const unnamed = [...attributes, ...events.map(({ _tag }) => _tag), ...fields].filter((name) =>
          !page.includes(`\`${name}\``) && !page.includes(`\`${name}: `)
        )
        assert.deepStrictEqual(unnamed, [])
      }).pipe(Effect.provideService(Metric.MetricRegistry, new Map()))
    )
  })
})
