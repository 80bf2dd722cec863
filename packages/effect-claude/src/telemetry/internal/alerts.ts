/** What somebody has to act on: said at most once a minute for each reason, shown as long as nothing succeeds again. */
import type * as ClaudeError from "../../errors/ClaudeError.ts"
import * as Diagnosis from "../../errors/Diagnosis.ts"
import type { Alert } from "./event.ts"
import type { Source } from "./hook.ts"

/** Milliseconds between two alerts of one reason. */
const quiet = 60_000

export type Alarming = Extract<ClaudeError.Reason, { readonly _tag: Alert["reason"] }>

export const isAlarming = (reason: ClaudeError.Reason): reason is Alarming =>
  reason._tag === "BillingBlocked" || reason._tag === "AccountOnHold"

export class Alerts {
  /** Clients that are blocked. */
  readonly blocked: { readonly [R in Alert["reason"]]: Set<Source> } = {
    BillingBlocked: new Set(),
    AccountOnHold: new Set()
  }
  private readonly said = new Map<Alert["reason"], number>()

  /** The alert to give, undefined if one was given within the minute. */
  raise(reason: Alarming, source: Source, call: number, model: string, at: number): Alert | undefined {
    this.blocked[reason._tag].add(source)
    const before = this.said.get(reason._tag)
    if (before !== undefined && at - before < quiet) return undefined
    this.said.set(reason._tag, at)
    const { cause, steps, who } = Diagnosis.of(reason)
    return {
      _tag: "Alert",
      at,
      call,
      reason: reason._tag,
      model,
      status: reason.status,
      requestId: reason.requestId,
      cause,
      who,
      steps
    }
  }

  succeeded(source: Source): void {
    const { AccountOnHold, BillingBlocked } = this.blocked
    if (BillingBlocked.size > 0) BillingBlocked.delete(source)
    if (AccountOnHold.size > 0) AccountOnHold.delete(source)
  }
}
