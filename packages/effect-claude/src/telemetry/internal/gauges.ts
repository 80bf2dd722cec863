/**
 * Gauges that are read when they are exported, not pushed: nothing to keep up to date while nobody looks. Sources with the
 * same labels share a series, over all layers that write to one registry.
 */
import * as Context from "effect/Context"
import * as Metric from "effect/Metric"
import type { Definition } from "./metrics.ts"
import { keyOf, type Labels, options, type Registry } from "./registered.ts"

type Read = () => number

const together = {
  sum: (values: ReadonlyArray<number>): number => values.reduce((sum, value) => sum + value, 0),
  max: (values: ReadonlyArray<number>): number => values.reduce((most, value) => Math.max(most, value), 0),
  min: (values: ReadonlyArray<number>): number => values.reduce((least, value) => Math.min(least, value), Infinity)
} as const

interface Shown {
  readonly reads: Set<Read>
  readonly registration: Metric.Registration
}

const shownIn = new WeakMap<Metric.MetricRegistry, Map<string, Shown>>()

/** Shows what `read` gives until the returned function is called. */
export const show = (
  definition: Definition,
  labels: Labels,
  registry: Registry,
  read: Read
): () => void => {
  const home = Context.get(registry, Metric.MetricRegistry)
  let all = shownIn.get(home)
  if (all === undefined) shownIn.set(home, all = new Map())
  const key = keyOf(definition, labels, registry)
  let shown = all.get(key)
  if (shown === undefined) {
    const reads = new Set<Read>()
    const combine = together[definition.combine ?? "sum"]
    const registration = Metric.registerUnsafe(Metric.gauge(definition.name, options(definition, labels)), registry, {
      get: () => ({ value: combine(Array.from(reads, (read) => read())) }),
      update: () => {},
      modify: () => {}
    })
    all.set(key, shown = { reads, registration })
  }
  const { reads, registration } = shown
  reads.add(read)
  return () => {
    if (!reads.delete(read) || reads.size > 0) return
    registration.remove()
    all.delete(key)
  }
}
