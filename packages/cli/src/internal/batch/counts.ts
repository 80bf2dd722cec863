/** What the API tells of the batches of a run, summed up in the tally. */
import type { MessageBatches } from "effect-claude"
import type * as Tally from "../tally.ts"

export class Counts {
  private readonly tally: Tally.Tally
  /** By batch: requests that wait, and requests that are answered in one that has not ended. */
  private readonly batches = new Map<string, { readonly processing: number; readonly answered: number }>()

  constructor(tally: Tally.Tally) {
    this.tally = tally
  }

  see(batch: MessageBatches.MessageBatch): void {
    const { id, processing_status: status, request_counts: counts } = batch
    const answered = counts.succeeded + counts.errored + counts.canceled + counts.expired
    const before = this.batches.get(id)
    const now = status === "ended" ? { processing: 0, answered: 0 } : { processing: counts.processing, answered }
    // Also of a batch that an earlier run created: what came of its requests this run tells.
    if (before === undefined) this.tally.requests += counts.processing + answered
    this.tally.inFlight += now.processing + now.answered -
      (before === undefined ? 0 : before.processing + before.answered)
    this.tally.answered += now.answered - (before?.answered ?? 0)
    this.batches.set(id, now)
  }

  /** Batches that have not ended, and the requests in them. */
  get running(): { readonly batches: number; readonly requests: number } {
    let batches = 0
    for (const { answered, processing } of this.batches.values()) if (processing + answered > 0) batches++
    return { batches, requests: this.tally.inFlight }
  }
}
