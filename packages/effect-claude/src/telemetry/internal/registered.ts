/**
 * Counters and histograms that are read when they are exported. Effect looks a series up in its registry at every update,
 * which costs ten times what counting does; here only the export does. Equal series of one registry are one.
 */
import * as Context from "effect/Context"
import * as Metric from "effect/Metric"
import type { Definition } from "./metrics.ts"

/** What all series of a layer are in. */
export type Registry = Context.Context<never>

export type Labels = Readonly<Record<string, string>>

/** The unit is an attribute to Effect's exporters. */
export const options = (definition: Definition, labels: Labels) => ({
  description: definition.says,
  attributes: { ...labels, unit: definition.unit }
})

/** What tells the series of a registry apart. */
export const keyOf = (definition: Definition, labels: Labels, registry: Registry): string =>
  JSON.stringify([definition.name, labels, Context.get(registry, Metric.CurrentMetricAttributes)])

/** One of a kind for each series of a registry. */
const oneEach = <A>(make: (definition: Definition, labels: Labels, registry: Registry) => A) => {
  const homes = new WeakMap<Metric.MetricRegistry, Map<string, A>>()
  return (definition: Definition, labels: Labels, registry: Registry): A => {
    const home = Context.get(registry, Metric.MetricRegistry)
    let all = homes.get(home)
    if (all === undefined) homes.set(home, all = new Map())
    const key = keyOf(definition, labels, registry)
    let one = all.get(key)
    if (one === undefined) all.set(key, one = make(definition, labels, registry))
    return one
  }
}

const nothing = (): void => {}

export class Counter {
  private count = 0

  constructor(definition: Definition, labels: Labels, registry: Registry) {
    const metric = Metric.counter(definition.name, { ...options(definition, labels), incremental: true })
    Metric.registerUnsafe(metric, registry, {
      get: () => ({ count: this.count, incremental: true }),
      update: nothing,
      modify: nothing
    })
  }

  add(by: number): void {
    this.count += by
  }
}

export class Histogram {
  private readonly boundaries: ReadonlyArray<number>
  private readonly counts: Array<number>
  private count = 0
  private sum = 0
  private min = Number.MAX_VALUE
  private max = -Number.MAX_VALUE

  constructor(definition: Definition, labels: Labels, registry: Registry) {
    const { boundaries = [] } = definition
    this.boundaries = boundaries
    this.counts = boundaries.map(() => 0)
    Metric.registerUnsafe(
      Metric.histogram(definition.name, { ...options(definition, labels), boundaries }),
      registry,
      { get: () => this.state(), update: nothing, modify: nothing }
    )
  }

  record(value: number): void {
    const { boundaries } = this
    let at = 0
    while (at < boundaries.length && value > boundaries[at]!) at++
    if (at < boundaries.length) this.counts[at]!++
    this.count++
    this.sum += value
    if (value < this.min) this.min = value
    if (value > this.max) this.max = value
  }

  /** Buckets are cumulative, as Effect's own are. */
  private state(): Metric.HistogramState {
    let total = 0
    const buckets = this.boundaries.map((boundary, at): [number, number] => [boundary, total += this.counts[at]!])
    return { buckets, count: this.count, min: this.min, max: this.max, sum: this.sum }
  }
}

/** The counter of a series. */
export const counter = oneEach((...of) => new Counter(...of))

/** The histogram of a series. */
export const histogram = oneEach((...of) => new Histogram(...of))
