/** What is kept for each client that makes calls: its series by model, and its gauges. Labels are bounded. */
import type { Alerts } from "./alerts.ts"
import type { Source } from "./hook.ts"
import { Labels } from "./labels.ts"
import { Levels, type Surroundings } from "./levels.ts"
import type { Registry } from "./registered.ts"
import { ModelSeries } from "./series.ts"

/** Different values of a label at most; what comes later is "other". */
export const mostModels = 64
const mostAddresses = 16
const mostLimiters = 16
const mostOperations = 32
/** Of so many clients at once limits, circuits and budget are shown. */
const mostShown = 256

export class Client {
  readonly source: Source
  readonly address: string
  readonly levels: Levels | undefined
  readonly operations: Labels
  private readonly registry: Registry
  private readonly models: Labels
  private readonly known = new Map<string, ModelSeries>()

  constructor(source: Source, around: Surroundings, isShown: boolean) {
    this.source = source
    this.address = around.address
    this.registry = around.registry
    this.models = around.models
    this.operations = around.operations
    this.levels = isShown ? new Levels(source, around) : undefined
  }

  /** The series of a model; models beyond the bound share one. */
  series(model: string | undefined): ModelSeries {
    const name = model ?? "none"
    const known = this.known.get(name)
    if (known !== undefined) return known
    const label = this.models.of(name)
    const made = this.known.get(label) ?? new ModelSeries(label, this.source.provider, this.address, this.registry)
    this.known.set(label, made)
    return made
  }
}

export class Clients {
  readonly models = new Labels(mostModels)
  private readonly operations = new Labels(mostOperations)
  private readonly addresses = new Labels(mostAddresses)
  private readonly limiters = new Labels(mostLimiters)
  private readonly all = new WeakMap<Source, Client>()
  private readonly open = new Set<() => void>()
  private readonly registry: Registry
  private readonly run: Surroundings["run"]
  private readonly alerts: Alerts

  constructor(registry: Registry, run: Surroundings["run"], alerts: Alerts) {
    this.registry = registry
    this.run = run
    this.alerts = alerts
  }

  of(source: Source): Client {
    let client = this.all.get(source)
    if (client === undefined) {
      client = new Client(source, {
        registry: this.registry,
        models: this.models,
        limiters: this.limiters,
        operations: this.operations,
        address: this.addresses.of(source.host === "" ? "none" : source.host),
        run: this.run
      }, this.open.size < mostShown)
      this.all.set(source, client)
      const { levels } = client
      const close = (): void => {
        this.open.delete(close)
        source.closers.delete(close)
        levels?.close()
        this.alerts.succeeded(source)
      }
      this.open.add(close)
      source.closers.add(close)
    }
    return client
  }

  readonly close = (): void => {
    for (const close of this.open) close()
  }
}
