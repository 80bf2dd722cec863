/** Who makes the calls of an adapter, as telemetry names it: one for each host it is asked for. */
import type { Services } from "../../policies/internal/direct.ts"
import type { Source } from "../../telemetry/internal/hook.ts"
import type { Subject } from "./subject.ts"

/** Of so many hosts is told. */
const mostHosts = 100

export class Sources {
  private readonly known = new Map<string, Source>()
  private readonly services: Services

  constructor(services: Services) {
    this.services = services
  }

  of({ host, provider }: Subject): Source | undefined {
    const { breaker, budget, limiter } = this.services
    let source = this.known.get(host)
    if (source === undefined && this.known.size < mostHosts) {
      source = {
        provider,
        host,
        limits: limiter.state,
        circuit: (model) => breaker.state(`${host} ${model}`),
        retries: budget.level,
        closers: new Set()
      }
      this.known.set(host, source)
    }
    return source
  }

  close(): void {
    for (const { closers } of this.known.values()) for (const close of closers) close()
  }
}
