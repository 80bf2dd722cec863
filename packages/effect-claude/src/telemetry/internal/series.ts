/** The counters and histograms of one model at one client, each found once. */
import type { Usage } from "../../errors/ClaudeError.ts"
import type { Result } from "./event.ts"
import type { Definition } from "./metrics.ts"
import * as Metrics from "./metrics.ts"
import { type Counter, counter, histogram, type Labels, type Registry } from "./registered.ts"

/** Each value of a label that varies is made when it is first needed; all of them come from closed sets. */
const each = <A>(make: (value: string) => A): (value: string) => A => {
  const made = new Map<string, A>()
  return (value) => {
    let one = made.get(value)
    if (one === undefined) made.set(value, one = make(value))
    return one
  }
}

const tokens = { input: "input", output: "output", cacheRead: "cache_read", cacheWrite: "cache_write" } as const

export class ModelSeries {
  /** The label. */
  readonly model: string
  private readonly registry: Registry
  private readonly conventional: Labels
  private readonly calls
  private readonly attempts
  private readonly waits
  private readonly operations
  private readonly tokens: { readonly [T in keyof typeof tokens]: Counter }
  private readonly others = new Map<Definition, (values: string) => Counter>()

  constructor(model: string, provider: string, address: string, registry: Registry) {
    this.model = model
    this.registry = registry
    this.conventional = {
      "gen_ai.provider.name": provider,
      "gen_ai.request.model": model,
      "server.address": address
    }
    const token = (type: string): Counter => counter(Metrics.tokenCount, { model, type }, registry)
    this.tokens = {
      input: token(tokens.input),
      output: token(tokens.output),
      cacheRead: token(tokens.cacheRead),
      cacheWrite: token(tokens.cacheWrite)
    }
    this.calls = each((reason) => counter(Metrics.calls, { model, reason }, registry))
    this.attempts = each((reason) => counter(Metrics.attempts, { model, reason }, registry))
    this.waits = each((policy) => counter(Metrics.waited, { model, policy }, registry))
    this.operations = each((operation) => this.operation(operation))
  }

  private operation(operation: string) {
    const { registry } = this
    const labels = { "gen_ai.operation.name": operation, ...this.conventional }
    const usage = (type: string) =>
      each(() => histogram(Metrics.usage, { ...labels, "gen_ai.token.type": type }, registry))
    return {
      durations: each((reason) =>
        histogram(Metrics.duration, reason === "none" ? labels : { ...labels, "error.type": reason }, registry)
      ),
      firstChunk: each(() => histogram(Metrics.firstChunk, labels, registry)),
      input: usage("input"),
      output: usage("output")
    }
  }

  called(operation: string, result: Result, seconds: number, usage: Usage | undefined): void {
    const { durations, input, output } = this.operations(operation)
    this.calls(result).add(1)
    durations(result).record(seconds)
    if (usage === undefined) return
    input("").record(usage.inputTokens + usage.cacheCreationTokens + usage.cacheReadTokens)
    output("").record(usage.outputTokens)
  }

  began(operation: string, seconds: number): void {
    this.operations(operation).firstChunk("").record(seconds)
  }

  attempted(result: Result, usage: Usage | undefined): void {
    this.attempts(result).add(1)
    if (usage === undefined) return
    this.tokens.input.add(usage.inputTokens)
    this.tokens.output.add(usage.outputTokens)
    this.tokens.cacheRead.add(usage.cacheReadTokens)
    this.tokens.cacheWrite.add(usage.cacheCreationTokens)
  }

  waited(policy: string, seconds: number): void {
    this.waits(policy).add(seconds)
  }

  /** A counter whose first label is the model; the values of the others come from closed sets. */
  count(definition: Definition, ...values: ReadonlyArray<string>): void {
    let known = this.others.get(definition)
    if (known === undefined) {
      const { labels: [model = "", ...names] } = definition
      known = each((joined) => {
        const values = joined.split(",")
        const others = names.map((name, at) => [name, values[at] ?? ""])
        return counter(definition, { [model]: this.model, ...Object.fromEntries(others) }, this.registry)
      })
      this.others.set(definition, known)
    }
    known(values.join(",")).add(1)
  }
}
