/** Limits, circuits and retry budget of one client as gauges. They are asked when somebody exports, and only then. */
import type * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as Fiber from "effect/Fiber"
import * as Gauges from "./gauges.ts"
import type { CircuitState, Level, Source } from "./hook.ts"
import type { Labels } from "./labels.ts"
import * as Metrics from "./metrics.ts"
import type { Registry } from "./registered.ts"

const stateNumber: { readonly [S in CircuitState]: number } = { closed: 0, halfOpen: 1, open: 2, isolated: 3 }

const dimensions = [
  ["requests", "requests"],
  ["inputTokens", "input_tokens"],
  ["outputTokens", "output_tokens"]
] as const

export interface Surroundings {
  readonly registry: Registry
  readonly models: Labels
  readonly limiters: Labels
  readonly operations: Labels
  readonly address: string
  readonly run: <A>(effect: Effect.Effect<A>) => Fiber.Fiber<A>
}

/** Of so many models of a client the circuits are shown. */
const mostCircuits = 1000

/** The last value of an effect. What ends at once is as of now; a store that has to be asked gives its answer next time. */
class Asked<A> {
  value: A
  private asking = false
  private readonly effect: Effect.Effect<A>
  private readonly run: Surroundings["run"]

  constructor(start: A, effect: Effect.Effect<A>, run: Surroundings["run"]) {
    this.value = start
    this.effect = effect
    this.run = run
  }

  ask(): A {
    if (this.asking) return this.value
    this.asking = true
    this.run(this.effect).addObserver((exit) => {
      this.asking = false
      if (Exit.isSuccess(exit)) this.value = exit.value
    })
    return this.value
  }
}

export class Levels {
  private readonly source: Source
  private readonly around: Surroundings
  private readonly limits: Asked<ReadonlyArray<Level>>
  private readonly shown = new Set<string>()
  private readonly models = new Set<string>()
  private readonly removals: Array<() => void> = []
  private samples = 0

  constructor(source: Source, around: Surroundings) {
    this.source = source
    this.around = around
    this.limits = new Asked<ReadonlyArray<Level>>([], source.limits, around.run)
    const retries = new Asked(0, source.retries, around.run)
    this.show(Metrics.budget, { "server.address": around.address }, () => retries.ask())
  }

  close(): void {
    for (const remove of this.removals.splice(0)) remove()
  }

  /** A call is about this model: its circuit is there, and its limit may be new. */
  notice(model: string): void {
    if (this.models.has(model) || this.models.size >= mostCircuits) return
    this.models.add(model)
    const state = new Asked<CircuitState>("closed", this.source.circuit(model), this.around.run)
    const labels = { model: this.around.models.of(model), "server.address": this.around.address }
    this.show(Metrics.circuit, labels, () => stateNumber[state.ask()])
    this.sample()
  }

  private show(definition: Metrics.Definition, labels: Readonly<Record<string, string>>, read: () => number): void {
    this.removals.push(Gauges.show(definition, labels, this.around.registry, read))
  }

  private sample(): void {
    this.samples++
    for (const level of this.limits.ask()) this.discover(level)
  }

  private discover({ key, limits, name }: Level): void {
    const limiter = this.around.limiters.of(key)
    const model = this.around.models.of(name)
    const of = (read: (level: Level) => number) => {
      let seen = this.samples
      return () => {
        // An export reads each series once: whoever reads again begins the next, and asks for all of them.
        if (seen === this.samples) this.sample()
        seen = this.samples
        const level = this.limits.value.find((one) => one.key === key && one.name === name)
        return level === undefined ? 0 : read(level)
      }
    }
    if (this.isNew(key, name)) {
      this.show(Metrics.queued, { limiter, model }, of((level) => level.queued))
      this.show(Metrics.inFlight, { limiter, model }, of((level) => level.inFlight))
    }
    for (const [dimension, label] of dimensions) {
      if (limits[dimension] === undefined || !this.isNew(key, name, dimension)) continue
      this.show(Metrics.available, { limiter, model, dimension: label }, of((level) => level[dimension]))
      this.show(Metrics.limit, { limiter, model, dimension: label }, of((level) => level.limits[dimension] ?? 0))
    }
  }

  private isNew(...of: ReadonlyArray<string>): boolean {
    const id = JSON.stringify(of)
    if (this.shown.has(id)) return false
    this.shown.add(id)
    return true
  }
}
