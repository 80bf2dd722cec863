/** The counters and histograms of one model at one client, each made once: an update is one look-up in the registry. */
import type * as Context from "effect/Context"
import * as Metric from "effect/Metric"
import type { Usage } from "../../errors/ClaudeError.ts"
import type { Result } from "./event.ts"
import type { Definition } from "./metrics.ts"
import * as Metrics from "./metrics.ts"

type Attributes = Readonly<Record<string, string>>

export const attributesOf = (definition: Definition, labels: Attributes): Attributes => ({
  ...labels,
  unit: definition.unit
})

const counter = (definition: Definition, labels: Attributes): Metric.Metric<number, unknown> =>
  Metric.counter(definition.name, {
    description: definition.says,
    attributes: attributesOf(definition, labels),
    incremental: true
  })

const histogram = (definition: Definition, labels: Attributes): Metric.Metric<number, unknown> =>
  Metric.histogram(definition.name, {
    description: definition.says,
    attributes: attributesOf(definition, labels),
    boundaries: definition.boundaries ?? []
  })

/** Each value of a label that varies is made when it is first needed; all of them come from closed sets. */
const each = <A>(make: (value: string) => A): (value: string) => A => {
  const made = new Map<string, A>()
  return (value) => {
    let one = made.get(value)
    if (one === undefined) made.set(value, one = make(value))
    return one
  }
}

/** What all series of a layer write to. */
export type Registry = Context.Context<never>

/** Counts in the series of a definition with these labels. */
export const count = (definition: Definition, labels: Attributes, registry: Registry): (by: number) => void => {
  const metric = counter(definition, labels)
  return (by) => metric.updateUnsafe(by, registry)
}

export class ModelSeries {
  /** The label. */
  readonly model: string
  private readonly registry: Registry
  private readonly conventional: Attributes
  private readonly calls
  private readonly attempts
  private readonly waits
  private readonly operations
  private readonly others = new Map<Definition, Map<string, Metric.Metric<number, unknown>>>()
  private readonly input
  private readonly output
  private readonly cacheRead
  private readonly cacheWrite

  constructor(model: string, provider: string, address: string, registry: Registry) {
    this.model = model
    this.registry = registry
    this.conventional = {
      "gen_ai.provider.name": provider,
      "gen_ai.request.model": model,
      "server.address": address
    }
    this.calls = each((reason) => counter(Metrics.calls, { model, reason }))
    this.attempts = each((reason) => counter(Metrics.attempts, { model, reason }))
    this.waits = each((policy) => counter(Metrics.waited, { model, policy }))
    this.operations = each((operation) => this.operation(operation))
    this.input = counter(Metrics.tokenCount, { model, type: "input" })
    this.output = counter(Metrics.tokenCount, { model, type: "output" })
    this.cacheRead = counter(Metrics.tokenCount, { model, type: "cache_read" })
    this.cacheWrite = counter(Metrics.tokenCount, { model, type: "cache_write" })
  }

  private operation(operation: string) {
    const labels = { "gen_ai.operation.name": operation, ...this.conventional }
    return {
      durations: each((reason) =>
        histogram(Metrics.duration, reason === "none" ? labels : { ...labels, "error.type": reason })
      ),
      firstChunk: each(() => histogram(Metrics.firstChunk, labels)),
      input: each(() => histogram(Metrics.usage, { ...labels, "gen_ai.token.type": "input" })),
      output: each(() => histogram(Metrics.usage, { ...labels, "gen_ai.token.type": "output" }))
    }
  }

  called(operation: string, result: Result, seconds: number, usage: Usage | undefined): void {
    const { registry } = this
    const { durations, input, output } = this.operations(operation)
    this.calls(result).updateUnsafe(1, registry)
    durations(result).updateUnsafe(seconds, registry)
    if (usage === undefined) return
    input("").updateUnsafe(usage.inputTokens + usage.cacheCreationTokens + usage.cacheReadTokens, registry)
    output("").updateUnsafe(usage.outputTokens, registry)
  }

  began(operation: string, seconds: number): void {
    this.operations(operation).firstChunk("").updateUnsafe(seconds, this.registry)
  }

  attempted(result: Result, usage: Usage | undefined): void {
    const { registry } = this
    this.attempts(result).updateUnsafe(1, registry)
    if (usage === undefined) return
    if (usage.inputTokens > 0) this.input.updateUnsafe(usage.inputTokens, registry)
    if (usage.outputTokens > 0) this.output.updateUnsafe(usage.outputTokens, registry)
    if (usage.cacheReadTokens > 0) this.cacheRead.updateUnsafe(usage.cacheReadTokens, registry)
    if (usage.cacheCreationTokens > 0) this.cacheWrite.updateUnsafe(usage.cacheCreationTokens, registry)
  }

  waited(policy: string, seconds: number): void {
    this.waits(policy).updateUnsafe(seconds, this.registry)
  }

  /** A counter whose first label is the model; the values of the others come from closed sets. */
  count(definition: Definition, by: number, ...values: ReadonlyArray<string>): void {
    let known = this.others.get(definition)
    if (known === undefined) this.others.set(definition, known = new Map())
    const key = values.join()
    let one = known.get(key)
    if (one === undefined) {
      const all = [this.model, ...values]
      const labels = Object.fromEntries(definition.labels.map((label, at) => [label, all[at] ?? ""]))
      known.set(key, one = counter(definition, labels))
    }
    one.updateUnsafe(by, this.registry)
  }
}
