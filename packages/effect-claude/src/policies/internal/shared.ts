/** What the calls of one name share beside their services: how long answers took to begin, and their bulkhead. */
import * as Duration from "effect/Duration"
import type { Source } from "../../telemetry/internal/hook.ts"
import type { Hedge } from "../Hedge.ts"
import type { RetryBudget } from "../RetryBudget.ts"
import { Bulkhead, type BulkheadSettings } from "./bulkhead.ts"
import type { Services } from "./direct.ts"
import { Beginnings } from "./hedged.ts"

/** Of so many names the beginnings of answers are kept; a call of another name is not hedged. */
const mostNames = 1000

export class Shared {
  private readonly beginnings = new Map<string, Beginnings>()
  private readonly bulkheads = new Map<string, Bulkhead>()
  private source: Source | undefined

  beginningsOf(name: string, hedge: Hedge | undefined): Beginnings | undefined {
    if (hedge === undefined) return undefined
    const key = `${name} ${hedge.percentile} ${hedge.warmUp} ${hedge.window} ${Duration.toMillis(hedge.shortest)}`
    let known = this.beginnings.get(key)
    if (known === undefined && this.beginnings.size < mostNames) {
      this.beginnings.set(key, known = new Beginnings(hedge))
    }
    return known
  }

  bulkheadOf(name: string, settings: BulkheadSettings | undefined): Bulkhead | undefined {
    if (settings === undefined) return undefined
    const key = `${name} ${settings.concurrent} ${settings.maxQueue}`
    let known = this.bulkheads.get(key)
    if (known === undefined) this.bulkheads.set(key, known = new Bulkhead(settings))
    return known
  }

  /** As whoever listens knows them. */
  sourceOf({ breaker, budget, limiter }: Services): Source {
    return this.source ??= {
      provider: "anthropic",
      host: "",
      limits: limiter.state,
      circuit: breaker.state,
      retries: budget.level,
      closers: new Set()
    }
  }
}

const byBudget = new WeakMap<RetryBudget["Service"], Shared>()

/** For effects that nobody built a client for: it lives as long as the budget that pays for their second runs. */
export const sharedOf = (budget: RetryBudget["Service"]): Shared => {
  let shared = byBudget.get(budget)
  if (shared === undefined) byBudget.set(budget, shared = new Shared())
  return shared
}
